//! The words beside and under a score.

use crate::{Innings, InningsEnd, Match, Outcome, Phase, Side, Tiebreak};

impl Innings {
    /// "187/4", or "187" when all out; "d" follows a declaration.
    pub fn score_text(&self) -> String {
        match self.end {
            Some(InningsEnd::AllOut) => self.runs.to_string(),
            Some(InningsEnd::Declared) => format!("{}/{}d", self.runs, self.wickets),
            _ => format!("{}/{}", self.runs, self.wickets),
        }
    }
}

impl Match {
    /// The result in words, once there is one: "Australia won by 6 wickets".
    pub fn result_text(&self) -> Option<String> {
        let outcome = self.outcome.as_ref()?;
        let (text, method) = match outcome {
            Outcome::Runs { winner, runs, method } => {
                (format!("{} won by {}", self.name(*winner), count(*runs, "run")), method.as_deref())
            }
            Outcome::Wickets { winner, wickets, method } => (
                format!("{} won by {}", self.name(*winner), count(u16::from(*wickets), "wicket")),
                method.as_deref(),
            ),
            Outcome::Innings { winner, runs, method } => {
                let margin = match runs {
                    0 => String::new(),
                    runs => format!(" and {}", count(*runs, "run")),
                };
                (format!("{} won by an innings{margin}", self.name(*winner)), method.as_deref())
            }
            Outcome::Win { winner, method } => (format!("{} won", self.name(*winner)), method.as_deref()),
            Outcome::Tie { tiebreak, method } => return Some(self.tie_text(*tiebreak, method.as_deref())),
            Outcome::Draw => ("Match drawn".to_owned(), None),
            Outcome::NoResult => ("No result".to_owned(), None),
            Outcome::Abandoned => ("Match abandoned".to_owned(), None),
        };
        Some(match method {
            Some("Awarded") => format!("{text} (awarded)"),
            Some(method) => format!("{text} ({method})"),
            None => text,
        })
    }

    fn tie_text(&self, tiebreak: Option<Tiebreak>, method: Option<&str>) -> String {
        let settled = match tiebreak {
            Some(Tiebreak::SuperOver(side)) => Some(format!("{} won the Super Over", self.name(side))),
            Some(Tiebreak::BowlOut(side)) => Some(format!("{} won the bowl-out", self.name(side))),
            Some(Tiebreak::Rule(side)) => Some(format!("{} won the tiebreak", self.name(side))),
            None => None,
        };
        match (method, settled) {
            (None, None) => "Match tied".to_owned(),
            (Some(method), None) => format!("Match tied ({method})"),
            (None, Some(settled)) => format!("Match tied ({settled})"),
            (Some(method), Some(settled)) => format!("Match tied ({settled}) ({method})"),
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
                Some(balls) => format!(
                    "{team} need {} from {}",
                    count(needed, "run"),
                    count(u16::try_from(balls).unwrap_or(u16::MAX), "ball")
                ),
                None => format!("{team} need {}", count(needed, "run")),
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
                lead if lead > 0 => format!("{team} lead by {}", count_wide(lead, "run")),
                lead => format!("{team} trail by {}", count_wide(-lead, "run")),
            };
        }
        if innings.end.is_some() {
            let (score, other) = (innings.score_text(), self.name(innings.batting.other()));
            return match innings.target {
                // The other side chases next, unless a D/L target will be set.
                None if self.decides_next(innings) => {
                    format!("{team} {score}; {other} need {} to win", count(innings.runs + 1, "run"))
                }
                None => format!("{team} {score}; {other} to bat"),
                Some(_) => format!("{team} {score}"),
            };
        }
        if innings.super_over {
            return format!("Super Over: {team} are batting");
        }
        self.toss_text().unwrap_or_else(|| format!("{team} are batting"))
    }

    /// Whether the innings after this one is a chase of one more than it.
    fn decides_next(&self, innings: &Innings) -> bool {
        let alike = self.innings.iter().filter(|it| it.super_over == innings.super_over).count();
        !self.setup.format.is_multi_day() && alike % 2 == 1
    }

    fn toss_text(&self) -> Option<String> {
        let toss = self.toss?;
        let choice = if toss.bats { "bat" } else { "field" };
        Some(format!("{} chose to {choice}", self.name(toss.winner)))
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
    format!("{note}: {}", text.to_ascii_lowercase())
}

/// "1 run", "14 balls".
fn count(number: u16, noun: &str) -> String {
    count_wide(i32::from(number), noun)
}

fn count_wide(number: i32, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
