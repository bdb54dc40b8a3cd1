//! Processes that run jobs: they say that they live, and share what a queue's limit lets them run.

use crate::error::Error;
use crate::queue::Known;
use std::time::Duration;
use store::{Row, Store, Transaction};

/// How often a node says that it lives, looks for those that do not, and asks for jobs.
pub(crate) const BEAT: Duration = Duration::from_millis(500);

/// After so long without a word a node's jobs go to others.
pub(crate) const SILENCE_MS: u32 = 2000;

/// How long the one that leads does so without a word: shorter, since it may be the one that fell silent, and harmless where it lives.
const LEASE_MS: u32 = 1000;

const JOIN: &str = "
    insert into jobs.node (name, queue, kinds, versions, room) values ($1, $2, $3, $4, $5) returning epoch";

/// Not worth a write to the disk: what is lost with the server's memory is said again by the next beat.
/// Whoever has the lease keeps it as long as it beats; another takes it when it is over, or where it ends in a future that nobody gave it, since
/// the clock was set back.
const SAY: &str = "
    with beaten as (
        update jobs.node set seen_at = clock_timestamp(), running = $2 where epoch = $1 returning epoch, queue
    ),
    led as (
        insert into jobs.lease (name, epoch, until)
        select 'duties', epoch, clock_timestamp() + make_interval(secs => $3::float8 / 1000) from beaten
        on conflict (name) do update set epoch = excluded.epoch, until = excluded.until
            where lease.epoch = excluded.epoch or lease.until < clock_timestamp()
                or lease.until > clock_timestamp() + make_interval(secs => 2 * $3::float8 / 1000)
        returning epoch
    )
    select exists (select from led), queue.running_max, queue.rate_per_second is not null,
        array(select id from jobs.job where cancel and node = $1), set_config('synchronous_commit', 'off', true)
    from beaten left join jobs.queue on queue.name = beaten.queue";

/// What a node learns with each beat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pulse {
    pub(crate) epoch: i64,
    /// Whether it has duties for all.
    pub(crate) leads: bool,
    /// How many jobs of the queue may run at once, on all nodes.
    pub(crate) running_max: Option<i32>,
    pub(crate) is_rated: bool,
    /// Running jobs that are to be ended.
    pub(crate) cancelled: Vec<i64>,
}

/// A new node; its number is never given twice.
pub(crate) async fn join(store: &Store, name: &str, known: &Known, room: usize) -> Result<i64, Error> {
    let room = i32::try_from(room).unwrap_or(i32::MAX);
    let params: store::Params<'_> = &[&name, &known.queue, &known.kinds, &known.versions, &room];
    let rows = store.run_one("jobs.join", JOIN, params).await?;
    Ok(rows[0].get(0))
}

/// `None` where the node is no longer known: its jobs have been given to others.
pub(crate) async fn beat(store: &Store, epoch: i64, running: usize) -> Result<Option<Pulse>, Error> {
    let running = i32::try_from(running).unwrap_or(i32::MAX);
    let rows = store.run_one("jobs.beat", SAY, &[&epoch, &running, &f64::from(LEASE_MS)]).await?;
    Ok(rows.first().map(|row| Pulse {
        epoch,
        leads: row.get(0),
        running_max: row.get(1),
        is_rated: row.get(2),
        cancelled: row.get(3),
    }))
}

const LOCK_LIMIT: &str = "select running_max from jobs.queue where name = $1 for update";

const SHARES: &str = "select epoch, room, slots, hungry from jobs.node where queue = $1";

const SHARE: &str = "update jobs.node set slots = $2, hungry = $3 where epoch = $1";

/// A node's part in a queue's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    epoch: i64,
    room: i64,
    slots: i64,
    hungry: bool,
}

impl From<&Row> for Share {
    fn from(row: &Row) -> Share {
        Share {
            epoch: row.get(0),
            room: row.get::<_, i32>(1).into(),
            slots: row.get::<_, i32>(2).into(),
            hungry: row.get(3),
        }
    }
}

