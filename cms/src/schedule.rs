//! Schedules: what is published or unpublished later, at a time or at a moment of a match.
//!
//! The row is the truth, a job what wakes us at its time; a sweep finds what no job woke us for. What is to be published is the revision that
//! was there when it was asked for: what is written later does not slip out with it.

use crate::draft::{self, Keep};
use crate::entry;
use crate::error::Error;
use crate::language::Language;
use crate::moments::{self, Moment};
use crate::publish::{self, Cascade, Step};
use crate::release;
use crate::revision;
use crate::rights::{Act, Editor};
use crate::work::QUEUE;
use access::{Actor, ActorKind};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use jobs::{Job, Wish};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{At, Client, Clock, Row, Store, Transaction};

/// What is later than this is not published any more without somebody who looks: nobody was there at its time. What is to be unpublished is,
/// however late.
const LATE_MAX: SignedDuration = SignedDuration::from_mins(15);
/// Schedules that a page or a sweep reads.
const READ_MAX: i64 = 500;
/// A schedule that waits for so long after its time is overdue: no worker does its work.
const OVERDUE: SignedDuration = SignedDuration::from_secs(5);

/// What is done later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The draft, if it has this version now: as it is now.
    Publish {
        entry: String,
        language: Language,
        version: i64,
    },
    /// With the other languages, where it is the main one.
    Unpublish {
        entry: String,
        language: Language,
    },
    Release {
        id: String,
    },
}

/// When it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// `zone` is an IANA name, for people to read it in.
    At {
        at: Timestamp,
        zone: String,
    },
    Moment {
        match_id: String,
        moment: Moment,
    },
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Waiting,
    Done,
    /// Nobody was there at its time.
    Missed,
    /// It could not be; the reason says why.
    Failed,
    Withdrawn,
}

impl State {
    const ALL: [State; 5] = [State::Waiting, State::Done, State::Missed, State::Failed, State::Withdrawn];

    pub const fn word(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Done => "done",
            State::Missed => "missed",
            State::Failed => "failed",
            State::Withdrawn => "withdrawn",
        }
    }
}

/// Something that is done later, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// "sch_…"
    pub id: String,
    /// An entry and a language, or a release.
    pub entry: Option<(String, Language)>,
    pub release: Option<String>,
    /// None: it is unpublished.
    pub revision: Option<i32>,
    /// None while its moment is to come.
    pub due_at: Option<Timestamp>,
    pub zone: Option<String>,
    pub moment: Option<(String, Moment)>,
    pub state: State,
    pub reason: Option<String>,
    pub asked_by: String,
    pub asked_name: String,
    pub ended_at: Option<Timestamp>,
}

impl Schedule {
    /// Whether its time is over and nobody does it: no worker runs.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.state == State::Waiting && self.due_at.is_some_and(|it| now.duration_since(it) > OVERDUE)
    }

    /// Only what is to be published may come too late.
    fn is_too_late(&self, now: Timestamp) -> bool {
        let is_published = self.revision.is_some() || self.release.is_some();
        is_published && self.due_at.is_some_and(|it| now.duration_since(it) > LATE_MAX)
    }
}

/// Wakes us for a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    pub schedule: String,
}

impl Job for Due {
    const KIND: &'static str = "cms.due";
}

const ASK: &str = "
    insert into cms.schedule (id, entry, language, revision, release, due_at, zone, match_id, moment, asked_by, asked_name, asked_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

/// Has something done later; answers the schedule's id.
pub async fn ask(
    tx: &Transaction<'_>,
    who: &Editor,
    subject: &Subject,
    when: &When,
) -> Result<String, Error> {
    let now = who.by.at;
    let (due_at, zone, moment) = match when {
        When::At { at, .. } if *at <= now => return Err(Error::Past { at: *at }),
        When::At { zone, .. } if TimeZone::get(zone).is_err() => {
            return Err(Error::Zone { zone: zone.chars().take(40).collect() });
        }
        When::At { at, zone } => (Some(*at), Some(zone), None),
        When::Moment { match_id, .. } if !store::ids::is_valid("mat", match_id) => {
            return Err(Error::UnknownMatch { id: match_id.chars().take(40).collect() });
        }
        When::Moment { match_id, moment } => {
            if let Some(at) = moments::happened_at(tx, match_id, *moment).await? {
                return Err(Error::Past { at });
            }
            (None, None, Some((match_id, moment.word())))
        }
    };
    let (entry, revision, release) = match subject {
        Subject::Publish { entry, language, version } => {
            let number = fixed(tx, who, (entry, language), *version).await?;
            (Some((entry, language)), Some(number), None)
        }
        Subject::Unpublish { entry, language } => {
            entry::hold(tx, entry).await?.check(who, Act::Publish, language)?;
            (Some((entry, language)), None, None)
        }
        Subject::Release { id } => {
            release::check(tx, who, id).await?;
            (None, None, Some(id))
        }
    };
    let id = store::ids::new("sch");
    let params: store::Params<'_> = &[
        &id,
        &entry.map(|it| it.0),
        &entry.map(|it| it.1.as_str()),
        &revision,
        &release,
        &due_at.map(At),
        &zone,
        &moment.map(|it| it.0),
        &moment.map(|it| it.1),
        &who.id(),
        &who.by.actor.name,
        &At(now),
    ];
    tx.execute(ASK, params).await?;
    if let Some(at) = due_at {
        let wish = Wish { queue: QUEUE, run_at: Some(at), ..Wish::default() };
        jobs::enqueue(tx, &Due { schedule: id.clone() }, &wish).await?;
    }
    let object = entry.map_or_else(|| release.cloned().unwrap_or_default(), |it| it.0.clone());
    let after = json!({
        "schedule": id, "language": entry.map(|it| it.1), "revision": revision, "at": due_at, "zone": zone,
        "match": moment.map(|it| it.0), "moment": moment.map(|it| it.1),
    });
    entry::record(tx, who, "entry.schedule", &object, None, Some(after)).await?;
    Ok(id)
}

