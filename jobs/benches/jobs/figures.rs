//! Times as they are reported.

use serde_json::{Value, json};
use std::time::Duration;

/// Nanoseconds that hold half, 99 of 100 and all.
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

/// Each figure's median over rounds.
pub(crate) fn median(rounds: &[Value]) -> Value {
    match rounds.first() {
        Some(Value::Object(first)) => first
            .keys()
            .map(|key| (key.clone(), median(&rounds.iter().map(|it| it[key].clone()).collect::<Vec<_>>())))
            .collect(),
        Some(Value::Number(_)) => {
            let mut numbers: Vec<&Value> = rounds.iter().collect();
            numbers.sort_by(|one, two| one.as_f64().unwrap_or(0.0).total_cmp(&two.as_f64().unwrap_or(0.0)));
            numbers[numbers.len() / 2].clone()
        }
        Some(other) => other.clone(),
        None => Value::Null,
    }
}
