//! Lines as fans read them, kept for as long as their match is.

use crate::error::Error;
use crate::language::Language;
use jiff::Timestamp;
use std::collections::BTreeSet;
use store::{At, Client, Row, Transaction};

/// Told of new lines, in PostgreSQL's notifications; without a payload.
pub const CHANNEL: &str = "crease_commentary";

/// Lines that are read or written at once.
pub const LINES_MAX: i64 = 2_000;

/// A ball in a tone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The innings, and the ball in it, both from 0.
    pub innings: i32,
    pub ball: i32,
    pub tone: String,
    pub language: Language,
    /// The history of the match that it is true of.
    pub rev: i64,
    /// [`Facts::hash`](crate::Facts::hash) of the ball.
    pub facts: String,
    /// The preset's version.
    pub preset: u32,
    pub text: String,
    /// The model's name, "cache" or "offline".
    pub source: String,
    /// In the order in which a match's lines were written; 0 before it is.
    pub position: i64,
}

const POSITION: &str = "
    insert into commentary.game (game, position) values ($1, $2)
    on conflict (game) do update set position = game.position + excluded.position returning position";

// One that says the same leaves the kept one alone, whatever it is called: fans have read it. An older history changes nothing.
const PUT: &str = "
    insert into commentary.line (game, innings, ball, tone, language, rev, facts, preset, text, source, position, made_at)
    select $1, innings, ball, tone, language, rev, facts, preset, text, source, position, $12
    from unnest($2::int[], $3::int[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::int[], $9::text[], $10::text[], $11::bigint[])
        as it (innings, ball, tone, language, rev, facts, preset, text, source, position)
    on conflict (game, innings, ball, tone, language) do update
        set rev = excluded.rev, facts = excluded.facts, preset = excluded.preset, text = excluded.text,
            source = excluded.source, position = excluded.position, made_at = excluded.made_at
        where line.rev <= excluded.rev and (line.facts, line.preset) is distinct from (excluded.facts, excluded.preset)
    returning innings, ball, tone, language, rev, facts, preset, text, source, position";

const NOTIFY: &str = "select pg_notify('crease_commentary', '')";

/// Keeps these lines of a match, of one ball and tone one at most, and answers those that are new: those that say what is kept
/// already, or are of an older history than what is kept, are left out.
pub async fn put(
    tx: &Transaction<'_>,
    game: &str,
    lines: &[Line],
    now: Timestamp,
) -> Result<Vec<Line>, Error> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    if lines.len() as i64 > LINES_MAX {
        return Err(Error::TooMany { what: "lines", given: lines.len(), max: LINES_MAX as usize });
    }
    let count = lines.len() as i64;
    // Locks the match until the commit, so that nobody reads a later position before an earlier one.
    let last: i64 = tx.query_one(POSITION, &[&game, &count]).await?.get("position");
    let (mut innings, mut balls, mut tones, mut languages) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut revs, mut facts, mut presets, mut texts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut sources, mut positions) = (Vec::new(), Vec::new());
    for (at, it) in lines.iter().enumerate() {
        innings.push(it.innings);
        balls.push(it.ball);
        tones.push(it.tone.as_str());
        languages.push(it.language.tag());
        revs.push(it.rev);
        facts.push(it.facts.as_str());
        presets.push(i32::try_from(it.preset).unwrap_or(i32::MAX));
        texts.push(it.text.as_str());
        sources.push(it.source.as_str());
        positions.push(last - count + 1 + at as i64);
    }
    let params: store::Params<'_> = &[
        &game,
        &innings,
        &balls,
        &tones,
        &languages,
        &revs,
        &facts,
        &presets,
        &texts,
        &sources,
        &positions,
        &At(now),
    ];
    let mut new = tx.query(PUT, params).await?.iter().map(read).collect::<Result<Vec<Line>, Error>>()?;
    new.sort_by_key(|it| it.position);
    if !new.is_empty() {
        tx.query(NOTIFY, &[]).await?;
    }
    Ok(new)
}

