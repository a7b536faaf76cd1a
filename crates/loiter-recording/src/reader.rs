//! Reading a recording, from its beginning or from the middle.

use std::io::{self, Read, Seek, SeekFrom};

use loiter_model::{Nanos, Target};

use crate::{
    Block, Entry, ReadError,
    format::{
        BlockHead, END_MAGIC, EVENTS, FINDINGS, GAP, HEAD, INDEX, KEYFRAME, KEYFRAME_END, LONGEST,
        MAGIC, MOST_BLOCKS, RESOURCES, SITES, START, TAIL, TASKS, VERSION, WAITS,
    },
    index,
};

/// What a block is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// See [`Entry::Keyframe`].
    Keyframe,
    /// See [`Entry::KeyframeEnd`].
    KeyframeEnd,
    /// See [`Entry::Tasks`].
    Tasks,
    /// See [`Entry::Sites`].
    Sites,
    /// See [`Entry::Resources`].
    Resources,
    /// See [`Entry::Findings`].
    Findings,
    /// See [`Entry::Events`].
    Events,
    /// See [`Entry::Waits`].
    Waits,
    /// See [`Entry::Gap`].
    Gap,
}

impl Block {
    /// What it is about; `None` for what only later versions know.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        Some(match self.kind {
            KEYFRAME => Kind::Keyframe,
            KEYFRAME_END => Kind::KeyframeEnd,
            TASKS => Kind::Tasks,
            SITES => Kind::Sites,
            RESOURCES => Kind::Resources,
            FINDINGS => Kind::Findings,
            EVENTS => Kind::Events,
            WAITS => Kind::Waits,
            GAP => Kind::Gap,
            _ => return None,
        })
    }
}

/// How a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As its writer meant it to.
    Whole,
    /// In the middle of something, as when its writer was killed, or is still writing.
    CutOff {
        /// Where what is left out begins.
        at: u64,
    },
    /// With something that makes no sense.
    Damaged {
        /// Where that begins.
        at: u64,
    },
}

/// A recording, open for reading.
///
/// Its [`entries`](Self::entries) are everything that it holds from a time on, one after the other:
/// this is what exports and replays are made of. Memory: the index, some 48 bytes a block, and the
/// entry that was read last.
///
/// ```no_run
/// use loiter_model::Nanos;
/// use loiter_recording::{Entry, Recording};
///
/// let file = std::fs::File::open("service.loiter")?;
/// let mut recording = Recording::open(std::io::BufReader::new(file))?;
/// let (from, to) = recording.range();
/// println!("{} of {}", to.saturating_sub(from), recording.target()?.name);
/// for entry in recording.entries(from) {
///     match entry? {
///         // Every task that is known at this time, in several parts.
///         Entry::Tasks(update) => println!("{} tasks", update.tasks.len()),
///         // Spawns, polls, wakes and drops, in the order of time.
///         Entry::Events(batch) => {
///             for (event, told) in batch.told() {
///                 println!("{} {:?} {:?}", event.at, event.kind, told.and_then(|it| it.name));
///             }
///         }
///         _ => {}
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Recording<R> {
    from: R,
    blocks: Vec<Block>,
    end: End,
}

impl<R: Read + Seek> Recording<R> {
    /// Opens a file: by its index, or, if it has none, by reading all of it.
    ///
    /// # Errors
    /// [`ReadError`] when it is no recording, when there is nothing whole in it, or when it cannot
    /// be read.
    pub fn open(mut from: R) -> Result<Self, ReadError> {
        read_magic(&mut from)?;
        let length = from.seek(SeekFrom::End(0))?;
        let (blocks, end) = match by_index(&mut from, length)? {
            Some(blocks) => (blocks, End::Whole),
            None => by_scan(&mut from, length)?,
        };
        match blocks.is_empty() {
            true => Err(ReadError::Empty),
            false => Ok(Self { from, blocks, end }),
        }
    }

