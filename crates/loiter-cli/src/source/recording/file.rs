//! Files of recordings and snapshots, by whomever they were made.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use loiter_recording::{Recording, Replay, console};

use super::{
    player::{Reading, Tape},
    still,
};
use crate::{snapshot, source::SourceError};

/// What made a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// `loiter record`, or console-subscriber.
    Recording,
    /// `loiter snapshot`.
    Snapshot,
}

type AnyRecording = Recording<Box<dyn Reading>>;

/// Opens a file of `loiter record`, of console-subscriber or of `loiter snapshot`, to be played.
pub(super) fn open(path: &Path) -> Result<(Made, Tape), SourceError> {
    let (made, recording) = open_any(path)?;
    let replay = Replay::new(recording).map_err(|error| bad(path, error))?;
    Ok((made, replay))
}

/// Opens a file of `loiter record` or of console-subscriber, to be read from its beginning to its
/// end.
///
/// # Errors
/// [`SourceError::BadFile`] when it is neither, or when it cannot be read, and
/// [`SourceError::CannotTell`] when it is a snapshot.
pub fn open_recording(path: &Path) -> Result<AnyRecording, SourceError> {
    match open_any(path)? {
        (Made::Recording, recording) => Ok(recording),
        (Made::Snapshot, _) => Err(SourceError::CannotTell {
            endpoint: path.display().to_string(),
            what: "what happens to tasks, only how they were: it is a snapshot; name a file of \
                   `loiter record`"
                .to_owned(),
        }),
    }
}

fn bad(path: &Path, reason: impl ToString) -> SourceError {
    SourceError::BadFile {
        path: path.display().to_string(),
        reason: reason.to_string(),
    }
}

fn open_any(path: &Path) -> Result<(Made, AnyRecording), SourceError> {
    let cannot = |error: io::Error| bad(path, error);
    let mut file = File::open(path).map_err(cannot)?;
    let mut first = Vec::new();
    file.by_ref()
        .take(snapshot::MAGIC.len() as u64)
        .read_to_end(&mut first)
        .and_then(|_| file.seek(SeekFrom::Start(0)))
        .map_err(cannot)?;
    let mut made = Made::Recording;
    let from: Box<dyn Reading> = match first.first() {
        _ if first == snapshot::MAGIC => {
            made = Made::Snapshot;
            let converted = still::convert(file).map_err(|error| bad(path, error))?;
            Box::new(BufReader::new(converted))
        }
        Some(b'{') => {
            let mut converted = tempfile::tempfile().map_err(cannot)?;
            console::convert(BufReader::new(file), io::BufWriter::new(&converted))
                .map_err(|error| bad(path, error))?;
            converted.seek(SeekFrom::Start(0)).map_err(cannot)?;
            Box::new(BufReader::new(converted))
        }
        _ => Box::new(BufReader::new(file)),
    };
    let recording = Recording::open(from).map_err(|error| bad(path, error))?;
    Ok((made, recording))
}
