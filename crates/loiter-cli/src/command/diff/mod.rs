//! `loiter diff`: what has grown and who has not moved between two snapshots.

mod compare;
#[cfg(test)]
mod tests;
mod text;

use std::{io, path::Path};

use loiter_cli::source::{Credentials, Endpoint, ParseEndpointError, Where};

pub(super) use compare::{Comparison, Grown, Stuck};

use super::{
    Outcome,
    json::{self, Diff},
    snapshot::{self, Snapshot, SnapshotError},
};
use crate::{
    cli::{Aim, DiffArgs},
    error::Error,
};

/// Reads or takes both, compares them and prints what comes of it.
pub(super) fn run(args: &DiffArgs) -> Result<Outcome, Error> {
    // Both are looked up before either is taken: that takes a while.
    let (before, after) = (Origin::of(&args.before)?, Origin::of(&args.after)?);
    let credentials = args.credentials.credentials();
    let (before, after) = (before.snapshot(credentials)?, after.snapshot(credentials)?);
    let comparison = Comparison::new(before, after)?;
    let mut out = io::stdout().lock();
    let printed = match args.json {
        true => json::write(&Diff::new(&comparison), &mut out),
        false => text::write(&comparison, &mut out),
    };
    let grown = comparison.most_grown();
    let has_grown = args.fail_on_growth.is_some_and(|limit| grown >= limit);
    Outcome::of_check(printed, has_grown)
}

/// Where a snapshot comes from.
enum Origin<'a> {
    File(&'a Path),
    Agent(Endpoint),
}

impl<'a> Origin<'a> {
    /// A file that is there, or else an address.
    fn of(text: &'a str) -> Result<Self, SnapshotError> {
        let path = Path::new(text);
        if path.exists() {
            return Ok(Self::File(path));
        }
        let endpoint = text.parse().map(Self::Agent);
        endpoint.map_err(|error: ParseEndpointError| SnapshotError::Nowhere {
            text: text.to_owned(),
            problem: error.to_string(),
        })
    }

    fn snapshot(self, credentials: &Credentials) -> Result<Snapshot, Error> {
        match self {
            Self::File(path) => match snapshot::read(path) {
                // It may be a recording, which then speaks of its end.
                Err(error) if error.is_of_another_file() => {
                    let recorded = Aim::new(Where::File(path.to_owned()));
                    snapshot::of_agent(&recorded).map_err(|_| error.into())
                }
                read => Ok(read?),
            },
            Self::Agent(endpoint) => snapshot::of_agent(&Aim {
                credentials: credentials.clone(),
                ..Aim::new(endpoint.into())
            }),
        }
    }
}
