//! How the time of streams is counted.

use super::*;
use crate::usage::line::{HOUR_MS, Taken};

/// Hours since 1970 of the clock's start.
const FIRST_HOUR: i64 = 498_874;

fn line(clock: &Clock) -> Arc<Line> {
    Counters::new(clock.clone()).line(&key("org_1"), MATCH)
}

/// The hours since the first one, with opens and seconds.
fn hours(taken: &Taken) -> Vec<(i64, u64, u64)> {
    taken.hours.iter().map(|it| (it.hour - FIRST_HOUR, it.opens, it.stream_ms / 1_000)).collect()
}

#[test]
fn a_guard_is_a_pointer_large() {
    assert_eq!(size_of::<OpenStream>(), size_of::<usize>());
}

#[test]
fn a_stream_counts_for_as_long_as_it_is_open() {
    let clock = clock();
    assert_eq!(clock.now_ms() / HOUR_MS, FIRST_HOUR);
    let line = line(&clock);
    let one = Line::open(line.clone(), None, &Sent::default());
    clock.advance(Duration::from_secs(20));
    let two = Line::open(line.clone(), None, &Sent::default());
    clock.advance(Duration::from_secs(30));
    drop(one);
    clock.advance(Duration::from_secs(40));
    drop(two);
    clock.advance(Duration::from_secs(3_600));
    let taken = line.take().unwrap();
    assert_eq!(hours(&taken), [(0, 2, 20 + 2 * 30 + 40)]);
    let minutes: Vec<u64> = taken.minutes.iter().map(|it| it.stream_ms / 1_000).collect();
    assert_eq!(minutes, [20 + 2 * 30 + 10, 30]);
    assert_eq!(line.take(), None);
}

#[test]
fn what_is_open_counts_each_time_that_it_is_taken_and_for_the_hour_in_which_it_was_open() {
    let clock = clock();
    let line = line(&clock);
    clock.advance(Duration::from_secs(3_590));
    let open = Line::open(line.clone(), None, &Sent::default());
    let mut all = Vec::new();
    for _ in 0..3 {
        clock.advance(Duration::from_secs(25));
        all.extend(hours(&line.take().unwrap()));
    }
    assert_eq!(all, [(0, 1, 10), (1, 0, 15), (1, 0, 25), (1, 0, 25)]);
    drop(open);
    assert_eq!(line.take(), None, "no time has passed since");
}

#[test]
fn countries_belong_to_the_hour_in_which_streams_were_opened() {
    let clock = clock();
    let line = line(&clock);
    let mut open = Vec::new();
    for country in [Some(*b"IN"), Some(*b"in"), None, Some(*b"GB")] {
        open.push(Line::open(line.clone(), country, &Sent::default()));
    }
    clock.advance(Duration::from_secs(3_600));
    open.push(Line::open(line.clone(), Some(*b"IN"), &Sent::default()));
    let taken = line.take().unwrap();
    let countries: Vec<_> = taken.hours.iter().map(|it| it.countries.clone()).collect();
    assert_eq!(countries, [vec![(*b"IN", 2), (*b"ZZ", 1), (*b"GB", 1)], vec![(*b"IN", 1)]]);
}

#[test]
fn what_nobody_takes_for_days_keeps_its_sums_in_a_bounded_memory() {
    let clock = clock();
    let line = line(&clock);
    let mut open = Vec::new();
    for _ in 0..50 {
        open.push(Line::open(line.clone(), Some(*b"IN"), &Sent::default()));
        clock.advance(Duration::from_secs(3_600));
    }
    let taken = line.take().unwrap();
    assert_eq!((taken.hours.len(), taken.minutes.len()), (4, 180));
    assert_eq!(taken.hours.iter().map(|it| it.opens).sum::<u64>(), 50);
    assert_eq!(taken.hours.iter().map(|it| it.stream_ms).sum::<u64>(), (1..=50).sum::<u64>() * 3_600_000);
    let of_first_hour = (*b"IN", 47);
    assert_eq!(taken.hours[0].countries, [of_first_hour]);
    assert_eq!(taken.minutes.back().unwrap().stream_ms, 50 * 60_000);
}
