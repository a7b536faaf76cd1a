//! A file with something in it that may be secret.

use std::{
    fmt, fs,
    hash::{Hash, Hasher},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// Bytes of a file at most: the CAs of a system take a quarter of it.
const LONGEST: u64 = 1 << 20;

/// A file that is read whenever it is needed. What can be read only once (a pipe, such as a
/// shell's `<(…)`) is kept in memory instead, for all clones. Two of the same path are equal.
#[derive(Clone)]
pub struct CredentialFile {
    path: PathBuf,
    /// What came out of a pipe.
    piped: Arc<OnceLock<Vec<u8>>>,
}

impl CredentialFile {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is in it now.
    pub(in crate::source) fn read(&self) -> io::Result<Vec<u8>> {
        if let Some(content) = self.piped.get() {
            return Ok(content.clone());
        }
        let file = fs::File::open(&self.path)?;
        let is_lasting = file.metadata()?.is_file();
        let mut content = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut content)?;
        if content.len() as u64 > LONGEST {
            return Err(io::Error::other(format!(
                "it has more than {} KiB",
                LONGEST / 1024
            )));
        }
        if is_lasting {
            return Ok(content);
        }
        Ok(self.piped.get_or_init(|| content).clone())
    }
}

impl<P: Into<PathBuf>> From<P> for CredentialFile {
    fn from(path: P) -> Self {
        Self {
            path: path.into(),
            piped: Arc::default(),
        }
    }
}

impl fmt::Debug for CredentialFile {
    /// The path alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

impl PartialEq for CredentialFile {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for CredentialFile {}

impl Hash for CredentialFile {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.path.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_has_now_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        let file = CredentialFile::from(path.clone());
        assert_eq!(
            file.read().map_err(|error| error.kind()),
            Err(io::ErrorKind::NotFound)
        );
        for content in ["one", "two"] {
            fs::write(&path, content).expect("a file");
            assert_eq!(file.read().expect("it is there"), content.as_bytes());
        }
        fs::write(&path, vec![b'a'; LONGEST as usize + 1]).expect("a file");
        let error = file.read().expect_err("it is too long").to_string();
        assert!(error.contains("1024 KiB"), "{error}");
        fs::remove_file(&path).expect("it was there");
        fs::create_dir(&path).expect("a folder");
        file.read().expect_err("a folder is no file");
    }

    #[cfg(unix)]
    #[test]
    fn what_a_pipe_has_is_read_once_and_kept() {
        use std::{io::Write, os::fd::AsRawFd};

        let (reader, mut writer) = io::pipe().expect("a pipe");
        writer.write_all(b"secret").expect("room in the pipe");
        drop(writer);
        let path = format!("/dev/fd/{}", reader.as_raw_fd());
        let file = CredentialFile::from(path);
        let clone = file.clone();
        for _ in 0..2 {
            assert_eq!(file.read().expect("a pipe"), b"secret");
        }
        assert_eq!(clone.read().expect("it was kept"), b"secret");
        assert!(!format!("{file:?}").contains("secret"));
    }
}
