//! The same programs, with one server in them or the other.

use std::process::Command;

use loiter_tests::{Program, Server};

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
        let program = server.start(command);
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
