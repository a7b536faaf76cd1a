//! One look at the tasks that are alive.

use std::{collections::HashMap, sync::Arc, time::Duration};

use loiter::inspect::{self, Error};
use loiter_model::{
    Kind, NameId, Nanos, Site, Task, TaskSeq, Wait,
    query::Labels,
    update::{CaptureOutcome, LabelSet, TasksUpdate},
};
use tokio::runtime::Handle;

use crate::{
    block_on::block_on,
    ignore::{Ignore, Parent, Suspect},
    label::Label,
    settle,
};

/// How long tasks may take to say what they wait on while that decides whether they are ignored.
const ASKING: Duration = Duration::from_millis(100);

/// Which tasks a check looks at.
#[derive(Clone, Debug)]
pub(crate) enum Extent {
    /// All of the process.
    Process {
        /// Tasks that nothing was known of from the start.
        unseen: u64,
    },
    /// Those that were spawned inside one future.
    Scope {
        label: Label,
        /// The runtime that polls it, with the tasks that were alive there before.
        runtime: Option<(Handle, u64)>,
    },
}

/// What a check goes by.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) extent: Extent,
    pub(crate) ignored: Vec<Ignore>,
    pub(crate) ignore_unseen: bool,
    /// The newest task that is none of the check's business.
    pub(crate) after: Option<TaskSeq>,
    /// Tokio's id of the task that checks.
    pub(crate) itself: Option<u64>,
}

/// The tasks that are left over.
#[derive(Debug, Default)]
pub(crate) struct Look {
    pub(crate) tasks: Vec<Task>,
    pub(crate) labels: LabelSet,
    /// The tasks that spawned them, if somebody wanted to know.
    pub(crate) parents: Parents,
    /// How many more there are of which nothing is known.
    pub(crate) unseen: u64,
    /// Tasks of the process so far that the agent had no room for.
    pub(crate) untracked: u64,
}

/// Tasks that spawned others, as far as they are remembered.
#[derive(Debug, Default)]
pub(crate) struct Parents {
    tasks: HashMap<TaskSeq, Task>,
    labels: LabelSet,
}

/// What else there is to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Nothing: the runtime stands still meanwhile.
    Nothing,
    /// What decides whether a task is ignored.
    WhatDecides,
    /// Who spawned them, too.
    Parents,
}

impl Look {
    pub(crate) fn is_clean(&self) -> bool {
        self.tasks.is_empty() && self.unseen == 0
    }

    /// Has the tasks' times as they were at an earlier look: what was done between took its time,
    /// as reading debug info does.
    pub(crate) fn as_of(&mut self, earlier: &Self) {
        let times: HashMap<TaskSeq, Nanos> = earlier
            .tasks
            .iter()
            .map(|task| (task.seq, task.in_state))
            .collect();
        for task in &mut self.tasks {
            task.in_state = times.get(&task.seq).copied().unwrap_or(task.in_state);
        }
    }

    pub(crate) fn site(&self, task: &Task) -> Arc<Site> {
        let site = self.labels.site(task.site);
        site.unwrap_or_else(|| Arc::new(Site::new("", 0, 0)))
    }

    pub(crate) fn name(&self, id: Option<NameId>) -> Option<Arc<str>> {
        self.labels.name(id?)
    }

    pub(crate) fn wait(&self, task: &Task) -> Option<Arc<Wait>> {
        self.labels.wait(task.wait?)
    }
}

impl Parents {
    fn read() -> Result<Self, Error> {
        let update = block_on(inspect::tasks_as_known("all", u64::MAX))?;
        Ok(Self {
            tasks: update.tasks.iter().map(|task| (task.seq, *task)).collect(),
            labels: update.labels,
        })
    }

    /// Whether it is a future in `block_on`, such as a test's own.
    pub(crate) fn is_root(&self, seq: TaskSeq) -> bool {
        self.tasks
            .get(&seq)
            .is_some_and(|task| task.kind == Kind::BlockOn)
    }

    /// The name and the site of a task.
    pub(crate) fn get(&self, seq: Option<TaskSeq>) -> Option<(Option<Arc<str>>, Arc<Site>)> {
        let task = self.tasks.get(&seq?)?;
        let name = task.name.and_then(|id| self.labels.name(id));
        Some((name, self.labels.site(task.site)?))
    }
}

impl Rules {
    /// Every task of the process.
    pub(crate) const fn everything() -> Self {
        Self {
            extent: Extent::Process { unseen: 0 },
            ignored: Vec::new(),
            ignore_unseen: false,
            after: None,
            itself: None,
        }
    }