const SINCE: &str = "
    select innings, ball, tone, language, rev, facts, preset, text, source, position from commentary.line
    where game = $1 and position > $2 order by position limit $3";

/// What was written after this position (0: from the beginning), in that order, [`LINES_MAX`] at most.
pub async fn since(client: &Client<'_>, game: &str, position: i64) -> Result<Vec<Line>, Error> {
    client.query(SINCE, &[&game, &position, &LINES_MAX]).await?.iter().map(read).collect()
}

const SINCE_IN: &str = "
    select innings, ball, tone, language, rev, facts, preset, text, source, position from commentary.line
    where game = $1 and position > $2 and tone = $3 and language = $4 order by position limit $5";

/// Of a tone, what was written after this position, in that order, [`LINES_MAX`] at most.
pub async fn since_in(
    client: &Client<'_>,
    game: &str,
    (tone, language): (&str, Language),
    position: i64,
) -> Result<Vec<Line>, Error> {
    let params: store::Params<'_> = &[&game, &position, &tone, &language.tag(), &LINES_MAX];
    client.query(SINCE_IN, params).await?.iter().map(read).collect()
}

const LAST_POSITION: &str = "select position from commentary.game where game = $1";

/// The last position of a match; 0 where nothing was written.
pub async fn position(client: &Client<'_>, game: &str) -> Result<i64, Error> {
    Ok(client.query_opt(LAST_POSITION, &[&game]).await?.map_or(0, |it| it.get("position")))
}

const TOLD: &str = "
    select innings, ball from commentary.line
    where game = $1 and tone = $2 and language = $3 and preset = $4";

/// Which balls of a match have a line in a tone, of this version of it: their innings, and their places in it.
pub async fn told(
    client: &Client<'_>,
    game: &str,
    (tone, language): (&str, Language),
    preset: u32,
) -> Result<BTreeSet<(i32, i32)>, Error> {
    let preset = i32::try_from(preset).unwrap_or(i32::MAX);
    let rows = client.query(TOLD, &[&game, &tone, &language.tag(), &preset]).await?;
    Ok(rows.iter().map(|it| (it.get("innings"), it.get("ball"))).collect())
}

const BETWEEN: &str = "
    select innings, ball, tone, language, rev, facts, preset, text, source, position from commentary.line
    where game = $1 and tone = $2 and language = $3 and (innings, ball) between ($4, $5) and ($6, $7)
    order by innings, ball limit $8";

/// A match's balls in a tone from one to another, both with them, in the order in which they were bowled, [`LINES_MAX`] at most.
pub async fn between(
    client: &Client<'_>,
    game: &str,
    (tone, language): (&str, Language),
    from: (i32, i32),
    to: (i32, i32),
) -> Result<Vec<Line>, Error> {
    let params: store::Params<'_> =
        &[&game, &tone, &language.tag(), &from.0, &from.1, &to.0, &to.1, &LINES_MAX];
    client.query(BETWEEN, params).await?.iter().map(read).collect()
}

const LAST: &str = "
    select innings, ball, tone, language, rev, facts, preset, text, source, position from commentary.line
    where game = $1 and tone = $2 and language = $3 order by innings desc, ball desc limit $4";

/// The last balls in a tone, the latest first.
pub async fn last(
    client: &Client<'_>,
    game: &str,
    (tone, language): (&str, Language),
    count: i64,
) -> Result<Vec<Line>, Error> {
    let count = count.clamp(0, LINES_MAX);
    client.query(LAST, &[&game, &tone, &language.tag(), &count]).await?.iter().map(read).collect()
}

const AFTER: &str = "
    select innings, ball, tone, language, rev, facts, preset, text, source, position from commentary.line
    where game = $1 and tone = $2 and language = $3 and (innings, ball) > ($4, $5) order by innings, ball limit $6";

