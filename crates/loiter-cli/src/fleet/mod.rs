//! Many targets at once: where they come from, and what they say.
//!
//! - [`Entry`]: what somebody named, on the command line or in a [list](List): an address, a
//!   name with several addresses, or a folder of sockets.
//! - [`Watch`]: finds the targets behind the entries, attaches to each, and tells what they say as
//!   [`Message`]s, from which a [`Fleet`](loiter_model::fleet::Fleet) is made.
//! - [`local`](mod@local): the agents of this user on this machine.

mod entry;
mod list;
pub mod local;
mod message;
#[cfg(test)]
mod net;
mod resolve;
mod watch;

pub use entry::{Entry, ParsePlaceError, Place};
pub use list::{List, ListError, MOST_ENTRIES};
pub use message::Message;
pub use resolve::{Addresses, Resolve, System, targets};
pub use watch::{Attach, Pace, Watch, WatchOptions, attached};
