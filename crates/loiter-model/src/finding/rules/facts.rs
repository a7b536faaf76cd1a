//! What the rules need to know beside the tasks alive.

use std::sync::Arc;

use crate::{NameId, Nanos, Quantiles, SiteId, State, Task, TaskSeq};

use super::super::{Doubt, Growth};

/// What the rules need to know beside the tasks alive.
pub trait Facts {
    /// How many sites there are: their ids count from 0.
    fn sites(&self) -> u32;
    /// What is known of a site.
    fn site(&self, id: SiteId) -> SiteFacts;
    /// How the number of its tasks grows, if it does.
    fn growth(&self, id: SiteId) -> Option<Growth>;
    /// Whether one of the tasks that [`Scan::wanted`](super::Scan::wanted) named is alive.
    fn is_alive(&self, task: TaskSeq) -> bool;
    /// The task whose end this one waits for, or which holds what it waits for, where that is
    /// known. It must be all that this one waits for: what one branch of a `select!` waits for
    /// proves nothing.
    fn waits_for(&self, task: TaskSeq) -> Option<TaskSeq>;
    /// Whether the poll under way of a task that seems to hog its worker may have given it to the
    /// others, as tokio's `block_in_place` does, where [nobody saw it](crate::Task::in_place).
    fn may_be_in_place(&self, _: TaskSeq) -> bool {
        true
    }
    /// What a blocked task waits for, where another one holds it as far as is known. Unlike
    /// [`waits_for`](Self::waits_for), this proves nothing: what was taken may have been handed
    /// on to a third task unseen.
    fn held(&self, task: TaskSeq) -> Option<Held> {
        let _ = task;
        None
    }
    /// Tasks that a poll without a wake made go on, lately.
    fn lost_wakeups(&self) -> Vec<LostWakeup>;
    /// What makes every finding unsure.
    fn doubts(&self) -> Vec<Doubt>;
}

/// Figures of a site since the agent's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SiteFacts {
    /// Tasks spawned.
    pub spawned: u64,
    /// Tasks that have ended.
    pub ended: u64,
    /// How long waits took that have ended.
    pub waited: Quantiles,
    /// How long tasks lived that have ended.
    pub lifetime: Quantiles,
}

/// Who holds what a task waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The task that took it and has not given it back.
    pub by: TaskSeq,
    /// What it is: `Mutex made at src/pool.rs:12:5`.
    pub what: Arc<str>,
    /// As far as is known, the task waits for nothing else.
    pub is_all: bool,
}

/// A task that a poll without a wake made go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostWakeup {
    /// The task.
    pub task: TaskSeq,
    /// Where it was spawned.
    pub site: SiteId,
    /// Its name.
    pub name: Option<NameId>,
    /// When it was polled, from the agent's start.
    pub at: Nanos,
    /// How long it had been idle.
    pub idle: Nanos,
}

impl LostWakeup {
    /// The task as it was before that poll, for filters: what is not known of it is none.
    pub(super) fn as_task(&self) -> Task {
        Task {
            name: self.name,
            state: State::Idle,
            in_state: self.idle,
            total: self.idle,
            polls: 1,
            ..Task::spawned(self.task, self.site, None, Nanos::ZERO)
        }
    }
}