    /// How the file ends. What comes before that can be read.
    pub fn end(&self) -> End {
        self.end
    }

    /// Its blocks, in the order of time.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The first time and the last one that it speaks of.
    pub fn range(&self) -> (Nanos, Nanos) {
        let from = self.blocks.iter().map(|block| block.from).min();
        let to = self.blocks.iter().map(|block| block.to).max();
        (from.unwrap_or_default(), to.unwrap_or_default())
    }

    /// How many events it holds.
    pub fn events(&self) -> u64 {
        let events = self.blocks.iter().filter(|block| block.kind == EVENTS);
        events.map(|block| u64::from(block.count)).sum()
    }

    /// The whiles of which nothing is known.
    pub fn gaps(&self) -> impl Iterator<Item = (Nanos, Nanos)> {
        let gaps = self.blocks.iter().filter(|block| block.kind == GAP);
        gaps.map(|block| (block.from, block.to))
    }

    /// The times at which something was found wrong that had not been before.
    pub fn new_findings(&self) -> impl Iterator<Item = Nanos> {
        let findings = self.blocks.iter();
        let findings = findings.filter(|block| block.kind == FINDINGS && block.count > 0);
        findings.map(|block| block.to)
    }

    /// Which process it is of, as its first keyframe says.
    ///
    /// # Errors
    /// [`ReadError::Empty`] when it has no keyframe, or those of reading one.
    pub fn target(&mut self) -> Result<Target, ReadError> {
        let first = self.blocks.iter().position(|it| it.kind == KEYFRAME);
        match self.read(first.ok_or(ReadError::Empty)?)? {
            Some(Entry::Keyframe { target, .. }) => Ok(*target),
            _ => Err(ReadError::Empty),
        }
    }

    /// Everything from the last keyframe on that was complete at this time: what is known at it is
    /// what these entries add up to until then. From the first keyframe on if there is none so
    /// early, and from the beginning if there is none at all.
    pub fn entries(&mut self, at: Nanos) -> Entries<'_, R> {
        let next = self.keyframe_before(at);
        Entries {
            recording: self,
            next,
        }
    }

    /// The number of the block where [`entries`](Self::entries) begin. O(blocks).
    pub fn keyframe_before(&self, at: Nanos) -> usize {
        let mut begun = None;
        let mut complete = None;
        for (number, block) in self.blocks.iter().enumerate() {
            match block.kind {
                KEYFRAME => begun = Some(number),
                KEYFRAME_END if block.to <= at => complete = begun.or(complete),
                _ => {}
            }
        }
        let first = || self.blocks.iter().position(|it| it.kind == KEYFRAME);
        complete.or_else(first).unwrap_or(0)
    }

    /// What a block holds; `None` for a kind that only a later version knows.
    ///
    /// # Errors
    /// [`ReadError`] when it cannot be read or is damaged.
    ///
    /// # Panics
    /// When there is no block of this number.
    pub fn read(&mut self, number: usize) -> Result<Option<Entry>, ReadError> {
        let block = self.blocks[number];
        self.from.seek(SeekFrom::Start(block.offset))?;
        let damaged = |problem: &str| ReadError::Damaged {
            offset: block.offset,
            problem: problem.to_owned(),
        };
        let (head, body) = match read_block(&mut self.from, block.length)? {
            Found::Block(head, body) => (head, body),
            Found::CutOff => return Err(damaged("its end is missing")),
            Found::Damaged => return Err(damaged("its checksum is wrong")),
        };
        // The index has a checksum of its own, so this is no accident.
        if Block::new(block.offset, &head) != block {
            return Err(damaged("the index says something else of it"));
        }
        let entry = head.open(body).and_then(|body| Entry::read(&head, &body));
        entry.map_err(|problem| problem.at(block.offset))
    }
}

/// Entries of a recording, one after the other. An error does not end them: what comes after it may
/// be right.
#[derive(Debug)]
pub struct Entries<'a, R> {
    recording: &'a mut Recording<R>,
    next: usize,
}

