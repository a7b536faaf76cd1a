//! The agents of this user on this machine: each has a socket in the user's runtime folder.

mod choose;
mod folder;
mod look;

pub use choose::{Choice, choose};
pub use folder::{folders, sockets};
pub use look::{Found, Heard, look};

pub(super) use folder::{is_deserted, told_by};
