//! What a target may be: a program that answers, or a file about one.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use super::{Endpoint, ParseEndpointError};

/// Where tasks are read from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Where {
    /// A running program.
    Endpoint(Endpoint),
    /// A file that was recorded of one.
    File(PathBuf),
}

/// Why a text names nothing that tasks could be read from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseWhereError {
    /// It is no address, and no file either.
    #[error(transparent)]
    Endpoint(#[from] ParseEndpointError),
    /// It looks like a path, and there is nothing.
    #[error("there is no file `{0}`; a Unix socket is written `unix:{0}`")]
    NoFile(String),
    /// There is a directory.
    #[error("`{0}` is a directory, not a recording")]
    Directory(String),
}

impl Default for Where {
    /// The default endpoint.
    fn default() -> Self {
        Self::Endpoint(Endpoint::default())
    }
}

impl From<Endpoint> for Where {
    fn from(endpoint: Endpoint) -> Self {
        Self::Endpoint(endpoint)
    }
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint(endpoint) => endpoint.fmt(f),
            Self::File(path) => f.pad(&path.display().to_string()),
        }
    }
}

impl FromStr for Where {
    type Err = ParseWhereError;

    /// A path where there is something, else an address as [`Endpoint`] reads it. A text with
    /// `://` or after `unix:` is an address whatever there is.
    ///
    /// # Errors
    /// When it is neither, with what an address looks like.
    fn from_str(text: &str) -> Result<Self, ParseWhereError> {
        let path = Path::new(text);
        let says_address = text.contains("://") || text.trim_start().starts_with("unix:");
        if says_address || text.is_empty() {
            return Ok(Self::Endpoint(text.parse()?));
        }
        if path.is_dir() {
            return Err(ParseWhereError::Directory(text.to_owned()));
        }
        if path.exists() {
            return Ok(match is_socket(path) {
                true => Self::Endpoint(Endpoint::unix(path)),
                false => Self::File(path.to_owned()),
            });
        }
        match text.parse() {
            Ok(endpoint) => Ok(Self::Endpoint(endpoint)),
            Err(_) if looks_like_path(text) => Err(ParseWhereError::NoFile(text.to_owned())),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether somebody who wrote this meant a file: no host has a slash first or a dot.
fn looks_like_path(text: &str) -> bool {
    text.starts_with(['/', '.', '~']) || (!text.contains(':') && text.contains('/'))
}

#[cfg(unix)]
fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    path.metadata()
        .is_ok_and(|file| file.file_type().is_socket())
}

#[cfg(not(unix))]
fn is_socket(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(text: &str) -> Where {
        text.parse().expect(text)
    }

    #[test]
    fn what_is_there_is_a_file_and_anything_else_an_address() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("night.loiter");
        let text = file.to_str().expect("a text");
        let error = text.parse::<Where>().expect_err("it is not there");
        assert!(error.to_string().contains("no file"), "{error}");
        fs::write(&file, "").expect("it can be written");
        assert_eq!(read(text), Where::File(file.clone()));
        assert_eq!(read(text).to_string(), text);

        let url = format!("file://{text}");
        assert_eq!(read(&url), Where::Endpoint(Endpoint::unix(file)));
        assert_eq!(read(":7000").to_string(), "127.0.0.1:7000");
        let folder = folder.path().to_str().expect("a text");
        let error = folder.parse::<Where>().expect_err("a directory");
        assert!(error.to_string().contains("directory"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_is_told_from_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("app.sock");
        let _listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
        let text = path.to_str().expect("a text");
        assert_eq!(read(text), Where::Endpoint(Endpoint::unix(&path)));
    }

    #[test]
    fn what_is_neither_says_how_to_write_an_address() {
        let error = |text: &str| text.parse::<Where>().expect_err(text).to_string();
        assert!(error("db").contains("`db:6669`"));
        assert!(error("db:1/metrics").contains("only `db:1`"));
        assert!(error("./night.loiter").contains("no file"));
        assert!(error("runs/night.loiter").contains("no file"));
        assert!(error("").contains(":6669"));
    }
}
