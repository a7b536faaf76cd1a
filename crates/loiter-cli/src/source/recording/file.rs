//! Files of recordings, by whomever they were made.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use loiter_recording::{Recording, Replay, console};

use super::player::{Reading, Tape};
use crate::source::SourceError;

/// With this a snapshot begins.
const SNAPSHOT: &[u8] = b"LOITER\x1aS";

/// Opens a file of `loiter record` or of console-subscriber, to be played.
pub(super) fn open(path: &Path) -> Result<Tape, SourceError> {
    Replay::new(open_recording(path)?).map_err(|error| SourceError::BadFile {
        path: path.display().to_string(),
        reason: error.to_string(),
    })
}

/// Opens a file of `loiter record` or of console-subscriber, to be read from its beginning to its
/// end.
///
/// # Errors
/// [`SourceError::BadFile`] when it is neither, or when it cannot be read.
pub fn open_recording(path: &Path) -> Result<Recording<Box<dyn Reading>>, SourceError> {
    let bad = |reason: String| SourceError::BadFile {
        path: path.display().to_string(),
        reason,
    };
    let cannot = |error: io::Error| bad(error.to_string());
    let mut file = File::open(path).map_err(cannot)?;
    let mut first = Vec::new();
    file.by_ref()
        .take(SNAPSHOT.len() as u64)
        .read_to_end(&mut first)
        .and_then(|_| file.seek(SeekFrom::Start(0)))
        .map_err(cannot)?;
    let from: Box<dyn Reading> = match first.first() {
        _ if first == SNAPSHOT => {
            return Err(bad("it is a snapshot; `loiter diff` reads those".to_owned()));
        }
        Some(b'{') => {
            let mut converted = tempfile::tempfile().map_err(cannot)?;
            console::convert(BufReader::new(file), io::BufWriter::new(&converted))
                .map_err(|error| bad(error.to_string()))?;
            converted.seek(SeekFrom::Start(0)).map_err(cannot)?;
            Box::new(BufReader::new(converted))
        }
        _ => Box::new(BufReader::new(file)),
    };
    Recording::open(from).map_err(|error| bad(error.to_string()))
}
