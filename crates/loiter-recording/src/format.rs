//! The file, byte by byte.
//!
//! Eight bytes of [`MAGIC`] and one of [`VERSION`], then blocks, one behind the other. Each has a
//! [head](BlockHead) of [`HEAD`] bytes with its kind, its length, the time that it speaks of and a
//! checksum over all of it, and a body, mostly compressed. Whoever reads a file that was cut off
//! goes from block to block up to the last one that is whole.
//!
//! A recording that was ended in order has a block of the kind [`INDEX`] at its end, which says of
//! each block what its head does, and [`TAIL`] bytes that say where it is.
//!
//! Blocks are in the order of time. Those of a keyframe stand between one of the kind
//! [`KEYFRAME`] and one of the kind [`KEYFRAME_END`], with the events of meanwhile among them, and
//! say everything that is known: reading may begin there. All of a block's labels are in it, but
//! for those of the kind [`WAITS`]: there each is said once after the beginning of a keyframe. A
//! block of an unknown kind is skipped, so that a later version may add some.
//!
//! A file may come from anywhere: whatever is in it, reading takes bounded memory and ends with
//! entries or with an error.

use std::io::{self, Read, Write};

use flate2::{Compress, Compression, FlushCompress, read::DeflateDecoder};
use loiter_model::Nanos;

use crate::error::{Damage, Problem};

pub(crate) const MAGIC: [u8; 8] = *b"LOITER\x1aR";
pub(crate) const VERSION: u8 = 1;
/// Bytes before the first block.
pub(crate) const START: u64 = MAGIC.len() as u64 + 1;

/// Bytes of a block's head.
pub(crate) const HEAD: usize = 36;
/// Of these, the last are the checksum over those before and the body.
const CHECKED: usize = HEAD - 4;

/// At the end of the file: where the index is, and [`END_MAGIC`].
pub(crate) const TAIL: usize = 16;
pub(crate) const END_MAGIC: [u8; 8] = *b"LOITER\x1aE";

pub(crate) const KEYFRAME: u8 = 1;
pub(crate) const TASKS: u8 = 2;
pub(crate) const SITES: u8 = 3;
pub(crate) const RESOURCES: u8 = 4;
pub(crate) const KEYFRAME_END: u8 = 5;
pub(crate) const FINDINGS: u8 = 6;
pub(crate) const EVENTS: u8 = 7;
pub(crate) const GAP: u8 = 8;
pub(crate) const WAITS: u8 = 9;
pub(crate) const INDEX: u8 = 15;

/// Bytes of a body at most, compressed or not.
pub(crate) const LONGEST: usize = 16 << 20;
/// Blocks of a file at most; recorders go on in another one.
pub(crate) const MOST_BLOCKS: usize = 1 << 19;

/// The body as it is.
const PLAIN: u8 = 0;
/// The body deflated.
const DEFLATED: u8 = 1;

/// What stands before a block's body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockHead {
    pub(crate) kind: u8,
    coding: u8,
    /// Bytes of the body in the file.
    pub(crate) stored: u32,
    /// Bytes of the body once it is inflated.
    raw: u32,
    /// How many rows, events or new findings it has.
    pub(crate) count: u32,
    /// The time that it speaks of.
    pub(crate) from: u64,
    pub(crate) to: u64,
    checksum: u32,
}

impl BlockHead {
    /// The block in the file.
    pub(crate) fn length(&self) -> u64 {
        HEAD as u64 + u64::from(self.stored)
    }

    pub(crate) fn read(bytes: &[u8; HEAD]) -> Self {
        let half = |at: usize| u32::from_le_bytes(array(bytes, at));
        let word = |at: usize| u64::from_le_bytes(array(bytes, at));
        Self {
            kind: bytes[0],
            coding: bytes[1],
            stored: half(4),
            raw: half(8),
            count: half(12),
            from: word(16),
            to: word(24),
            checksum: half(CHECKED),
        }
    }

