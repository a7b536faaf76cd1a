//! Where the blocks of a file are, and what they are about.

use loiter_model::Nanos;

use crate::{
    error::{Damage, Problem},
    format::{BlockHead, HEAD, INDEX, LONGEST, MOST_BLOCKS, START},
    varint::{Column, put, put_difference},
};

/// A block of a file, without what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where it begins in the file.
    pub offset: u64,
    /// Bytes that it takes there.
    pub length: u64,
    /// Since when it speaks.
    pub from: Nanos,
    /// Until when it speaks.
    pub to: Nanos,
    /// How many rows, events or new findings it has.
    pub count: u32,
    pub(crate) kind: u8,
}

impl Block {
    pub(crate) fn new(offset: u64, head: &BlockHead) -> Self {
        Self {
            offset,
            length: head.length(),
            from: Nanos(head.from),
            to: Nanos(head.to),
            count: head.count,
            kind: head.kind,
        }
    }
}

/// The body of the block with the index.
pub(crate) fn encode(blocks: &[Block]) -> Vec<u8> {
    let mut body = Vec::with_capacity(blocks.len() * 16);
    let mut last = 0;
    for block in blocks {
        body.push(block.kind);
        put(&mut body, block.length - HEAD as u64);
        put(&mut body, u64::from(block.count));
        put_difference(&mut body, block.from.0, last);
        put(&mut body, block.to.0 - block.from.0);
        last = block.to.0;
    }
    body
}

/// Reads the body of an index that begins at this place of the file.
pub(crate) fn decode(body: &[u8], index_at: u64) -> Result<Vec<Block>, Problem> {
    let mut left = Column::new(body);
    let mut blocks = Vec::new();
    let mut offset = START;
    let mut last = 0;
    while !left.is_over() {
        let kind = left.byte()?;
        let length = left.number()?;
        if length > LONGEST as u64 || kind == INDEX || blocks.len() == MOST_BLOCKS {
            return Err(Damage("an index of blocks that cannot be").into());
        }
        let length = length + HEAD as u64;
        let count = left.small()?;
        let from = left.difference(last)?;
        let to = from
            .checked_add(left.number()?)
            .ok_or(Damage("a time beyond all times"))?;
        last = to;
        blocks.push(Block {
            offset,
            length,
            from: Nanos(from),
            to: Nanos(to),
            count,
            kind,
        });
        offset += length;
    }
    match offset == index_at {
        true => Ok(blocks),
        false => Err(Damage("an index of another file").into()),
    }
}
