//! The terminal UI over many targets: which of them there are, and their sites and findings
//! together. Built like that over one, which it opens on the target that one wants to see.
//!
//! - [`FleetState`] is everything it knows, [`update`] changes it, [`view`] shows it.
//! - [`run`](fn@run) ties the three to a terminal and a [`Watch`](crate::fleet::Watch).

mod columns;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod fuzz;
mod layout;
mod message;
mod run;
mod state;
mod update;
mod view;

pub use message::{FleetEffect, FleetMessage};
pub use run::run;
pub use state::{FleetState, FleetView};
pub use update::{update, wants_tick};
pub use view::{render_to_buffer, view};
