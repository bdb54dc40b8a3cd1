//! What was measured, as it is reported.

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::time::Duration;

/// Numbers that look drawn by lot and are the same each time (xorshift).
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn of(seed: usize) -> Self {
        let mut draw = Self(0x9e37_79b9_7f4a_7c15 ^ (seed as u64 + 1).wrapping_mul(0xff51_afd7_ed55_8ccd));
        (0..8).for_each(|_| {
            draw.below(2);
        });
        draw
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % end as u64) as usize
    }
}

/// How long each took of those that were made, in nanoseconds.
pub(crate) type Times = Histogram<u64>;

pub(crate) fn times() -> Times {
    Histogram::new_with_bounds(1_000, 60_000_000_000, 3).expect("three digits are within what it can have")
}

pub(crate) fn of(times: &Times, took: Duration) -> Value {
    json!({
        "per_second": (times.len() as f64 / took.as_secs_f64()).round(),
        "p50_ns": times.value_at_quantile(0.5),
        "p99_ns": times.value_at_quantile(0.99),
        "max_ns": times.max(),
    })
}

/// Each figure's median over rounds.
pub(crate) fn median(rounds: &[Value]) -> Value {
    let Some(Value::Object(first)) = rounds.first() else { return Value::Null };
    let of = |key: &String| {
        let mut numbers: Vec<f64> = rounds.iter().filter_map(|it| it[key].as_f64()).collect();
        numbers.sort_by(f64::total_cmp);
        numbers.get(numbers.len() / 2).copied()
    };
    first.keys().map(|key| (key.clone(), json!(of(key)))).collect()
}
