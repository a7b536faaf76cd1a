//! The file of a snapshot, byte by byte.
//!
//! Eight bytes of [`MAGIC`] and one of [`VERSION`], then a gzip stream of records: a byte that
//! says of what, four bytes of length (the lowest first), and a `loiter.v1` message. The record
//! [`END`] is the last one; without it the file is cut off. Records of other kinds are skipped, so
//! that a later version may add some.
//!
//! A file may come from anywhere: whatever is in it, reading takes bounded memory and ends with
//! parts or with an error.

use std::io::{self, BufReader, Read, Write};

use flate2::{Compression, bufread::GzDecoder, write::GzEncoder};
use loiter_model::update::{LabelSet, TasksUpdate};
use loiter_wire::{BadMessage, v1};
use prost::{
    Message,
    encoding::{self, DecodeContext},
};

use super::Part;

/// With this a snapshot begins.
pub(crate) const MAGIC: [u8; 8] = *b"LOITER\x1aS";
const VERSION: u8 = 1;

const END: u8 = 0;
const TARGET: u8 = 1;
const FINDINGS: u8 = 2;
const SITES: u8 = 3;
const TASKS: u8 = 4;

/// Bytes of a record at most. Tasks that do not fit into one are split over several.
const LONGEST: usize = 4 << 20;
/// Rows of a record at most: an empty row takes two bytes in a file and hundreds in memory.
const MOST_ROWS: usize = 1 << 15;
/// Calls in the stacks of a record at most: each takes a byte in a file and 40 in memory.
const MOST_FRAMES: usize = 1 << 20;
/// Bytes of all records at most: compressed, a file of a megabyte can hold a thousand.
const MOST_BYTES: u64 = 1 << 30;

/// Tasks, or sites, or findings, of a whole snapshot at most: four times the tasks that an agent tracks
/// unless it is told otherwise.
pub const MOST_OF_A_KIND: usize = 4 << 20;

/// Why a file is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// It is something else.
    #[error("it is no snapshot; `loiter snapshot -o FILE` writes one")]
    NotASnapshot,
    /// It is of a later version.
    #[error(
        "it was written by a newer `loiter` (format {0}, this one reads {VERSION}); update this one"
    )]
    Version(u8),
    /// Its end is missing.
    #[error("it is cut off; take another snapshot")]
    CutOff,
    /// Something in it makes no sense.
    #[error("it is damaged: {0}; take another snapshot")]
    Damaged(String),
    /// It holds more than a snapshot may.
    #[error("it holds more than this `loiter` reads: {0}")]
    TooLarge(String),
    /// The operating system does not give it.
    #[error("{0}")]
    Io(#[source] io::Error),
}

impl From<BadMessage> for FormatError {
    fn from(bad: BadMessage) -> Self {
        Self::Damaged(format!("it holds {}", bad.what))
    }
}

impl From<prost::DecodeError> for FormatError {
    fn from(error: prost::DecodeError) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// What became of reading, where an end is no error of the operating system.
fn explained(error: io::Error) -> FormatError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => FormatError::CutOff,
        // What the decompressor says of bytes that make no sense.
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            FormatError::Damaged(error.to_string())
        }
        _ => FormatError::Io(error),
    }
}

/// Writes parts as they come.
pub struct Writer<W: Write> {
    out: GzEncoder<W>,
}

