//! What a worker did, counted by the minute, for charts that outlive it.

use crate::error::Error;
use crate::queue::{Known, Outcome};
use std::time::Duration;
use store::Store;

/// Times are counted in buckets, four to a doubling: the n-th holds those of at least 2^(n/4) − 1 µs; the last one begins at an hour.
pub(crate) const BUCKETS: usize = 128;

/// One kind's figures since they were last written down.
#[derive(Clone)]
pub(crate) struct Tally {
    done: i64,
    failed: i64,
    dead: i64,
    waited: [i32; BUCKETS],
    ran: [i32; BUCKETS],
    is_empty: bool,
}

impl Default for Tally {
    fn default() -> Self {
        Self { done: 0, failed: 0, dead: 0, waited: [0; BUCKETS], ran: [0; BUCKETS], is_empty: true }
    }
}

fn bucket(time: Duration) -> usize {
    let doublings = (time.as_micros() as f64 + 1.0).log2();
    ((doublings * 4.0) as usize).min(BUCKETS - 1)
}

/// The time below which this share of all is, from buckets: at most a fifth too long.
pub(crate) fn quantile(buckets: &[i64], share: f64) -> Option<Duration> {
    let all: i64 = buckets.iter().sum();
    let mut left = (all as f64 * share).ceil() as i64;
    if all == 0 {
        return None;
    }
    let at = buckets.iter().position(|count| {
        left -= count;
        left <= 0
    });
    let micros = 2f64.powf((at.unwrap_or(buckets.len()) + 1) as f64 / 4.0) - 1.0;
    Some(Duration::from_secs_f64(micros / 1e6))
}

impl Tally {
    pub(crate) fn begin(&mut self, waited: Duration) {
        self.waited[bucket(waited)] += 1;
        self.is_empty = false;
    }

    pub(crate) fn ran(&mut self, time: Duration) {
        self.ran[bucket(time)] += 1;
        self.is_empty = false;
    }

    pub(crate) fn end(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Done { .. } => self.done += 1,
            Outcome::Retry { .. } => self.failed += 1,
            Outcome::Dead { .. } => {
                self.failed += 1;
                self.dead += 1;
            }
            Outcome::Snooze { .. } | Outcome::Discard { .. } | Outcome::Cancelled => {}
        }
        self.is_empty = false;
    }
}

const ADD: &str = "
    insert into jobs.tally (minute, epoch, queue, kind, done, failed, dead, waited, ran)
    values (date_trunc('minute', clock_timestamp()), $1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (minute, epoch, kind) do update set done = tally.done + excluded.done,
        failed = tally.failed + excluded.failed, dead = tally.dead + excluded.dead,
        waited = (select array_agg(coalesce(old, 0) + new order by place)
            from unnest(tally.waited, excluded.waited) with ordinality as both_of (old, new, place)),
        ran = (select array_agg(coalesce(old, 0) + new order by place)
            from unnest(tally.ran, excluded.ran) with ordinality as both_of (old, new, place))";

/// Adds what is there to the minute's figures.
pub(crate) async fn write(store: &Store, known: &Known, epoch: i64, tallies: &[Tally]) -> Result<(), Error> {
    let written = store.run_tx("jobs.tally", async |tx| {
        for (tally, kind) in tallies.iter().zip(&known.kinds).filter(|(it, _)| !it.is_empty) {
            let (waited, ran) = (tally.waited.as_slice(), tally.ran.as_slice());
            let params: store::Params<'_> =
                &[&epoch, &known.queue, kind, &tally.done, &tally.failed, &tally.dead, &waited, &ran];
            tx.execute(ADD, params).await?;
        }
        Ok(())
    });
    written.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_at_most_a_fifth_too_long() {
        for millis in [1, 7, 40, 999, 60_000, 3_000_000] {
            let time = Duration::from_millis(millis);
            let mut buckets = vec![0; BUCKETS];
            buckets[bucket(time)] = 10;
            for share in [0.01, 0.5, 1.0] {
                let found =
                    quantile(&buckets, share).expect("there are some").as_secs_f64() / time.as_secs_f64();
                assert!((1.0..1.2).contains(&found), "{found} of {millis} ms");
            }
        }
        let mut buckets = vec![0; BUCKETS];
        assert_eq!(quantile(&buckets, 0.5), None);
        (buckets[4], buckets[60]) = (99, 1);
        assert!(quantile(&buckets, 0.99) < Some(Duration::from_micros(2)));
        assert!(quantile(&buckets, 0.999) > Some(Duration::from_millis(32)));
        assert_eq!(bucket(Duration::ZERO), 0);
        assert_eq!(bucket(Duration::MAX), BUCKETS - 1);
    }
}