    /// Looks at every task. Takes as long as the agent's thread does: well below a millisecond
    /// unless there are many thousands.
    pub(crate) fn look(&self, ask: Ask) -> Result<Look, Error> {
        let decides =
            |needs: fn(&Ignore) -> bool| ask != Ask::Nothing && self.ignored.iter().any(needs);
        if decides(Ignore::needs_wait) {
            match self.capture(ASKING) {
                Ok(_) | Err(Error::Off) => {}
                Err(error) => return Err(error),
            }
        }
        let filter = self.filter();
        // To read what tasks wait on takes half a second the first time: only if it is needed.
        let reads = decides(Ignore::needs_wait) || ask == Ask::Parents;
        let update = match reads {
            true => block_on(inspect::tasks(&filter, u64::MAX))?,
            false => block_on(inspect::tasks_as_known(&filter, u64::MAX))?,
        };
        // Only now: what ends between the two looks is then missed, and not seen too much.
        let unseen = self.unseen(&update)?;
        let parents = match decides(Ignore::needs_parent) || ask == Ask::Parents {
            true => Parents::read()?,
            false => Parents::default(),
        };
        let mut look = Look {
            tasks: Vec::new(),
            labels: update.labels,
            untracked: update.overview.totals.untracked,
            parents,
            unseen: if self.ignore_unseen { 0 } else { unseen },
        };
        for task in update.tasks {
            if self.concerns(&task, &look) && !self.ignores(&task, &look) {
                look.tasks.push(task);
            }
        }
        Ok(look)
    }

    /// Asks the tasks what they wait on.
    pub(crate) fn capture(&self, timeout: Duration) -> Result<CaptureOutcome, Error> {
        block_on(inspect::capture(&self.filter(), timeout))
    }

    /// Lets through at least the tasks that this is about.
    fn filter(&self) -> String {
        match &self.extent {
            Extent::Process { .. } => String::new(),
            Extent::Scope { label, .. } => label.filter(),
        }
    }

    /// Tasks that the runtime counts and the agent does not see.
    fn unseen(&self, update: &TasksUpdate) -> Result<u64, Error> {
        let seen = update
            .tasks
            .iter()
            .filter(|task| self.is_inside(task, &update.labels));
        // A `LocalSet` counts for itself, a `LocalRuntime` counts with the others: so rather one
        // too few.
        let seen = seen.filter(|task| matches!(task.kind, Kind::Task | Kind::Local));
        let seen = seen.count() as u64;
        Ok(match &self.extent {
            Extent::Process { unseen } => {
                let alive = block_on(inspect::runtime_tasks())?.unwrap_or(0);
                alive.saturating_sub(seen + unseen)
            }
            Extent::Scope { runtime: None, .. } => 0,
            Extent::Scope {
                runtime: Some((runtime, before)),
                ..
            } => (runtime.metrics().num_alive_tasks() as u64).saturating_sub(seen + before),
        })
    }

    fn is_inside(&self, task: &Task, labels: &LabelSet) -> bool {
        match &self.extent {
            Extent::Process { .. } => true,
            Extent::Scope { label, .. } => task
                .scope
                .and_then(|id| labels.name(id))
                .is_some_and(|path| label.inside(&path).is_some()),
        }
    }

    /// Whether a task is one that the check is about.
    fn concerns(&self, task: &Task, look: &Look) -> bool {
        let is_new = self.after.is_none_or(|after| task.seq > after);
        let is_itself = self.itself.is_some() && task.tokio_id.map(Into::into) == self.itself;
        is_new
            && !is_itself
            && self.is_inside(task, &look.labels)
            && match task.kind {
                Kind::Task | Kind::Local => true,
                Kind::Blocking => !is_internal(&look.site(task)),
                // A thread's own affair: `main` is one, and every test that is under way.
                Kind::BlockOn => false,
            }
    }

    fn ignores(&self, task: &Task, look: &Look) -> bool {
        if self.ignored.is_empty() {
            return false;
        }
        let (site, name, wait) = (look.site(task), look.name(task.name), look.wait(task));
        let parent = look.parents.get(task.parent);
        let suspect = Suspect {
            site: &site,
            name: name.as_deref(),
            wait: wait.as_deref(),
            parent: parent.as_ref().map(|(name, site)| Parent {
                site,
                name: name.as_deref(),
            }),
        };
        self.ignored.iter().any(|ignored| ignored.matches(&suspect))
    }
}

/// Blocking functions that are a runtime's workers, or that hold the clock for a check.
fn is_internal(site: &Site) -> bool {
    let file = site.file.replace('\\', "/");
    let is_worker = site.package().as_deref() == Some("tokio") && file.contains("/src/runtime/");
    is_worker || *site.file == *settle::FILE
}

/// The newest task that is alive, and how many there are of which nothing is known.
pub(crate) fn current() -> Result<(Option<TaskSeq>, u64), Error> {
    // The oldest come first, and the newest last.
    let update = block_on(inspect::tasks_as_known("", u64::MAX))?;
    let newest = update.tasks.last().map(|task| task.seq);
    Ok((newest, Rules::everything().unseen(&update)?))
}