impl<W: Write> Writer<W> {
    /// Writes the beginning.
    ///
    /// # Errors
    /// Those of `out`, as for the other methods.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(&MAGIC)?;
        out.write_all(&[VERSION])?;
        // A million tasks are some 100 MB: the fastest level still makes a tenth of them.
        let out = GzEncoder::new(out, Compression::fast());
        Ok(Self { out })
    }

    /// Writes a part.
    ///
    /// # Errors
    /// Those of `out`, and for a part that is too long.
    pub fn write(&mut self, part: Part) -> io::Result<()> {
        match part {
            Part::Target(target) => self.record(TARGET, &v1::Target::from(target)),
            Part::Findings(update) => self.record(FINDINGS, &v1::FindingsUpdate::from(update)),
            Part::Sites(update) => self.record(SITES, &v1::TasksUpdate::from(update)),
            Part::Tasks(update) => self.tasks(update, LONGEST),
        }
    }

    /// Writes tasks, in records no longer than `longest`.
    fn tasks(&mut self, update: TasksUpdate, longest: usize) -> io::Result<()> {
        let message = v1::TasksUpdate::from(update.clone());
        let is_split = update.tasks.len() > 1
            && (message.encoded_len() > longest || update.tasks.len() > MOST_ROWS);
        if !is_split {
            return self.record(TASKS, &message);
        }
        let (first, second) = update.tasks.split_at(update.tasks.len() / 2);
        for half in [first, second] {
            let half = TasksUpdate {
                overview: update.overview.clone(),
                matched: update.matched,
                offset: update.offset,
                tasks: half.to_vec(),
                labels: LabelSet::of(half, &update.labels),
            };
            self.tasks(half, longest)?;
        }
        Ok(())
    }

    fn record(&mut self, kind: u8, message: &impl Message) -> io::Result<()> {
        let body = message.encode_to_vec();
        let length = u32::try_from(body.len())
            .ok()
            .filter(|_| body.len() <= LONGEST)
            .ok_or_else(|| io::Error::other("a part of the snapshot is too long to be written"))?;
        self.out.write_all(&[kind])?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&body)
    }

    /// Writes the end.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&[END, 0, 0, 0, 0])?;
        self.out.finish()
    }
}

/// Some of the parts of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// What is wrong.
    Findings,
    /// The sites.
    Sites,
}

/// Reads parts, until the end or the first error.
pub struct Reader<R> {
    from: GzDecoder<BufReader<R>>,
    /// What is read of it; everything unless said.
    only: Option<Only>,
    /// Bytes that records may still have.
    left: u64,
    is_over: bool,
}

impl<R: Read> Reader<R> {
    /// Reads the beginning.
    ///
    /// # Errors
    /// [`FormatError`] when it is none, or when it cannot be read.
    pub fn new(from: R) -> Result<Self, FormatError> {
        let mut from = BufReader::new(from);
        let mut magic = [0; MAGIC.len()];
        match from.read_exact(&mut magic) {
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                return Err(FormatError::Io(error));
            }
            Ok(()) if magic == MAGIC => {}
            _ => return Err(FormatError::NotASnapshot),
        }
        let mut version = [0];
        from.read_exact(&mut version).map_err(explained)?;
        match version {
            [VERSION] => Ok(Self {
                from: GzDecoder::new(from),
                only: None,
                left: MOST_BYTES,
                is_over: false,
            }),
            [other] => Err(FormatError::Version(other)),
        }
    }

    /// Reads these parts, and goes past the others.
    #[must_use]
    pub fn only(self, only: Only) -> Self {
        Self {
            only: Some(only),
            ..self
        }
    }

    fn wants(&self, kind: u8) -> bool {
        match self.only {
            None => true,
            Some(Only::Findings) => kind == FINDINGS,
            Some(Only::Sites) => kind == SITES,
        }
    }

    /// The next part; `None` at the end.
    fn part(&mut self) -> Result<Option<Part>, FormatError> {
        loop {
            let mut head = [0; 5];
            self.from.read_exact(&mut head).map_err(explained)?;
            let [kind, length @ ..] = head;
            let body = self.body(u32::from_le_bytes(length))?;
            return Ok(Some(match kind {
                END => {
                    self.finish()?;
                    return Ok(None);
                }
                kind if !self.wants(kind) => continue,
                TARGET => Part::Target(v1::Target::decode(&*body)?.try_into()?),
                FINDINGS => Part::Findings(findings(&body)?.try_into()?),
                SITES => Part::Sites(rows(&body)?.try_into()?),
                TASKS => Part::Tasks(rows(&body)?.try_into()?),
                _ => continue,
            }));
        }
    }

    fn body(&mut self, length: u32) -> Result<Vec<u8>, FormatError> {
        let length = u64::from(length);
        if length > LONGEST as u64 {
            return Err(FormatError::Damaged(format!(
                "a record of {length} bytes, where {LONGEST} are the most"
            )));
        }
        self.left = self.left.checked_sub(length).ok_or_else(|| {
            let most = MOST_BYTES >> 20;
            FormatError::TooLarge(format!("more than {most} MiB"))
        })?;
        // Grows with what is there, whatever the length says.
        let mut body = Vec::new();
        let read = (&mut self.from).take(length).read_to_end(&mut body);
        match read.map_err(explained)? as u64 {
            read if read == length => Ok(body),
            _ => Err(FormatError::CutOff),
        }
    }

    /// Reads up to the end of the gzip stream, where its checksum is.
    fn finish(&mut self) -> Result<(), FormatError> {
        match self.from.read(&mut [0]).map_err(explained)? {
            0 => Ok(()),
            _ => Err(FormatError::Damaged("more after its end".to_owned())),
        }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Part, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let part = self.part().transpose();
        self.is_over = !matches!(part, Some(Ok(_)));
        part
    }
}

