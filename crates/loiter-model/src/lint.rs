//! Hints on single tasks: what tokio-console warns of, by the same names.
//!
//! A hint is no [finding](crate::finding): a large future leaks nothing, and a correct program
//! may have hints. The rules are tokio-console's, but for what they say of tasks that are fine;
//! each lint says where the two differ.

mod limits;
mod set;

pub use limits::LintLimits;
pub use set::{LintCounts, Lints, ParseLintsError};

use crate::Task;

/// What one may want to look into at a task.
///
/// None of them is for what runs on a thread of its own (`blocking`, `block_on`), which may do
/// as it likes with it; only [`AutoBoxedFuture`](Self::AutoBoxedFuture) is for every kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lint {
    /// More than [`LintLimits::self_wakes_percent`] of its wakes are its own, out of at least
    /// [`LEAST_WAKES`](Self::LEAST_WAKES). tokio-console knows no least number: one
    /// at a task's start makes all of its wakes its own. (`yield_now` is no wake of its own: the
    /// worker wakes the task after the poll.)
    SelfWakes,
    /// It has been idle for [`SETTLED`](LintLimits::SETTLED) with no waker left, after a poll.
    /// tokio-console does not wait, and warns of tasks that are being woken. The finding
    /// [`NoWaker`](crate::finding::FindingKind::NoWaker) says the same once it is proved.
    LostWaker,
    /// Its first poll has been running for [`LintLimits::never_yielded_after`] and goes on, by
    /// the clock of the program; tokio-console goes by that of the terminal.
    NeverYielded,
    /// Tokio boxed its future (or function) at the spawn, as it was larger than 16 KiB, or 2 KiB
    /// where tokio is built for debugging.
    AutoBoxedFuture,
    /// Its future, as tokio stores it, has [`LintLimits::large_future_bytes`] or more. One that
    /// was boxed has the size of its pointer.
    LargeFuture,
}

impl Lint {
    /// Every lint.
    pub const ALL: [Self; 5] = [
        Self::SelfWakes,
        Self::LostWaker,
        Self::NeverYielded,
        Self::AutoBoxedFuture,
        Self::LargeFuture,
    ];

    /// Of fewer wakes, each moves the share of a task's own by more than a twentieth.
    pub const LEAST_WAKES: u64 = 20;

    /// The word for it in filters, options, tables and JSON: the one tokio-console uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SelfWakes => "self-wakes",
            Self::LostWaker => "lost-waker",
            Self::NeverYielded => "never-yielded",
            Self::AutoBoxedFuture => "auto-boxed-future",
            Self::LargeFuture => "large-future",
        }
    }

    /// The lint of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lint| lint.name() == name)
    }

    /// What it says of a task, with the figures: a sentence.
    #[must_use]
    pub fn explanation(self, task: &Task) -> String {
        let bytes = |size: Option<u64>| size.unwrap_or_default();
        match self {
            Self::SelfWakes => {
                let (own, wakes) = (task.self_wakes, task.wakes.max(task.self_wakes));
                let percent = u128::from(own) * 100 / u128::from(wakes.max(1));
                format!("it woke itself {own} times, {percent}% of all its wakes")
            }
            Self::LostWaker => format!(
                "it has been idle for {} and no waker of it is left: nothing can wake it",
                task.in_state
            ),
            Self::NeverYielded => format!(
                "its first poll has been running for {}: it has never yielded",
                task.in_state
            ),
            Self::AutoBoxedFuture => format!(
                "tokio boxed it at the spawn, as it has {} bytes",
                bytes(task.original_size)
            ),
            Self::LargeFuture => format!("its future has {} bytes", bytes(task.size)),
        }
    }

    /// What to do about it: a sentence.
    #[must_use]
    pub const fn cure(self) -> &'static str {
        match self {
            Self::SelfWakes => {
                "wait for what it needs (a channel, a `Notify`, an interval) instead of asking for \
                 another poll; a long computation belongs on `spawn_blocking`"
            }
            Self::LostWaker => {
                "a `poll` that returns `Pending` must keep `cx.waker()` where somebody calls it; \
                 until then only an abort ends the task"
            }
            Self::NeverYielded => {
                "move the work to `spawn_blocking`, or call `tokio::task::yield_now().await` in \
                 its loop"
            }
            Self::AutoBoxedFuture => {
                "box what makes it large: a buffer as a `Vec`, a large future inside it by \
                 `Box::pin`"
            }
            Self::LargeFuture => {
                "it is copied at the spawn: box what makes it large, a buffer as a `Vec`, a future \
                 by `Box::pin`; in a release build it may be smaller"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lint_is_found_by_its_name() {
        for lint in Lint::ALL {
            assert_eq!(Lint::from_name(lint.name()), Some(lint));
        }
        assert_eq!(Lint::from_name("self_wakes"), None);
    }
}
