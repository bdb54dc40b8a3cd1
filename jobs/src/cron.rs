//! Jobs that come again and again.

use crate::error::Error;
use crate::job::{Job, Unique, Wish, payload, put, ring};
use cronexpr::{Crontab, MakeTimestamp};
use jiff::Timestamp;
use std::time::Duration;
use store::{Store, Transaction};

/// A run that is later than this was missed.
const LATE: Duration = Duration::from_secs(60);

/// How many missed runs are made up for at once; the others follow.
const MADE_UP_MAX: usize = 1000;

/// When a job comes again: the five fields of cron (minute, hour, day of the month, month, day of the week), by the clock of a zone. An hour that
/// a zone skips in spring has no runs; of one that it repeats in autumn, both have.
#[derive(Clone, Debug)]
pub struct Cron {
    name: String,
    schedule: Schedule,
    missed: Missed,
}

/// What becomes of runs for which nobody was there: all processes were down, or the clock was set forward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missed {
    /// They are left out.
    Skip,
    /// One job makes up for all of them.
    #[default]
    Once,
    /// Each is made up for, the oldest first.
    Each,
}

impl Missed {
    fn number(self) -> i16 {
        match self {
            Missed::Skip => 0,
            Missed::Once => 1,
            Missed::Each => 2,
        }
    }

    fn numbered(number: i16) -> Missed {
        match number {
            0 => Missed::Skip,
            2 => Missed::Each,
            _ => Missed::Once,
        }
    }
}

impl Cron {
    /// `name` tells it from the others, for as long as it is declared; "0 3 * * MON-FRI" in "Europe/London" is three in the morning there on
    /// working days. A schedule that cannot be read, that no day ever meets, or whose zone is unknown is refused.
    pub fn new(name: &str, schedule: &str, zone: &str) -> Result<Cron, Error> {
        if !(1..=63).contains(&name.len()) {
            return Err(Error::Key { what: "name of a schedule", given: name.len(), max: 63 });
        }
        let schedule = Schedule::new(schedule, zone)?;
        Ok(Cron { name: name.to_owned(), schedule, missed: Missed::default() })
    }

    #[must_use]
    pub fn missed(self, missed: Missed) -> Cron {
        Cron { missed, ..self }
    }

    /// The first run after this moment.
    pub fn next(&self, after: Timestamp) -> Timestamp {
        self.schedule.next(after).unwrap_or(Timestamp::MAX)
    }
}

#[derive(Clone, Debug)]
struct Schedule {
    text: String,
    zone: String,
    table: Crontab,
}

impl Schedule {
    fn new(text: &str, zone: &str) -> Result<Schedule, Error> {
        let refused =
            |reason: String| Error::Schedule { schedule: text.to_owned(), zone: zone.to_owned(), reason };
        let table =
            cronexpr::parse_crontab(&format!("{text} {zone}")).map_err(|error| refused(error.to_string()))?;
        let schedule = Schedule { text: text.to_owned(), zone: zone.to_owned(), table };
        match schedule.next(Timestamp::UNIX_EPOCH) {
            Some(_) => Ok(schedule),
            None => Err(refused("no day meets it".to_owned())),
        }
    }

    fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let after = MakeTimestamp::from_microsecond(after.as_microsecond()).ok()?;
        let next = self.table.find_next(after).ok()?;
        Timestamp::from_second(next.timestamp().as_second()).ok()
    }

    /// The runs after `from` (itself one of them) up to `now`, which are due, and the first that is not.
    fn due(&self, from: Timestamp, now: Timestamp, missed: Missed) -> (Vec<Timestamp>, Timestamp) {
        let is_late = |run: &Timestamp| now.duration_since(*run).unsigned_abs() > LATE;
        let mut runs = Vec::new();
        let mut next = from;
        if missed != Missed::Each && is_late(&from) {
            // Hours or years of them: only the last one matters.
            let since = Timestamp::from_second(now.as_second() - LATE.as_secs() as i64).unwrap_or(now);
            let recent = self.next(since).unwrap_or(Timestamp::MAX);
            if recent > now && missed == Missed::Once {
                return (vec![from], recent);
            }
            next = recent.max(from);
        }
        while next <= now && runs.len() < MADE_UP_MAX {
            runs.push(next);
            next = self.next(next).unwrap_or(Timestamp::MAX);
        }
        if missed != Missed::Each {
            runs.drain(..runs.len().saturating_sub(1));
        }
        (runs, next)
    }
}

/// A job and when it comes again, as a worker keeps it.
pub(crate) struct Repeated {
    cron: Cron,
    kind: &'static str,
    version: i16,
    payload: Result<String, Error>,
}

impl Repeated {
    pub(crate) fn new<J: Job>(cron: Cron, job: &J) -> Repeated {
        Repeated { cron, kind: J::KIND, version: J::VERSION, payload: payload(job) }
    }
}

const NOW: &str = "select (extract(epoch from clock_timestamp()) * 1000000)::bigint";

