//! What the `loiter` binary is made of: the places tasks are read from, and the terminal UI
//! over them.
//!
//! - [`source`]: one trait for everything that can answer a query about tasks.
//! - [`ui`]: state, update and view of the terminal UI, and the loop that ties them to a terminal.

pub mod source;
pub mod ui;
