//! What leads to targets.

use std::{fmt, path::PathBuf, str::FromStr};

use crate::source::{Credentials, Endpoint, ParseWhereError, Where};

/// What somebody named: it leads to one target, or to several that come and go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What its targets are called; `None` for the place's own name.
    pub name: Option<String>,
    /// Where they are.
    pub place: Place,
    /// What one attaches to them with.
    pub credentials: Credentials,
}

/// Where targets are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// At an address. Behind a name that has several addresses there is a target at each.
    Endpoint(Endpoint),
    /// In a folder: a target at each socket in it whose name ends in `.sock`.
    Folder(PathBuf),
}

/// Why a text is no place where targets are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParsePlaceError {
    /// It is none.
    #[error(transparent)]
    Where(#[from] ParseWhereError),
    /// It is something that happened before.
    #[error("`{0}` is a recording, which cannot be watched beside running programs; name it alone")]
    Recording(String),
}

impl Entry {
    /// A place without a name of its own, which one attaches to with nothing.
    #[must_use]
    pub fn new(place: impl Into<Place>) -> Self {
        Self {
            name: None,
            place: place.into(),
            credentials: Credentials::default(),
        }
    }

    /// What its targets are called.
    #[must_use]
    pub fn title(&self) -> String {
        match (&self.name, &self.place) {
            (Some(name), _) => name.clone(),
            (None, Place::Endpoint(endpoint)) => match endpoint.host_and_port() {
                Some((host, port)) => format!("{host}:{port}"),
                None => endpoint.to_string(),
            },
            (None, Place::Folder(path)) => format!("unix:{}", path.display()),
        }
    }
}

impl From<Endpoint> for Place {
    fn from(endpoint: Endpoint) -> Self {
        Self::Endpoint(endpoint)
    }
}

/// As it is read: a folder with a slash at its end, as it need not be there.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint(endpoint) => endpoint.fmt(f),
            Self::Folder(path) => f.pad(&format!("unix:{}", path.join("").display())),
        }
    }
}

impl FromStr for Place {
    type Err = ParsePlaceError;

    /// Reads an address as [`Where`] does. A `unix:` path that is a folder, or ends in a slash, is
    /// a folder of sockets.
    ///
    /// # Errors
    /// When it is none, with what an address looks like.
    fn from_str(text: &str) -> Result<Self, ParsePlaceError> {
        let text = text.trim();
        let endpoint = match text.parse::<Where>()? {
            Where::Endpoint(endpoint) => endpoint,
            Where::File(_) => return Err(ParsePlaceError::Recording(text.to_owned())),
        };
        match endpoint.as_unix() {
            Some(path) if text.ends_with('/') || path.is_dir() => {
                // Without the slash.
                Ok(Self::Folder(path.components().collect()))
            }
            _ => Ok(Self::Endpoint(endpoint)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_sockets_is_told_from_a_socket() {
        let place = |text: &str| text.parse::<Place>().expect(text);
        let folder = tempfile::tempdir().expect("a folder");
        let there = format!("unix:{}", folder.path().display());
        assert_eq!(place(&there), Place::Folder(folder.path().to_owned()));
        assert_eq!(place(&there).to_string(), format!("{there}/"));
        for text in ["unix:/run/not-there-yet/", "unix:///run/not-there-yet/"] {
            let folder = place(text);
            assert_eq!(folder.to_string(), "unix:/run/not-there-yet/");
            assert_eq!(place(&folder.to_string()), folder);
            assert_eq!(Entry::new(folder).title(), "unix:/run/not-there-yet");
        }
        let socket = Endpoint::unix("/run/not-there-yet");
        assert_eq!(place("unix:/run/not-there-yet"), Place::Endpoint(socket));
        assert_eq!(place(" https://db:1 ").to_string(), "https://db:1");
    }

    #[test]
    fn a_recording_is_no_place_of_targets() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let text = file.path().to_str().expect("a text");
        let error = text.parse::<Place>().expect_err("a recording");
        assert!(error.to_string().contains("name it alone"), "{error}");
    }

    #[test]
    fn targets_are_called_by_their_list_or_by_where_they_are() {
        let mut entry = Entry::new("https://db:1".parse::<Endpoint>().expect("an address"));
        assert_eq!(entry.title(), "db:1");
        entry.name = Some("orders".to_owned());
        assert_eq!(entry.title(), "orders");
        let folder = Entry::new(Place::Folder("/run/app".into()));
        assert_eq!(folder.title(), "unix:/run/app");
    }
}
