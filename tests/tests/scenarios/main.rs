//! Leaks and their cures under `loiter check`: each leak is found, with its kind, how sure that
//! is, and the line; of each cure, and of whole programs that are correct, nothing is said.

mod compared;
mod console;
mod healthy;
mod judged;

use loiter_tests::Loiter;

/// The binary under test.
pub(crate) const LOITER: Loiter = Loiter::at(env!("CARGO_BIN_EXE_loiter-under-test"));
