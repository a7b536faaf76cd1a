//! `loiter completions`: a script that lets a shell complete loiter's command line.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{cli::Cli, error::Error};

/// Prints the script.
pub(crate) fn run(shell: Shell) -> Result<(), Error> {
    // Into memory first: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "loiter", &mut script);
    io::stdout().write_all(&script).map_err(Error::Output)
}
