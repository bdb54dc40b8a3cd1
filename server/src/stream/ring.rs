//! The last updates of a topic, numbered as they came: what a subscriber that is behind, or comes back, is sent.

use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use wire::Position;

/// Bounds of a ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub updates_max: usize,
    /// A frame goes once more than this follows it. So one that is larger by itself (a correction's state) still reaches whoever
    /// has everything before it.
    pub behind_bytes_max: usize,
}

/// What is left of a frame that a later one has replaced: a comment, for an empty chunk would end a stream.
const REPLACED: &[u8] = b":\n\n";
/// Frames that were replaced, for each that was not, at most.
const REPLACED_MAX: usize = 4;

/// One SSE event, ready to send.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// The topic's position once it is sent; a note (which has no id) leaves it as it was.
    pub position: Position,
    pub bytes: Bytes,
    /// Whether it holds the whole state, and so all that came before it.
    pub is_snapshot: bool,
}

/// Numbered frames. The first ever pushed is number 0; numbers have no gap, whatever happens to epochs and seqs.
#[derive(Clone)]
pub(super) struct Ring {
    limits: Limits,
    frames: VecDeque<Frame>,
    /// Number of the oldest frame held.
    first: u64,
    bytes: usize,
    head: Position,
    /// The number of the last frame of which only the latest counts.
    latest: Option<u64>,
    replaced: usize,
}

/// What follows a cursor.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum After {
    /// All of it, joined, and the cursor behind it.
    Frames {
        bytes: Bytes,
        next: u64,
    },
    Nothing,
    /// Frames after the cursor have left the ring.
    Gone,
}

impl Ring {
    /// Empty, at a position.
    pub(super) fn new(limits: Limits, head: Position) -> Self {
        Self { limits, frames: VecDeque::new(), first: 0, bytes: 0, head, latest: None, replaced: 0 }
    }

    /// The position of the last frame.
    pub(super) fn head(&self) -> Position {
        self.head
    }

    /// The number that the next frame will have: the cursor of a subscriber that has everything.
    pub(super) fn next(&self) -> u64 {
        self.first + self.frames.len() as u64
    }

    pub(super) fn push(&mut self, frame: Frame) {
        self.head = frame.position;
        self.bytes += frame.bytes.len();
        self.frames.push_back(frame);
        while let Some(oldest) = self.frames.front() {
            let following = self.bytes - oldest.bytes.len();
            let whole = self.frames.len() - self.replaced;
            let is_within = whole <= self.limits.updates_max
                && self.replaced <= self.limits.updates_max * REPLACED_MAX
                && following <= self.limits.behind_bytes_max;
            if is_within {
                break;
            }
            self.replaced -= usize::from(oldest.bytes == REPLACED);
            self.bytes = following;
            self.first += 1;
            self.frames.pop_front();
        }
    }

    /// Takes a frame of which only the latest counts: the one before it is sent to nobody who has not had it, and takes no update's room.
    pub(super) fn push_latest(&mut self, frame: Frame) {
        let before = self.latest.and_then(|it| it.checked_sub(self.first));
        if let Some(frame) = before.and_then(|it| self.frames.get_mut(usize::try_from(it).ok()?)) {
            self.bytes -= frame.bytes.len();
            frame.bytes = Bytes::from_static(REPLACED);
            self.bytes += frame.bytes.len();
            self.replaced += 1;
        }
        self.latest = Some(self.next());
        self.push(frame);
    }

    /// The cursor of one that last saw `last`, if no update since then is missing.
    pub(super) fn resume(&self, last: Position) -> Option<u64> {
        if last == self.head {
            return Some(self.next());
        }
        let at = self.frames.partition_point(|it| it.position <= last);
        let next = self.frames.get(at)?.position;
        let is_whole = next.epoch == last.epoch && next.seq == last.seq + 1;
        is_whole.then_some(self.first + at as u64)
    }

    /// Everything from `cursor` on, joined: who is several updates behind gets them in one write. One for whom frames are gone goes
    /// on from the last snapshot, when that is still here.
    pub(super) fn after(&self, cursor: u64) -> After {
        if cursor >= self.next() {
            return After::Nothing;
        }
        let from = match cursor.checked_sub(self.first) {
            Some(at) => Some(usize::try_from(at).expect("an index of a deque")),
            None => self.frames.iter().rposition(|it| it.is_snapshot),
        };
        let Some(from) = from else { return After::Gone };
        let bytes = match self.frames.len() - from {
            1 => self.frames[from].bytes.clone(),
            _ => {
                let length = self.frames.range(from..).map(|it| it.bytes.len()).sum();
                let mut joined = BytesMut::with_capacity(length);
                self.frames.range(from..).for_each(|it| joined.extend_from_slice(&it.bytes));
                joined.freeze()
            }
        };
        After::Frames { bytes, next: self.next() }
    }