fn rows(body: &[u8]) -> Result<v1::TasksUpdate, FormatError> {
    ensure_few_fields(body)?;
    let update = v1::TasksUpdate::decode(body)?;
    ensure_few_frames(update.labels.as_ref())?;
    Ok(update)
}

fn findings(body: &[u8]) -> Result<v1::FindingsUpdate, FormatError> {
    ensure_few_fields(body)?;
    let update = v1::FindingsUpdate::decode(body)?;
    ensure_few_frames(update.labels.as_ref())?;
    Ok(update)
}

/// Counts what a message has at its top level, the rows among it, before any of it is decoded.
fn ensure_few_fields(mut body: &[u8]) -> Result<(), FormatError> {
    let mut fields = 0;
    while !body.is_empty() {
        let (tag, kind) = encoding::decode_key(&mut body)?;
        encoding::skip_field(kind, tag, &mut body, DecodeContext::default())?;
        fields += 1;
        if fields > MOST_ROWS + 16 {
            let problem = format!("a record of more than {MOST_ROWS} rows");
            return Err(FormatError::Damaged(problem));
        }
    }
    Ok(())
}

fn ensure_few_frames(labels: Option<&v1::Labels>) -> Result<(), FormatError> {
    let waits = labels.into_iter().flat_map(|labels| labels.waits.values());
    let frames = waits
        .flat_map(|wait| &wait.branches)
        .map(|branch| branch.frames.len() + 1);
    match frames.sum::<usize>() {
        0..=MOST_FRAMES => Ok(()),
        _ => Err(FormatError::Damaged(format!(
            "a record with stacks of more than {MOST_FRAMES} calls"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use loiter_model::TaskSeq;
    use proptest::prelude::*;

    use super::*;
    use crate::ui::fixture;

    fn parts() -> Vec<Part> {
        vec![
            Part::Target(fixture::target()),
            Part::Findings(fixture::findings_update()),
            Part::Sites(fixture::sites_update()),
            Part::Tasks(fixture::tasks_update()),
        ]
    }

    fn written(parts: Vec<Part>) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new()).expect("memory takes everything");
        for part in parts {
            writer.write(part).expect("memory takes everything");
        }
        writer.finish().expect("memory takes everything")
    }

    fn read(bytes: &[u8]) -> Result<Vec<Part>, FormatError> {
        Reader::new(bytes)?.collect()
    }

    /// What a hostile writer makes of records.
    fn forged(records: &[(u8, u32, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = [&MAGIC[..], &[VERSION]].concat();
        let mut out = GzEncoder::new(&mut bytes, Compression::fast());
        for (kind, length, body) in records {
            out.write_all(&[*kind]).expect("memory");
            out.write_all(&length.to_le_bytes()).expect("memory");
            out.write_all(body).expect("memory");
        }
        out.finish().expect("memory");
        bytes
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read(&written(parts())).expect("a snapshot"), parts());
        assert_eq!(read(&written(Vec::new())).expect("a snapshot"), []);
    }

    #[test]
    fn every_cut_is_noticed() {
        let whole = written(parts());
        for length in 0..whole.len() {
            let error = read(&whole[..length]).expect_err("something is missing");
            match length {
                0..8 => assert!(matches!(error, FormatError::NotASnapshot), "{error}"),
                _ => assert!(matches!(error, FormatError::CutOff), "{length}: {error}"),
            }
        }
    }

    #[test]
    fn a_file_without_its_last_record_is_cut_off() {
        let target = v1::Target::from(fixture::target()).encode_to_vec();
        let bytes = forged(&[(TARGET, target.len() as u32, target)]);
        assert!(matches!(read(&bytes), Err(FormatError::CutOff)));
    }

    #[test]
    fn records_of_later_versions_are_skipped() {
        let bytes = forged(&[(200, 3, vec![1, 2, 3]), (END, 0, Vec::new())]);
        assert_eq!(read(&bytes).expect("a snapshot"), []);
    }

    #[test]
    fn other_files_and_later_versions_are_named() {
        let error = |bytes: &[u8]| read(bytes).expect_err("no snapshot").to_string();
        assert!(error(b"#!/bin/sh\necho\n").contains("no snapshot"));
        let mut later = written(parts());
        later[MAGIC.len()] = 7;
        assert!(error(&later).contains("format 7"), "{}", error(&later));
    }

    #[test]
    fn what_would_fill_the_memory_is_refused() {
        // Two bytes are an empty row.
        let rows: Vec<u8> = [0x22, 0].repeat(MOST_ROWS + 20);
        let bytes = forged(&[(TASKS, rows.len() as u32, rows)]);
        let error = read(&bytes).expect_err("too many rows").to_string();
        assert!(error.contains("rows"), "{error}");

        let bytes = forged(&[(TASKS, u32::MAX, Vec::new())]);
        let error = read(&bytes).expect_err("too long").to_string();
        assert!(error.contains("4294967295 bytes"), "{error}");

        // Much of nothing compresses well.
        let skipped = (99, LONGEST as u32, vec![0; LONGEST]);
        let bytes = forged(&[skipped.clone(), skipped]);
        let mut reader = Reader::new(&*bytes).expect("it begins well");
        reader.left = LONGEST as u64 * 2 - 1;
        let error = reader.next().expect("an error").expect_err("too much");
        assert!(matches!(error, FormatError::TooLarge(_)), "{error}");
        assert!(reader.next().is_none());

        let update = v1::TasksUpdate {
            labels: Some(v1::Labels {
                waits: [(
                    1,
                    v1::Wait {
                        branches: vec![v1::Branch {
                            frames: vec![0; MOST_FRAMES],
                        }],
                        ..v1::Wait::default()
                    },
                )]
                .into(),
                ..v1::Labels::default()
            }),
            ..v1::TasksUpdate::default()
        };
        let body = update.encode_to_vec();
        let bytes = forged(&[(TASKS, body.len() as u32, body)]);
        let error = read(&bytes).expect_err("too many calls").to_string();
        assert!(error.contains("calls"), "{error}");
    }

    #[test]
    fn tasks_that_do_not_fit_into_a_record_are_split() {
        let mut update = fixture::tasks_update();
        let task = update.tasks[0];
        let numbers = (1..=100).filter_map(TaskSeq::new);
        update.tasks = numbers
            .map(|seq| loiter_model::Task { seq, ..task })
            .collect();
        let tasks = update.tasks.clone();
        let labels = LabelSet::of(&tasks, &update.labels);
        let mut writer = Writer::new(Vec::new()).expect("memory");
        writer.tasks(update, 4 * 1024).expect("memory");
        let parts = read(&writer.finish().expect("memory")).expect("a snapshot");
        assert!(parts.len() > 1);
        let mut read = Vec::new();
        for part in parts {
            let Part::Tasks(update) = part else {
                panic!("{part:?}");
            };
            assert_eq!(update.labels, labels);
            read.extend(update.tasks);
        }
        assert_eq!(read, tasks);
    }

    proptest! {
        #[test]
        fn no_garbage_panics(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
            prop_assert!(read(&bytes).is_err());
            let bytes = [&MAGIC[..], &[VERSION], &bytes].concat();
            prop_assert!(read(&bytes).is_err());
        }

        #[test]
        fn no_damage_panics_or_goes_unnoticed(
            at in 0..10_000_usize,
            flip in 1..=u8::MAX,
        ) {
            let mut bytes = written(parts());
            let at = at % bytes.len();
            bytes[at] ^= flip;
            // Some of gzip's own head, such as a time, means nothing.
            if let Ok(read) = read(&bytes) {
                prop_assert!((9..19).contains(&at), "at {at}");
                prop_assert_eq!(read, parts());
            }
        }

        #[test]
        fn no_records_panic(
            kind in 0..8_u8,
            body in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let length = body.len() as u32;
            let _ = read(&forged(&[(kind, length, body), (END, 0, Vec::new())]));
        }
    }
}
