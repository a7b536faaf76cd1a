//! What a watcher receives: answers that stand by themselves, with the labels they refer to.

use std::{collections::HashMap, num::NonZeroU64, sync::Arc};

use crate::{
    AsyncOp, Distribution, Ending, Kind, NameId, Nanos, Resource, Site, SiteId, SiteStats, Task,
    TaskSeq, Totals, Wait, WaitId, WaitStats,
    finding::{Allow, Finding},
    query::Labels,
};

/// The names, sites and waits that the rows of one update refer to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelSet {
    /// Task names.
    pub names: HashMap<NameId, Arc<str>>,
    /// Spawn locations.
    pub sites: HashMap<SiteId, Arc<Site>>,
    /// What tasks wait on.
    pub waits: HashMap<WaitId, Arc<Wait>>,
}

impl Labels for LabelSet {
    fn name(&self, id: NameId) -> Option<Arc<str>> {
        self.names.get(&id).cloned()
    }

    fn site(&self, id: SiteId) -> Option<Arc<Site>> {
        self.sites.get(&id).cloned()
    }

    fn wait(&self, id: WaitId) -> Option<Arc<Wait>> {
        self.waits.get(&id).cloned()
    }
}

impl LabelSet {
    /// Copies what these tasks refer to out of a larger set.
    #[must_use]
    pub fn of<'a>(tasks: impl IntoIterator<Item = &'a Task>, labels: &impl Labels) -> Self {
        let mut set = Self::default();
        for task in tasks {
            set.add_site(task.site, labels);
            for id in [task.name, task.scope].into_iter().flatten() {
                set.add_name(id, labels);
            }
            if let Some(id) = task.wait {
                set.add_wait(id, labels);
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

    /// Copies one name out of a larger set.
    pub fn add_name(&mut self, id: NameId, labels: &impl Labels) {
        if !self.names.contains_key(&id)
            && let Some(name) = labels.name(id)
        {
            self.names.insert(id, name);
        }
    }

    /// Copies what a group of tasks refers to out of a larger set.
    pub fn add_group(&mut self, stats: &WaitStats, labels: &impl Labels) {
        self.add_site(stats.site, labels);
        if let Some(id) = stats.wait {
            self.add_wait(id, labels);
        }
    }

    /// Copies what a finding refers to out of a larger set.
    pub fn add_finding(&mut self, finding: &Finding, labels: &impl Labels) {
        if let Some(id) = finding.site {
            self.add_site(id, labels);
        }
        if let Some(id) = finding.wait {
            self.add_wait(id, labels);
        }
        for id in [finding.name, finding.scope].into_iter().flatten() {
            self.add_name(id, labels);
        }
    }

    /// Copies one wait out of a larger set.
    pub fn add_wait(&mut self, id: WaitId, labels: &impl Labels) {
        if !self.waits.contains_key(&id)
            && let Some(wait) = labels.wait(id)
        {
            self.waits.insert(id, wait);
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
    /// Tasks alive as tokio counts them (`num_alive_tasks`: spawned on its workers or a
    /// `LocalSet`), over the runtimes that the agent knows; `None` when it knows none.
    pub runtime_tasks: Option<u64>,
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

/// An answer to a wait query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WaitsUpdate {
    /// The whole target.
    pub overview: Overview,
    /// Groups with a task that the filter lets through, in and out of the window.
    pub matched: u64,
    /// The row number of `waits[0]` among them.
    pub offset: u64,
    /// The window, sorted.
    pub waits: Vec<WaitStats>,
    /// What the groups refer to.
    pub labels: LabelSet,
}

/// What is wrong at one instant, by one set of rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FindingsUpdate {
    /// The whole target.
    pub overview: Overview,
    /// The worst first.
    pub findings: Vec<Finding>,
    /// Further ones: beyond what one answer holds, or of kinds that only a newer client could
    /// name.
    pub omitted: u64,
    /// How many tasks each entry of the allow list kept silent so far: first those of whoever
    /// asked, then those of `own_allow`.
    pub allowed: Vec<u64>,
    /// What the target itself says is right as it is.
    pub own_allow: Vec<Allow>,
    /// How often the rules have looked at every task: some need to see a task twice.
    pub scans: u64,
    /// What the findings refer to.
    pub labels: LabelSet,
}

/// An answer to a resource query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourcesUpdate {
    /// The whole target.
    pub overview: Overview,
    /// Whether the target keeps track of resources at all: `Builder::resources(true)` of an
    /// agent.
    pub is_tracking: bool,
    /// Resources that are not tracked because there were too many, since the target's start.
    pub untracked: u64,
    /// Resources that the filter lets through, in and out of the window.
    pub matched: u64,
    /// The row number of `resources[0]` among them.
    pub offset: u64,
    /// The window, sorted.
    pub resources: Vec<Resource>,
    /// The operations on these resources, a limited number of each, if they were asked for.
    pub ops: Vec<AsyncOp>,
    /// What the resources refer to.
    pub labels: LabelSet,
}

/// One resource seen closely.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceDetail {
    /// From the agent's start to the moment the update speaks of.
    pub at: Nanos,
    /// The resource.
    pub resource: Resource,
    /// What it is a part of, where that is known still.
    pub parent: Option<Resource>,
    /// The operations on it that go on, the oldest first.
    pub ops: Vec<AsyncOp>,
    /// Further ones, beyond what one answer holds.
    pub ops_omitted: u64,
    /// The tasks that hold it, wait for it or have such an operation, where they are known still.
    pub tasks: Vec<Task>,
    /// What all of them refer to.
    pub labels: LabelSet,
}

/// What became of a request to find out what tasks wait on. Every task that the filter let
/// through is in one of the counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureOutcome {
    /// Tasks that the filter let through.
    pub matched: u64,
    /// Tasks of which it is known now.
    pub captured: u64,
    /// Tasks that were running, scheduled or ended when their turn came.
    pub not_idle: u64,
    /// Tasks that were not spawned through loiter: it cannot poll them.
    pub not_watched: u64,
    /// Tasks that no worker polled in time.
    pub timed_out: u64,
    /// Tasks beyond the limit.
    pub over_limit: u64,
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
    /// It was spawned. Has an entry in [`EventBatch::descriptions`].
    Spawn {
        /// Where.
        site: SiteId,
        /// Inside which task.
        parent: Option<TaskSeq>,
    },
    /// More of it came to be known after its spawn, such as its name. Has an entry in
    /// [`EventBatch::descriptions`], which says all of it anew.
    Described,
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
    Drop {
        /// How it ended, as far as that is known at the time: a task that goes down with its
        /// runtime is [`Cancelled`](Ending::Cancelled) here.
        ending: Ending,
    },
}

