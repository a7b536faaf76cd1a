//! Everything that is known of one target at one instant, and the answers to every question about
//! it: for targets that are not asked one by one, such as a console-subscriber or a recording.
//!
//! A [`Picture`] is fed full facts (`put_…`, `end_…`) or [single events](Picture::apply), as its
//! owner has them, and answers in the shapes of the agent's answers, with the same scans and
//! rules behind them.

mod answer;
mod ended;
mod entry;
mod findings;
mod labels;
mod resources;
mod sites;
mod tasks;

use crate::{
    Ending, History, NameId, Nanos, Site, SiteId, State, Task, TaskSeq,
    finding::Doubt,
    update::{Description, Event, EventKind, LabelSet, LearntWait},
};

use ended::Ended;
use entry::Entry;
use labels::Interned;
use resources::Resources;
pub use sites::SiteFigures;
use sites::Sites;
use tasks::Tasks;

/// Between two samples of the history.
const SAMPLE_EVERY: Nanos = Nanos::from_secs(1);
/// Samples that are made up for when time jumps: as many as a history shows.
const MOST_SAMPLES: u64 = 120;

/// What a [`Picture`] keeps at most. What is beyond is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureLimits {
    /// Tasks alive.
    pub tasks: usize,
    /// Ended tasks, and as many ended resources.
    pub ended: usize,
    /// Resources alive, and as many async operations.
    pub resources: usize,
}

impl Default for PictureLimits {
    /// 4,194,304 tasks alive, as many resources, and 1,024 of each that have ended.
    fn default() -> Self {
        Self {
            tasks: 1 << 22,
            ended: 1024,
            resources: 1 << 22,
        }
    }
}

/// All that is known of a target at the time [`at`](Self::at). Pure: its time comes with what it
/// is told.
///
/// Some 300 bytes a task. A task answer takes some 50 ns a task.
#[derive(Clone, Debug)]
pub struct Picture {
    limits: PictureLimits,
    at: Nanos,
    next_sample: Nanos,
    tasks: Tasks,
    ended: Ended<TaskSeq, Task>,
    sites: Sites,
    history: History,
    labels: LabelSet,
    interned: Interned,
    resources: Resources,
    /// Tasks that the target does not track, and those for which there was no room here.
    untracked: [u64; 2],
    runtime_tasks: Option<u64>,
    doubts: Vec<Doubt>,
}

impl Picture {
    /// Nothing is known yet, at the time zero.
    #[must_use]
    pub fn new(limits: PictureLimits) -> Self {
        Self {
            limits,
            at: Nanos::ZERO,
            next_sample: Nanos::ZERO,
            tasks: Tasks::default(),
            ended: Ended::new(limits.ended),
            sites: Sites::default(),
            history: History::default(),
            labels: LabelSet::default(),
            interned: Interned::default(),
            resources: Resources::new(limits),
            untracked: [0; 2],
            runtime_tasks: None,
            doubts: Vec::new(),
        }
    }

    /// The time it speaks of, from the target's start.
    #[must_use]
    pub fn at(&self) -> Nanos {
        self.at
    }

    /// Time passes; a time before [`at`](Self::at) changes nothing. Takes a sample for the history
    /// each second of this time, O(sites); the first one a second after the first call.
    pub fn advance(&mut self, at: Nanos) {
        if at < self.next_sample {
            self.at = self.at.max(at);
            return;
        }
        let step = SAMPLE_EVERY.0;
        // After a jump, only what a history shows.
        let first = at.0.saturating_sub(step * (MOST_SAMPLES - 1));
        let mut sample = match self.next_sample {
            // Nothing is known yet.
            Nanos::ZERO => at.0.saturating_add(step),
            next => next.0.max(first),
        };
        while sample <= at.0 {
            self.history.sample(Nanos(sample), self.sites.flows());
            match sample.checked_add(step) {
                Some(next) => sample = next,
                None => break,
            }
        }
        self.next_sample = Nanos(sample.max(at.0));
        self.at = self.at.max(at);
        self.tidy_labels();
    }

    // --- full facts ---

    /// What is known of a task that is new or known already, as of [`at`](Self::at). One that was
    /// new counts as spawned at its site; an ended one as ended, too. One that has
    /// [ended](Self::end_task) and is remembered stays so.
    pub fn put_task(&mut self, task: Task) {
        if let Some(entry) = self.tasks.get_mut(task.seq) {
            *entry = Entry::new(task, self.at);
        } else if !self.begin(task, self.at) {
            return;
        }
        if task.state == State::Ended {
            self.end_task(task.seq, task.ending.unwrap_or(Ending::Unknown));
        }
    }

    /// A task has ended, now unless it was last [put](Self::put_task) as one that had. Nothing
    /// happens if it is not alive.
    pub fn end_task(&mut self, seq: TaskSeq, ending: Ending) {
        self.end(seq, self.at, ending);
    }

    /// A task is no longer spoken of, as if it had never been put; what its site has counted
    /// stays.
    pub fn forget_task(&mut self, seq: TaskSeq) {
        self.tasks.remove(seq);
        self.ended.forget(seq);
    }

    /// A task alive as of [`at`](Self::at), or one that has ended and is remembered.
    #[must_use]
    pub fn find_task(&self, seq: TaskSeq) -> Option<Task> {
        let alive = self.tasks.get(seq).map(|entry| entry.task_at(self.at));
        alive.or_else(|| {
            let ended = self.ended.get(seq)?;
            Some(ended_at(ended, self.at))
        })
    }