/// The revision that a draft of this version is, saved now if it was not; that it may be published, and is whole as far as that is known now.
pub(crate) async fn fixed(
    tx: &Transaction<'_>,
    who: &Editor,
    (id, language): (&str, &Language),
    version: i64,
) -> Result<i32, Error> {
    let entry = entry::hold(tx, id).await?;
    entry.check(who, Act::Publish, language)?;
    let mut draft = draft::lock(tx, id, language).await?;
    if draft.version != version {
        return Err(Error::Stale {
            id: id.to_owned(),
            language: language.to_string(),
            given: version,
            last: draft.version,
        });
    }
    if who.rights.needs_review(entry.kind)
        && draft.approved_version != Some(version)
        && draft.published_version != Some(version)
    {
        return Err(Error::NotApproved { id: id.to_owned(), language: language.to_string() });
    }
    // Without a main document that is published it is not known yet what all languages share.
    let main = match *language == entry.main_language {
        true => Some(draft.body.clone()),
        false => tx.query_opt(MAIN, &[&id]).await?.map(|it| it.get("body")),
    };
    if let Some(main) = main {
        let problems = entry.kind.check_whole(&entry.kind.merged(&main, &draft.body));
        if !problems.is_empty() {
            return Err(Error::Unfit {
                id: id.to_owned(),
                language: language.to_string(),
                title: draft.title,
                problems,
            });
        }
    }
    if draft.version > draft.saved_version {
        draft.revision = revision::add(tx, &draft, revision::Made::by(who, Keep::Save)).await?;
        tx.execute(SAVED, &[&id, &language.as_str(), &draft.revision, &version]).await?;
    }
    Ok(tx.query_one(OF_VERSION, &[&id, &language.as_str(), &version]).await?.get("number"))
}

const MAIN: &str = "select body from cms.published where entry = $1 and is_main";
const SAVED: &str =
    "update cms.draft set revision = $3, saved_version = $4 where entry = $1 and language = $2";
const OF_VERSION: &str = "
    select max(number) as number from cms.revision where entry = $1 and language = $2 and version = $3";

const WITHDRAW: &str = "
    update cms.schedule set state = 'withdrawn', ended_at = $2, reason = $3 where id = $1 and state = 'waiting'";

/// Has it not done. What was done, or has failed, stays so.
pub async fn withdraw(tx: &Transaction<'_>, who: &Editor, id: &str) -> Result<(), Error> {
    let schedule = find(tx, id).await?;
    match (&schedule.entry, &schedule.release) {
        (Some((entry, language)), _) => entry::find(tx, entry).await?.check(who, Act::Publish, language)?,
        (None, Some(release)) => release::check(tx, who, release).await?,
        (None, None) => {}
    }
    if tx.execute(WITHDRAW, &[&id, &At(who.by.at), &format!("{} withdrew it", who.by.actor.name)]).await? == 0
    {
        return Err(Error::Over { id: id.to_owned(), state: schedule.state.word() });
    }
    let object = schedule.entry.map_or_else(|| schedule.release.unwrap_or_default(), |it| it.0);
    entry::record(tx, who, "entry.withdraw", &object, Some(json!({ "schedule": id })), None).await
}

const WITHDRAW_OF: &str = "
    update cms.schedule set state = 'withdrawn', ended_at = $2, reason = $3 where entry = any($1) and state = 'waiting'";

