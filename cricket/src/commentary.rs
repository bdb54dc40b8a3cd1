//! A ball and a dismissal in plain words.

use crate::{
    Ball, Batter, BatterState, Boundary, Bowled, Dismissal, DismissalKind, Fielder, Innings, Match, PlayerId,
    Powerplay,
    text::{joined, text},
};

impl Match {
    /// How a batter's innings stands or ended, as a scorecard says it: "c Smith b Jones", "run out (Smith/Jones)",
    /// "not out".
    pub fn how_out(&self, batter: &Batter) -> String {
        match (&batter.dismissal, batter.state) {
            (Some(dismissal), _) => self.dismissal_text(dismissal, batter.dismissed_by),
            (None, BatterState::Retired) => "retired".to_owned(),
            (None, _) => "not out".to_owned(),
        }
    }

    /// "c Smith b Jones"; `bowler` as in [`Batter::dismissed_by`].
    pub fn dismissal_text(&self, dismissal: &Dismissal, bowler: Option<PlayerId>) -> String {
        let bowler = bowler.map_or("", |it| self.setup.short_name(it));
        let first = dismissal.fielders.first().map(|it| self.fielder(it));
        match dismissal.kind {
            DismissalKind::Bowled => text!("b ", bowler),
            DismissalKind::Caught => match first {
                Some(name) => text!("c ", name, " b ", bowler),
                None => text!("c ? b ", bowler),
            },
            DismissalKind::CaughtAndBowled => text!("c & b ", bowler),
            DismissalKind::Lbw => text!("lbw b ", bowler),
            DismissalKind::Stumped => match first {
                Some(name) => text!("st ", name, " b ", bowler),
                None => text!("st b ", bowler),
            },
            DismissalKind::HitWicket => text!("hit wicket b ", bowler),
            DismissalKind::RunOut if dismissal.fielders.is_empty() => "run out".to_owned(),
            DismissalKind::RunOut => {
                let names: Vec<String> = dismissal.fielders.iter().map(|it| self.fielder(it)).collect();
                text!("run out (", joined(&names, "/"), ")")
            }
            kind => kind.words().to_owned(),
        }
    }

    fn fielder(&self, fielder: &Fielder) -> String {
        match fielder {
            Fielder::Player(player) => self.setup.short_name(*player).to_owned(),
            Fielder::Substitute(Some(name)) => text!("sub (", name, ")"),
            Fielder::Substitute(None) => "sub".to_owned(),
        }
    }

    /// A ball in at most four characters: "•", "4", "W", "1wd", "2nb", "1lb", "W1" (a wicket with a run).
    pub fn ball_label(&self, bowled: &Bowled) -> String {
        ball_label(&bowled.ball)
    }

    /// A ball as a line of plain commentary: "Starc to Kohli, FOUR". `innings` is its index in [`Match::innings`].
    pub fn ball_line(&self, innings: usize, bowled: &Bowled) -> String {
        let ball = &bowled.ball;
        let name = |player| self.setup.short_name(player);
        let mut line = text!(name(ball.bowler), " to ", name(ball.striker), ", ");
        let wickets: Vec<String> =
            ball.wickets.iter().map(|it| self.wicket_text(self.innings.get(innings), ball, it)).collect();
        let runs = runs_text(ball);
        match (wickets.is_empty(), runs == "no run") {
            (true, _) => line.push_str(&runs),
            (false, true) => line.push_str(&joined(&wickets, "; ")),
            (false, false) => {
                line.push_str(&runs);
                line.push_str("; ");
                line.push_str(&joined(&wickets, "; "));
            }
        }
        if bowled.free_hit {
            line.push_str(" (free hit)");
        }
        line
    }

    /// "OUT! Kohli c Smith b Starc 34 (28)"; the figures only while they are those of this dismissal.
    fn wicket_text(&self, innings: Option<&Innings>, ball: &Ball, dismissal: &Dismissal) -> String {
        let how = self.dismissal_text(dismissal, Some(ball.bowler));
        let who = match dismissal.player == ball.striker {
            true => String::new(),
            false => text!(self.setup.short_name(dismissal.player), " "),
        };
        let call = if dismissal.kind.is_wicket() { "OUT! " } else { "" };
        let batter = innings.and_then(|it| it.batter(dismissal.player));
        match batter.filter(|it| it.dismissal.as_ref() == Some(dismissal)) {
            Some(batter) => {
                text!(call, who, how, " ", batter.runs.to_string(), " (", batter.balls.to_string(), ")")
            }
            None => text!(call, who, how),
        }
    }

    /// The powerplay in force for the ball that is due.
    pub fn powerplay_now(&self) -> Option<Powerplay> {
        let innings = self.current()?;
        let bowled = innings.recent.iter().filter(|it| it.over == innings.overs).count();
        let due = (innings.overs, u8::try_from(bowled + 1).unwrap_or(u8::MAX));
        let within = |it: &&Powerplay| (it.from_over, it.from_ball) <= due && due <= (it.to_over, it.to_ball);
        let balls_per_over = self.setup.balls_per_over;
        // An over can have more balls than the powerplay foresaw.
        let whole = |it: &&Powerplay| {
            within(it) || (it.from_over <= due.0 && due.0 == it.to_over && it.to_ball >= balls_per_over)
        };
        innings.powerplays.iter().rev().find(whole).copied()
    }
}

fn ball_label(ball: &Ball) -> String {
    let extras = &ball.extras;
    let out = ball.wickets.iter().any(|it| it.kind.is_wicket());
    // Two digits at most: an archive could say anything.
    let figure = |runs: u16, kind: &str| text!(runs.min(99).to_string(), kind);
    let runs = if extras.wides > 0 {
        figure(ball.total(), "wd")
    } else if extras.no_balls > 0 {
        figure(ball.total(), "nb")
    } else if extras.leg_byes > 0 {
        figure(extras.leg_byes, "lb")
    } else if extras.byes > 0 {
        figure(extras.byes, "b")
    } else if extras.penalty > 0 {
        figure(ball.total(), "p")
    } else if ball.runs > 0 {
        figure(ball.total(), "")
    } else if out {
        String::new()
    } else {
        "•".to_owned()
    };
    match out {
        true if runs.len() > 2 => "W".to_owned(),
        true => text!("W", runs),
        false => runs,
    }
}

/// "no run", "1 run", "FOUR", "SIX", "wide", "no ball, 2 runs", "leg bye", "3 byes".
fn runs_text(ball: &Ball) -> String {
    let extras = &ball.extras;
    let mut parts = Vec::new();
    match extras.wides {
        0 => {}
        1 => parts.push("wide".to_owned()),
        wides => parts.push(text!(wides.to_string(), " wides")),
    }
    if extras.no_balls > 0 {
        parts.push("no ball".to_owned());
    }
    match (ball.runs, ball.boundary) {
        (_, Some(Boundary::Four)) => parts.push("FOUR".to_owned()),
        (_, Some(Boundary::Six)) => parts.push("SIX".to_owned()),
        (0, None) => {}
        (1, None) => parts.push("1 run".to_owned()),
        (runs, None) => parts.push(text!(runs.to_string(), " runs")),
    }
    for (runs, one) in [(extras.leg_byes, "leg bye"), (extras.byes, "bye")] {
        match runs {
            0 => {}
            1 => parts.push(one.to_owned()),
            runs => parts.push(text!(runs.to_string(), " ", one, "s")),
        }
    }
    if extras.penalty > 0 {
        parts.push(text!(extras.penalty.to_string(), " penalty runs"));
    }
    if parts.is_empty() { "no run".to_owned() } else { joined(&parts, ", ") }
}