/// What has not changed goes on where it was.
const DECLARE: &str = "
    insert into jobs.cron (name, schedule, zone, missed, queue, kind, version, payload, next_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8::text::json, to_timestamp($9::float8))
    on conflict (name) do update set schedule = excluded.schedule, zone = excluded.zone, missed = excluded.missed,
        queue = excluded.queue, kind = excluded.kind, version = excluded.version, payload = excluded.payload,
        next_at = case when (cron.schedule, cron.zone) = (excluded.schedule, excluded.zone)
            then cron.next_at else excluded.next_at end";

/// Locked, so that a run is one job whoever looks.
const DUE: &str = "
    select name, schedule, zone, missed, queue, kind, version, payload::text,
        (extract(epoch from next_at) * 1000000)::bigint, (extract(epoch from clock_timestamp()) * 1000000)::bigint
    from jobs.cron where next_at <= clock_timestamp() and paused_at is null
    order by name for update skip locked";

const ADVANCE: &str = "
    update jobs.cron set next_at = to_timestamp($2::float8), last_job = coalesce($3, last_job),
        last_at = case when $3::bigint is null then last_at else clock_timestamp() end
    where name = $1";

const PAUSE: &str = "
    update jobs.cron set paused_at = coalesce(paused_at, clock_timestamp()) where name = $1 returning name";

const ZONE: &str = "select schedule, zone from jobs.cron where name = $1 for update";

const RESUME: &str =
    "update jobs.cron set paused_at = null, next_at = to_timestamp($2::float8) where name = $1";

const WHAT: &str = "select queue, kind, version, payload::text from jobs.cron where name = $1 for update";

const RAN: &str = "update jobs.cron set last_at = clock_timestamp(), last_job = $2 where name = $1";

const DROP: &str = "delete from jobs.cron where name = $1 returning name";

/// Makes schedules known; one of the same name is replaced.
pub(crate) async fn declare(store: &Store, queue: &str, all: &[Repeated]) -> Result<(), Error> {
    if all.is_empty() {
        return Ok(());
    }
    let declared = store.run_tx("jobs.cron", async |tx| {
        let now = now(tx).await?;
        for it in all {
            let payload = it
                .payload
                .as_ref()
                .map_err(|error| Error::Payload { kind: it.kind, reason: error.to_string() })?;
            let schedule = &it.cron.schedule;
            let next = seconds(schedule.next(now).unwrap_or(Timestamp::MAX));
            let params: store::Params<'_> = &[
                &it.cron.name,
                &schedule.text,
                &schedule.zone,
                &it.cron.missed.number(),
                &queue,
                &it.kind,
                &it.version,
                payload,
                &next,
            ];
            tx.execute(DECLARE, params).await?;
        }
        Ok(())
    });
    declared.await
}

/// Enqueues what is due, and with the same commit notes that it is.
pub(crate) async fn tick(store: &Store) -> Result<(), Error> {
    store.run_tx("jobs.tick", async |tx| tick_in(tx).await).await
}

async fn tick_in(tx: &Transaction<'_>) -> Result<(), Error> {
    for row in tx.query(DUE, &[]).await? {
        let (name, queue, kind): (String, String, String) = (row.get(0), row.get(4), row.get(5));
        let (version, payload): (i16, String) = (row.get(6), row.get(7));
        let schedule = match Schedule::new(row.get(1), row.get(2)) {
            Ok(schedule) => schedule,
            // Of a newer program, perhaps: the others must go on.
            Err(error) => {
                tracing::error!(%error, name, "a stored schedule cannot be read");
                continue;
            }
        };
        let (runs, next) = schedule.due(at(row.get(8)), at(row.get(9)), Missed::numbered(row.get(3)));
        let mut last = None;
        for run in runs {
            let key = format!("{name} {run}");
            let unique = Some(Unique::from(key.as_str()));
            let wish = Wish { queue: &queue, run_at: Some(run), unique, ..Wish::default() };
            match put(tx, &kind, version, &payload, &wish, 0).await {
                Ok(id) => last = Some(id),
                Err(Error::Duplicate { .. }) => {}
                Err(error) => return Err(error),
            }
            ring(tx, &wish);
        }
        tx.execute(ADVANCE, &[&name, &seconds(next), &last]).await?;
    }
    Ok(())
}

/// No more runs of this schedule until it is resumed.
pub async fn pause_cron(tx: &Transaction<'_>, name: &str) -> Result<(), Error> {
    known(tx.query(PAUSE, &[&name]).await?.len(), name)
}

/// Runs from now on; those of the pause are not made up for.
pub async fn resume_cron(tx: &Transaction<'_>, name: &str) -> Result<(), Error> {
    let row = tx.query_opt(ZONE, &[&name]).await?;
    let row = row.ok_or_else(|| Error::NoSuchSchedule { name: name.to_owned() })?;
    let schedule = Schedule::new(row.get(0), row.get(1))?;
    let next = schedule.next(now(tx).await?).unwrap_or(Timestamp::MAX);
    tx.execute(RESUME, &[&name, &seconds(next)]).await?;
    Ok(())
}

