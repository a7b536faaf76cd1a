//! The whole program in a few counts.

use crate::{Condition, State, Task, Thresholds};

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
    pub fn count(&mut self, task: &Task, limits: &Thresholds) {
        match task.state {
            State::Running => self.running += 1,
            State::Scheduled => self.scheduled += 1,
            State::Idle => self.idle += 1,
            State::Ended => return,
        }
        self.alive += 1;
        match task.condition(limits) {
            Some(Condition::Blocked) => self.blocked += 1,
            Some(Condition::Hogging) => self.hogging += 1,
            Some(Condition::Starved) => self.starved += 1,
            None => {}
        }
    }
}