/// The balls of a match in a tone after this one (none: all), in the order in which they were bowled, [`LINES_MAX`] at most.
pub async fn after(
    client: &Client<'_>,
    game: &str,
    (tone, language): (&str, Language),
    ball: Option<(i32, i32)>,
) -> Result<Vec<Line>, Error> {
    let (innings, ball) = ball.unwrap_or((-1, -1));
    let params: store::Params<'_> = &[&game, &tone, &language.tag(), &innings, &ball, &LINES_MAX];
    client.query(AFTER, params).await?.iter().map(read).collect()
}

const CORRECT: &str = "
    with told as (
        select * from unnest($3::int[], $4::int[], $5::text[]) as it (innings, ball, facts)
    ), kept as (
        update commentary.line set rev = $2 from told
        where game = $1 and rev <= $2
            and line.innings = told.innings and line.ball = told.ball and line.facts = told.facts
        returning line.innings, line.ball
    ), gone as (
        delete from commentary.line
        where game = $1 and rev <= $2 and not exists (
            select 1 from told
            where told.innings = line.innings and told.ball = line.ball and told.facts = line.facts)
    )
    select distinct innings, ball from kept";

/// A match has another history: `balls` are all of it, each with its innings, its place in it and the hash of its facts. Lines of
/// balls that are not in it any more, or say something else, are gone. Answers which balls have no line, for them to be told anew.
pub async fn correct(
    tx: &Transaction<'_>,
    game: &str,
    rev: i64,
    balls: &[(i32, i32, String)],
) -> Result<Vec<(i32, i32)>, Error> {
    let innings: Vec<i32> = balls.iter().map(|it| it.0).collect();
    let numbers: Vec<i32> = balls.iter().map(|it| it.1).collect();
    let facts: Vec<&str> = balls.iter().map(|it| it.2.as_str()).collect();
    let kept = tx.query(CORRECT, &[&game, &rev, &innings, &numbers, &facts]).await?;
    if !kept.is_empty() {
        tx.query(NOTIFY, &[]).await?;
    }
    let kept: BTreeSet<(i32, i32)> = kept.iter().map(|it| (it.get("innings"), it.get("ball"))).collect();
    let all = balls.iter().map(|it| (it.0, it.1));
    Ok(all.filter(|it| !kept.contains(it)).collect())
}

const FORGET: &str = "delete from commentary.game where game = $1";

/// Takes away all lines of a match.
pub async fn forget(tx: &Transaction<'_>, game: &str) -> Result<(), Error> {
    tx.execute(FORGET, &[&game]).await?;
    Ok(())
}

