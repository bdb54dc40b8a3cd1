//! A ball and a dismissal in plain words.

use crate::{
    Ball, Batter, BatterState, Boundary, Bowled, Dismissal, DismissalKind, Fielder, Innings, Match, Message,
    PlayerId, Powerplay, Words, text, text::joined, words::messages as say,
};

impl Match {
    /// How a batter's innings stands or ended, as a scorecard says it: "c Smith b Jones", "run out (Smith/Jones)",
    /// "not out".
    pub fn how_out(&self, words: Words, batter: &Batter) -> String {
        match (&batter.dismissal, batter.state) {
            (Some(dismissal), _) => self.dismissal_text(words, dismissal, batter.dismissed_by),
            (None, BatterState::Retired) => words.get(say::RETIRED).to_owned(),
            (None, _) => words.get(say::NOT_OUT).to_owned(),
        }
    }

    /// "c Smith b Jones"; `bowler` as in [`Batter::dismissed_by`].
    pub fn dismissal_text(&self, words: Words, dismissal: &Dismissal, bowler: Option<PlayerId>) -> String {
        let bowler = bowler.map_or("", |it| self.setup.short_name(it));
        let names: Vec<String> = dismissal.fielders.iter().map(|it| self.fielder(words, it)).collect();
        let first = names.first();
        let by_bowler = |message| words.fill(message, &[bowler]);
        let by_both = |message, first: &str| words.fill(message, &[first, bowler]);
        let message = match dismissal.kind {
            DismissalKind::Bowled => return by_bowler(say::BOWLED),
            DismissalKind::Caught => return by_both(say::CAUGHT, first.map_or("?", String::as_str)),
            DismissalKind::CaughtAndBowled => return by_bowler(say::CAUGHT_AND_BOWLED),
            DismissalKind::Lbw => return by_bowler(say::LBW),
            DismissalKind::Stumped => match first {
                Some(name) => return by_both(say::STUMPED, name),
                None => return by_bowler(say::STUMPED_BY_NOBODY),
            },
            DismissalKind::HitWicket => return by_bowler(say::HIT_WICKET),
            DismissalKind::RunOut if names.is_empty() => say::RUN_OUT,
            DismissalKind::RunOut => return words.fill(say::RUN_OUT_BY, &[&joined(&names, "/")]),
            DismissalKind::HandledTheBall => say::HANDLED_THE_BALL,
            DismissalKind::HitTheBallTwice => say::HIT_THE_BALL_TWICE,
            DismissalKind::ObstructingTheField => say::OBSTRUCTING_THE_FIELD,
            DismissalKind::TimedOut => say::TIMED_OUT,
            DismissalKind::RetiredOut => say::RETIRED_OUT,
            DismissalKind::RetiredHurt => say::RETIRED_HURT,
            DismissalKind::RetiredNotOut => say::RETIRED_NOT_OUT,
        };
        words.get(message).to_owned()
    }

    fn fielder(&self, words: Words, fielder: &Fielder) -> String {
        match fielder {
            Fielder::Player(player) => self.setup.short_name(*player).to_owned(),
            Fielder::Substitute(Some(name)) => words.fill(say::SUBSTITUTE_NAMED, &[name]),
            Fielder::Substitute(None) => words.get(say::SUBSTITUTE).to_owned(),
        }
    }

    /// A ball in at most four characters: "•", "4", "W", "1wd", "2nb", "1lb", "W1" (a wicket with a run).
    pub fn ball_label(&self, bowled: &Bowled) -> String {
        ball_label(&bowled.ball)
    }

    /// A ball as a line of plain commentary: "Starc to Kohli, FOUR". `innings` is its index in [`Match::innings`].
    pub fn ball_line(&self, words: Words, innings: usize, bowled: &Bowled) -> String {
        let ball = &bowled.ball;
        let name = |player| self.setup.short_name(player);
        let wickets: Vec<String> = ball
            .wickets
            .iter()
            .map(|it| self.wicket_text(words, self.innings.get(innings), ball, it))
            .collect();
        let wickets = joined(&wickets, "; ");
        let runs = runs_text(words, ball);
        let what = match (wickets.is_empty(), runs) {
            (true, None) => words.get(say::NO_RUN).to_owned(),
            (true, Some(runs)) => runs,
            (false, None) => wickets,
            (false, Some(runs)) => text!(runs, "; ", wickets),
        };
        let line = words.fill(say::BALL_LINE, &[name(ball.bowler), name(ball.striker), &what]);
        if bowled.free_hit { words.fill(say::FREE_HIT_LINE, &[&line]) } else { line }
    }

    /// "OUT! Kohli c Smith b Starc 34 (28)"; the figures only while they are those of this dismissal.
    fn wicket_text(
        &self,
        words: Words,
        innings: Option<&Innings>,
        ball: &Ball,
        dismissal: &Dismissal,
    ) -> String {
        let how = self.dismissal_text(words, dismissal, Some(ball.bowler));
        let who = match dismissal.player == ball.striker {
            true => String::new(),
            false => text!(self.setup.short_name(dismissal.player), " "),
        };
        let batter = innings.and_then(|it| it.batter(dismissal.player));
        let told = match batter.filter(|it| it.dismissal.as_ref() == Some(dismissal)) {
            Some(batter) => {
                text!(who, how, " ", batter.runs.to_string(), " (", batter.balls.to_string(), ")")
            }
            None => text!(who, how),
        };
        if dismissal.kind.is_wicket() { words.fill(say::OUT, &[&told]) } else { told }
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

/// "1 run", "FOUR", "SIX", "wide", "no ball, 2 runs", "leg bye", "3 byes"; none for no run.
fn runs_text(words: Words, ball: &Ball) -> Option<String> {
    let extras = &ball.extras;
    let mut parts = Vec::new();
    let mut said = |runs: u16, one: &Message, other: &Message| {
        if runs > 0 {
            parts.push(words.fill(if runs == 1 { one } else { other }, &[&runs.to_string()]));
        }
    };
    said(extras.wides, say::WIDE, say::WIDES);
    said(u16::from(extras.no_balls > 0), say::NO_BALL, say::NO_BALL);
    match ball.boundary {
        Some(Boundary::Four) => said(1, say::FOUR, say::FOUR),
        Some(Boundary::Six) => said(1, say::SIX, say::SIX),
        None => said(u16::from(ball.runs), say::RUNS, say::RUNS),
    }
    said(extras.leg_byes, say::LEG_BYE, say::LEG_BYES);
    said(extras.byes, say::BYE, say::BYES);
    said(extras.penalty, say::PENALTY_RUNS, say::PENALTY_RUNS);
    (!parts.is_empty()).then(|| joined(&parts, ", "))
}
