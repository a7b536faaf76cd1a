//! What a watcher receives: answers that stand by themselves, with the labels they refer to.

use std::{collections::HashMap, sync::Arc};

use crate::{
    Distribution, NameId, Nanos, Site, SiteId, SiteStats, Task, TaskSeq, Totals, query::Labels,
};

/// The names and sites that the rows of one update refer to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelSet {
    /// Task names.
    pub names: HashMap<NameId, Arc<str>>,
    /// Spawn locations.
    pub sites: HashMap<SiteId, Arc<Site>>,
}

impl Labels for LabelSet {
    fn name(&self, id: NameId) -> Option<Arc<str>> {
        self.names.get(&id).cloned()
    }

    fn site(&self, id: SiteId) -> Option<Arc<Site>> {
        self.sites.get(&id).cloned()
    }
}

impl LabelSet {
    /// Copies what these tasks refer to out of a larger set.
    #[must_use]
    pub fn of<'a>(tasks: impl IntoIterator<Item = &'a Task>, labels: &impl Labels) -> Self {
        let mut set = Self::default();
        for task in tasks {
            set.add_site(task.site, labels);
            if let Some(id) = task.name
                && let Some(name) = labels.name(id)
            {
                set.names.insert(id, name);
            }
        }
        set
    }

    /// Copies one site out of a larger set.
    pub fn add_site(&mut self, id: SiteId, labels: &impl Labels) {
        if !self.sites.contains_key(&id)
            && let Some(site) = labels.site(id)
        {
            self.sites.insert(id, site);
        }
    }
}

/// What holds for the whole target at the time of an update.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    /// From the agent's start to the moment the update speaks of.
    pub at: Nanos,
    /// Counts over every task.
    pub totals: Totals,
    /// Tasks alive over the last minutes, oldest first, a sample a second.
    pub history: Vec<u32>,
    /// How long the agent took to look at every task for this update.
    pub scan_time: Nanos,
}

/// An answer to a task query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TasksUpdate {
    /// The whole target.
    pub overview: Overview,
    /// Tasks that the filter lets through, in and out of the window.
    pub matched: u64,
    /// The row number of `tasks[0]` among them: the window's offset, or less when fewer match.
    pub offset: u64,
    /// The window, sorted.
    pub tasks: Vec<Task>,
    /// What the tasks refer to.
    pub labels: LabelSet,
}

/// An answer to a site query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SitesUpdate {
    /// The whole target.
    pub overview: Overview,
    /// Sites with a task that the filter lets through, in and out of the window.
    pub matched: u64,
    /// The row number of `sites[0]` among them.
    pub offset: u64,
    /// The window, sorted.
    pub sites: Vec<SiteStats>,
    /// What the sites refer to.
    pub labels: LabelSet,
}

/// One task seen closely.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskDetail {
    /// From the agent's start to the moment the update speaks of.
    pub at: Nanos,
    /// The task.
    pub task: Task,
    /// Its parent, where that is known still.
    pub parent: Option<Task>,
    /// The task that woke it last, where that is known still.
    pub woken_by: Option<Task>,
    /// What the three refer to.
    pub labels: LabelSet,
    /// How long its polls took, since it is watched.
    pub poll: Distribution,
    /// How long it waited for a worker, since it is watched.
    pub scheduled: Distribution,
    /// How long polls of its site's tasks took, since the agent's start.
    pub site_poll: Distribution,
    /// How long tasks of its site waited for a worker, since the agent's start.
    pub site_scheduled: Distribution,
    /// Its recent polls and waits, oldest first, since it is watched; the last one goes on.
    pub timeline: Vec<Stretch>,
    /// Events of this task that were lost because they came too fast: the distributions are
    /// samples then.
    pub lost: u64,
}

/// What a task did without a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// From the agent's start.
    pub from: Nanos,
    /// What it was doing.
    pub state: crate::State,
}

/// Something that happened to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// From the agent's start.
    pub at: Nanos,
    /// To which task.
    pub task: TaskSeq,
    /// What.
    pub kind: EventKind,
}

/// What can happen to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It was spawned.
    Spawn {
        /// Where.
        site: SiteId,
        /// Inside which task.
        parent: Option<TaskSeq>,
    },
    /// A poll began.
    PollStart,
    /// A poll ended.
    PollEnd,
    /// It was woken.
    Wake {
        /// Inside which task.
        by: Option<TaskSeq>,
    },
    /// It was dropped: its end.
    Drop,
}

/// Events in the order of each thread, and what of them is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventBatch {
    /// The events.
    pub events: Vec<Event>,
    /// Sites that were not in an earlier batch of this stream.
    pub labels: LabelSet,
    /// Events lost since the stream's start.
    pub lost: u64,
}
