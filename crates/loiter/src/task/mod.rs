//! Spawning tasks that loiter sees without any compiler flag.
//!
//! Each function stands in for tokio's of the same name: the same arguments, the same
//! `JoinHandle`, the same behaviour on abort and panic. The future is wrapped, which adds no
//! allocation; a poll and a wake of it write a few words. Without an agent the wrapper does
//! nothing but pass polls on.
//!
//! In a program that is built with `--cfg tokio_unstable`, where tokio tells of every task,
//! a wrapped task is seen once, not twice; the wrapper then still lets loiter ask at any time
//! what the task waits on.

mod about;
mod executor;
mod join_set;
#[cfg(feature = "agent")]
mod label;
#[cfg(feature = "agent")]
mod look;
mod scope;
#[cfg(feature = "agent")]
mod signs;
mod spawn;
#[cfg(all(test, feature = "agent"))]
mod tests;
#[cfg(feature = "agent")]
mod watch;
mod watched;
#[cfg(feature = "agent")]
mod wrap;

#[cfg(not(feature = "agent"))]
use crate::off::{self as label, self as watch, self as wrap};
#[cfg(not(feature = "agent"))]
pub(crate) use about::About;

pub use executor::Executor;
pub use join_set::JoinSet;
pub use scope::{Scoped, scope};
pub use spawn::{Builder, spawn, spawn_blocking, spawn_local, spawn_on};
pub use watched::{FutureExt, Watched};
