//! The tones in which somebody follows: only those are told.

use super::retell;
use crate::app::App;
use crate::stream::Voice;
use commentary::Language;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::time::Duration;
use store::{At, Client, Migrations, Step, Store, Transaction};

pub const MIGRATIONS: Migrations =
    Migrations { schema: "server", steps: &[Step { name: "0007_voice", sql: include_str!("1_voice.sql") }] };

/// How often a process says what is in demand.
const EVERY: Duration = Duration::from_secs(15);
/// For how long that holds.
const HOLDS: SignedDuration = SignedDuration::from_secs(45);
/// The pause before it is said again that could not be said.
const AGAIN: Duration = Duration::from_secs(1);
/// How long rows that are over are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

// What was there before is as it was when the statement began.
const RENEW: &str = "
    with wanted as (
        select * from unnest($1::text[], $2::text[], $3::text[]) as it (match_id, tone, language)
    ), said as (
        insert into server.voice (match_id, tone, language, until)
        select match_id, tone, language, $4 from wanted order by 1, 2, 3
        on conflict (match_id, tone, language) do update set until = greatest(voice.until, excluded.until)
    )
    select distinct match_id from wanted where not exists (
        select 1 from server.voice v
        where v.match_id = wanted.match_id and v.tone = wanted.tone and v.language = wanted.language and v.until > $5)";

const FORGET: &str = "delete from server.voice where until < $1";

const OF_MATCH: &str =
    "select tone, language from server.voice where match_id = $1 and until > $2 order by tone, language";

/// Says it while the process runs.
pub(super) async fn keep(app: &App) {
    let mut has_failed = false;
    let mut pause = EVERY;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = app.tones.asked() => {}
        }
        match renew(&app.store, &app.hub.voices(), app.clock.now()).await {
            Ok(()) => (has_failed, pause) = (false, EVERY),
            Err(error) => {
                if !has_failed {
                    tracing::warn!(%error, "it is not said which tones are in demand; it is tried again");
                }
                (has_failed, pause) = (true, AGAIN);
            }
        }
    }
}

/// Says that these tones of matches are in demand. Where one was not, all that has happened in the match is told in it.
pub(crate) async fn renew(
    store: &Store,
    wanted: &[(String, Voice)],
    now: Timestamp,
) -> Result<(), commentary::Error> {
    if wanted.is_empty() {
        return Ok(());
    }
    let matches: Vec<&str> = wanted.iter().map(|it| it.0.as_str()).collect();
    let tones: Vec<&str> = wanted.iter().map(|it| it.1.tone.as_str()).collect();
    let languages: Vec<&str> = wanted.iter().map(|it| it.1.language.tag()).collect();
    let renewed = store.run_tx("tones.demand", async |tx| {
        tx.execute(FORGET, &[&At::after(now, -KEPT)]).await?;
        let (until, now) = (At::after(now, HOLDS), At(now));
        let rows = tx.query(RENEW, &[&matches, &tones, &languages, &until, &now]).await?;
        let begun: BTreeSet<String> = rows.iter().map(|it| it.get("match_id")).collect();
        for game in begun {
            retell::enqueue_so_far(tx, game).await?;
        }
        Ok::<_, commentary::Error>(())
    });
    renewed.await
}

/// The tones in which somebody follows a match.
pub(crate) async fn of_match(
    client: &Client<'_>,
    match_id: &str,
    now: Timestamp,
) -> Result<Vec<Voice>, store::Error> {
    let rows = client.query(OF_MATCH, &[&match_id, &At(now)]).await?;
    let voice = |row: &store::Row| {
        let language = Language::of_tag(row.get("language"))?;
        Some(Voice { tone: row.get("tone"), language })
    };
    Ok(rows.iter().filter_map(voice).collect())
}

/// Whether there is any.
pub(crate) async fn is_any(
    tx: &Transaction<'_>,
    match_id: &str,
    now: Timestamp,
) -> Result<bool, store::Error> {
    Ok(!of_match(tx, match_id, now).await?.is_empty())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[RENEW, FORGET, OF_MATCH];
