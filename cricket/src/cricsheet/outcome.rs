//! `info.outcome`, as a result.

use super::fields;
use super::raw::Info;
use crate::{Outcome, Setup, Tiebreak};

/// The recorded result; none when the file has none. The second part says what could not be understood.
pub(super) fn outcome(info: &Info<'_>, setup: &Setup) -> (Option<Outcome>, Option<String>) {
    let Some(object) = info.object.get("outcome").and_then(|it| it.as_object()) else { return (None, None) };
    let side = |key: &str| fields::text(object, &[key]).and_then(|team| setup.side(team));
    let method = fields::text(object, &["method"]).map(str::to_owned);
    let super_over = side("eliminator").map(Tiebreak::SuperOver);
    let tiebreak = super_over.or_else(|| side("bowl_out").map(Tiebreak::BowlOut));
    if let Some(winner) = side("winner") {
        let by = object.get("by").and_then(|it| it.as_object());
        let figure = |key: &str| by.and_then(|it| it.get(key)).and_then(fields::number);
        let runs = figure("runs").and_then(|it| u16::try_from(it).ok());
        let wickets = figure("wickets").and_then(|it| u8::try_from(it).ok());
        let innings = by.is_some_and(|it| it.contains_key("innings"));
        return (
            Some(match (runs, wickets) {
                (runs, _) if innings => Outcome::Innings { winner, runs: runs.unwrap_or(0), method },
                (Some(runs), _) => Outcome::Runs { winner, runs, method },
                (None, Some(wickets)) => Outcome::Wickets { winner, wickets, method },
                (None, None) => Outcome::Win { winner, method },
            }),
            None,
        );
    }
    match fields::text(object, &["result"]).map(str::to_ascii_lowercase).as_deref() {
        Some("tie") => (Some(Outcome::Tie { tiebreak, method }), None),
        _ if tiebreak.is_some() => (Some(Outcome::Tie { tiebreak, method }), None),
        Some("draw") => (Some(Outcome::Draw), None),
        Some("no result") => (Some(Outcome::NoResult), None),
        Some("abandoned") => (Some(Outcome::Abandoned), None),
        Some(other) => (None, Some(format!("the result \"{other}\" is not understood"))),
        None if object.is_empty() => (None, None),
        None => (None, Some("the outcome names no winner of this match".to_owned())),
    }
}