/// Enqueues a run now, beside those of the schedule; answers its id.
pub async fn run_cron(tx: &Transaction<'_>, name: &str) -> Result<i64, Error> {
    let row = tx.query_opt(WHAT, &[&name]).await?;
    let row = row.ok_or_else(|| Error::NoSuchSchedule { name: name.to_owned() })?;
    let (queue, kind, version, payload): (String, String, i16, String) =
        (row.get(0), row.get(1), row.get(2), row.get(3));
    let wish = Wish { queue: &queue, ..Wish::default() };
    let id = put(tx, &kind, version, &payload, &wish, 0).await?;
    ring(tx, &wish);
    tx.execute(RAN, &[&name, &id]).await?;
    Ok(id)
}

/// Forgets a schedule that no program declares any more.
pub async fn drop_cron(tx: &Transaction<'_>, name: &str) -> Result<(), Error> {
    known(tx.query(DROP, &[&name]).await?.len(), name)
}

fn known(rows: usize, name: &str) -> Result<(), Error> {
    if rows == 0 { Err(Error::NoSuchSchedule { name: name.to_owned() }) } else { Ok(()) }
}

/// By the database's clock.
async fn now(tx: &Transaction<'_>) -> Result<Timestamp, Error> {
    Ok(at(tx.query_one(NOW, &[]).await?.get(0)))
}

fn at(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::MAX)
}

fn seconds(at: Timestamp) -> f64 {
    at.as_microsecond() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn runs(schedule: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let cron = Cron::new("test", schedule, zone).expect("a schedule");
        let runs = std::iter::successors(Some(time(from)), |at| Some(cron.next(*at)));
        runs.skip(1).take(count).map(|it| it.to_string()).collect()
    }

    #[test]
    fn runs_go_by_the_zones_clock_over_its_changes() {
        let three = |from| runs("30 1 * * *", "Europe/London", from, 3);
        // On the 29th of March 2026 it is never half past one there.
        assert_eq!(
            three("2026-03-27T12:00:00Z"),
            ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"]
        );
        // On the 25th of October 2026 it is half past one twice.
        assert_eq!(
            three("2026-10-24T12:00:00Z"),
            ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"]
        );
        assert_eq!(runs("0 9 29 2 *", "Asia/Kolkata", "2026-01-01T00:00:00Z", 1), ["2028-02-29T03:30:00Z"]);
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_reason() {
        for (schedule, zone, said) in [
            ("0 0 30 2 *", "UTC", "no day meets it"),
            ("61 * * * *", "UTC", "61"),
            ("* * * *", "UTC", ""),
            ("0 3 * * *", "Mars/Olympus", "zone"),
        ] {
            let refused = Cron::new("test", schedule, zone).expect_err(schedule).to_string();
            assert!(refused.contains(schedule) && refused.to_lowercase().contains(said), "{refused}");
        }
        assert!(matches!(Cron::new("", "* * * * *", "UTC"), Err(Error::Key { .. })));
    }

    #[test]
    fn missed_runs_are_skipped_made_up_for_once_or_each() {
        let schedule = Schedule::new("0 * * * *", "UTC").expect("a schedule");
        let due = |now: &str, missed| {
            let (runs, next) = schedule.due(time("2026-05-01T10:00:00Z"), time(now), missed);
            (
                runs.iter().map(|it| it.to_string()[11..13].to_owned()).collect::<Vec<_>>().join(" "),
                next.to_string(),
            )
        };
        let eleven = "2026-05-01T11:00:00Z".to_owned();
        let fourteen = "2026-05-01T14:00:00Z".to_owned();
        for missed in [Missed::Skip, Missed::Once, Missed::Each] {
            assert_eq!(due("2026-05-01T10:00:30Z", missed), ("10".to_owned(), eleven.clone()), "in time");
        }
        assert_eq!(due("2026-05-01T13:20:00Z", Missed::Skip), (String::new(), fourteen.clone()));
        assert_eq!(due("2026-05-01T13:20:00Z", Missed::Once), ("10".to_owned(), fourteen.clone()));
        assert_eq!(due("2026-05-01T13:20:00Z", Missed::Each), ("10 11 12 13".to_owned(), fourteen.clone()));
        assert_eq!(
            due("2026-05-01T13:00:20Z", Missed::Skip),
            ("13".to_owned(), fourteen.clone()),
            "that one is in time"
        );
        assert_eq!(due("2026-05-01T13:00:20Z", Missed::Once), ("13".to_owned(), fourteen));
        let (runs, next) =
            schedule.due(time("1970-01-01T00:00:00Z"), time("2026-05-01T13:20:00Z"), Missed::Each);
        assert_eq!((runs.len(), next), (MADE_UP_MAX, time("1970-02-11T16:00:00Z")));
    }
}
