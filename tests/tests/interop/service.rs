//! The same programs, with one server in them or the other.

use std::process::Command;

use loiter_tests::{Program, free_address};

/// What is in a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Agent,
    ConsoleSubscriber,
}

/// A running service whose tasks share something.
pub(crate) struct Service {
    // Killed when dropped.
    _program: Program,
    pub(crate) address: String,
}

impl Service {
    /// Starts `shapes` with these arguments.
    pub(crate) fn start(shape: &[&str], server: Server) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shapes"));
        command.args(shape);
        if server == Server::ConsoleSubscriber {
            command.arg("--console");
            command.env("TOKIO_CONSOLE_BIND", free_address().to_string());
        }
        let program = Program::start(command);
        let address = program.address();
        Self {
            _program: program,
            address,
        }
    }
}

/// The shapes of few tasks, and the named tasks of each.
pub(crate) const SHAPES: &[(&str, &[&str])] = &[
    ("mutex", &["holder", "waiter-1", "waiter-2"]),
    ("rwlock", &["reader", "writer"]),
    ("semaphore", &["worker-1", "worker-2", "worker-3"]),
    ("barrier", &["early-1", "early-2"]),
    ("long-sleep", &["sleeper"]),
];
