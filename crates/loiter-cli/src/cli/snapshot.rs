//! The command lines of `loiter snapshot` and `loiter diff`.

use std::path::{Path, PathBuf};

use clap::Args;
use loiter_cli::{config::Config, source::Endpoint};

use super::{LimitArgs, TargetArgs, credentials::CredentialArgs};
use crate::error::Error;

/// What to keep, and where.
#[derive(Args, Debug)]
pub(crate) struct SnapshotArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// The file to write; `-` for standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// What to compare.
#[derive(Args, Debug)]
pub(crate) struct DiffArgs {
    /// Before: a file of `loiter snapshot`, or where an agent listens
    #[arg(value_name = "BEFORE")]
    pub(crate) before: String,

    /// After: a file of `loiter snapshot`, or where an agent listens
    #[arg(value_name = "AFTER")]
    pub(crate) after: String,

    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,

    /// JSON in place of text
    #[arg(long)]
    pub(crate) json: bool,

    /// Exit with 1 when a site has this many more tasks alive, one unless said otherwise
    #[arg(
        long,
        value_name = "TASKS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "1",
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub(crate) fail_on_growth: Option<u64>,
}

impl DiffArgs {
    /// Finds out what one attaches with to what is no file.
    ///
    /// # Errors
    /// [`Error::Usage`] when the options do not go together, or with what is compared.
    pub(crate) fn find_credentials(&mut self, config: &Config) -> Result<(), Error> {
        let texts = [&self.before, &self.after];
        let texts = texts.into_iter().filter(|text| !Path::new(text).exists());
        // What is no address is told of by whoever wants to go there.
        let endpoints: Vec<Endpoint> = texts.filter_map(|text| text.parse().ok()).collect();
        let endpoints: Vec<&Endpoint> = endpoints.iter().collect();
        self.credentials.find(config, &endpoints, None)
    }
}
