//! The tasks of a program as a profile, in the forms of Go's `/debug/pprof/goroutine`: what
//! collects goroutine profiles of a fleet collects these.
//!
//! Tasks that were spawned at the same place, are in the same state and wait on the same thing
//! with the same stack are one sample: how many they are, and how long they have been idle in
//! all. The outermost frame of each is where the task was spawned, as Go's `created by`. A task
//! of which no stack is known has this frame only.

mod build;
mod frames;
mod groups;
mod proto;
mod text;

pub use groups::{Group, TaskProfile};

/// What a [`TaskProfile`] is of, for its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Every task alive.
    Tasks,
    /// Those that a finding speaks of.
    Leaks,
}

impl Subject {
    /// The profile's name, as Go has it for goroutines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tasks => "goroutine",
            Self::Leaks => "goroutineleak",
        }
    }
}
