//! Why a configuration is no good, and where.

use std::{fmt, path::PathBuf};

/// What is wrong with a configuration, and how to say it right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}{}", .place.way_out())]
pub struct ConfigError {
    pub(super) place: Place,
    pub(super) problem: String,
}

/// Where it says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    File {
        path: PathBuf,
        /// Line and column, both from 1; `None` for the file as a whole.
        at: Option<(usize, usize)>,
    },
    Variable(&'static str),
}

impl Place {
    fn way_out(&self) -> &'static str {
        match self {
            Self::File { .. } => "; `--no-config` does without configuration files",
            Self::Variable(_) => "",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, at: None } => write!(f, "{}", path.display()),
            Self::File {
                path,
                at: Some((line, column)),
            } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Variable(name) => write!(f, "{name} in the environment"),
        }
    }
}
