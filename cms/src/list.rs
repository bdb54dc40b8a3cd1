//! Lists of entries: a page is one statement and one walk along an index, however many there are.

use crate::draft::State;
use crate::error::Error;
use crate::language::Language;
use crate::schema::kind;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;
use store::{At, Client, Row};

/// Lines of a page.
pub const LINES_MAX: i64 = 100;
/// Words that are looked for at once, and characters of each.
const WORDS_MAX: usize = 8;
const WORD_MAX: usize = 60;

/// A line of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    pub entry: String,
    pub kind: String,
    pub key: Option<String>,
    pub language: String,
    pub title: String,
    pub state: State,
    pub version: i64,
    pub author_id: String,
    pub author_name: String,
    pub changed_at: Timestamp,
    pub published_at: Option<Timestamp>,
}

/// Which entries are listed. Each that is left out lets all pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'f> {
    pub kind: Option<&'f str>,
    /// Those that somebody may see, where it is not all: see [`crate::rights::Rights::kinds`].
    pub kinds: Option<&'f BTreeSet<String>>,
    pub state: Option<State>,
    /// As they are in this language; none: in the main one of each.
    pub language: Option<&'f Language>,
    /// Who has written last.
    pub author: Option<&'f str>,
    /// Words that it has, or that words of it begin with.
    pub text: &'f str,
    pub bin: Bin,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bin {
    #[default]
    Entries,
    Trash,
}

/// Where a page ends: the next one goes on there, whatever has come or gone before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    changed_at: Timestamp,
    entry: String,
}

impl Cursor {
    pub fn after(line: &Line) -> Self {
        Self { changed_at: line.changed_at, entry: line.entry.clone() }
    }

    /// As an address has it.
    pub fn text(&self) -> String {
        format!("{}.{}", self.changed_at.as_microsecond(), self.entry)
    }

    /// None where it is none of ours.
    pub fn of(text: &str) -> Option<Self> {
        let (at, entry) = text.split_once('.')?;
        let changed_at = Timestamp::from_microsecond(at.parse().ok()?).ok()?;
        store::ids::is_valid("ent", entry).then(|| Self { changed_at, entry: entry.to_owned() })
    }
}

macro_rules! lines {
    ($which:literal) => {
        concat!(
            "select d.entry, d.kind, e.key, d.language, d.title, d.state, d.version, d.author_id, d.author_name, d.changed_at, d.published_at
            from cms.draft d join cms.entry e on e.id = d.entry
            where (d.changed_at, d.entry) < ($1, $2) and ($4::text is null or d.kind = $4) and ($5::text is null or d.state = $5)
                and ($6::text is null or d.author_id = $6) and ($7::text is null or d.language = $7)
                    and ($8::text[] is null or d.kind = any($8)) and ",
            $which,
            " order by d.changed_at desc, d.entry desc limit $3"
        )
    };
}

// What is found first, and its order then: along an index of times the server would look through all for a word that few have.
macro_rules! found {
    ($which:literal) => {
        concat!(
            "with found as materialized (
                select d.entry, d.language, d.changed_at from cms.draft d
                where (d.changed_at, d.entry) < ($1, $2) and ($4::text is null or d.kind = $4) and ($5::text is null or d.state = $5)
                    and ($6::text is null or d.author_id = $6) and ($7::text is null or d.language = $7)
                    and ($8::text[] is null or d.kind = any($8)) and ",
            $which,
            ")
            select d.entry, d.kind, e.key, d.language, d.title, d.state, d.version, d.author_id, d.author_name, d.changed_at, d.published_at
            from (select * from found order by changed_at desc, entry desc limit $3) f
            join cms.draft d on d.entry = f.entry and d.language = f.language join cms.entry e on e.id = d.entry
            order by d.changed_at desc, d.entry desc"
        )
    };
}

