//! The task that is looked at closely.

use std::sync::Arc;

use loiter_model::{
    Kind, Nanos, StackSource, State, TaskSeq, Thresholds, Wait,
    query::Labels,
    update::{CaptureOutcome, TaskDetail},
};

/// What is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Detail {
    pub(crate) seq: TaskSeq,
    /// The limits it is asked for with. They stay: asking anew would begin its distributions
    /// anew, and what is wrong with it is seen from here as well.
    pub(crate) thresholds: Thresholds,
    /// The last answer, and when it came.
    pub(crate) known: Option<Known>,
    /// Whether it was asked what it waits on.
    pub(crate) capture: Capture,
    /// What it was last seen to wait on, in this wait or in an earlier one.
    pub(crate) wait: Option<Arc<Wait>>,
    /// Why there will be no (more) answers.
    pub(crate) gone: Option<String>,
    /// Lines scrolled out at the top.
    pub(crate) scrolled: u16,
}

/// Whether a task was asked what it waits on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Capture {
    /// It was not.
    No,
    /// The answer is on its way.
    Asking,
    /// This came of it, at that time. What it waits on is in the answers since then.
    Done { outcome: CaptureOutcome, at: Nanos },
    /// It cannot be asked.
    Failed(String),
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) at: Nanos,
    pub(crate) detail: TaskDetail,
}

impl Detail {
    pub(crate) fn new(seq: TaskSeq, thresholds: Thresholds) -> Self {
        Self {
            seq,
            thresholds,
            known: None,
            capture: Capture::No,
            wait: None,
            gone: None,
            scrolled: 0,
        }
    }

    /// Whether the task was seen to have ended: nothing more is to be expected then.
    pub(crate) fn has_ended(&self) -> bool {
        self.known
            .as_ref()
            .is_some_and(|known| known.detail.task.state == State::Ended)
    }

    /// Takes an answer.
    pub(crate) fn accept(&mut self, detail: TaskDetail, at: Nanos) {
        if let Some(wait) = detail.task.wait.and_then(|id| detail.labels.wait(id)) {
            self.wait = Some(wait);
        }
        self.known = Some(Known { at, detail });
    }

    /// Whether it waits, and asking it may tell more of that than is known. What was sampled may
    /// be only a part of it; a future that a thread blocks on cannot be asked.
    pub(crate) fn is_worth_asking(&self) -> bool {
        let known = self.known.as_ref();
        known.is_some_and(|known| {
            let task = &known.detail.task;
            let is_sampled = |wait: &Arc<Wait>| wait.stack.source == StackSource::Sampled;
            let is_partial = task.wait.is_none() || self.wait.as_ref().is_some_and(is_sampled);
            task.state == State::Idle && task.kind != Kind::BlockOn && is_partial
        })
    }

    /// Whether it was seen to wait in some call.
    pub(crate) fn has_calls(&self) -> bool {
        let wait = self.wait.as_ref();
        wait.is_some_and(|wait| !wait.stack.branches.is_empty())
    }

    /// The task that spawned it.
    pub(crate) fn parent(&self) -> Option<TaskSeq> {
        self.known.as_ref()?.detail.task.parent
    }

    /// The task that woke it last.
    pub(crate) fn waker(&self) -> Option<TaskSeq> {
        self.known.as_ref()?.detail.task.woken_by
    }
}
