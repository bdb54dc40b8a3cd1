//! What tones did and what they cost, for who runs them.

use crate::budget;
use crate::error::Error;
use crate::language::Language;
use crate::preset::Preset;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::time::Duration;
use store::{At, Client, Store};

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// A model said it and it stands.
    Model,
    Cache,
    /// The offline line stands.
    Offline,
    /// A model's line does not stand.
    Refused,
}

impl Outcome {
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Model => "model",
            Outcome::Cache => "cache",
            Outcome::Offline => "offline",
            Outcome::Refused => "refused",
        }
    }
}

/// Lines to be counted: each with its tone, what became of it and why.
#[derive(Debug, Default)]
pub(crate) struct Tally<'t>(BTreeMap<(&'t str, Language, Outcome, &'static str), i64>);

impl<'t> Tally<'t> {
    pub(crate) fn add(&mut self, preset: &'t Preset, outcome: Outcome, reason: &'static str) {
        *self.0.entry((preset.key.as_str(), preset.language, outcome, reason)).or_default() += 1;
    }
}

const COUNT: &str = "
    insert into commentary.tally (day, game, model, tone, language, outcome, reason, lines)
    select ($1::timestamptz at time zone 'UTC')::date, $2, $3, tone, language, outcome, reason, lines
    from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[]) as it (tone, language, outcome, reason, lines)
    order by tone, language, outcome, reason
    on conflict (day, game, tone, language, model, outcome, reason) do update set lines = tally.lines + excluded.lines";

pub(crate) async fn count(
    store: &Store,
    game: &str,
    model: &str,
    tally: &Tally<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    if tally.0.is_empty() {
        return Ok(());
    }
    let keys = || tally.0.keys();
    let tones: Vec<&str> = keys().map(|it| it.0).collect();
    let languages: Vec<&str> = keys().map(|it| it.1.tag()).collect();
    let outcomes: Vec<&str> = keys().map(|it| it.2.word()).collect();
    let reasons: Vec<&str> = keys().map(|it| it.3).collect();
    let lines: Vec<i64> = tally.0.values().copied().collect();
    let params: store::Params<'_> =
        &[&At(now), &game, &model, &tones, &languages, &outcomes, &reasons, &lines];
    store.run_one("commentary.count", COUNT, params).await?;
    Ok(())
}

/// Lines with the same fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    pub tone: String,
    pub language: String,
    pub model: String,
    /// [`Outcome::word`].
    pub outcome: String,
    /// Why a line was refused, or the offline one stood; empty otherwise.
    pub reason: String,
    pub lines: i64,
}

/// Calls with the same end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    pub model: String,
    /// "told", "late", "lost", "asked" while under way, or a [`ModelError`](crate::ModelError)'s word.
    pub outcome: String,
    pub calls: i64,
    /// Millionths of the currency, of calls that are over.
    pub cost: i64,
    pub tokens_in: i64,
    pub tokens_out: i64,
    /// Half of the calls took no longer, and 95 of a hundred; none where none is over.
    pub p50_ms: Option<i32>,
    pub p95_ms: Option<i32>,
}

const LINES: &str = "
    select tone, language, model, outcome, reason, sum(lines)::bigint as lines from commentary.tally
    where day >= $1::text::date and ($2::text is null or game = $2)
    group by tone, language, model, outcome, reason order by tone, language, model, outcome, reason";

const CALLS: &str = "
    select model, outcome, count(*) as calls, coalesce(sum(cost), 0)::bigint as cost,
        coalesce(sum(tokens_in), 0)::bigint as tokens_in, coalesce(sum(tokens_out), 0)::bigint as tokens_out,
        percentile_disc(0.5) within group (order by ms) as p50_ms,
        percentile_disc(0.95) within group (order by ms) as p95_ms
    from commentary.call where made_at >= $1 and ($2::text is null or game = $2)
    group by model, outcome order by model, outcome";

/// Since the beginning of that day (UTC), of one match or of all: lines by tone and fate.
pub async fn lines(client: &Client<'_>, since: Timestamp, game: Option<&str>) -> Result<Vec<Lines>, Error> {
    let day = TimeZone::UTC.to_datetime(since).date().to_string();
    let rows = client.query(LINES, &[&day, &game]).await?;
    let read = |it: &store::Row| Lines {
        tone: it.get("tone"),
        language: it.get("language"),
        model: it.get("model"),
        outcome: it.get("outcome"),
        reason: it.get("reason"),
        lines: it.get("lines"),
    };
    Ok(rows.iter().map(read).collect())
}

/// Since then, of one match or of all: calls by model and end.
pub async fn calls(client: &Client<'_>, since: Timestamp, game: Option<&str>) -> Result<Vec<Calls>, Error> {
    let rows = client.query(CALLS, &[&At(since), &game]).await?;
    let read = |it: &store::Row| Calls {
        model: it.get("model"),
        outcome: it.get("outcome"),
        calls: it.get("calls"),
        cost: it.get("cost"),
        tokens_in: it.get("tokens_in"),
        tokens_out: it.get("tokens_out"),
        p50_ms: it.get("p50_ms"),
        p95_ms: it.get("p95_ms"),
    };
    Ok(rows.iter().map(read).collect())
}

const OLD_CALLS: &str = "delete from commentary.call where made_at < $1";
const OLD_TALLIES: &str =
    "delete from commentary.tally where day < ($1::timestamptz at time zone 'UTC')::date";
const OLD_TEMPLATES: &str = "delete from commentary.template where made_at < $1";
const OLD_BUDGETS: &str = "delete from commentary.budget where made_at < $1";

/// Forgets accounts and cached lines that are older than `keep`, and writes off calls of processes that are gone. Lines that fans
/// read stay with their match.
pub async fn sweep(store: &Store, now: Timestamp, keep: Duration) -> Result<(), Error> {
    budget::write_off(store, now).await?;
    let before = At(now.saturating_sub(keep).unwrap_or(Timestamp::MIN));
    for sql in [OLD_CALLS, OLD_TALLIES, OLD_TEMPLATES, OLD_BUDGETS] {
        store.run_one("commentary.sweep", sql, &[&before]).await?;
    }
    Ok(())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[COUNT, LINES, CALLS, OLD_CALLS, OLD_TALLIES, OLD_TEMPLATES, OLD_BUDGETS];