const LATEST: &str = lines!("d.is_main and not d.is_trashed");
const OF_KIND: &str = lines!("d.is_main and not d.is_trashed and d.kind = $4");
const OF_STATE: &str = lines!("d.is_main and not d.is_trashed and d.kind = $4 and d.state = $5");
const OF_LANGUAGE: &str = lines!("not d.is_trashed and d.language = $7 and d.kind = $4");
const OF_ANY_LANGUAGE: &str = lines!("not d.is_trashed and d.language = $7");
const OF_AUTHOR: &str = lines!("d.is_main and not d.is_trashed and d.author_id = $6");
const TRASHED: &str = lines!("d.is_main and d.is_trashed");
const WITH_WORDS: &str = found!("d.is_main and not d.is_trashed and d.words @@ to_tsquery('simple', $9)");
const WITH_WORDS_IN: &str =
    found!("not d.is_trashed and d.language = $7 and d.words @@ to_tsquery('simple', $9)");
const TRASHED_WITH_WORDS: &str = found!("d.is_main and d.is_trashed and d.words @@ to_tsquery('simple', $9)");

/// A page of entries, those that were changed last first.
pub async fn page(
    client: &Client<'_>,
    filter: &Filter<'_>,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<Line>, Error> {
    if filter.author.is_some_and(|it| it.contains('\0')) {
        return Ok(Vec::new());
    }
    filter.kind.map_or(Ok(()), |it| kind(it).map(drop))?;
    let query = query(filter.text);
    let sql = statement(filter, query.is_some());
    let (changed_at, entry) = after.map_or((Timestamp::MAX, ""), |it| (it.changed_at, it.entry.as_str()));
    let (changed_at, limit) = (At(changed_at), limit.clamp(1, LINES_MAX));
    let (state, language) = (filter.state.map(State::word), filter.language.map(Language::as_str));
    let kinds: Option<Vec<&String>> = filter.kinds.map(|it| it.iter().collect());
    let params: store::Params<'_> =
        &[&changed_at, &entry, &limit, &filter.kind, &state, &filter.author, &language, &kinds, &query];
    let params = if query.is_some() { params } else { &params[..8] };
    client.query(sql, params).await?.iter().map(read).collect()
}

