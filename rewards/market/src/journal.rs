//! Reading a journal: which segments there are, what is good of them, and where it ends.

use crate::Epoch;
use crate::error::{Error, While};
use crate::folder::Folder;
use crate::record::{BYTES, Chain, Header, Record};

const PREFIX: &str = "journal-";

/// A segment by its name. Ordered as they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Segment {
    pub(crate) epoch: Epoch,
    /// The number of its first command.
    pub(crate) first: u64,
}

impl Segment {
    pub(crate) fn name(self) -> String {
        format!("{PREFIX}{:020}-{:020}", self.epoch.0, self.first)
    }

    /// All its bytes.
    pub(crate) fn read(self, folder: &dyn Folder) -> Result<Vec<u8>, Error> {
        let name = self.name();
        folder.read(&name).doing(|| format!("reading {name}"))
    }

    fn of(name: &str) -> Option<Self> {
        let (epoch, first) = name.strip_prefix(PREFIX)?.split_once('-')?;
        Some(Self { epoch: Epoch(epoch.parse().ok()?), first: first.parse().ok()? })
    }
}

/// The segments that count, in the order of writing, and the others: whoever was overtaken may have begun one behind the place where its successor did.
pub(crate) fn segments(names: &[String]) -> (Vec<Segment>, Vec<Segment>) {
    let mut all: Vec<Segment> = names.iter().filter_map(|it| Segment::of(it)).collect();
    all.sort_unstable();
    let (mut count, mut others) = (Vec::<Segment>::new(), Vec::new());
    for segment in all {
        while let Some(overtaken) = count.pop_if(|it| it.first > segment.first) {
            others.push(overtaken);
        }
        count.push(segment);
    }
    (count, others)
}

/// How far reading has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    pub(crate) seq: u64,
    pub(crate) chain: Chain,
}

/// Where the last segment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// After so many bytes; what is behind them was torn off.
    After(u64),
    /// It has no good header, and so was never written to.
    Unborn,
}

/// Reads the records of a segment that has a successor: from behind `from` up to the successor's first command. Anything that is wrong is damage.
pub(crate) fn read_whole(
    bytes: &[u8],
    market: u64,
    segment: Segment,
    next: Segment,
    from: &mut Position,
    each: &mut dyn FnMut(&Record) -> Result<(), Error>,
) -> Result<(), Error> {
    let reading = Reading::of(bytes, market, segment);
    let damaged = |seq| Error::Damaged { file: segment.name(), seq };
    let header = reading.header.ok_or_else(|| damaged(segment.first))?;
    let good = reading.read(&header, Some(next.first), from, each)?;
    if from.seq + 1 < next.first {
        return Err(damaged(good.next));
    }
    Ok(())
}

/// Reads the records of the last segment from behind `from`; says where it ends.
pub(crate) fn read_last(
    bytes: &[u8],
    market: u64,
    segment: Segment,
    from: &mut Position,
    each: &mut dyn FnMut(&Record) -> Result<(), Error>,
) -> Result<End, Error> {
    let reading = Reading::of(bytes, market, segment);
    let Some(header) = reading.header else {
        // It is synced before anything is appended.
        return match reading.has_good_behind(segment.first) {
            true => Err(Error::Damaged { file: segment.name(), seq: segment.first }),
            false => Ok(End::Unborn),
        };
    };
    let good = reading.read(&header, None, from, each)?;
    if reading.has_good_behind(good.next) {
        return Err(Error::Damaged { file: segment.name(), seq: good.next });
    }
    Ok(End::After(good.bytes as u64))
}

struct Reading<'a> {
    segment: Segment,
    bytes: &'a [u8],
    header: Option<Header>,
}

/// What is good at the front of a segment.
struct Good {
    bytes: usize,
    /// The number of the first command that is not there.
    next: u64,
}

impl<'a> Reading<'a> {
    fn of(bytes: &'a [u8], market: u64, segment: Segment) -> Self {
        let is_right =
            |it: &Header| (it.market, it.epoch, it.first) == (market, segment.epoch, segment.first);
        Self { segment, bytes, header: Header::read(bytes).filter(is_right) }
    }

    /// Hands on each good record behind `from`, which moves; to the first that is not good, or that belongs to the successor.
    fn read(
        &self,
        header: &Header,
        end: Option<u64>,
        from: &mut Position,
        each: &mut dyn FnMut(&Record) -> Result<(), Error>,
    ) -> Result<Good, Error> {
        let mut good = Good { bytes: BYTES, next: self.segment.first };
        if from.seq + 1 < self.segment.first
            || (from.seq + 1 == self.segment.first && from.chain != header.before)
        {
            return Err(Error::Damaged { file: self.segment.name(), seq: self.segment.first });
        }
        let mut chain = header.before;
        for bytes in self.bytes[BYTES..].chunks_exact(BYTES) {
            if end == Some(good.next) {
                break;
            }
            let Some((record, crc)) = Record::read(bytes) else { break };
            if record.seq != good.next || record.before != chain {
                break;
            }
            chain = crc;
            if record.seq == from.seq + 1 {
                each(&record)?;
                *from = Position { seq: record.seq, chain };
            } else if record.seq == from.seq && from.chain != chain {
                // The snapshot is of another history.
                return Err(Error::Damaged { file: self.segment.name(), seq: record.seq });
            }
            good = Good { bytes: good.bytes + BYTES, next: good.next + 1 };
        }
        Ok(good)
    }

    /// Whether there is a record, at its own place, that was written when the command `seq` was on the disk. Then what is wrong with that is no torn end.
    fn has_good_behind(&self, seq: u64) -> bool {
        let places = self.bytes.chunks_exact(BYTES).skip(1).zip(self.segment.first..);
        // Most of it was never written, which is seen without a checksum.
        let mut behind = places.filter(|(bytes, at)| *at > seq && Record::seq_of(bytes) == *at);
        behind.any(|(bytes, at)| {
            Record::read(bytes).is_some_and(|(record, _)| record.seq == at && record.durable() >= seq)
        })
    }
}
