//! The resource that is looked at closely.

use loiter_model::{AsyncOp, Nanos, ResourceSeq, TaskSeq, update::ResourceDetail};

/// What is known of it.
#[derive(Clone, Debug)]
pub(crate) struct ResourcePage {
    pub(crate) seq: ResourceSeq,
    /// The last answer, and when it came.
    pub(crate) known: Option<(Nanos, ResourceDetail)>,
    /// Why there will be no (more) answers.
    pub(crate) gone: Option<String>,
    /// Which of its [`items`](Self::items) the cursor is on.
    selected: usize,
}

/// A line of the page that the cursor can be on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item<'a> {
    /// A task that has taken it.
    Holder(TaskSeq),
    /// A task that waits for it.
    Waiter(TaskSeq),
    /// An operation on it.
    Op(&'a AsyncOp),
}

impl Item<'_> {
    /// The task that it leads to.
    pub(crate) fn task(self) -> Option<TaskSeq> {
        match self {
            Self::Holder(task) | Self::Waiter(task) => Some(task),
            Self::Op(op) => op.task,
        }
    }
}

impl ResourcePage {
    pub(crate) fn new(seq: ResourceSeq) -> Self {
        Self {
            seq,
            known: None,
            gone: None,
            selected: 0,
        }
    }

    /// Whether it was seen to have ended: nothing more is to be expected then.
    pub(crate) fn has_ended(&self) -> bool {
        let known = self.known.as_ref();
        known.is_some_and(|(_, detail)| detail.resource.has_ended)
    }

    /// Takes an answer.
    pub(crate) fn accept(&mut self, detail: ResourceDetail, at: Nanos) {
        self.known = Some((at, detail));
        self.step(0);
    }

    /// Holders, waiters and operations, from top to bottom.
    pub(crate) fn items(&self) -> Vec<Item<'_>> {
        let Some((_, detail)) = &self.known else {
            return Vec::new();
        };
        let resource = &detail.resource;
        let holders = resource.holders.iter().copied().map(Item::Holder);
        let waiters = resource.waiters.iter().copied().map(Item::Waiter);
        let ops = detail.ops.iter().map(Item::Op);
        holders.chain(waiters).chain(ops).collect()
    }

    /// Which of the items is selected.
    pub(crate) fn selected(&self) -> usize {
        self.selected
    }

    /// The task that the selected item leads to.
    pub(crate) fn task(&self) -> Option<TaskSeq> {
        self.items().get(self.selected)?.task()
    }

    /// Moves the cursor by so many items. Ends at the edges.
    pub(crate) fn step(&mut self, items: i64) {
        let last = self.items().len().saturating_sub(1);
        let items =
            isize::try_from(items).unwrap_or(if items < 0 { isize::MIN } else { isize::MAX });
        self.selected = self.selected.saturating_add_signed(items).min(last);
    }
}
