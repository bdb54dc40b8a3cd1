//! The words beside and under a score.

use crate::text::text;
use crate::{Innings, InningsEnd, Match, Outcome, Phase, Side, Tiebreak};

impl Innings {
    /// "187/4", or "187" when all out; "d" follows a declaration.
    pub fn score_text(&self) -> String {
        match self.end {
            Some(InningsEnd::AllOut) => self.runs.to_string(),
            Some(InningsEnd::Declared) => text!(self.runs.to_string(), "/", self.wickets.to_string(), "d"),
            _ => text!(self.runs.to_string(), "/", self.wickets.to_string()),
        }
    }
}

impl Match {
    /// The result in words, once there is one: "Australia won by 6 wickets".
    pub fn result_text(&self) -> Option<String> {
        let outcome = self.outcome.as_ref()?;
        let (text, method) = match outcome {
            Outcome::Runs { winner, runs, method } => {
                (text!(self.name(*winner), " won by ", count(*runs, "run")), method.as_deref())
            }
            Outcome::Wickets { winner, wickets, method } => (
                text!(self.name(*winner), " won by ", count(u16::from(*wickets), "wicket")),
                method.as_deref(),
            ),
            Outcome::Innings { winner, runs, method } => {
                let margin = match runs {
                    0 => String::new(),
                    runs => text!(" and ", count(*runs, "run")),
                };
                (text!(self.name(*winner), " won by an innings", margin), method.as_deref())
            }
            Outcome::Win { winner, method } => (text!(self.name(*winner), " won"), method.as_deref()),
            Outcome::Tie { tiebreak, method } => return Some(self.tie_text(*tiebreak, method.as_deref())),
            Outcome::Draw => ("Match drawn".to_owned(), None),
            Outcome::NoResult => ("No result".to_owned(), None),
            Outcome::Abandoned => ("Match abandoned".to_owned(), None),
        };
        Some(match method {
            Some("Awarded") => text!(text, " (awarded)"),
            Some(method) => text!(text, " (", method, ")"),
            None => text,
        })
    }

    fn tie_text(&self, tiebreak: Option<Tiebreak>, method: Option<&str>) -> String {
        let settled = match tiebreak {
            Some(Tiebreak::SuperOver(side)) => Some(text!(self.name(side), " won the Super Over")),
            Some(Tiebreak::BowlOut(side)) => Some(text!(self.name(side), " won the bowl-out")),
            Some(Tiebreak::Rule(side)) => Some(text!(self.name(side), " won the tiebreak")),
            None => None,
        };
        match (method, settled) {
            (None, None) => "Match tied".to_owned(),
            (Some(method), None) => text!("Match tied (", method, ")"),
            (None, Some(settled)) => text!("Match tied (", settled, ")"),
            (Some(method), Some(settled)) => text!("Match tied (", settled, ") (", method, ")"),
        }
    }

    /// The sentence under the score: the result, why play has stopped, what the chase needs, who leads, who won the toss.
    pub fn status_text(&self) -> String {
        if let Some(text) = self.result_text() {
            return text;
        }
        match self.phase {
            Phase::Delayed if self.innings.is_empty() => {
                return with_note("The start is delayed", &self.note);
            }
            Phase::Delayed => return with_note("play has stopped", &self.note),
            Phase::Break if !self.note.is_empty() => return self.note.clone(),
            _ => {}
        }
        match self.innings.last() {
            None => self.toss_text().unwrap_or_else(|| "The match has not begun".to_owned()),
            Some(innings) => self.innings_status(innings),
        }
    }

    fn innings_status(&self, innings: &Innings) -> String {
        let team = self.name(innings.batting);
        if let (Some(needed), None) = (self.runs_needed(), innings.end) {
            return match self.balls_left() {
                Some(balls) => {
                    let balls = count(u16::try_from(balls).unwrap_or(u16::MAX), "ball");
                    text!(team, " need ", count(needed, "run"), " from ", balls)
                }
                None => text!(team, " need ", count(needed, "run")),
            };
        }
        if innings.end.is_some()
            && let Some(proposal) = self.computed_outcome()
        {
            let told = Match { setup: self.setup.clone(), outcome: Some(proposal), ..Match::default() };
            return told.result_text().unwrap_or_default();
        }
        if self.setup.format.is_multi_day() && self.innings.len() > 1 {
            return match self.lead().unwrap_or(0) {
                0 => "Scores level".to_owned(),
                lead if lead > 0 => text!(team, " lead by ", count_wide(lead, "run")),
                lead => text!(team, " trail by ", count_wide(-lead, "run")),
            };
        }
        if innings.end.is_some() {
            let (score, other) = (innings.score_text(), self.name(innings.batting.other()));
            return match innings.target {
                // The other side chases next, unless a D/L target will be set.
                None if self.decides_next(innings) => {
                    text!(team, " ", score, "; ", other, " need ", count(innings.runs + 1, "run"), " to win")
                }
                None => text!(team, " ", score, "; ", other, " to bat"),
                Some(_) => text!(team, " ", score),
            };
        }
        if innings.super_over {
            return text!("Super Over: ", team, " are batting");
        }
        self.toss_text().unwrap_or_else(|| text!(team, " are batting"))
    }

    /// Whether the innings after this one is a chase of one more than it.
    fn decides_next(&self, innings: &Innings) -> bool {
        let alike = self.innings.iter().filter(|it| it.super_over == innings.super_over).count();
        !self.setup.format.is_multi_day() && alike % 2 == 1
    }

    fn toss_text(&self) -> Option<String> {
        let toss = self.toss?;
        let choice = if toss.bats { "bat" } else { "field" };
        Some(text!(self.name(toss.winner), " chose to ", choice))
    }

    fn name(&self, side: Side) -> &str {
        &self.setup.team(side).name
    }
}

/// "Rain: play has stopped", or "Play has stopped". `text` is ours and in ASCII: the tables for all of Unicode's letters would be a tenth
/// of what a fan's browser loads.
fn with_note(text: &str, note: &str) -> String {
    if note.is_empty() {
        let mut sentence = text.to_owned();
        if let Some(first) = sentence.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        return sentence;
    }
    text!(note, ": ", text.to_ascii_lowercase())
}

/// "1 run", "14 balls".
fn count(number: u16, noun: &str) -> String {
    count_wide(i32::from(number), noun)
}

fn count_wide(number: i32, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    text!(number.to_string(), " ", noun, plural)
}