    /// The tasks alive as of [`at`](Self::at), in no order.
    pub fn alive(&self) -> impl Iterator<Item = Task> {
        self.tasks.iter().map(|entry| entry.task_at(self.at))
    }

    /// What a site has counted since the target's start, in place of what was added up of its
    /// tasks. Of a site with a number beyond 65,535 nothing is kept.
    pub fn put_site(&mut self, id: SiteId, figures: SiteFigures) {
        self.sites.put(id, figures);
    }

    /// The last minutes as another picture, or an agent, showed them: all, and each site with its
    /// samples and its spawns and ends a second. To be said after what the sites have counted.
    pub fn restore_history<'a>(
        &mut self,
        alive: &[u32],
        sites: impl IntoIterator<Item = (SiteId, &'a [u32], (f64, f64))>,
    ) {
        self.history.restore(alive);
        for (id, alive, rates) in sites {
            if id.0 < self.sites.len() {
                let flow = self.sites.flow(id);
                self.history.restore_at(id.0, alive, flow, rates);
            }
        }
    }

    /// What ids stand for, for whoever has ids from elsewhere. What no task refers to is dropped
    /// from time to time, but for sites.
    pub fn labels_mut(&mut self) -> &mut LabelSet {
        &mut self.labels
    }

    /// The id of a name, new or not: for whoever has texts. It is kept while a task has it, and for
    /// a second at least.
    pub fn name_id(&mut self, name: &str) -> NameId {
        self.interned.name(name, &mut self.labels)
    }

    /// The id of a site, new or not: for whoever has places. The same for all that come after the
    /// first 65,535.
    pub fn site_id(&mut self, site: &Site) -> SiteId {
        self.interned.site(site, &mut self.labels)
    }

    /// Tasks that the target does not track, or did not tell of.
    pub fn set_untracked(&mut self, tasks: u64) {
        self.untracked[0] = tasks;
    }

    /// Tasks alive as tokio counts them.
    pub fn set_runtime_tasks(&mut self, tasks: Option<u64>) {
        self.runtime_tasks = tasks;
    }

    /// What makes every finding unsure, beside tasks that are not tracked.
    pub fn set_doubts(&mut self, doubts: Vec<Doubt>) {
        self.doubts = doubts;
    }

    // --- single events ---

    /// Something happened to a task: the rules by which the agent itself keeps its tasks.
    ///
    /// Events of several threads may come in another order than that of their times: one that is
    /// older than its task's last one counts as of that one's time. An event of a task that is not
    /// known, or of one that has ended, changes nothing but the time, and neither does one that
    /// cannot be, such as the end of a poll outside of any.
    pub fn apply(&mut self, event: &Event) {
        self.advance(event.at);
        match event.kind {
            EventKind::Spawn { site, parent } => self.spawn(event, site, parent),
            EventKind::PollStart => self.with(event, Entry::poll_start),
            EventKind::PollEnd => {
                let Some(entry) = self.tasks.get_mut(event.task) else {
                    return;
                };
                if let Some(polled) = entry.poll_end(event.at) {
                    let task = entry.task();
                    self.sites.polled(task.site, task.kind, &polled);
                }
            }
            EventKind::Wake { by } => self.with(event, |entry, at| entry.wake(at, by)),
            // What it says comes beside the event: see `describe`.
            EventKind::Described => {}
            EventKind::Drop { ending } => self.end(event.task, event.at, ending),
        }
    }

    /// What an event that [has a description](EventKind::has_description) told beside it, of a
    /// task alive: its names are ids of these labels.
    pub fn describe(&mut self, seq: TaskSeq, description: &Description) {
        if let Some(entry) = self.tasks.get_mut(seq) {
            entry.describe(description);
        }
    }

    /// What a task has come to be known to wait on: an id of these labels. Changes nothing if the
    /// task is not alive, or has not waited since before that.
    pub fn learn_wait(&mut self, learnt: LearntWait) {
        if let Some(entry) = self.tasks.get_mut(learnt.task) {
            entry.learn_wait(learnt.at, learnt.wait);
        }
    }

    fn with(&mut self, event: &Event, change: impl FnOnce(&mut Entry, Nanos)) {
        if let Some(entry) = self.tasks.get_mut(event.task) {
            change(entry, event.at);
        }
    }

    fn spawn(&mut self, event: &Event, site: SiteId, parent: Option<TaskSeq>) {
        if self.tasks.get(event.task).is_none() {
            let task = Task::spawned(event.task, site, parent, event.at);
            self.begin(task, event.at);
        }
    }

    /// Takes a task that is not alive yet. Not one that has ended, nor one for which there is no
    /// room; whether it was taken.
    fn begin(&mut self, task: Task, as_of: Nanos) -> bool {
        if self.ended.contains(task.seq) {
            return false;
        }
        if self.tasks.len() >= self.limits.tasks {
            self.untracked[1] = self.untracked[1].saturating_add(1);
            return false;
        }
        self.tasks.insert(Entry::new(task, as_of));
        self.sites.spawned(task.site);
        true
    }

    fn end(&mut self, seq: TaskSeq, at: Nanos, ending: Ending) {
        let Some(entry) = self.tasks.remove(seq) else {
            return;
        };
        let task = entry.end(at, ending);
        self.sites.ended(task.site, task.total);
        self.ended.push(seq, task);
    }
}

/// An ended task at a later time.
fn ended_at(ended: &Task, at: Nanos) -> Task {
    let end = ended.spawned_at.saturating_add(ended.total);
    Task {
        in_state: at.saturating_sub(end),
        ..*ended
    }
}
