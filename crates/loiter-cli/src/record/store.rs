//! Where recordings are written.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

/// Gives a place for each recording that is begun: the first one, and one whenever the last one is
/// large enough or its target was restarted.
pub trait Store {
    /// What is written to.
    type Out: Write;

    /// The next one.
    ///
    /// # Errors
    /// When there is none.
    fn create(&mut self) -> io::Result<Self::Out>;

    /// What the last one is called.
    fn name(&self) -> String;
}

/// `night.loiter`, `night.loiter.1`, `night.loiter.2` and so on. Nobody else may read them: they
/// have names and places of somebody's program in them.
#[derive(Debug)]
pub struct Files {
    first: PathBuf,
    next: u32,
}

impl Files {
    /// Files of these names; those that are there are replaced.
    #[must_use]
    pub fn new(first: &Path) -> Self {
        Self {
            first: first.to_owned(),
            next: 0,
        }
    }

    fn path(&self, number: u32) -> PathBuf {
        if number == 0 {
            return self.first.clone();
        }
        let mut name = OsString::from(&self.first);
        name.push(format!(".{number}"));
        name.into()
    }
}

impl Store for Files {
    type Out = BufWriter<File>;

    fn create(&mut self) -> io::Result<Self::Out> {
        let path = self.path(self.next);
        self.next += 1;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.open(path)?;
        keep_private(&file)?;
        Ok(BufWriter::new(file))
    }

    fn name(&self) -> String {
        let path = self.path(self.next.saturating_sub(1));
        path.display().to_string()
    }
}

/// A file that was there before may be one that others can read. What is no file, such as a pipe,
/// stays as it is.
#[cfg(unix)]
fn keep_private(file: &File) -> io::Result<()> {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};

    let there = file.metadata()?;
    let is_open = there.is_file() && there.permissions().mode() & 0o077 != 0;
    match is_open {
        true => file.set_permissions(Permissions::from_mode(0o600)),
        false => Ok(()),
    }
}

#[cfg(not(unix))]
fn keep_private(_: &File) -> io::Result<()> {
    Ok(())
}

/// One file, for a recording that never goes on elsewhere.
#[derive(Debug)]
pub(super) struct One(Option<File>);

impl One {
    pub(super) fn new(file: File) -> Self {
        Self(Some(file))
    }
}

impl Store for One {
    type Out = BufWriter<File>;

    fn create(&mut self) -> io::Result<Self::Out> {
        let gone = || io::Error::other("the target was restarted");
        self.0.take().map(BufWriter::new).ok_or_else(gone)
    }

    fn name(&self) -> String {
        "a temporary file".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_numbered_from_the_second_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut files = Files::new(&folder.path().join("night.loiter"));
        for name in ["night.loiter", "night.loiter.1", "night.loiter.2"] {
            files.create().expect("a file");
            assert_eq!(files.name(), folder.path().join(name).display().to_string());
            assert!(folder.path().join(name).exists());
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_them() {
        use std::{
            fs::{self, Permissions},
            os::unix::fs::PermissionsExt,
        };

        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("night.loiter");
        let mode = || {
            Files::new(&path).create().expect("a file");
            path.metadata().expect("a file").permissions().mode()
        };
        assert_eq!(mode() & 0o077, 0);
        // Not even where there was one that everybody could.
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("ours");
        assert_eq!(mode() & 0o777, 0o600);
    }
}
