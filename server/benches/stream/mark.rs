//! What the bench writes into an update so that the client can check and time its delivery.

use rustix::time::{ClockId, clock_gettime};

/// Stands before the figures; nothing else in an update looks like it.
const LABEL: &[u8] = b"\"mark\":\"~";
const SEQ_DIGITS: usize = 10;
const AT_DIGITS: usize = 20;
/// A mark comes within this many bytes of an event's beginning, after its `id` and `event` lines.
const WITHIN_BYTES: usize = 128;

/// Which update it is, and when it was handed to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Counts from 1 in each topic.
    pub(crate) seq: u64,
    /// CLOCK_MONOTONIC, nanoseconds.
    pub(crate) at_ns: u64,
}

impl Mark {
    /// A JSON object of `size` bytes (when the rest leaves room) that begins with the mark and ends with `rest`, which is an object's
    /// inside and its closing brace.
    pub(crate) fn object(self, size: usize, rest: &str) -> String {
        let comma = if rest == "}" { "" } else { "," };
        let head =
            format!("{{\"mark\":\"~{:0SEQ_DIGITS$}~{:0AT_DIGITS$}~\",\"pad\":\"", self.seq, self.at_ns);
        let padding = size.saturating_sub(head.len() + "\"".len() + comma.len() + rest.len());
        let pad: String = ('a'..='z').cycle().take(padding).collect();
        format!("{head}{pad}\"{comma}{rest}")
    }

    /// The mark in an SSE event; `None` for one that the bench did not write (a snapshot, a heartbeat).
    pub(crate) fn read(event: &[u8]) -> Option<Mark> {
        let head = &event[..event.len().min(WITHIN_BYTES)];
        let seq_at = memchr::memmem::find(head, LABEL)? + LABEL.len();
        let at_at = seq_at + SEQ_DIGITS + 1;
        Some(Mark {
            seq: number(event.get(seq_at..seq_at + SEQ_DIGITS)?)?,
            at_ns: number(event.get(at_at..at_at + AT_DIGITS)?)?,
        })
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    digits
        .iter()
        .try_fold(0u64, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u64::from(digit - b'0')))
}

/// CLOCK_MONOTONIC, nanoseconds: the same clock in every process of this machine.
pub(crate) fn now_ns() -> u64 {
    nanoseconds(ClockId::Monotonic)
}

/// The time that `clock` shows, nanoseconds.
pub(crate) fn nanoseconds(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}
