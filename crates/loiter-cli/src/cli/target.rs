//! Which program to look at, on the command line.

use std::{fmt::Display, str::FromStr};

use clap::{Args, Subcommand};
use loiter_cli::{
    config::Config,
    source::{At, Credentials, Where},
};
use loiter_model::DEFAULT_ADDR;

use super::{
    Command,
    credentials::{CredentialArgs, chosen_by},
};
use crate::error::Error;

/// Which program to look at.
#[derive(Args, Debug)]
pub(crate) struct TargetArgs {
    /// Where its agent or its console-subscriber listens: `host:port`, `:port`, or with TLS
    /// `https://host:port`; `unix:PATH` or `vsock://CID:PORT`; or a file of `loiter record` or
    /// `loiter snapshot`
    // Said, as clap would give another place to an argument that gets another default.
    #[arg(
        index = 1,
        value_name = "TARGET",
        default_value = DEFAULT_ADDR,
        value_parser = target
    )]
    pub(crate) target: Where,

    /// Of a file, the time to look at: from its beginning, such as `1m30s`, or before its end, such
    /// as `-10s` [default: its end]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<At>,

    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
}

/// What is looked at.
#[derive(Clone, Debug)]
pub(crate) struct Aim {
    /// Where it is.
    pub(crate) place: Where,
    /// Of a file, the time to look at.
    pub(crate) at: Option<At>,
    /// What one attaches to it with.
    pub(crate) credentials: Credentials,
}

impl TargetArgs {
    /// What all of it comes to, once its credentials were [found](Self::find_credentials).
    pub(crate) fn aim(&self) -> Aim {
        Aim {
            place: self.target.clone(),
            at: self.at,
            credentials: self.credentials.credentials().clone(),
        }
    }

    /// Finds out what one attaches to the target with.
    ///
    /// # Errors
    /// [`Error::Usage`] when the options do not go together, or with the target.
    pub(crate) fn find_credentials(&mut self, config: &Config) -> Result<(), Error> {
        match &self.target {
            Where::Endpoint(endpoint) => {
                self.credentials
                    .find(config, &[endpoint], chosen_by(config))
            }
            // It is open to everybody.
            Where::File(_) => Ok(()),
        }
    }
}

impl Aim {
    /// A place as it is now, and nothing to show there.
    pub(crate) fn new(place: Where) -> Self {
        Self {
            place,
            at: None,
            credentials: Credentials::default(),
        }
    }
}

/// Reads a target.
fn target(text: &str) -> Result<Where, String> {
    read(text)
}

/// Reads where something is. A command's name here is one that came after an option.
pub(super) fn read<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| {
        if <Command as Subcommand>::has_subcommand(text) {
            format!("`{text}` is a command; write it before its options")
        } else {
            format!("{error}")
        }
    })
}
