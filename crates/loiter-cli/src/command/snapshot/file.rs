//! Snapshots on disk.

use std::{
    fs::File,
    io::{self, BufWriter},
    path::{Path, PathBuf},
};

use loiter_cli::snapshot::{FormatError, Part, Reader, Writer};
use tempfile::NamedTempFile;

use super::{Sink, Snapshot, content::Collector};
use crate::error::Error;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotError {
    /// It cannot be written.
    #[error("cannot write {}: {error}", .path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// It cannot be read.
    #[error("cannot read {}: {error}", .path.display())]
    Read {
        /// Where.
        path: PathBuf,
        /// What is wrong with it.
        error: FormatError,
    },
    /// An agent says too much for one.
    #[error("cannot take a snapshot: {0}")]
    Agent(#[source] FormatError),
    /// It would be written to a terminal.
    #[error("a snapshot is nothing to look at; write it to a file or into a pipe")]
    Terminal,
    /// There is neither a file nor an agent.
    #[error("`{text}` is no file, and no address of an agent: {problem}")]
    Nowhere {
        /// What was written.
        text: String,
        /// Why it is no address.
        problem: String,
    },
    /// The two cannot be compared.
    #[error("the first snapshot is the later one of the two; write the earlier one first")]
    Order,
}

impl SnapshotError {
    /// Whether what was read is a file, and no snapshot.
    pub(crate) fn is_of_another_file(&self) -> bool {
        let error = match self {
            Self::Read { error, .. } => error,
            _ => return false,
        };
        matches!(error, FormatError::NotASnapshot)
    }
}

/// A file that takes the place of another, or is there at all, only when all of it is written.
/// Nobody else may read it: it has names and places of somebody's program in it.
pub(super) struct Pending {
    path: PathBuf,
    writer: Writer<BufWriter<NamedTempFile>>,
}

impl Pending {
    /// Begins it, beside where it is to be.
    pub(super) fn create(path: &Path) -> Result<Self, SnapshotError> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let writer = match path.is_dir() {
            true => Err(io::ErrorKind::IsADirectory.into()),
            false => {
                NamedTempFile::new_in(folder).and_then(|file| Writer::new(BufWriter::new(file)))
            }
        };
        Ok(Self {
            path: path.to_owned(),
            writer: writer.map_err(|error| failed(path, error))?,
        })
    }

    /// Puts it where it is to be.
    pub(super) fn finish(self) -> Result<(), SnapshotError> {
        let Self { path, writer } = self;
        let written = writer
            .finish()
            .and_then(|buffered| buffered.into_inner().map_err(io::Error::from))
            .and_then(|file| file.persist(&path).map_err(io::Error::from));
        written.map(drop).map_err(|error| failed(&path, error))
    }
}

impl Sink for Pending {
    fn part(&mut self, part: Part) -> Result<(), Error> {
        let written = self.writer.write(part);
        Ok(written.map_err(|error| failed(&self.path, error))?)
    }
}

fn failed(path: &Path, error: io::Error) -> SnapshotError {
    SnapshotError::Write {
        path: path.to_owned(),
        error,
    }
}

/// Reads all of one.
///
/// # Errors
/// [`SnapshotError::Read`] for whatever is no whole snapshot.
pub(crate) fn read(path: &Path) -> Result<Snapshot, SnapshotError> {
    let read = || {
        let file = File::open(path).map_err(FormatError::Io)?;
        let mut collector = Collector::default();
        for part in Reader::new(file)? {
            collector.add(part?)?;
        }
        collector.finish()
    };
    read().map_err(|error| SnapshotError::Read {
        path: path.to_owned(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::command::sample;

    #[test]
    fn a_file_is_there_only_when_it_is_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("before.loiter");
        let mut pending = Pending::create(&path).expect("a file");
        pending.part(Part::Target(sample::target())).expect("room");
        drop(pending);
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 0);

        let mut pending = Pending::create(&path).expect("a file");
        pending.part(Part::Target(sample::target())).expect("room");
        pending.part(Part::Tasks(sample::tasks())).expect("room");
        pending.finish().expect("room");
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1);
        let snapshot = read(&path).expect("a snapshot");
        assert_eq!(snapshot.target, sample::target());
        assert_eq!(snapshot.tasks, sample::tasks().tasks);
    }

    #[test]
    fn what_cannot_be_read_or_written_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("none.loiter");
        let error = read(&path).expect_err("no file").to_string();
        assert!(error.contains("none.loiter"), "{error}");
        fs::write(&path, "something else").expect("a file");
        let error = read(&path).expect_err("another file").to_string();
        assert!(error.contains("no snapshot"), "{error}");
        for path in [folder.path(), &folder.path().join("no/folder")] {
            let error = Pending::create(path).err().expect("no file there");
            assert!(error.to_string().contains("cannot write"), "{error}");
        }
    }
}
