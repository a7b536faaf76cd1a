//! The task that is looked at closely.

use loiter_model::{Nanos, State, TaskSeq, Thresholds, update::TaskDetail};

/// What is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Detail {
    pub(crate) seq: TaskSeq,
    /// The limits it is asked for with. They stay: asking anew would begin its distributions
    /// anew, and what is wrong with it is seen from here as well.
    pub(crate) thresholds: Thresholds,
    /// The last answer, and when it came.
    pub(crate) known: Option<Known>,
    /// Why there will be no (more) answers.
    pub(crate) gone: Option<String>,
    /// Lines scrolled out at the top.
    pub(crate) scrolled: u16,
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

    /// The task that spawned it.
    pub(crate) fn parent(&self) -> Option<TaskSeq> {
        self.known.as_ref()?.detail.task.parent
    }

    /// The task that woke it last.
    pub(crate) fn waker(&self) -> Option<TaskSeq> {
        self.known.as_ref()?.detail.task.woken_by
    }
}