impl<R: Read + Seek> Iterator for Entries<'_, R> {
    type Item = Result<Entry, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.next < self.recording.blocks.len() {
            let number = self.next;
            self.next += 1;
            // Later versions may have more to say.
            if let Some(entry) = self.recording.read(number).transpose() {
                return Some(entry);
            }
        }
        None
    }
}

fn read_magic(from: &mut impl Read) -> Result<(), ReadError> {
    let mut magic = [0; MAGIC.len() + 1];
    match from.read_exact(&mut magic) {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error.into()),
        Ok(()) if magic[..MAGIC.len()] == MAGIC => match magic[MAGIC.len()] {
            VERSION => Ok(()),
            other => Err(ReadError::Version(other)),
        },
        _ => Err(ReadError::NotARecording),
    }
}

enum Found {
    Block(BlockHead, Vec<u8>),
    CutOff,
    Damaged,
}

/// Reads a block from here, where `left` bytes are.
fn read_block(from: &mut impl Read, left: u64) -> Result<Found, ReadError> {
    let mut bytes = [0; HEAD];
    match from.read_exact(&mut bytes) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Found::CutOff),
        Err(error) => return Err(error.into()),
    }
    let head = BlockHead::read(&bytes);
    if !head.is_possible() {
        return Ok(Found::Damaged);
    }
    if head.length() > left {
        return Ok(Found::CutOff);
    }
    // Grows with what is there, whatever the head says.
    let mut body = Vec::new();
    from.take(u64::from(head.stored)).read_to_end(&mut body)?;
    Ok(
        match (
            body.len() == head.stored as usize,
            head.is_right(&bytes, &body),
        ) {
            (false, _) => Found::CutOff,
            (true, false) => Found::Damaged,
            (true, true) => Found::Block(head, body),
        },
    )
}

/// By the index at the end; `None` if there is none that is right.
fn by_index<R: Read + Seek>(from: &mut R, length: u64) -> Result<Option<Vec<Block>>, ReadError> {
    let Some(tail_at) = length.checked_sub(TAIL as u64) else {
        return Ok(None);
    };
    from.seek(SeekFrom::Start(tail_at))?;
    let mut tail = [0; TAIL];
    from.read_exact(&mut tail)?;
    let (at, magic) = tail.split_at(8);
    let at = u64::from_le_bytes(at.try_into().expect("eight bytes"));
    if magic != END_MAGIC || !(START..tail_at).contains(&at) {
        return Ok(None);
    }
    from.seek(SeekFrom::Start(at))?;
    let Found::Block(head, body) = read_block(from, tail_at - at)? else {
        return Ok(None);
    };
    if head.kind != INDEX || at + head.length() != tail_at {
        return Ok(None);
    }
    let blocks = head.open(body).and_then(|body| index::decode(&body, at));
    Ok(blocks.ok())
}

/// Block by block, up to the last one that is whole.
fn by_scan<R: Read + Seek>(from: &mut R, length: u64) -> Result<(Vec<Block>, End), ReadError> {
    let mut blocks = Vec::new();
    let mut offset = START;
    from.seek(SeekFrom::Start(offset))?;
    loop {
        if blocks.len() == MOST_BLOCKS {
            let problem = format!("more than {MOST_BLOCKS} blocks");
            return Err(ReadError::TooLarge(problem));
        }
        match read_block(from, length.saturating_sub(offset))? {
            Found::CutOff => return Ok((blocks, End::CutOff { at: offset })),
            Found::Damaged => return Ok((blocks, End::Damaged { at: offset })),
            // It could not be found from the end.
            Found::Block(head, _) if head.kind == INDEX => {
                return Ok((blocks, End::Damaged { at: offset }));
            }
            Found::Block(head, _) => {
                blocks.push(Block::new(offset, &head));
                offset += head.length();
            }
        }
    }
}

const _: () = assert!(LONGEST <= u32::MAX as usize);