impl EventKind {
    /// Whether the event has an entry in [`EventBatch::descriptions`].
    #[must_use]
    pub const fn has_description(&self) -> bool {
        matches!(self, Self::Spawn { .. } | Self::Described)
    }
}

/// What holds for a task from its spawn on, beside where and by whom it was spawned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// How it came to be.
    pub kind: Kind,
    /// Tokio's id.
    pub tokio_id: Option<NonZeroU64>,
    /// From `task::Builder::name`.
    pub name: Option<NameId>,
    /// The scope that it was spawned in, interned like a name.
    pub scope: Option<NameId>,
    /// Bytes of the future.
    pub size: Option<u64>,
    /// Bytes before tokio boxed it, when it did.
    pub original_size: Option<u64>,
    /// Its program says that it waits by design.
    pub expect_idle: bool,
    /// It may be a part of a task only.
    pub may_be_part: bool,
}

impl Default for Description {
    /// A task of which nothing is told.
    fn default() -> Self {
        Self {
            kind: Kind::Task,
            tokio_id: None,
            name: None,
            scope: None,
            size: None,
            original_size: None,
            expect_idle: false,
            may_be_part: false,
        }
    }
}

/// Events in the order of each thread, and what of them is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventBatch {
    /// The events.
    pub events: Vec<Event>,
    /// One for each event that [has one](EventKind::has_description), in order. None at all from
    /// an agent that is too old to tell.
    pub descriptions: Vec<Description>,
    /// What tasks have come to be known to wait on, in no order.
    pub waits: Vec<LearntWait>,
    /// Sites and waits that were not in an earlier batch of this stream, and all the names that
    /// `descriptions` refers to: the number of a name holds for this batch only.
    pub labels: LabelSet,
    /// Events lost since the stream's start.
    pub lost: u64,
}

/// What a task has come to be known to wait on. It holds until the task is woken, and does not if
/// the task's wait began only [`at`](Self::at) that time or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearntWait {
    /// From the agent's start.
    pub at: Nanos,
    /// Of which task.
    pub task: TaskSeq,
    /// What it waits on. This number keeps its meaning for as long as the target runs.
    pub wait: WaitId,
}

impl EventBatch {
    /// Each event with its description, where it has one and the agent told it.
    pub fn told(&self) -> impl Iterator<Item = (&Event, Option<&Description>)> {
        let mut descriptions = self.descriptions.iter();
        self.events.iter().map(move |event| {
            let described = event.kind.has_description();
            (event, described.then(|| descriptions.next()).flatten())
        })
    }
}
