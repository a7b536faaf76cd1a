//! What loiter knows of a program's tasks, and the rules over it: pure data, no I/O.
//!
//! Everything here is a value: the agent fills these types from its table, the wire carries
//! them, the terminal UI and the one-shot commands show them. Time is always an argument.
//!
//! - [`Task`], [`Site`], [`Totals`]: what is known at one instant.
//! - [`Wait`], [`AwaitStack`]: what a task waits on, judged from the calls that led there.
//! - [`Thresholds`] and [`Condition`]: when a task counts as blocked, hogging or starved.
//! - [`Lint`]: hints on single tasks, as tokio-console has them.
//! - [`finding`]: verdicts with their evidence and their cure, and the rules that reach them.
//! - [`query`]: filter, sort, group and window, the same code on both sides of the wire.
//! - [`Distribution`]: how long polls, waits and lives took.
//! - [`CloseUp`]: the polls and waits of one task, one by one.
//! - [`metric`]: the figures that monitoring systems are given.
//! - [`update`]: what a watcher receives.
//! - [`fleet`]: what is known of many targets, and what they have in common.
//! - [`picture`]: everything that is known of one target at one instant, and the answers from it.

mod close_up;
mod distribution;
mod ending;
pub mod finding;
mod first;
pub mod fleet;
mod history;
mod lint;
pub mod metric;
mod nanos;
pub mod picture;
pub mod query;
mod resource;
mod site;
mod stack;
mod target;
mod task;
mod threshold;
mod times;
mod totals;
pub mod update;
mod wait;

pub use close_up::CloseUp;
pub use distribution::{Distribution, Quantiles};
pub use history::History;
pub use lint::{Lint, LintCounts, LintLimits, Lints, ParseLintsError};
pub use nanos::{Nanos, ParseNanosError};
pub use resource::{AsyncOp, AsyncOpSeq, Attribute, AttributeValue, Resource, ResourceSeq};
pub use site::{Site, SiteId, SiteStats};
pub use stack::{AwaitStack, Branch, Frame, Origin, StackSource};
pub use target::{Target, Teller, Tier};
pub use task::{Ending, Kind, NameId, State, Task, TaskSeq};
pub use threshold::{Condition, Thresholds};
pub use totals::Totals;
pub use wait::{Wait, WaitId, WaitKind, WaitStats};

/// Where the agent listens and the UI looks when nobody says otherwise: the address that
/// tokio-console uses too, so that either client finds either server.
pub const DEFAULT_ADDR: &str = "127.0.0.1:6669";
