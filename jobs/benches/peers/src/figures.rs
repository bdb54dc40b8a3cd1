//! Times as the bench reports its own.

use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Jobs whose handlers have begun.
pub(crate) static BEGUN: AtomicUsize = AtomicUsize::new(0);
static WAITED: Mutex<Vec<Duration>> = Mutex::new(Vec::new());

pub(crate) fn now_ns() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    u64::try_from(now.as_nanos()).expect("a time before 2554")
}

/// What a handler does: says when it began.
pub(crate) fn begin(enqueued_ns: u64) {
    let waited = Duration::from_nanos(now_ns().saturating_sub(enqueued_ns));
    WAITED.lock().expect("nobody panics").push(waited);
    BEGUN.fetch_add(1, Ordering::SeqCst);
}

pub(crate) fn forget() {
    WAITED.lock().expect("nobody panics").clear();
}

pub(crate) fn waited() -> Value {
    times(WAITED.lock().expect("nobody panics").clone())
}

/// Waits until as many more have begun, or 20 s.
pub(crate) async fn begun(count: usize) {
    let until = tokio::time::Instant::now() + Duration::from_secs(20);
    while BEGUN.load(Ordering::SeqCst) < count && tokio::time::Instant::now() < until {
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
}

pub(crate) fn times(mut times: Vec<Duration>) -> Value {
    times.sort_unstable();
    let at = |share: f64| {
        let last = times.len().saturating_sub(1);
        times.get((last as f64 * share).round() as usize).map_or(0, |it| it.as_nanos() as u64)
    };
    json!({"p50_ns": at(0.5), "p99_ns": at(0.99), "max_ns": at(1.0), "count": times.len()})
}

pub(crate) fn per_second(count: usize, took: Duration) -> f64 {
    (count as f64 / took.as_secs_f64()).round()
}
