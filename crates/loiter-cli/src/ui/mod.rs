//! The terminal UI: a state, an update that changes it, and a view that shows it.
//!
//! - [`State`] is a value with everything the UI knows.
//! - [`update`] takes a [`Message`] (a key, an answer of the source, the time) into the state
//!   and says by [`Effect`]s what is to be done. It has no terminal, no socket and no clock.
//! - [`view`] draws a state; the same state is always the same picture.
//! - [`run`] ties the three to a terminal and a [`Source`](crate::source::Source).
//! - [`fleet`] is the UI over many targets.
//! - [`keymap`] is the one table of keys, [`svg`] makes a picture of a screen.

mod columns;
mod durations;
mod error;
#[cfg(test)]
pub(crate) mod fixture;
pub mod fleet;
#[cfg(test)]
mod fuzz;
pub mod keymap;
mod layout;
mod message;
mod options;
mod run;
mod sgr;
mod spark;
mod state;
mod svg;
mod terminal;
mod text;
mod theme;
mod update;
mod view;

pub use error::UiError;
pub use message::{Answer, Effect, Line, Message, Question, Whose};
pub use options::{Charset, Notify, Palette, ReplayStart, UiOptions, View};
pub use run::{replay, run};
pub use state::State;
pub use svg::svg;
pub use update::{update, wants_tick};
pub use view::{render_to_buffer, view};