    fn bytes(&self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[0] = self.kind;
        bytes[1] = self.coding;
        for (at, half) in [(4, self.stored), (8, self.raw), (12, self.count)] {
            bytes[at..at + 4].copy_from_slice(&half.to_le_bytes());
        }
        for (at, word) in [(16, self.from), (24, self.to)] {
            bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
        }
        bytes[CHECKED..].copy_from_slice(&self.checksum.to_le_bytes());
        bytes
    }

    /// Whether a body of this length can be.
    pub(crate) fn is_possible(&self) -> bool {
        self.stored as usize <= LONGEST && self.raw as usize <= LONGEST && self.from <= self.to
    }

    /// Whether nothing in the block with this head has changed since it was written.
    pub(crate) fn is_right(&self, head: &[u8; HEAD], body: &[u8]) -> bool {
        // Fuzzing would never get past it.
        cfg!(fuzzing) || self.checksum == checksum(head, body)
    }

    #[cfg(test)]
    pub(crate) fn with_raw(self, raw: u32) -> Self {
        Self { raw, ..self }
    }

    /// The body as it was before it was compressed.
    pub(crate) fn open(&self, body: Vec<u8>) -> Result<Vec<u8>, Problem> {
        let raw = self.raw as usize;
        let body = match self.coding {
            PLAIN => body,
            DEFLATED => {
                // Grows with what is there, whatever the head says.
                let mut inflated = Vec::new();
                DeflateDecoder::new(&*body)
                    .take(raw as u64 + 1)
                    .read_to_end(&mut inflated)
                    .map_err(|_| Damage("it cannot be inflated"))?;
                inflated
            }
            _ => return Err(Damage("it is compressed in an unknown way").into()),
        };
        match body.len() == raw {
            true => Ok(body),
            false => Err(Damage("it is of another length than it says").into()),
        }
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[at..at + N]);
    part
}

fn checksum(head: &[u8; HEAD], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&head[..CHECKED]);
    hasher.update(body);
    hasher.finalize()
}

/// Writes blocks.
#[derive(Debug)]
pub(crate) struct Blocks {
    compress: Compress,
    /// Kept for its room.
    deflated: Vec<u8>,
}

impl Blocks {
    pub(crate) fn new() -> Self {
        Self {
            // Most of what is left in a block of events is the noise of times: the usual level
            // takes twice as long for a seventh less.
            compress: Compress::new(Compression::fast(), false),
            deflated: Vec::new(),
        }
    }

    /// Writes one.
    ///
    /// # Errors
    /// Those of `out`, and for a body longer than [`LONGEST`].
    pub(crate) fn write(
        &mut self,
        out: &mut impl Write,
        (kind, count): (u8, usize),
        (from, to): (Nanos, Nanos),
        raw: &[u8],
    ) -> io::Result<BlockHead> {
        if raw.len() > LONGEST {
            return Err(io::Error::other("a part of a recording is too long"));
        }
        let body = self.deflated(raw);
        let (coding, body) = match body.len() < raw.len() {
            true => (DEFLATED, body),
            false => (PLAIN, raw),
        };
        let mut head = BlockHead {
            kind,
            coding,
            stored: body.len() as u32,
            raw: raw.len() as u32,
            count: u32::try_from(count).unwrap_or(u32::MAX),
            from: from.0,
            to: to.0.max(from.0),
            checksum: 0,
        };
        head.checksum = checksum(&head.bytes(), body);
        out.write_all(&head.bytes())?;
        out.write_all(body)?;
        Ok(head)
    }

    fn deflated<'a>(&'a mut self, raw: &'a [u8]) -> &'a [u8] {
        self.compress.reset();
        self.deflated.clear();
        // What would be longer than before is of no use.
        self.deflated.reserve(raw.len());
        let end = self
            .compress
            .compress_vec(raw, &mut self.deflated, FlushCompress::Finish);
        match end {
            Ok(flate2::Status::StreamEnd) => &self.deflated,
            _ => raw,
        }
    }
}
