//! What happened to the tasks of a program, in a file.
//!
//! - [`Writer`] takes [entries](Entry) as they come and writes them, compactly and so that a file
//!   which was cut off can be read up to its last whole block.
//! - [`Recording`] reads them again, from any time on: it begins at the last keyframe before.
//!
//! **To go over all that was recorded**, as an export does, take
//! [`Recording::entries`]: tasks, sites and findings as they were at some times, and every event
//! between. **To know everything at one time**, as a replay does, take [`Replay`].
//!
//! [`console`] makes a recording of one that console-subscriber has made.
//!
//! Pure: bytes in, values out. What is read may come from anywhere; see `format.rs` for
//! the layout and its limits.

pub mod console;
mod entry;
mod error;
mod events;
mod format;
mod guard;
mod index;
mod labels;
mod learnt;
mod pending;
mod reader;
mod replay;
mod rows;
#[cfg(test)]
mod tests;
mod varint;
mod waiting;
mod watched;
mod writer;

pub use entry::{Entry, Gap, Waits};
pub use error::ReadError;
pub use index::Block;
pub use pending::PendingWaits;
pub use reader::{End, Entries, Kind, Recording};
pub use replay::Replay;
pub use writer::Writer;

pub(crate) use error::Damage;