/// Takes or gives back slots of a queue's limit; answers how many this node has now. A node may run as many jobs as it has slots without
/// asking anybody, so a limit that does not bind costs nothing; the sum of all slots is never more than the limit.
pub(crate) async fn share(
    store: &Store,
    queue: &str,
    epoch: i64,
    running: usize,
    is_hungry: bool,
) -> Result<usize, Error> {
    let running = i64::try_from(running).unwrap_or(i64::MAX);
    let shared = store.run_tx("jobs.share", async |tx| share_in(tx, queue, epoch, running, is_hungry).await);
    Ok(usize::try_from(shared.await?).unwrap_or(0))
}

async fn share_in(
    tx: &Transaction<'_>,
    queue: &str,
    epoch: i64,
    running: i64,
    is_hungry: bool,
) -> Result<i64, Error> {
    let limit: Option<i32> = tx.query_opt(LOCK_LIMIT, &[&queue]).await?.and_then(|row| row.get(0));
    let Some(limit) = limit else { return Ok(i64::MAX) };
    let shares: Vec<Share> = tx.query(SHARES, &[&queue]).await?.iter().map(Share::from).collect();
    let Some(own) = shares.iter().find(|it| it.epoch == epoch).copied() else { return Ok(0) };
    let slots = slots(i64::from(limit), own, &shares, running, is_hungry);
    let hungry = is_hungry && slots < own.room;
    if slots != own.slots || hungry != own.hungry {
        let new = i32::try_from(slots).unwrap_or(i32::MAX);
        tx.execute(SHARE, &[&epoch, &new, &hungry]).await?;
        if slots < own.slots {
            // Somebody waits for them.
            crate::queue::ring(tx, std::iter::once(queue.to_owned()).collect());
        }
    }
    Ok(slots)
}

/// How many slots `own` should have: all it has room for while nobody else wants more, else its fair part; never fewer than it runs jobs, never
/// more than the others leave.
fn slots(limit: i64, own: Share, all: &[Share], running: i64, is_hungry: bool) -> i64 {
    let others = all.iter().filter(|it| it.epoch != own.epoch);
    let taken: i64 = others.clone().map(|it| it.slots).sum();
    let wanting = others.filter(|it| it.hungry).count() as i64;
    let wanted = match (wanting, is_hungry) {
        (0, _) => own.room,
        (_, false) => 0,
        // Rounded up; what the others have is theirs until they give it back.
        (_, true) => (limit + wanting) / (wanting + 1),
    };
    wanted.min(own.room).min(limit - taken).max(running).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(epoch: i64, slots: i64, hungry: bool) -> Share {
        Share { epoch, room: 10, slots, hungry }
    }

    #[test]
    fn a_limit_is_shared_and_never_overdrawn() {
        let alone = [share(1, 0, false)];
        assert_eq!(slots(4, alone[0], &alone, 0, false), 4, "all there is");
        assert_eq!(slots(40, alone[0], &alone, 0, false), 10, "all there is room for");
        let late = [share(1, 4, false), share(2, 0, true)];
        assert_eq!(slots(4, late[1], &late, 0, true), 0, "the other has them still");
        assert_eq!(slots(4, late[0], &late, 0, false), 0, "an idle node gives all it has");
        assert_eq!(slots(4, late[0], &late, 3, false), 3, "but for those it runs jobs with");
        assert_eq!(slots(4, late[0], &late, 4, true), 4, "a busy one gives none before they end");
        assert_eq!(slots(4, late[0], &late, 1, true), 2, "and keeps its part");
        assert_eq!(slots(5, late[0], &late, 0, true), 3, "rounded up");
        let given = [share(1, 2, true), share(2, 0, true)];
        assert_eq!(slots(4, given[1], &given, 0, true), 2);
    }
}
