//! What others look at a program through.

use std::process::Command;

use crate::{Program, free_address};

/// What is in a program for others to look at it through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// loiter's agent, which serves both protocols.
    Agent,
    /// A stock console-subscriber.
    ConsoleSubscriber,
}

impl Server {
    /// Starts `shapes` or `scenario` with this in it.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(self, mut program: Command) -> Program {
        if self == Self::ConsoleSubscriber {
            program
                .arg("--console")
                .env("TOKIO_CONSOLE_BIND", free_address().to_string());
        }
        Program::start(program)
    }
}