/// Has nothing done later with these entries.
pub(crate) async fn withdraw_of(
    tx: &Transaction<'_>,
    entries: &[String],
    reason: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(WITHDRAW_OF, &[&entries, &At(now), &reason]).await?;
    Ok(())
}

/// What is to become of a job that woke us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// It is over, by this or before.
    Over(State),
    /// Its time comes in so long.
    Early(SignedDuration),
}

/// Does what is due, once. What cannot be done is marked so, with the reason; what the database keeps from being done is an error, and is tried
/// again.
pub async fn run(store: &Store, clock: &Clock, id: &str) -> Result<Ran, Error> {
    let now = clock.now();
    match store.run_tx("cms.schedule", async |tx| carry_out(tx, id, now).await).await {
        Err(error) if !error.is_passing() => {
            let reason = error.to_string();
            store
                .run_tx("cms.schedule_failed", async |tx| {
                    end(tx, id, State::Failed, Some(&reason), now).await
                })
                .await?;
            tracing::warn!(schedule = id, reason, "what was scheduled could not be done");
            Ok(Ran::Over(State::Failed))
        }
        other => other,
    }
}

async fn carry_out(tx: &Transaction<'_>, id: &str, now: Timestamp) -> Result<Ran, Error> {
    tx.query_opt(LOCK, &[&id]).await?;
    let it = find(tx, id).await?;
    if it.state != State::Waiting {
        return Ok(Ran::Over(it.state));
    }
    let Some(due_at) = it.due_at else { return Ok(Ran::Over(State::Waiting)) };
    if due_at > now {
        return Ok(Ran::Early(due_at.duration_since(now)));
    }
    if it.is_too_late(now) {
        let reason = format!(
            "nobody was there at its time: it was found {} minutes later",
            now.duration_since(due_at).as_mins()
        );
        end(tx, id, State::Missed, Some(&reason), now).await?;
        return Ok(Ran::Over(State::Missed));
    }
    let mut who = Editor::system("cms.schedule", now);
    who.by.actor =
        Actor { kind: ActorKind::System, id: it.id.clone(), name: format!("{}, scheduled", it.asked_name) };
    match (&it.entry, &it.release, it.revision) {
        (Some((entry, language)), _, Some(number)) => {
            publish::refuse_overtaken(tx, (entry, language), number).await?;
            let step = Step::revision(entry, language, number);
            publish::carry_out(tx, &who, &[step], Cascade::Refuse).await?;
        }
        (Some((entry, language)), _, None) => {
            let is_main = entry::find(tx, entry).await?.main_language == *language;
            let mut steps = vec![Step::unpublish(entry, language)];
            if is_main {
                let all = publish::languages(tx, std::slice::from_ref(entry)).await?;
                steps.extend(all.iter().map(|(entry, language)| Step::unpublish(entry, language)));
            }
            publish::carry_out(tx, &who, &steps, Cascade::Refuse).await?;
        }
        (None, Some(release), _) => release::publish(tx, &who, release).await?,
        (None, None, _) => {}
    }
    end(tx, id, State::Done, None, now).await?;
    Ok(Ran::Over(State::Done))
}

const LOCK: &str = "select 1 from cms.schedule where id = $1 for update";
const END: &str = "
    update cms.schedule set state = $2, reason = $3, ended_at = $4 where id = $1 and state = 'waiting'";

async fn end(
    tx: &Transaction<'_>,
    id: &str,
    state: State,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(END, &[&id, &state.word(), &reason, &At(now)]).await?;
    Ok(())
}

const OVER: &str = "
    select id from cms.schedule where state = 'waiting' and due_at <= $1 order by due_at limit $2";

/// Those whose time has come, the earliest first.
pub(crate) async fn due(client: &Client<'_>, now: Timestamp) -> Result<Vec<String>, Error> {
    let rows = client.query(OVER, &[&At(now), &READ_MAX]).await?;
    Ok(rows.iter().map(|it| it.get("id")).collect())
}

const FIND: &str = "
    select id, entry, language, revision, release, due_at, zone, match_id, moment, state, reason, asked_by, asked_name, ended_at
    from cms.schedule where id = $1";

pub async fn find(client: &Client<'_>, id: &str) -> Result<Schedule, Error> {
    let row = match store::ids::is_valid("sch", id) {
        true => client.query_opt(FIND, &[&id]).await?,
        false => None,
    };
    read(row.as_ref().ok_or_else(|| Error::UnknownSchedule { id: id.chars().take(40).collect() })?)
}

const CALENDAR: &str = "
    select id, entry, language, revision, release, due_at, zone, match_id, moment, state, reason, asked_by, asked_name, ended_at
    from cms.schedule where due_at >= $1 and due_at < $2 order by due_at, id limit $3";

