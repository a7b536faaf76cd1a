//! What each command does, a file a command.

mod column;
mod completions;
mod demo;
mod json;
#[cfg(test)]
mod sample;
mod sort;
mod stacks;
mod table;
mod tasks;
mod terminal;
mod view;

use tokio::runtime::{self, Runtime};

pub(crate) use demo::DemoError;

use crate::{
    cli::{Cli, Command},
    error::Error,
};

/// Does what the command line says.
pub(crate) fn run(cli: Cli) -> Result<(), Error> {
    match cli.command {
        None => view::run(cli.target.target, cli.query, &cli.view),
        Some(Command::Tasks(args)) => tasks::run(&args),
        Some(Command::Stacks(args)) => stacks::run(&args),
        Some(Command::Demo(args)) => demo::run(args),
        Some(Command::Completions { shell }) => completions::run(shell),
    }
}

/// One thread is enough to wait for a target and a terminal.
fn runtime() -> Result<Runtime, Error> {
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Start)
}