    /// The number of the oldest frame, and every frame.
    pub(super) fn tail(&self) -> (u64, impl Iterator<Item = &Frame>) {
        (self.first, self.frames.iter())
    }

    /// The frames after a position, when none is missing.
    pub(super) fn since(&self, last: Position) -> Option<impl Iterator<Item = &Frame>> {
        let at = usize::try_from(self.resume(last)? - self.first).expect("an index of a deque");
        Some(self.frames.range(at..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: u64 = 7;

    fn at(seq: u64) -> Position {
        Position { epoch: EPOCH, seq }
    }

    fn ring(updates_max: usize, behind_bytes_max: usize) -> Ring {
        Ring::new(Limits { updates_max, behind_bytes_max }, at(0))
    }

    fn update(seq: u64, bytes: usize) -> Frame {
        Frame { position: at(seq), bytes: Bytes::from(vec![b'u'; bytes]), is_snapshot: false }
    }

    fn correction(seq: u64, bytes: usize) -> Frame {
        Frame { position: at(seq), bytes: Bytes::from(vec![b'c'; bytes]), is_snapshot: true }
    }

    /// What follows a cursor, in letters; none when it is gone.
    fn after(ring: &Ring, cursor: u64) -> Option<String> {
        match ring.after(cursor) {
            After::Frames { bytes, next } => {
                assert_eq!(next, ring.next());
                Some(String::from_utf8(bytes.to_vec()).expect("letters"))
            }
            After::Nothing => Some(String::new()),
            After::Gone => None,
        }
    }

    #[test]
    fn it_is_bounded_in_updates_and_in_the_bytes_behind() {
        for (updates_max, behind_bytes_max, held) in
            [(3, 1000, 3), (10, 25, 3), (10, 20, 3), (10, 19, 2), (10, 0, 1)]
        {
            let mut ring = ring(updates_max, behind_bytes_max);
            (1..=8).for_each(|seq| ring.push(update(seq, 10)));
            for seq in 0..=8 {
                let cursor = ring.resume(at(seq));
                assert_eq!(cursor.is_some(), seq >= 8 - held, "{updates_max} {behind_bytes_max} from {seq}");
                assert_eq!(
                    after(&ring, seq).is_some(),
                    cursor.is_some(),
                    "who resumes is never told it is slow"
                );
            }
        }
    }

    #[test]
    fn a_correction_larger_than_the_bound_reaches_the_next_and_takes_others_along() {
        let mut ring = ring(10, 5);
        ring.push(update(1, 2));
        ring.push(update(2, 2));
        ring.push(correction(3, 9));
        assert_eq!(after(&ring, 2).as_deref(), Some("ccccccccc"));
        assert_eq!(after(&ring, 0).as_deref(), Some("ccccccccc"), "the state holds what has left the ring");
        ring.push(update(4, 2));
        assert_eq!(after(&ring, 1).as_deref(), Some("cccccccccuu"));
        ring.push(update(5, 4));
        assert_eq!((after(&ring, 2), after(&ring, 3).as_deref()), (None, Some("uuuuuu")));
    }

    #[test]
    fn who_missed_what_the_ring_never_had_does_not_resume() {
        let mut ring = ring(10, 1000);
        ring.push(update(1, 1));
        ring.push(correction(5, 1));
        ring.push(update(6, 1));
        let resumed: Vec<_> = (0..=7).map(|seq| ring.resume(at(seq))).collect();
        let one = |cursor| Some(cursor);
        // 1 was sent before a gap, which the state at 5 closes only for those that are told to take it.
        assert_eq!(resumed, [one(0), None, None, None, one(1), one(2), one(3), None]);
        assert_eq!(ring.resume(Position { epoch: EPOCH - 1, seq: 5 }), None);
    }

    #[test]
    fn a_note_has_a_number_but_no_position_of_its_own() {
        let mut ring = ring(10, 1000);
        ring.push(update(1, 1));
        ring.push(Frame { bytes: Bytes::from_static(b"n"), ..update(1, 1) });
        assert_eq!((ring.resume(at(0)), ring.resume(at(1))), (Some(0), Some(2)));
        ring.push(update(2, 1));
        assert_eq!(ring.resume(at(1)), Some(2), "who comes back after a note is not sent it");
        assert_eq!(after(&ring, 1).as_deref(), Some("nu"));
    }
}