/// All between two times, the earliest first.
pub async fn calendar(
    client: &Client<'_>,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Schedule>, Error> {
    client.query(CALENDAR, &[&At(from), &At(until), &READ_MAX]).await?.iter().map(read).collect()
}

const OF_MATCH: &str = "
    select id, entry, language, revision, release, due_at, zone, match_id, moment, state, reason, asked_by, asked_name, ended_at
    from cms.schedule where match_id = $1 and state = 'waiting' order by id limit $2";

/// What waits for moments of a match.
pub async fn of_match(client: &Client<'_>, match_id: &str) -> Result<Vec<Schedule>, Error> {
    client.query(OF_MATCH, &[&match_id, &READ_MAX]).await?.iter().map(read).collect()
}

const OF_MOMENTS: &str = "
    select id, entry, language, revision, release, due_at, zone, match_id, moment, state, reason, asked_by, asked_name, ended_at
    from cms.schedule where state = 'waiting' and match_id is not null and due_at is null order by match_id, moment, id limit $1";

/// What waits for moments of any match.
pub async fn of_moments(client: &Client<'_>) -> Result<Vec<Schedule>, Error> {
    client.query(OF_MOMENTS, &[&READ_MAX]).await?.iter().map(read).collect()
}

const OF_ENTRY: &str = "
    select id, entry, language, revision, release, due_at, zone, match_id, moment, state, reason, asked_by, asked_name, ended_at
    from cms.schedule where entry = $1 order by id desc limit $2";

/// What was and is scheduled of an entry, the latest first.
pub async fn of_entry(client: &Client<'_>, entry: &str) -> Result<Vec<Schedule>, Error> {
    client.query(OF_ENTRY, &[&entry, &READ_MAX]).await?.iter().map(read).collect()
}

const OF_RELEASE: &str = "
    select id, entry, language, revision, release, due_at, zone, match_id, moment, state, reason, asked_by, asked_name, ended_at
    from cms.schedule where release = $1 order by id desc limit $2";

/// What was and is scheduled of a release, the latest first.
pub async fn of_release(client: &Client<'_>, release: &str) -> Result<Vec<Schedule>, Error> {
    client.query(OF_RELEASE, &[&release, &READ_MAX]).await?.iter().map(read).collect()
}

const TROUBLED: &str = "
    select * from (
        (select id, entry, language, revision, release, due_at, zone, match_id, moment, state, reason, asked_by, asked_name, ended_at
         from cms.schedule where state in ('missed', 'failed') and ended_at >= $1)
        union all
        (select id, entry, language, revision, release, due_at, zone, match_id, moment, state, reason, asked_by, asked_name, ended_at
         from cms.schedule where state = 'waiting' and due_at < $2)
    ) it order by due_at desc nulls last, id limit $3";

/// What editors have to look at: missed or failed since a time, or overdue now.
pub async fn troubled(client: &Client<'_>, since: Timestamp, now: Timestamp) -> Result<Vec<Schedule>, Error> {
    client
        .query(TROUBLED, &[&At(since), &At::after(now, -OVERDUE), &READ_MAX])
        .await?
        .iter()
        .map(read)
        .collect()
}

fn read(row: &Row) -> Result<Schedule, Error> {
    let id: String = row.get("id");
    let unreadable = |column| Error::Unreadable { what: id.clone(), column };
    let state: &str = row.get("state");
    let moment = match (row.get::<_, Option<String>>("match_id"), row.get::<_, Option<&str>>("moment")) {
        (Some(match_id), Some(word)) => {
            Some((match_id, Moment::of(word).ok_or_else(|| unreadable("moment"))?))
        }
        _ => None,
    };
    let language = row.get::<_, Option<&str>>("language").map(Language::kept);
    Ok(Schedule {
        entry: row.get::<_, Option<String>>("entry").zip(language),
        release: row.get("release"),
        revision: row.get("revision"),
        due_at: row.get::<_, Option<At>>("due_at").map(|it| it.0),
        zone: row.get("zone"),
        moment,
        state: State::ALL.into_iter().find(|it| it.word() == state).ok_or_else(|| unreadable("state"))?,
        reason: row.get("reason"),
        asked_by: row.get("asked_by"),
        asked_name: row.get("asked_name"),
        ended_at: row.get::<_, Option<At>>("ended_at").map(|it| it.0),
        id: id.clone(),
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    ASK,
    MAIN,
    SAVED,
    OF_VERSION,
    WITHDRAW,
    WITHDRAW_OF,
    LOCK,
    END,
    OVER,
    FIND,
    CALENDAR,
    OF_MATCH,
    OF_MOMENTS,
    OF_ENTRY,
    OF_RELEASE,
    TROUBLED,
];
