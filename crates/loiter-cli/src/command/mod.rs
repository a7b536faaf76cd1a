//! What each command does, a file a command.

mod check;
mod column;
mod completions;
mod demo;
mod diff;
mod json;
#[cfg(test)]
mod sample;
mod snapshot;
mod sort;
mod stacks;
mod table;
mod tasks;
mod terminal;
mod view;

use tokio::runtime::{self, Runtime};

pub(crate) use check::{AllowError, CheckError};
pub(crate) use demo::DemoError;
pub(crate) use snapshot::SnapshotError;

use crate::{
    cli::{Cli, Command},
    error::Error,
};

/// What a command that ran has to say by its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what it was asked to.
    Done,
    /// It checked, and found something.
    Found,
}

/// Does what the command line says.
pub(crate) fn run(cli: Cli) -> Result<Outcome, Error> {
    match cli.command {
        None => view::run(cli.target.target, cli.query, &cli.view)?,
        Some(Command::Tasks(args)) => tasks::run(&args)?,
        Some(Command::Stacks(args)) => stacks::run(&args)?,
        Some(Command::Check(args)) => return check::run(&args),
        Some(Command::Snapshot(args)) => snapshot::run(&args)?,
        Some(Command::Diff(args)) => return diff::run(&args),
        Some(Command::Demo(args)) => demo::run(args)?,
        Some(Command::Completions { shell }) => completions::run(shell)?,
    }
    Ok(Outcome::Done)
}

/// One thread is enough to wait for a target and a terminal.
fn runtime() -> Result<Runtime, Error> {
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Start)
}