fn read(row: &Row) -> Result<Line, Error> {
    let tag: &str = row.get("language");
    let language = Language::of_tag(tag).ok_or_else(|| Error::UnknownLanguage { tag: tag.to_owned() })?;
    Ok(Line {
        innings: row.get("innings"),
        ball: row.get("ball"),
        tone: row.get("tone"),
        language,
        rev: row.get("rev"),
        facts: row.get("facts"),
        preset: u32::try_from(row.get::<_, i32>("preset")).unwrap_or_default(),
        text: row.get("text"),
        source: row.get("source"),
        position: row.get("position"),
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[POSITION, PUT, NOTIFY, SINCE, SINCE_IN, LAST_POSITION, TOLD, BETWEEN, LAST, AFTER, CORRECT, FORGET];

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    const NOW: &str = "2026-11-30T14:00:00Z";

    fn line(ball: i32, rev: i64, facts: &str, text: &str) -> Line {
        Line {
            innings: 0,
            ball,
            tone: "hype".to_owned(),
            language: Language::English,
            rev,
            facts: facts.to_owned(),
            preset: 1,
            text: text.to_owned(),
            source: "offline".to_owned(),
            position: 0,
        }
    }

    async fn write(test: &TestStore, lines: &[Line]) -> Vec<Line> {
        let now = NOW.parse().unwrap();
        let put = test.store().run_tx("test", async |tx| put(tx, "mat_1", lines, now).await);
        put.await.unwrap()
    }

    async fn all(test: &TestStore) -> Vec<(i32, i64, String, i64)> {
        let read = test.store().read("test", async |client| since(client, "mat_1", 0).await).await.unwrap();
        read.into_iter().map(|it| (it.ball, it.rev, it.text, it.position)).collect()
    }

    #[tokio::test]
    async fn lines_are_read_since_a_position_the_last_ones_and_all_in_order() {
        let test = TestStore::new(&[crate::MIGRATIONS]).await;
        write(&test, &[line(1, 0, "b", "two"), line(0, 0, "a", "one")]).await;
        write(&test, &[line(2, 0, "c", "three")]).await;
        let tone = ("hype", Language::English);
        let store = test.store();
        let texts = |it: Vec<Line>| it.into_iter().map(|it| it.text).collect::<Vec<_>>();
        let read = store.read("test", async |client| since(client, "mat_1", 2).await).await.unwrap();
        assert_eq!(texts(read), ["three"]);
        let read = store.read("test", async |client| last(client, "mat_1", tone, 2).await).await.unwrap();
        assert_eq!(texts(read), ["three", "two"]);
        let read = store.read("test", async |client| after(client, "mat_1", tone, None).await).await.unwrap();
        assert_eq!(texts(read), ["one", "two", "three"]);
        let read = store.read("test", async |client| after(client, "mat_1", tone, Some((0, 1))).await);
        assert_eq!(texts(read.await.unwrap()), ["three"]);
        let other = ("hype", Language::Hindi);
        let read =
            store.read("test", async |client| after(client, "mat_1", other, None).await).await.unwrap();
        assert!(read.is_empty());
    }

    #[tokio::test]
    async fn a_line_stands_until_the_ball_says_something_else() {
        let test = TestStore::new(&[crate::MIGRATIONS]).await;
        assert_eq!(write(&test, &[line(0, 1, "a", "first")]).await.len(), 1);
        // The same again, whatever its words; and something else of an older history.
        assert_eq!(write(&test, &[line(0, 1, "a", "again")]).await, []);
        assert_eq!(write(&test, &[line(0, 0, "b", "older")]).await, []);
        assert_eq!(write(&test, &[line(0, 2, "b", "corrected")]).await.len(), 1);
        assert_eq!(all(&test).await, [(0, 2, "corrected".to_owned(), 4)]);
    }

    #[tokio::test]
    async fn a_correction_leaves_what_still_holds_and_says_what_is_to_be_told_anew() {
        let test = TestStore::new(&[crate::MIGRATIONS]).await;
        write(&test, &[line(0, 0, "a", "one"), line(1, 0, "b", "two"), line(2, 0, "c", "three")]).await;
        let balls = [(0, 0, "a".to_owned()), (0, 1, "B".to_owned())];
        let corrected = test.store().run_tx("test", async |tx| correct(tx, "mat_1", 1, &balls).await);
        assert_eq!(corrected.await.unwrap(), [(0, 1)]);
        assert_eq!(all(&test).await, [(0, 1, "one".to_owned(), 1)]);
    }

    #[tokio::test]
    async fn writers_at_once_leave_positions_in_the_order_of_commits() {
        let test = TestStore::new(&[crate::MIGRATIONS]).await;
        let mut writers = tokio::task::JoinSet::new();
        for ball in 0..12 {
            let store = test.store().clone();
            writers.spawn(async move {
                let lines = [line(ball, 0, "a", "x"), line(ball + 100, 0, "a", "y")];
                let now = NOW.parse().unwrap();
                let put = store.run_tx("test", async |tx| put(tx, "mat_1", &lines, now).await);
                put.await.unwrap().len()
            });
        }
        assert_eq!(writers.join_all().await.iter().sum::<usize>(), 24);
        let positions: Vec<i64> = all(&test).await.iter().map(|it| it.3).collect();
        assert_eq!(positions, (1..=24).collect::<Vec<i64>>());
    }

    #[tokio::test]
    async fn a_match_is_forgotten_with_its_lines() {
        let test = TestStore::new(&[crate::MIGRATIONS]).await;
        write(&test, &[line(0, 0, "a", "one")]).await;
        test.store().run_tx("test", async |tx| forget(tx, "mat_1").await).await.unwrap();
        assert_eq!(all(&test).await, []);
    }
}
