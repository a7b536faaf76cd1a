//! Where an export goes.

use std::{
    io::{self, BufWriter, IsTerminal, StdoutLock, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::ExportError;
use crate::error::Error;

/// A file that takes the place of another, or is there at all, only when all of it is written; or
/// standard output. Nobody else may read the file: it has names and places of somebody's program
/// in it.
pub(super) enum Output {
    Standard(BufWriter<StdoutLock<'static>>),
    File(BufWriter<NamedTempFile>, PathBuf),
}

impl Output {
    /// Begins it; `-` is standard output. Nothing `binary` goes to a terminal.
    pub(super) fn create(path: &Path, binary: bool) -> Result<Self, Error> {
        if path.as_os_str() == "-" {
            let out = io::stdout().lock();
            return match binary && out.is_terminal() {
                true => Err(ExportError::Terminal.into()),
                false => Ok(Self::Standard(BufWriter::new(out))),
            };
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file = match path.is_dir() {
            true => Err(io::ErrorKind::IsADirectory.into()),
            false => NamedTempFile::new_in(folder),
        };
        match file {
            Ok(file) => Ok(Self::File(BufWriter::new(file), path.to_owned())),
            Err(error) => Err(failed(path, error)),
        }
    }

    /// Puts it where it is to be.
    pub(super) fn finish(self) -> Result<(), Error> {
        match self {
            Self::Standard(mut out) => out.flush().map_err(Error::Output),
            Self::File(out, path) => {
                let written = out.into_inner().map_err(io::Error::from);
                let written =
                    written.and_then(|file| file.persist(&path).map(drop).map_err(io::Error::from));
                written.map_err(|error| failed(&path, error))
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(out) => out.write(bytes),
            Self::File(out, _) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(out) => out.flush(),
            Self::File(out, _) => out.flush(),
        }
    }
}

fn failed(path: &Path, error: io::Error) -> Error {
    let path = path.to_owned();
    ExportError::Write { path, error }.into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_there_only_when_it_is_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("night.csv");
        let mut output = Output::create(&path, false).expect("a file");
        output.write_all(b"seq\n").expect("room");
        drop(output);
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 0);

        let mut output = Output::create(&path, false).expect("a file");
        output.write_all(b"seq\n").expect("room");
        output.finish().expect("room");
        assert_eq!(fs::read(&path).expect("a file"), b"seq\n");
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        for path in [folder.path(), &folder.path().join("no/folder")] {
            let error = Output::create(path, false).err().expect("no file there");
            let error = error.to_string();
            assert!(error.contains("cannot write"), "{error}");
            assert!(error.contains(&path.display().to_string()), "{error}");
        }
    }
}
