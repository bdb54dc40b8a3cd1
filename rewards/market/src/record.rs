//! The bytes of a segment: a header, and a record a command.

use crate::Epoch;
use book::COMMAND_BYTES;

/// Of a header and of a record. A sector holds whole ones, so that none is half on the disk.
pub(crate) const BYTES: usize = 64;

/// What a header begins with, behind its checksums.
const MAGIC: u64 = u64::from_le_bytes(*b"crease\0\x01");

/// Checksum, and the checksum of the record before: each record vouches for all that came before it.
pub(crate) type Chain = u32;

/// A command as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) seq: u64,
    /// How many of the group that was written with it came before it. All before those was on the disk.
    pub(crate) of_group: u32,
    /// The checksum of the record before.
    pub(crate) before: Chain,
    pub(crate) command: [u8; COMMAND_BYTES],
}

impl Record {
    /// Appends it; answers its checksum.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) -> Chain {
        let mut record = [0; BYTES];
        record[4..8].copy_from_slice(&self.before.to_le_bytes());
        record[8..16].copy_from_slice(&self.seq.to_le_bytes());
        record[16..20].copy_from_slice(&self.of_group.to_le_bytes());
        record[20..].copy_from_slice(&self.command);
        let crc = crc32c::crc32c(&record[4..]);
        record[..4].copy_from_slice(&crc.to_le_bytes());
        bytes.extend_from_slice(&record);
        crc
    }

    /// The record with its checksum; `None` when it is damaged.
    pub(crate) fn read(bytes: &[u8]) -> Option<(Self, Chain)> {
        let bytes: &[u8; BYTES] = bytes.try_into().ok()?;
        let crc = u32_at(bytes, 0);
        if crc32c::crc32c(&bytes[4..]) != crc {
            return None;
        }
        let record = Self {
            seq: u64_at(bytes, 8),
            of_group: u32_at(bytes, 16),
            before: u32_at(bytes, 4),
            command: *bytes.last_chunk()?,
        };
        Some((record, crc))
    }

    /// The number that a record seems to have.
    pub(crate) fn seq_of(bytes: &[u8]) -> u64 {
        bytes.try_into().map_or(0, |bytes| u64_at(bytes, 8))
    }

    /// All up to this command was on the disk when the record was written.
    pub(crate) const fn durable(&self) -> u64 {
        self.seq.saturating_sub(1 + self.of_group as u64)
    }
}

/// What a segment begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) market: u64,
    pub(crate) epoch: Epoch,
    /// The number of its first command.
    pub(crate) first: u64,
    /// The checksum of the last record before it.
    pub(crate) before: Chain,
}

impl Header {
    pub(crate) fn to_bytes(self) -> [u8; BYTES] {
        let mut header = [0; BYTES];
        header[4..8].copy_from_slice(&self.before.to_le_bytes());
        header[8..16].copy_from_slice(&self.first.to_le_bytes());
        header[16..24].copy_from_slice(&self.epoch.0.to_le_bytes());
        header[24..32].copy_from_slice(&self.market.to_le_bytes());
        header[32..40].copy_from_slice(&MAGIC.to_le_bytes());
        let crc = crc32c::crc32c(&header[4..]);
        header[..4].copy_from_slice(&crc.to_le_bytes());
        header
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; BYTES] = bytes.first_chunk()?;
        if crc32c::crc32c(&bytes[4..]) != u32_at(bytes, 0) || u64_at(bytes, 32) != MAGIC {
            return None;
        }
        Some(Self {
            market: u64_at(bytes, 24),
            epoch: Epoch(u64_at(bytes, 16)),
            first: u64_at(bytes, 8),
            before: u32_at(bytes, 4),
        })
    }
}

fn u32_at(bytes: &[u8; BYTES], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8; BYTES], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_flipped_bit_goes_unseen() {
        let record = Record { seq: 77, of_group: 3, before: 0xfeed, command: [7; COMMAND_BYTES] };
        let mut bytes = Vec::new();
        let crc = record.write(&mut bytes);
        assert_eq!(Record::read(&bytes), Some((record, crc)));
        let header = Header { market: 4, epoch: Epoch(9), first: 78, before: crc };
        let header_bytes = header.to_bytes();
        assert_eq!(Header::read(&header_bytes), Some(header));
        for bit in 0..BYTES * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Record::read(&flipped), None, "bit {bit}");
            let mut flipped = header_bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::read(&flipped), None, "bit {bit}");
        }
        assert_eq!(Record::read(&[0; BYTES]), None, "what was never written is no record");
    }
}
