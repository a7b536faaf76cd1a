//! Reads files that somebody else names: never for ever, and never without an end.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    path::Path,
};

/// Bytes of a file at most: a chain of certificates takes some thousands, and all authorities of a
/// system some hundred thousands.
const LONGEST: u64 = 1 << 20;

/// The content of an ordinary file: reading anything else might take for ever.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let name = path.display();
    let content = ordinary(path).and_then(|file| {
        let mut content = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut content)?;
        Ok(content)
    });
    match content {
        Ok(content) if content.len() as u64 > LONGEST => {
            Err(format!("`{name}` has more than {LONGEST} bytes"))
        }
        Ok(content) => Ok(content),
        Err(error) => Err(format!("`{name}` cannot be read: {error}")),
    }
}

/// Opening anything else may do something by itself, so it is looked at before; and after, as
/// another one may have come to be there.
fn ordinary(path: &Path) -> io::Result<File> {
    let ordinary = |is_file| {
        let kind = io::ErrorKind::InvalidInput;
        let wrong = || io::Error::new(kind, "it is no ordinary file");
        if is_file { Ok(()) } else { Err(wrong()) }
    };
    ordinary(fs::metadata(path)?.is_file())?;
    let mut how = OpenOptions::new();
    how.read(true);
    // Else opening a pipe waits for somebody who writes to it. Ordinary files do not mind.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut how, libc::O_NONBLOCK);
    let file = how.open(path)?;
    ordinary(file.metadata()?.is_file())?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_ordinary_file_is_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = read(folder.path()).expect_err("a folder");
        assert!(error.contains("no ordinary file"), "{error}");
        let long = folder.path().join("long");
        File::create(&long)
            .and_then(|file| file.set_len(LONGEST + 1))
            .expect("it is written");
        let error = read(&long).expect_err("too long");
        assert!(error.contains("more than"), "{error}");
    }

    /// One that has no end, and one that nobody writes to.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_would_take_for_ever_is_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("it is there").success());
        for path in [Path::new("/dev/zero"), &pipe] {
            let error = read(path).expect_err("it has no end");
            assert!(error.contains("no ordinary file"), "{error}");
        }
    }
}
