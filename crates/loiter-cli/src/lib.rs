//! What the `loiter` binary is made of: the places tasks are read from, and the terminal UI
//! over them.
//!
//! - [`config`]: what holds when the command line does not say.
//! - [`snapshot`]: everything that was known at one time, in a file.
//! - [`source`]: one trait for everything that can answer a query about tasks.
//! - [`coverage`]: how much of a target is seen, in words.
//! - [`fleet`]: many targets at once.
//! - [`limits`]: what the user sets of the thresholds.
//! - [`record`](mod@record): keeps what happens in a file.
//! - [`stack`]: what is said of await stacks.
//! - [`text`]: texts from outside, made fit for a terminal.
//! - [`ui`]: state, update and view of the terminal UI, and the loop that ties them to a terminal.

pub mod config;
pub mod coverage;
pub mod fleet;
pub mod limits;
pub mod record;
pub mod snapshot;
pub mod source;
pub mod stack;
pub mod text;
pub mod ui;
