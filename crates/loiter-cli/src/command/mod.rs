//! What each command does, a file a command.

mod alone;
mod ask;
mod check;
mod column;
mod completions;
mod config;
mod demo;
mod diff;
mod export;
mod fleet;
mod json;
mod ls;
mod monitoring;
mod record;
mod replay;
mod resources;
#[cfg(test)]
mod sample;
mod snapshot;
mod sort;
mod stacks;
mod table;
mod tasks;
mod terminal;
mod view;

use std::io;

use loiter_cli::{config::Config, text};
use loiter_model::Target;
use tokio::runtime;

pub(crate) use check::{AllowError, CheckError};
pub(crate) use config::InitError;
pub(crate) use demo::DemoError;
pub(crate) use export::ExportError;
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

impl Outcome {
    /// Of a check whose report was printed, or could not be: when nobody reads on, the exit code
    /// still tells.
    fn of_check(printed: io::Result<()>, found: bool) -> Result<Self, Error> {
        match printed {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Output(error)),
            _ if found => Ok(Self::Found),
            _ => Ok(Self::Done),
        }
    }
}

/// Does what the command line says.
pub(crate) fn run(cli: Cli, config: &Config) -> Result<Outcome, Error> {
    match cli.command {
        None => fleet::run(cli, config)?,
        Some(Command::Ls(args)) => ls::run(&args)?,
        Some(Command::Tasks(args)) => tasks::run(&args)?,
        Some(Command::Stacks(args)) => stacks::run(&args)?,
        Some(Command::Resources(args)) => resources::run(&args)?,
        Some(Command::Check(args)) => return check::run(&args, config),
        Some(Command::Snapshot(args)) => snapshot::run(&args)?,
        Some(Command::Diff(args)) => return diff::run(&args),
        Some(Command::Record(args)) => record::run(&args)?,
        Some(Command::Replay(args)) => replay::run(args, config)?,
        Some(Command::Export(args)) => export::run(&args)?,
        Some(Command::Alerts(args)) => monitoring::alerts(&args)?,
        Some(Command::Dashboard) => monitoring::dashboard()?,
        Some(Command::Demo(args)) => demo::run(args, config)?,
        Some(Command::Config(args)) => config::run(&args, config)?,
        Some(Command::Completions { shell }) => completions::run(shell)?,
    }
    Ok(Outcome::Done)
}

/// `checkout (4711)`, as it may be printed; without a number where that is not told.
fn who(target: &Target) -> String {
    let name = text::clean(&target.name);
    match target.pid {
        0 => name.into_owned(),
        pid => format!("{name} ({pid})"),
    }
}

/// Does something to its end. One thread is enough to wait for a target and a terminal.
///
/// What it has left running is not waited for: the system's resolver may take its time for a name,
/// and cannot be stopped.
fn block_on<F: Future>(future: F) -> Result<F::Output, Error> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Start)?;
    let done = runtime.block_on(future);
    runtime.shutdown_background();
    Ok(done)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn nobody_waits_for_what_is_left_running() {
        let (end, is_over) = mpsc::channel::<()>();
        let (ended, has_ended) = mpsc::channel();
        let left = async {
            tokio::task::spawn_blocking(move || {
                let _ = is_over.recv();
                let _ = ended.send(());
            });
        };
        block_on(left).expect("a runtime");
        assert_eq!(has_ended.try_recv(), Err(mpsc::TryRecvError::Empty));
        drop(end);
        has_ended.recv().expect("it ends");
    }
}
