//! loiter and tokio-console, each attached to a service with the other's server in it and to one
//! with its own: both must show the same of the same program.
#![cfg(unix)]

mod ours;
mod recorded;
mod service;
mod theirs;

use loiter_tests::Loiter;

/// The binary under test.
const LOITER: Loiter = Loiter::at(env!("CARGO_BIN_EXE_loiter-under-test"));
