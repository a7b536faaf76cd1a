//! `loiter`: finds the Tokio tasks of a running program that stand around.

mod cli;
mod command;
mod error;
mod log;
mod usage;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, FromArgMatches};
use loiter_cli::{config::Config, text};

use cli::Cli;
use command::Outcome;
use error::Error;

/// A check found something; the codes are described in [`cli`].
const FOUND: u8 = 1;
/// It could not run.
const COULD_NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    // Help and bad usage have nothing to do with a configuration, which may be broken.
    let given = match Cli::command().try_get_matches() {
        Ok(given) => given,
        Err(error) if error.use_stderr() => return fail(&usage::one_line(&error)),
        Err(help) => {
            // Nobody may be reading on: `loiter --help | head`.
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
    };
    let outcome = configured(&given).and_then(|(cli, config)| {
        log::start(&cli)?;
        command::run(cli, &config)
    });
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(FOUND),
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            fail(&error.to_string())
        }
    }
}

/// The command line once more, with what the configuration says where it says nothing itself.
fn configured(given: &clap::ArgMatches) -> Result<(Cli, Config), Error> {
    let config = cli::configuration(given)?;
    let command = cli::with_defaults(&config, given)?;
    let usage = |error: clap::Error| Error::Usage(usage::one_line(&error));
    let mut matches = command.try_get_matches().map_err(usage)?;
    let mut cli = Cli::from_arg_matches_mut(&mut matches).map_err(usage)?;
    cli.find_credentials(&config)?;
    Ok((cli, config))
}

/// Says why in one line, whatever the parts of the message contain.
fn fail(message: &str) -> ExitCode {
    // With stderr closed, the exit code has to do.
    let _ = writeln!(io::stderr(), "loiter: {}", text::clean(message));
    ExitCode::from(COULD_NOT_RUN)
}
