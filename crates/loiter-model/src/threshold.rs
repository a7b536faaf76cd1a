//! When a task counts as blocked, hogging or starved, and when there is a hint on it.

use crate::{Kind, LintLimits, Nanos, State};

/// The limits beyond which a task is worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// An idle task is blocked from this idle time on.
    pub blocked_after: Nanos,
    /// A running task hogs its worker from this length of one poll on.
    pub hogging_after: Nanos,
    /// A scheduled task is starved from this wait for a worker on.
    pub starved_after: Nanos,
    /// From when on there is a hint on a task.
    pub lints: LintLimits,
}

impl Default for Thresholds {
    /// 10 s, 1 s, 100 ms, and the lints' own.
    fn default() -> Self {
        Self {
            blocked_after: Nanos::from_secs(10),
            hogging_after: Nanos::from_secs(1),
            starved_after: Nanos::from_millis(100),
            lints: LintLimits::default(),
        }
    }
}

/// What is wrong with a task right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// Idle for too long.
    Blocked,
    /// One poll has been running for too long: a worker is held.
    Hogging,
    /// Woken, but no worker has taken it for too long.
    Starved,
}

impl Condition {
    /// Every condition.
    pub const ALL: [Self; 3] = [Self::Blocked, Self::Hogging, Self::Starved];

    /// The word for it in filters, tables and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Hogging => "hogging",
            Self::Starved => "starved",
        }
    }
}

impl Thresholds {
    /// What is wrong with a task of this kind that has been in this state for this long.
    ///
    /// A `blocking` task never hogs: long running is what `spawn_blocking` is for. A `block_on`
    /// root has a thread of its own, so its long poll holds no worker, and its long wait (of
    /// `main` for a signal) is the normal case.
    #[inline]
    #[must_use]
    pub fn condition(&self, kind: Kind, state: State, in_state: Nanos) -> Option<Condition> {
        let spawned = matches!(kind, Kind::Task | Kind::Local);
        // In the order of the states. Looked up instead of branched on: a scan asks this of
        // every task, and a branch on what differs from task to task is guessed wrong so often
        // that it took longer than the rest of the scan.
        let (condition, applies) = [
            (Condition::Hogging, spawned),
            (Condition::Starved, true),
            (Condition::Blocked, spawned),
            (Condition::Blocked, false),
        ][state as usize];
        let after = [
            self.hogging_after,
            self.starved_after,
            self.blocked_after,
            Nanos::MAX,
        ][state as usize];
        (applies & (in_state >= after)).then_some(condition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_begins_at_its_threshold() {
        let limits = Thresholds::default();
        let at = |state, nanos| limits.condition(Kind::Task, state, Nanos(nanos));
        assert_eq!(at(State::Idle, 9_999_999_999), None);
        assert_eq!(at(State::Idle, 10_000_000_000), Some(Condition::Blocked));
        assert_eq!(at(State::Running, 999_999_999), None);
        assert_eq!(at(State::Running, 1_000_000_000), Some(Condition::Hogging));
        assert_eq!(at(State::Scheduled, 99_999_999), None);
        assert_eq!(at(State::Scheduled, 100_000_000), Some(Condition::Starved));
        assert_eq!(at(State::Ended, u64::MAX), None);
    }

    #[test]
    fn threads_of_their_own_are_no_hogs() {
        let limits = Thresholds::default();
        let hour = Nanos::from_secs(3600);
        for kind in [Kind::Blocking, Kind::BlockOn] {
            assert_eq!(limits.condition(kind, State::Running, hour), None);
            assert_eq!(limits.condition(kind, State::Idle, hour), None);
        }
        // A full blocking pool starves what is queued behind it.
        assert_eq!(
            limits.condition(Kind::Blocking, State::Scheduled, hour),
            Some(Condition::Starved)
        );
    }
}
