//! The plain line of a ball.

use crate::facts::{Edge, Extras, Facts, Kind};
use crate::language::Language;
use cricket::Message;
use cricket::words::messages as say;

/// The ball as it is told without any tone, in the scoring engine's own words: "Starc to Kohli, FOUR". There at once for
/// every ball, and the last thing to fall back on. Hinglish has the English one.
pub fn line(facts: &Facts, language: Language) -> String {
    let words = language.words();
    let outs: Vec<String> = facts
        .out
        .iter()
        .map(|out| {
            let who = if out.player == facts.batter { String::new() } else { format!("{} ", out.player) };
            let how = out.text(&facts.bowler, language);
            words.fill(say::OUT, &[&format!("{who}{how} {} ({})", out.runs, out.balls)])
        })
        .collect();
    let runs = runs_text(facts, language);
    let what = match (outs.is_empty(), runs) {
        (true, None) => words.get(say::NO_RUN).to_owned(),
        (true, Some(runs)) => runs,
        (false, None) => outs.join("; "),
        (false, Some(runs)) => format!("{runs}; {}", outs.join("; ")),
    };
    let line = words.fill(say::BALL_LINE, &[&facts.bowler, &facts.batter, &what]);
    let line = if facts.free_hit { words.fill(say::FREE_HIT_LINE, &[&line]) } else { line };
    words.digits(&line)
}

fn runs_text(facts: &Facts, language: Language) -> Option<String> {
    let Extras { wides, no_balls, byes, leg_byes, penalty } = facts.extras;
    let mut parts = Vec::new();
    let mut said = |runs: u16, one: &Message, other: &Message| {
        if runs > 0 {
            let message = if runs == 1 { one } else { other };
            parts.push(language.words().fill(message, &[&runs.to_string()]));
        }
    };
    said(wides, say::WIDE, say::WIDES);
    said(no_balls.min(1), say::NO_BALL, say::NO_BALL);
    match facts.boundary {
        Some(Edge::Four) => said(1, say::FOUR, say::FOUR),
        Some(Edge::Six) => said(1, say::SIX, say::SIX),
        None => said(facts.bat_runs, say::RUNS, say::RUNS),
    }
    said(leg_byes, say::LEG_BYE, say::LEG_BYES);
    said(byes, say::BYE, say::BYES);
    said(penalty, say::PENALTY_RUNS, say::PENALTY_RUNS);
    (!parts.is_empty()).then(|| parts.join(", "))
}

impl Facts {
    /// Whether one line in a tone can hardly hold it: two wickets, or runs and a wicket, or penalty runs. The plain line does.
    pub fn is_rare(&self) -> bool {
        let runs_too = self.kind == Kind::Wicket && (self.runs > 0 || self.boundary.is_some());
        self.out.len() > 1 || runs_too || self.extras.penalty > 0
    }
}
