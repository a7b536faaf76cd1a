//! A trace: what tasks did over a time, step by step, whatever the form it is written in.
//!
//! Steps come in the order of their times, but for tasks whose threads told of them late; those
//! of one task always do. Nothing is kept of what was told already, so that a trace may be larger
//! than memory.

use std::{io, num::NonZeroU64, sync::Arc};

use loiter_model::{
    Ending, Kind, Nanos, Site, SiteId, State, Target, TaskSeq, Wait,
    finding::Finding,
    update::{EventKind, LabelSet},
};

/// Whoever writes a trace.
pub(super) trait Sink {
    /// It begins.
    fn begin(&mut self, about: &About) -> io::Result<()>;
    /// A step of a task.
    fn task(&mut self, at: Nanos, track: Track, step: &Step<'_>) -> io::Result<()>;
    /// Something that holds for the whole program.
    fn program(&mut self, at: Nanos, remark: &Remark<'_>) -> io::Result<()>;
    /// It ends: no task is inside a stretch any more.
    fn finish(&mut self, at: Nanos) -> io::Result<()>;
}

/// What is traced.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct About {
    /// Which process.
    pub(super) target: Target,
    /// When the trace begins, from the agent's start.
    pub(super) from: Nanos,
    /// Which tasks, in the filter language; empty: all.
    pub(super) filter: String,
}

/// Which task, and with which others it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) task: TaskSeq,
    pub(super) site: SiteId,
}

/// What holds for a task from its spawn on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TaskLabel {
    pub(super) name: Option<Arc<str>>,
    pub(super) scope: Option<Arc<str>>,
    pub(super) kind: Kind,
    pub(super) site: Option<Arc<Site>>,
    pub(super) parent: Option<TaskSeq>,
    pub(super) tokio_id: Option<NonZeroU64>,
    pub(super) spawned_at: Nanos,
    pub(super) size: Option<u64>,
}

/// A step of a task.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step<'a> {
    /// It is spoken of for the first time, or more of it came to be known.
    Known(&'a TaskLabel),
    /// A stretch begins.
    Enter {
        /// What it does now.
        state: State,
        /// Since when: earlier than the step for what the trace did not see begin.
        since: Nanos,
        /// Of a scheduled one: the wake that made it so, where that is known.
        woken: Option<Woken>,
    },
    /// The stretch that it was in ends.
    Leave {
        /// What it did.
        state: State,
        /// Since when.
        since: Nanos,
        /// What it waited on, where that was found out.
        wait: Option<&'a Wait>,
    },
    /// Inside its poll it wakes another task: an arrow begins here.
    Wakes {
        /// Whom.
        task: TaskSeq,
        /// Which arrow.
        arrow: u64,
    },
    /// It is woken while it runs: an arrow ends here.
    Woken {
        /// By whom.
        by: TaskSeq,
        /// Which arrow.
        arrow: u64,
    },
    /// A single event, after the steps that it led to.
    Event {
        /// What happened.
        kind: EventKind,
        /// The stretch that it ended, if it did: what the task did, and for how long.
        left: Option<(State, Nanos)>,
        /// What the task does now.
        state: State,
    },
    /// It has ended.
    Ended {
        ending: Ending,
        /// Whether an event told so, which comes next; else its end was missed.
        was_told: bool,
    },
}

/// Where a wake came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Woken {
    /// Inside which task; `None`: outside of any, such as by a timer or a socket.
    pub(super) by: Option<TaskSeq>,
    /// The arrow that ends here; `None` where the other end is not in the trace.
    pub(super) arrow: Option<u64>,
}

/// Something that holds for the whole program.
#[derive(Clone, Debug)]
pub(super) enum Remark<'a> {
    /// How many tasks of the trace there are.
    Counts(Counts),
    /// Events are missing before this.
    Lost {
        /// How many.
        events: u64,
    },
    /// From here on nothing is known for a while.
    Gap {
        /// Until when.
        to: Nanos,
        /// Why.
        reason: &'a str,
    },
    /// Something is wrong, since then.
    Finding {
        /// As it was when it was seen first.
        finding: &'a Finding,
        /// What it refers to.
        labels: &'a LabelSet,
        /// When that was.
        seen_at: Nanos,
    },
}

/// Tasks alive, of those in the trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) alive: u64,
    pub(super) running: u64,
    pub(super) scheduled: u64,
    pub(super) blocked: u64,
}

impl Counts {
    /// Each with its name.
    pub(super) fn named(self) -> [(&'static str, u64); 4] {
        [
            ("tasks alive", self.alive),
            ("tasks running", self.running),
            ("tasks scheduled", self.scheduled),
            ("tasks blocked", self.blocked),
        ]
    }
}

impl TaskLabel {
    /// `#17 worker`, `#17`.
    pub(super) fn title(&self, task: TaskSeq) -> String {
        match &self.name {
            Some(name) => format!("#{task} {name}"),
            None => format!("#{task}"),
        }
    }
}

/// `src/pool.rs:88:9`, with the function that `spawn_blocking` runs there; `?` where it is not
/// known.
pub(super) fn site_title(site: Option<&Site>) -> String {
    match site {
        None => "?".to_owned(),
        Some(site) if site.function.is_empty() => site.to_string(),
        Some(site) => format!("{site} {}", site.function),
    }
}