/// That which walks along the index that fits.
fn statement(filter: &Filter<'_>, has_words: bool) -> &'static str {
    match (filter.bin, has_words, filter.language) {
        (Bin::Trash, true, _) => TRASHED_WITH_WORDS,
        (Bin::Trash, false, _) => TRASHED,
        (Bin::Entries, true, Some(_)) => WITH_WORDS_IN,
        (Bin::Entries, true, None) => WITH_WORDS,
        (Bin::Entries, false, Some(_)) if filter.kind.is_some() => OF_LANGUAGE,
        (Bin::Entries, false, Some(_)) => OF_ANY_LANGUAGE,
        (Bin::Entries, false, None) => match (filter.author, filter.kind, filter.state) {
            (Some(_), ..) => OF_AUTHOR,
            (None, Some(_), Some(_)) => OF_STATE,
            (None, Some(_), None) => OF_KIND,
            (None, None, _) => LATEST,
        },
    }
}

/// All words, each as the beginning of one; none where nothing is looked for.
fn query(text: &str) -> Option<String> {
    let is_between = |it: char| it.is_whitespace() || it.is_control() || it.is_ascii_punctuation();
    let words = text.split(is_between).filter(|it| !it.is_empty()).take(WORDS_MAX);
    let words: Vec<String> =
        words.map(|it| format!("'{}':*", it.chars().take(WORD_MAX).collect::<String>())).collect();
    (!words.is_empty()).then(|| words.join(" & "))
}

// A few of each type, which its own index has in order, and of these the latest.
const PICK: &str = "
    select l.* from unnest($1::text[]) k (kind) cross join lateral (
        select d.entry, d.kind, e.key, d.language, d.title, d.state, d.version, d.author_id, d.author_name, d.changed_at, d.published_at
        from cms.draft d join cms.entry e on e.id = d.entry
        where d.is_main and not d.is_trashed and d.kind = k.kind and (d.changed_at, d.entry) < ($2, $3)
        order by d.changed_at desc, d.entry desc limit $4
    ) l order by l.changed_at desc, l.entry desc limit $4";

const PICK_WITH_WORDS: &str = "
    with found as materialized (
        select d.entry, d.language, d.changed_at from cms.draft d
        where d.is_main and not d.is_trashed and d.kind = any($1) and (d.changed_at, d.entry) < ($2, $3)
            and d.words @@ to_tsquery('simple', $5)
    )
    select d.entry, d.kind, e.key, d.language, d.title, d.state, d.version, d.author_id, d.author_name, d.changed_at, d.published_at
    from (select * from found order by changed_at desc, entry desc limit $4) f
    join cms.draft d on d.entry = f.entry and d.language = f.language join cms.entry e on e.id = d.entry
    order by d.changed_at desc, d.entry desc";

/// A page of entries of some types, for who chooses one that a field is to name.
pub async fn pick(
    client: &Client<'_>,
    kinds: &[String],
    text: &str,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<Line>, Error> {
    let (changed_at, entry) = after.map_or((Timestamp::MAX, ""), |it| (it.changed_at, it.entry.as_str()));
    let (changed_at, limit) = (At(changed_at), limit.clamp(1, LINES_MAX));
    let rows = match query(text) {
        Some(query) => client.query(PICK_WITH_WORDS, &[&kinds, &changed_at, &entry, &limit, &query]).await?,
        None => client.query(PICK, &[&kinds, &changed_at, &entry, &limit]).await?,
    };
    rows.iter().map(read).collect()
}

const NAMED: &str = "
    select d.entry, d.kind, e.key, d.language, d.title, d.state, d.version, d.author_id, d.author_name, d.changed_at, d.published_at
    from cms.draft d join cms.entry e on e.id = d.entry where d.entry = any($1) and d.is_main order by d.entry limit 500";

/// These entries, in their main languages: what fields that name them show.
pub async fn named(client: &Client<'_>, ids: &[String]) -> Result<Vec<Line>, Error> {
    client.query(NAMED, &[&ids]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Line, Error> {
    let entry: String = row.get("entry");
    let state = State::of(row.get("state"));
    Ok(Line {
        state: state.ok_or_else(|| Error::Unreadable { what: entry.clone(), column: "state" })?,
        kind: row.get("kind"),
        key: row.get("key"),
        language: row.get("language"),
        title: row.get("title"),
        version: row.get("version"),
        author_id: row.get("author_id"),
        author_name: row.get("author_name"),
        changed_at: row.get::<_, At>("changed_at").0,
        published_at: row.get::<_, Option<At>>("published_at").map(|it| it.0),
        entry,
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    LATEST,
    OF_KIND,
    OF_STATE,
    OF_LANGUAGE,
    OF_ANY_LANGUAGE,
    OF_AUTHOR,
    TRASHED,
    WITH_WORDS,
    WITH_WORDS_IN,
    TRASHED_WITH_WORDS,
    PICK,
    PICK_WITH_WORDS,
    NAMED,
];

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    #[test]
    fn what_is_looked_for_is_words_and_nothing_else() {
        for (text, expected) in [
            ("", None),
            ("  &|!:*()' ", None),
            ("rohit", Some("'rohit':*")),
            ("Rohit Sharma", Some("'Rohit':* & 'Sharma':*")),
            ("it's:*", Some("'it':* & 's':*")),
            ("रोहित शर्मा", Some("'रोहित':* & 'शर्मा':*")),
            ("a\\'b", Some("'a':* & 'b':*")),
        ] {
            assert_eq!(query(text).as_deref(), expected, "{text}");
        }
        assert_eq!(query(&"a ".repeat(100)).unwrap().matches('&').count(), WORDS_MAX - 1);
    }

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is_taken_for_one() {
        let changed_at: Timestamp = "2026-12-01T10:00:00.123456Z".parse().unwrap();
        let cursor = Cursor { changed_at, entry: store::ids::new("ent") };
        assert_eq!(Cursor::of(&cursor.text()), Some(cursor.clone()));
        for text in ["", ".", "1.ent_1", "x.y", "1.2.3", &format!("9223372036854775807.{}", cursor.entry)] {
            assert_eq!(Cursor::of(text), None, "{text}");
        }
    }

    /// A hundred thousand entries, few of some types and many of others.
    const MANY: &[&str] = &[
        "insert into cms.entry (id, kind, main_language, made_by, made_at)
         select 'ent_' || lpad(n::text, 22, '0'), 
            case when n % 1000 = 0 then 'team' when n % 100 = 1 then 'player' when n % 4 = 2 then 'banner' else 'article' end, 'en', 'usr_1', now()
         from generate_series(1, 100000) n",
        "insert into cms.draft (entry, language, kind, is_main, version, body, title, words, author_id, author_name, session, turn,
            session_since, revision, saved_version, told_version, main_version, changed_at)
         select id, 'en', kind, true, 1, '{}', 'Title ' || id, to_tsvector('simple', 'Title number' || right(id, 6)), 'usr_' || right(id, 3), 'A',
            's', 1, 0, 1, 1, 1, 1, made_at - make_interval(secs => right(id, 6)::int)
         from cms.entry",
        "analyze cms.entry; analyze cms.draft",
    ];

    #[tokio::test]
    async fn each_list_of_a_hundred_thousand_walks_along_an_index() {
        let test = TestStore::new(&[jobs::MIGRATIONS, access::MIGRATIONS, crate::MIGRATIONS]).await;
        for sql in MANY {
            test.store().run_tx("test", async |tx| tx.batch(sql).await).await.unwrap();
        }
        let cases = [
            (LATEST, "null, null, null, null, null", "draft_latest"),
            (OF_KIND, "'player', null, null, null, null", "draft_of_kind"),
            (OF_STATE, "'article', 'changed', null, null, null", "draft_of_state"),
            (OF_LANGUAGE, "'player', null, null, 'en', null", "draft_of_language"),
            (OF_AUTHOR, "null, null, 'usr_007', null, null", "draft_of_author"),
            (TRASHED, "null, null, null, null, null", "draft_trashed"),
            (WITH_WORDS, "null, null, null, null, null, '''number000123'':*'", "draft_words"),
        ];
        for (sql, rest, index) in cases {
            check_plan(&test, sql, &format!("'infinity', '', 50, {rest}"), index).await;
        }
        let kinds = "array['player', 'team']";
        check_plan(&test, PICK, &format!("{kinds}, 'infinity', '', 20"), "draft_of_kind").await;
        check_plan(
            &test,
            PICK_WITH_WORDS,
            &format!("{kinds}, 'infinity', '', 20, '''number000123'':*'"),
            "draft_words",
        )
        .await;
        // And what is found is right, page after page.
        let filter = Filter { kind: Some("banner"), text: "number0001", ..Filter::default() };
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let read = test.store().read("test", async |db| page(db, &filter, after.as_ref(), 10).await);
            let lines = read.await.unwrap();
            let Some(last) = lines.last() else { break };
            after = Some(Cursor::after(last));
            seen.extend(lines);
        }
        assert_eq!(seen.len(), 25);
        assert!(
            seen.windows(2).all(|it| (it[0].changed_at, &it[0].entry) > (it[1].changed_at, &it[1].entry))
        );
    }

    /// That the plan has this index, and reads no table from end to end: at first, and after five times, when the server may keep one plan
    /// for all values.
    async fn check_plan(test: &TestStore, sql: &str, values: &str, index: &str) {
        // It lives as long as the program, as statements do.
        let explain: &'static str = Box::leak(format!("explain execute listed ({values})").into_boxed_str());
        let plans = test.store().run_tx("test", async |tx| {
            tx.batch(&format!("prepare listed as {sql}")).await?;
            let mut plans = Vec::new();
            for _ in 0..7 {
                let rows = tx.query(explain, &[]).await?;
                plans.push(rows.iter().map(|it| it.get(0)).collect::<Vec<String>>().join("\n"));
            }
            tx.batch("deallocate listed").await?;
            Ok::<_, Error>(plans)
        });
        for plan in plans.await.unwrap() {
            assert!(plan.contains(index), "{index}:\n{plan}");
            assert!(!plan.contains("Seq Scan on draft"), "{plan}");
        }
    }
}
