//! Tasks that have been idle for too long.

use super::{
    merge::Member,
    waits::{Known, WaitIndex},
};
use crate::{Nanos, Task, TaskSeq, Wait, WaitKind, finding::allow::Allowed};

/// What the rules need of a blocked task once all tasks are seen. Small: all of a million tasks
/// may be blocked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiter {
    pub(super) member: Member,
    pub(super) spawned_at: Nanos,
    pub(super) parent: Option<TaskSeq>,
    /// The only task that ever woke it, if it was woken often enough to say so.
    pub(super) sole_waker: Option<TaskSeq>,
    pub(super) wakes: u64,
    pub(super) allowed: Allowed,
    pub(super) waker: Waker,
    /// Its program says that it waits by design.
    pub(super) expect_idle: bool,
    /// Its wait is one for it and not for the whole task.
    pub(super) is_part: bool,
    /// The program itself spawned it, not a library.
    pub(super) is_own: bool,
}

/// What is known of a blocked task's wakers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waker {
    /// Something may wake it.
    MayBe,
    /// There is none, and it was so in the scan before.
    MissingStill,
    /// There is none, and a look met none either.
    Nowhere,
}

/// What a wait is about.
///
/// Of several branches, the greatest one stands for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum About {
    /// Something that another task sends.
    Receive,
    /// What another task holds.
    Lock,
    /// Room for what it sends.
    Send,
    /// It cannot be told.
    Unknown,
    /// Anything else.
    Other,
}

impl About {
    pub(super) fn of(kind: WaitKind) -> Self {
        match kind {
            WaitKind::MpscRecv
            | WaitKind::OneshotRecv
            | WaitKind::BroadcastRecv
            | WaitKind::WatchChanged
            | WaitKind::Notify => Self::Receive,
            WaitKind::MpscSend => Self::Send,
            WaitKind::Mutex
            | WaitKind::RwLockRead
            | WaitKind::RwLockWrite
            | WaitKind::Semaphore
            | WaitKind::Barrier => Self::Lock,
            WaitKind::Unknown => Self::Unknown,
            WaitKind::Join
            | WaitKind::Sleep
            | WaitKind::IoRead
            | WaitKind::IoWrite
            | WaitKind::Accept
            | WaitKind::Signal
            | WaitKind::Process
            | WaitKind::Select
            | WaitKind::Nothing => Self::Other,
        }
    }

    /// What a whole wait is about. Judges its branches anew, if there are several.
    pub(super) fn of_wait(wait: &Wait) -> Self {
        if wait.stack.branches.len() <= 1 {
            return Self::of(wait.kind);
        }
        if wait.kind != WaitKind::Select {
            // A timeout is a way out.
            let is_bounded = wait.leaves().any(|leaf| leaf == WaitKind::Sleep);
            return if is_bounded {
                Self::Other
            } else {
                Self::of(wait.kind)
            };
        }
        wait.leaves()
            .map(Self::of_branch)
            .max()
            .unwrap_or(Self::Other)
    }

    /// What a branch of a `select!` is about. A token, a broadcast or a watch channel is there to
    /// end it.
    fn of_branch(kind: WaitKind) -> Self {
        match kind {
            WaitKind::Notify | WaitKind::BroadcastRecv | WaitKind::WatchChanged => Self::Other,
            WaitKind::Unknown => Self::Other,
            kind => Self::of(kind),
        }
    }
}

impl Waiter {
    pub(super) fn new(
        task: &Task,
        wait: WaitIndex,
        waker: Waker,
        allowed: Allowed,
        is_own: bool,
    ) -> Self {
        let is_sole = task.sole_waker && task.wakes >= 2;
        Self {
            member: Member::new(task, wait),
            spawned_at: task.spawned_at,
            parent: task.parent,
            sole_waker: task.woken_by.filter(|_| is_sole),
            wakes: task.wakes,
            allowed,
            waker,
            expect_idle: task.expect_idle,
            is_part: task.may_be_part,
            is_own,
        }
    }

    pub(super) fn never_woken(&self) -> bool {
        self.wakes == 0
    }

    /// The tasks whose end would make its wait suspicious.
    pub(super) fn others(&self, wait: &Known) -> impl Iterator<Item = TaskSeq> {
        let about = wait.about;
        let may_be_orphan = !self.expect_idle && about != About::Other;
        let waker = self.sole_waker.filter(|_| may_be_orphan);
        let asks_for_parent = !self.expect_idle && (about == About::Receive || waker.is_some());
        let parent = self.parent.filter(|_| asks_for_parent);
        [waker, parent].into_iter().flatten()
    }
}
