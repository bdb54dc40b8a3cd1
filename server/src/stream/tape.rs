//! A topic's frames as one contiguous run of bytes, the way HTTP/1.1 sends them: each frame is one chunk (RFC 9112 §7.1).
//!
//! A subscriber owns an offset into it. Whatever it lacks, one update or fifty, is one slice, and so one `send`.

use std::collections::VecDeque;
use std::io::Write;

/// Numbered frames, chunked, with the oldest let go as new ones come.
pub(super) struct Tape {
    bytes: Vec<u8>,
    /// The offset of `bytes[0]`; offsets only grow.
    base: u64,
    /// Where each entry held begins; an entry before `entries[0]` may be in `bytes` still, but nobody is promised it.
    entries: VecDeque<Entry>,
    /// The number that the next frame will have.
    next: u64,
    behind_bytes_max: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    /// The frame's number; a comment has that of the frame after it.
    number: u64,
    offset: u64,
}

impl Tape {
    /// Empty; the first frame will be `number`. An entry is let go once more than `behind_bytes_max` follow it.
    pub(super) fn new(number: u64, behind_bytes_max: usize) -> Self {
        let behind_bytes_max = behind_bytes_max as u64;
        Self { bytes: Vec::new(), base: 0, entries: VecDeque::new(), next: number, behind_bytes_max }
    }

    /// The offset behind the last frame: where a subscriber stands that has everything.
    pub(super) fn end(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    /// The number that the next frame will have.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Appends the next frame.
    pub(super) fn push(&mut self, frame: &[u8]) {
        self.append(frame);
        self.next += 1;
    }

    /// Appends a comment, which keeps the connection from looking dead and has no number.
    pub(super) fn push_comment(&mut self) {
        self.append(b":\n\n");
    }

    fn append(&mut self, event: &[u8]) {
        self.entries.push_back(Entry { number: self.next, offset: self.end() });
        write_chunk(&mut self.bytes, event);
        let end = self.end();
        while self.entries.get(1).is_some_and(|it| end - it.offset > self.behind_bytes_max) {
            self.entries.pop_front();
        }
        let dead = self.entries.front().map_or(0, |it| it.offset - self.base);
        // Moved only once as much is dead as is alive, so that each byte is moved at most once on average.
        if dead > self.behind_bytes_max.max(end - self.base - dead) {
            self.bytes.drain(..usize::try_from(dead).expect("a length in memory"));
            self.base += dead;
        }
    }

    /// Where frame `number` begins: the end for the next one; none when it has been let go or was never here.
    pub(super) fn offset_of(&self, number: u64) -> Option<u64> {
        if number == self.next {
            return Some(self.end());
        }
        let after = self.entries.partition_point(|it| it.number <= number);
        self.entries.get(after.checked_sub(1)?).filter(|it| it.number == number).map(|it| it.offset)
    }

    /// Everything from `offset` on; none when part of it has been let go.
    pub(super) fn from(&self, offset: u64) -> Option<&[u8]> {
        let oldest = self.entries.front().map_or(self.end(), |it| it.offset);
        let at = offset.checked_sub(self.base).filter(|_| offset >= oldest)?;
        self.bytes.get(usize::try_from(at).ok()?..)
    }
}

/// One chunk of HTTP/1.1's chunked coding.
pub(super) fn write_chunk(out: &mut Vec<u8>, data: &[u8]) {
    write!(out, "{:x}\r\n", data.len()).expect("memory takes every byte");
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
}

/// Ends a chunked body.
pub(super) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn frames_are_chunks_and_what_is_lacking_is_one_slice() {
        let mut tape = Tape::new(5, 1000);
        let start = tape.end();
        tape.push(b"id: 1\n\n");
        tape.push_comment();
        tape.push(&[b'x'; 16]);
        let all = b"7\r\nid: 1\n\n\r\n3\r\n:\n\n\r\n10\r\nxxxxxxxxxxxxxxxx\r\n";
        assert_eq!(tape.from(start), Some(&all[..]));
        assert_eq!(tape.offset_of(5), Some(0));
        assert_eq!(tape.offset_of(6).and_then(|it| tape.from(it)), Some(&all[20..]));
        assert_eq!((tape.offset_of(7), tape.from(tape.end())), (Some(tape.end()), Some(&[][..])));
        assert_eq!((tape.offset_of(4), tape.offset_of(8)), (None, None));
    }

    #[test]
    fn a_frame_larger_than_the_bound_is_held_until_the_next_pushes_it_out() {
        let mut tape = Tape::new(0, 10);
        tape.push(&[b'a'; 50]);
        assert_eq!(tape.from(0).map(<[u8]>::len), Some(56));
        tape.push(b"b");
        assert_eq!(tape.from(0).map(<[u8]>::len), Some(62), "6 bytes follow it");
        tape.push(&[b'c'; 5]);
        assert_eq!((tape.from(0), tape.from(56).map(<[u8]>::len)), (None, Some(16)));
    }

    proptest! {
        /// Whatever is pushed, each offset gives exactly what was pushed behind it, for as long as it is within the bound.
        #[test]
        fn offsets_stay_true(bound in 0usize..200, frames in prop::collection::vec(0usize..90, 1..120)) {
            let (mut tape, mut all, mut starts) = (Tape::new(0, bound), Vec::new(), Vec::new());
            for (number, length) in frames.into_iter().enumerate() {
                let frame = vec![b'a' + u8::try_from(number % 26).expect("a letter"); length];
                starts.push(all.len());
                tape.push(&frame);
                write_chunk(&mut all, &frame);
                prop_assert_eq!(tape.end(), all.len() as u64);
                for (number, start) in starts.iter().enumerate() {
                    let next = starts.get(number + 1).copied().unwrap_or(all.len());
                    let is_held = all.len() - next <= bound;
                    prop_assert_eq!(tape.offset_of(number as u64), is_held.then_some(*start as u64));
                    prop_assert_eq!(tape.from(*start as u64), is_held.then_some(&all[*start..]));
                }
                prop_assert!(tape.bytes.len() <= 2 * (bound + 2 * 100) + 100);
            }
        }
    }
}
