//! Which engines do what the arbiter of the book's tests does: only those count.

#[path = "../../book/tests/agree/arbiter.rs"]
mod arbiter;

use crate::engines::{Came, Engine, Maker, Seen};
use crate::stream::{ARBITRATED, Stream, command, rules};
use arbiter::Arbiter;
use book::{Done, Time};

/// Requests on which every engine is judged, after the book is filled.
const OPS: usize = 20_000;

/// `None` when it does on every request what the arbiter does; else what it did otherwise first.
pub(crate) fn fault(engine: &Maker) -> Option<String> {
    let stream = crate::stream::of(ARBITRATED, OPS);
    let mut arbiter = Arbiter::new(rules());
    let mut judged = (engine.make)(&stream);
    let mut seen = Vec::new();
    for (at, op) in stream.fill.iter().chain(&stream.ops).enumerate() {
        seen.clear();
        let came = judged.apply(op, Some(&mut seen));
        let done = arbiter.apply(Time(0), &command(op));
        let fills: Vec<Seen> = arbiter
            .fills
            .iter()
            .map(|it| (it.maker.0 as u32, it.price.points(), it.quantity.units()))
            .collect();
        let wanted = Came {
            fills: fills.len() as u32,
            units: fills.iter().map(|it| u64::from(it.2)).sum(),
            cancelled: matches!(done, Ok(Done::Cancelled { .. })).into(),
        };
        if (came, &seen) != (wanted, &fills) {
            return Some(format!("request {at}, {op:?}: {came:?} {seen:?}, not {wanted:?} {fills:?}"));
        }
    }
    None
}

/// What an engine does to the filled book, by its first so many requests.
pub(crate) fn totals(engine: &mut dyn Engine, stream: &Stream, ops: usize) -> Came {
    let mut sum = Came::default();
    for op in &stream.ops[..ops] {
        sum = plus(sum, engine.apply(op, None));
    }
    sum
}

pub(crate) fn plus(one: Came, other: Came) -> Came {
    Came {
        fills: one.fills + other.fills,
        units: one.units + other.units,
        cancelled: one.cancelled + other.cancelled,
    }
}
