//! The words beside and under a score.

use crate::text;
use crate::{Innings, InningsEnd, Match, Outcome, Phase, Side, Tiebreak, Words, words::messages as say};

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
    pub fn result_text(&self, words: Words) -> Option<String> {
        let outcome = self.outcome.as_ref()?;
        let by = |message, winner: &Side, margin: u16| {
            words.fill(message, &[self.name(*winner), &margin.to_string()])
        };
        let (text, method) = match outcome {
            Outcome::Runs { winner, runs, method } => (by(say::WON_BY_RUNS, winner, *runs), method),
            Outcome::Wickets { winner, wickets, method } => {
                (by(say::WON_BY_WICKETS, winner, u16::from(*wickets)), method)
            }
            Outcome::Innings { winner, runs, method } => {
                let message = if *runs == 0 { say::WON_BY_INNINGS } else { say::WON_BY_INNINGS_AND };
                (by(message, winner, *runs), method)
            }
            Outcome::Win { winner, method } => (by(say::WON, winner, 0), method),
            Outcome::Tie { tiebreak, method } => (self.tie_text(words, *tiebreak), method),
            Outcome::Draw => (words.get(say::DRAWN).to_owned(), &None),
            Outcome::NoResult => (words.get(say::NO_RESULT).to_owned(), &None),
            Outcome::Abandoned => (words.get(say::ABANDONED).to_owned(), &None),
        };
        Some(match method.as_deref() {
            Some("Awarded") => text!(text, " (", words.get(say::AWARDED), ")"),
            Some(method) => text!(text, " (", method, ")"),
            None => text,
        })
    }

    /// "Match tied (Home won the Super Over)".
    fn tie_text(&self, words: Words, tiebreak: Option<Tiebreak>) -> String {
        let (message, side) = match tiebreak {
            Some(Tiebreak::SuperOver(side)) => (say::WON_SUPER_OVER, side),
            Some(Tiebreak::BowlOut(side)) => (say::WON_BOWL_OUT, side),
            Some(Tiebreak::Rule(side)) => (say::WON_TIEBREAK, side),
            None => return words.get(say::TIED).to_owned(),
        };
        text!(words.get(say::TIED), " (", words.fill(message, &[self.name(side)]), ")")
    }

    /// The sentence under the score: the result, why play has stopped, what the chase needs, who leads, who won the toss.
    pub fn status_text(&self, words: Words) -> String {
        if let Some(text) = self.result_text(words) {
            return text;
        }
        let note = words.note(&self.note);
        let with_note = |alone, by| match note {
            "" => words.get(alone).to_owned(),
            note => words.fill(by, &[note]),
        };
        match self.phase {
            Phase::Delayed if self.innings.is_empty() => with_note(say::START_DELAYED, say::START_DELAYED_BY),
            Phase::Delayed => with_note(say::PLAY_STOPPED, say::PLAY_STOPPED_BY),
            Phase::Break if !note.is_empty() => note.to_owned(),
            _ => match self.innings.last() {
                None => self.toss_text(words).unwrap_or_else(|| words.get(say::NOT_BEGUN).to_owned()),
                Some(innings) => self.innings_status(words, innings),
            },
        }
    }

    fn innings_status(&self, words: Words, innings: &Innings) -> String {
        let team = self.name(innings.batting);
        let say_runs = |message, runs: i32| words.fill(message, &[team, &runs.to_string()]);
        if let (Some(needed), None) = (self.runs_needed(), innings.end) {
            let needed = needed.to_string();
            return match self.balls_left() {
                Some(balls) => words.fill(say::NEED_FROM, &[team, &needed, &balls.to_string()]),
                None => words.fill(say::NEED, &[team, &needed]),
            };
        }
        if innings.end.is_some()
            && let Some(proposal) = self.computed_outcome()
        {
            let told = Match { setup: self.setup.clone(), outcome: Some(proposal), ..Match::default() };
            return told.result_text(words).unwrap_or_default();
        }
        if self.setup.format.is_multi_day() && self.innings.len() > 1 {
            return match self.lead().unwrap_or(0) {
                0 => words.get(say::LEVEL).to_owned(),
                lead if lead > 0 => say_runs(say::LEAD, lead),
                lead => say_runs(say::TRAIL, -lead),
            };
        }
        if innings.end.is_some() {
            let (score, other) = (innings.score_text(), self.name(innings.batting.other()));
            return match innings.target {
                // The other side chases next, unless a D/L target will be set.
                None if self.decides_next(innings) => {
                    let needed = (innings.runs + 1).to_string();
                    words.fill(say::NEED_NEXT, &[team, &score, other, &needed])
                }
                None => words.fill(say::BATS_NEXT, &[team, &score, other]),
                Some(_) => text!(team, " ", score),
            };
        }
        if innings.super_over {
            return words.fill(say::BATTING_SUPER_OVER, &[team]);
        }
        self.toss_text(words).unwrap_or_else(|| words.fill(say::BATTING, &[team]))
    }

    /// Whether the innings after this one is a chase of one more than it.
    fn decides_next(&self, innings: &Innings) -> bool {
        let alike = self.innings.iter().filter(|it| it.super_over == innings.super_over).count();
        !self.setup.format.is_multi_day() && alike % 2 == 1
    }

    fn toss_text(&self, words: Words) -> Option<String> {
        let toss = self.toss?;
        let message = if toss.bats { say::CHOSE_TO_BAT } else { say::CHOSE_TO_FIELD };
        Some(words.fill(message, &[self.name(toss.winner)]))
    }

    fn name(&self, side: Side) -> &str {
        &self.setup.team(side).name
    }
}
