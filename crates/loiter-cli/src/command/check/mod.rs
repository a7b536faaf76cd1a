//! `loiter check`: watches a program for a while and says what is wrong with it.

mod allow_file;
mod github;
mod junit;
mod place;
mod progress;
mod report;
mod sarif;
#[cfg(test)]
mod tests;
mod text;
mod union;
mod watch;

use std::{
    env,
    io::{self, Write},
};

pub(crate) use allow_file::AllowError;
pub(super) use allow_file::configured as allowed_by;
pub(super) use report::{Allowed, Report};
pub(super) use union::Seen;
pub(crate) use watch::CheckError;

use loiter_cli::config::Config;

use super::{
    Outcome, block_on,
    json::{self, Check},
};
use crate::{
    cli::{CheckArgs, FormatArg},
    error::Error,
};

/// Watches, prints the report and says whether anything in it fails the check.
pub(super) fn run(args: &CheckArgs, config: &Config) -> Result<Outcome, Error> {
    let mut allow = allowed_by(config)?;
    // The file of the folder one is in may be meant by both.
    if let Some(path) = args.allow.as_ref().filter(|path| !config.has_read(path)) {
        allow.extend(allow_file::read(path)?);
    }
    let report = block_on(watch::watch(args, allow))??;
    let printed = print(&report, args.format, &mut io::stdout().lock());
    Outcome::of_check(printed, report.fails())
}

fn print(report: &Report, format: FormatArg, out: &mut impl Write) -> io::Result<()> {
    // Places are shown as seen from here, where the source is expected to be.
    let root = env::current_dir().unwrap_or_default();
    match format {
        FormatArg::Text => text::write(report, out),
        FormatArg::Json => json::write(&Check::new(report), out),
        FormatArg::Sarif => json::write(&sarif::document(report, &root), out),
        FormatArg::Github => github::write(report, &root, out),
        FormatArg::Junit => junit::write(report, out),
    }
}
