//! The whole program in a few counts.

use crate::{Condition, LintCounts, Lints, State, Task, Thresholds};

/// Counts over every task, whatever a query's filter lets through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Tasks alive and tracked: the sum of the three states.
    pub alive: u64,
    /// Tasks inside a poll.
    pub running: u64,
    /// Tasks woken and waiting for a worker.
    pub scheduled: u64,
    /// Tasks pending.
    pub idle: u64,
    /// Idle tasks beyond the threshold.
    pub blocked: u64,
    /// Tasks in one poll beyond the threshold.
    pub hogging: u64,
    /// Tasks waiting for a worker beyond the threshold.
    pub starved: u64,
    /// Tasks that there are hints on.
    pub lints: LintCounts,
    /// Tasks spawned since the agent's start, tracked or not.
    pub spawned: u64,
    /// Tracked tasks ended since the agent's start.
    pub ended: u64,
    /// Tasks that were not tracked because the table was full (`max_tasks`).
    pub untracked: u64,
    /// Ended tasks that are still in the ledger.
    pub remembered: u64,
}

impl Totals {
    /// Counts one task that is alive; an ended one changes nothing.
    #[inline]
    pub fn count(&mut self, task: &Task, limits: &Thresholds) {
        self.count_states(task, limits);
        let counted = [Lints::ALL, Lints::NONE][usize::from(task.state == State::Ended)];
        self.lints.count(task.lints(limits).within(counted));
    }

    /// Counts its state and its condition, and no hints on it.
    #[inline]
    pub(crate) fn count_states(&mut self, task: &Task, limits: &Thresholds) {
        // Sums instead of branches: the next task's state is anyone's guess, and a branch that
        // is guessed wrong costs more than all of this.
        let condition = task.condition(limits);
        self.running += u64::from(task.state == State::Running);
        self.scheduled += u64::from(task.state == State::Scheduled);
        self.idle += u64::from(task.state == State::Idle);
        self.alive += u64::from(task.state != State::Ended);
        self.blocked += u64::from(condition == Some(Condition::Blocked));
        self.hogging += u64::from(condition == Some(Condition::Hogging));
        self.starved += u64::from(condition == Some(Condition::Starved));
    }
}
