//! `loiter`: finds the Tokio tasks of a running program that stand around.

mod cli;
mod command;
mod error;
mod usage;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use loiter_cli::text;

use cli::Cli;
use command::Outcome;

/// A check found something; the codes are described in [`cli`].
const FOUND: u8 = 1;
/// It could not run.
const COULD_NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => return fail(&usage::one_line(&error)),
        Err(help) => {
            // Nobody may be reading on: `loiter --help | head`.
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
    };
    match command::run(cli) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(FOUND),
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

/// Says why in one line, whatever the parts of the message contain.
fn fail(message: &str) -> ExitCode {
    // With stderr closed, the exit code has to do.
    let _ = writeln!(io::stderr(), "loiter: {}", text::clean(message));
    ExitCode::from(COULD_NOT_RUN)
}
