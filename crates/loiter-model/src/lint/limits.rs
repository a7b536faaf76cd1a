//! From when on there is a hint on a task.

use super::{Lint, Lints};
use crate::{Kind, Nanos, State, Task};

/// The limits of the lints, and which of them are not wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LintLimits {
    /// Lints that stay silent.
    pub allowed: Lints,
    /// [`Lint::SelfWakes`]: more of a hundred wakes than this are a task's own.
    pub self_wakes_percent: u8,
    /// [`Lint::NeverYielded`]: the length of a first poll.
    pub never_yielded_after: Nanos,
    /// [`Lint::LargeFuture`]: from this size on.
    pub large_future_bytes: u64,
}

impl Default for LintLimits {
    /// tokio-console's: none allowed, 50 %, 1 s, 1024 bytes.
    fn default() -> Self {
        Self {
            allowed: Lints::NONE,
            self_wakes_percent: 50,
            never_yielded_after: Nanos::from_secs(1),
            large_future_bytes: 1024,
        }
    }
}

impl LintLimits {
    /// How long a task must have been idle before a missing waker counts: the words of a task
    /// are not read at one instant, and one that is woken in between seems idle without any.
    pub const SETTLED: Nanos = Nanos::from_secs(1);

    /// The hints on a task.
    ///
    /// An ended task keeps those on its size and its wakes.
    #[inline]
    #[must_use]
    pub fn lints(&self, task: &Task) -> Lints {
        // `&` instead of `&&` and flags instead of branches: a scan asks this of every task.
        let is_async = matches!(task.kind, Kind::Task | Kind::Local);
        // A wake of its own is a wake, but the two are not read at one instant.
        let wakes = task.wakes.max(task.self_wakes);
        let own = u128::from(task.self_wakes) * 100;
        let most = u128::from(wakes) * u128::from(self.self_wakes_percent);
        let size = task.size.unwrap_or_default();
        let original_size = task.original_size.unwrap_or(size);
        Lints::of_flags([
            is_async & (wakes >= Lint::LEAST_WAKES) & (own > most),
            task.has_no_waker() & (task.in_state >= Self::SETTLED),
            is_async
                & (task.state == State::Running)
                & (task.polls <= 1)
                & (task.in_state >= self.never_yielded_after),
            task.size.is_some() & (original_size != size),
            is_async & task.size.is_some() & (size >= self.large_future_bytes),
        ])
        .without(self.allowed)
    }
}
