//! What rewards are told of quizzes, by names that are the same each time.

use crate::error::Error;
use crate::kept::Kept;
use jiff::Timestamp;
use rewards::{Fact, Source, Told, Trigger};
use store::Transaction;

/// Somebody has answered.
pub(crate) const ANSWER: &str = "answer";
/// It was right.
pub(crate) const CORRECT: &str = "correct";
/// So many right answers of a series in a row.
pub(crate) const STREAK: &str = "streak";
/// All answers to a quiz were right.
pub(crate) const PERFECT: &str = "perfect";

/// Something by which a fan may earn.
pub(crate) struct Earning<'a> {
    pub(crate) kept: &'a Kept,
    pub(crate) fan_id: &'a str,
    pub(crate) device: Option<&'a str>,
    pub(crate) kind: &'static str,
    /// How often it has come to be so: what was taken back and is so again has a name of its own.
    pub(crate) time: i32,
    pub(crate) at: Timestamp,
    pub(crate) facts: Vec<(&'static str, Fact)>,
}

/// What rewards know it by.
pub(crate) fn name(kept: &Kept, fan_id: &str, kind: &str, time: i32) -> String {
    let of = if kind == PERFECT { &kept.quiz_id } else { &kept.id };
    match time {
        1 => format!("{of}/{fan_id}/{kind}"),
        time => format!("{of}/{fan_id}/{kind}#{time}"),
    }
}

/// Tells of all of them.
pub(crate) async fn tell(tx: &Transaction<'_>, all: &[Earning<'_>], now: Timestamp) -> Result<(), Error> {
    let triggers: Vec<Trigger> = all.iter().map(trigger).collect();
    let told = all.iter().zip(&triggers).map(|(it, trigger)| Told {
        trigger,
        books: it.kept.books,
        scope: "",
        fan_id: Some(it.fan_id),
        match_id: it.kept.match_id.as_deref(),
        device: it.device,
    });
    rewards::hear_all(tx, &told.collect::<Vec<_>>(), now).await?;
    Ok(())
}

/// What conditions may ask for as `trigger.quiz`, `trigger.about`, `trigger.points`, `trigger.series`, and what the kind has besides.
fn trigger(it: &Earning<'_>) -> Trigger {
    let mut facts = vec![("quiz", Fact::Text(it.kept.quiz_id.clone()))];
    if it.kind != PERFECT {
        facts.push(("about", Fact::Text(it.kept.kind.word().to_owned())));
        facts.push(("points", Fact::Number(i64::from(it.kept.points))));
    }
    facts.extend(it.kept.series.iter().map(|it| ("series", Fact::Text(it.clone()))));
    facts.extend(it.facts.iter().cloned());
    Trigger {
        source: Source::Quiz,
        id: name(it.kept, it.fan_id, it.kind, it.time),
        kind: it.kind.to_owned(),
        at: it.at,
        facts: facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect(),
    }
}
