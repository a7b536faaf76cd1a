//! One task at one instant.

use std::{fmt, num::NonZeroU64};

use crate::{Condition, Lints, Nanos, SiteId, Thresholds, WaitId};

/// The agent's own number of a task: counted up from 1, never reused while the process lives
/// (tokio's task ids and tracing's span ids both are).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskSeq(pub NonZeroU64);

impl TaskSeq {
    /// `None` for zero, which stands for "no task" in tables and on the wire.
    #[must_use]
    pub const fn new(seq: u64) -> Option<Self> {
        match NonZeroU64::new(seq) {
            Some(seq) => Some(Self(seq)),
            None => None,
        }
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for TaskSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Stands for a task's name where names are interned. Meaningful only beside the table or the
/// update that it came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub u32);

/// How a task came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `tokio::spawn`.
    Task,
    /// `spawn_local`.
    Local,
    /// `spawn_blocking`: a function on a thread of the blocking pool.
    Blocking,
    /// The future that a thread blocks on, such as `main`'s.
    BlockOn,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Task, Self::Local, Self::Blocking, Self::BlockOn];

    /// The word for it in filters, tables and JSON: the one tokio uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Local => "local",
            Self::Blocking => "blocking",
            Self::BlockOn => "block_on",
        }
    }
}

/// What a task is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Inside a poll.
    Running,
    /// Woken (or new), waiting for a worker.
    Scheduled,
    /// Pending: waiting for a wake.
    Idle,
    /// Gone.
    Ended,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Running, Self::Scheduled, Self::Idle, Self::Ended];

    /// The word for it in filters, tables and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Scheduled => "scheduled",
            Self::Idle => "idle",
            Self::Ended => "ended",
        }
    }
}

/// How a task ended, as far as it can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// Its future returned a value.
    Finished,
    /// Aborted before it returned.
    Cancelled,
    /// A poll panicked.
    Panicked,
    /// It is gone; nothing told how.
    Unknown,
    /// It was still there when its runtime or its `LocalSet` went down.
    RuntimeDropped,
}

impl Ending {
    /// Every ending.
    pub const ALL: [Self; 5] = [
        Self::Finished,
        Self::Cancelled,
        Self::Panicked,
        Self::Unknown,
        Self::RuntimeDropped,
    ];

    /// The word for it in tables and JSON; filters have `-` for a space.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            Self::Panicked => "panicked",
            Self::Unknown => "unknown",
            Self::RuntimeDropped => "runtime dropped",
        }
    }
}

/// What is known of one task at one instant. `Copy`: strings are behind ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// The agent's own number.
    pub seq: TaskSeq,
    /// Tokio's id, as `JoinHandle::id` prints it; may be reused after the task's end.
    pub tokio_id: Option<NonZeroU64>,
    /// From `task::Builder::name`.
    pub name: Option<NameId>,
    /// The scope that it was spawned in, interned like a name.
    pub scope: Option<NameId>,
    /// How it came to be.
    pub kind: Kind,
    /// Where it was spawned.
    pub site: SiteId,
    /// The task inside which it was spawned.
    pub parent: Option<TaskSeq>,
    /// Bytes of the future (of the closure, for `blocking`) as tokio stores it.
    pub size: Option<u64>,
    /// Bytes before tokio boxed it, when it did.
    pub original_size: Option<u64>,
    /// From the agent's start to the spawn.
    pub spawned_at: Nanos,
    /// What it is doing now.
    pub state: State,
    /// For how long it has been in `state`: the current wait of an idle task, the current poll
    /// of a running one, the time since its end of an ended one.
    pub in_state: Nanos,
    /// From spawn to now, or to its end.
    pub total: Nanos,
    /// Sum of its polls, the current one included.
    pub busy: Nanos,
    /// Sum of its waits for a worker, the current one included.
    pub scheduled: Nanos,
    /// How often it was polled, the current poll included.
    pub polls: u64,
    /// The longest poll, the current one included; see
    /// [`known_longest_poll`](Self::known_longest_poll).
    pub longest_poll: Nanos,
    /// How often it was woken.
    pub wakes: u64,
    /// How often it woke itself from inside its own poll.
    pub self_wakes: u64,
    /// Clones of its waker that exist. Zero while idle: nothing is left that could wake it.
    pub live_wakers: u32,
    /// The task inside which it was woken last; `None` for a wake from outside any task, such
    /// as by a timer or a socket.
    pub woken_by: Option<TaskSeq>,
    /// Every wake so far came from inside the task `woken_by`.
    pub sole_waker: bool,
    /// Its program says that it waits by design.
    pub expect_idle: bool,
    /// It may be a part of a task only, so that wakes of its other parts poll it, too.
    pub may_be_part: bool,
    /// Its current poll has given its worker to another thread, as `block_in_place` does: it holds up
    /// no other task. Never so where tokio does not tell of it.
    pub in_place: bool,
    /// What it waits on, if that was found out since this wait began; `None` unless it is idle.
    pub wait: Option<WaitId>,
    /// How it ended; `Some` exactly when `state` is [`State::Ended`].
    pub ending: Option<Ending>,
}

impl Task {
    /// One that was just spawned, of which nothing else is known: tokio queues it, without a wake.
    #[must_use]
    pub const fn spawned(
        seq: TaskSeq,
        site: SiteId,
        parent: Option<TaskSeq>,
        spawned_at: Nanos,
    ) -> Self {
        Self {
            seq,
            tokio_id: None,
            name: None,
            scope: None,
            kind: Kind::Task,
            site,
            parent,
            size: None,
            original_size: None,
            spawned_at,
            state: State::Scheduled,
            in_state: Nanos::ZERO,
            total: Nanos::ZERO,
            busy: Nanos::ZERO,
            scheduled: Nanos::ZERO,
            polls: 0,
            longest_poll: Nanos::ZERO,
            wakes: 0,
            self_wakes: 0,
            live_wakers: 0,
            woken_by: None,
            sole_waker: false,
            expect_idle: false,
            may_be_part: false,
            in_place: false,
            wait: None,
            ending: None,
        }
    }

    /// The idle time: how long it has been waiting now. `None` unless it is idle.
    #[inline]
    #[must_use]
    pub fn idle(&self) -> Option<Nanos> {
        (self.state == State::Idle).then_some(self.in_state)
    }

    /// The time since its end. `None` while it is alive.
    #[inline]
    #[must_use]
    pub fn ended_for(&self) -> Option<Nanos> {
        (self.state == State::Ended).then_some(self.in_state)
    }

    /// The sum of all its waits, the current one included. The lifetime figure that
    /// tokio-console calls `Idle`.
    #[inline]
    #[must_use]
    pub fn total_idle(&self) -> Nanos {
        self.total
            .saturating_sub(self.busy)
            .saturating_sub(self.scheduled)
    }

    /// The longest poll, if that is known: not every [`Teller`](crate::Teller) tells it, and then
    /// a task has polls and none of any length.
    #[must_use]
    pub fn known_longest_poll(&self) -> Option<Nanos> {
        (self.polls == 0 || self.longest_poll > Nanos::ZERO).then_some(self.longest_poll)
    }

    /// What is wrong with it right now, by these limits. A poll that is known to hold no worker is
    /// none that hogs one.
    #[inline]
    #[must_use]
    pub fn condition(&self, limits: &Thresholds) -> Option<Condition> {
        let condition = limits.condition(self.kind, self.state, self.in_state);
        condition.filter(|it| !(self.in_place & (*it == Condition::Hogging)))
    }

    /// The hints on it, by these limits.
    #[inline]
    #[must_use]
    pub fn lints(&self, limits: &Thresholds) -> Lints {
        limits.lints.lints(self)
    }

    /// Whether it waits, and nothing seems to be left that could wake it. Of what is, or may be,
    /// a part of something larger that cannot be told.
    #[inline]
    #[must_use]
    pub fn has_no_waker(&self) -> bool {
        matches!(self.kind, Kind::Task | Kind::Local)
            & (self.state == State::Idle)
            & !self.may_be_part
            & (self.polls > 0)
            & (self.live_wakers == 0)
    }

    /// The same task `elapsed` later, if nothing happened to it meanwhile: what a client shows
    /// between two updates.
    #[must_use]
    pub fn after(&self, elapsed: Nanos) -> Self {
        let mut task = *self;
        task.in_state = task.in_state.saturating_add(elapsed);
        match task.state {
            State::Ended => return task,
            State::Idle => {}
            State::Running => {
                task.busy = task.busy.saturating_add(elapsed);
                task.longest_poll = task.longest_poll.max(task.in_state);
            }
            State::Scheduled => task.scheduled = task.scheduled.saturating_add(elapsed),
        }
        task.total = task.total.saturating_add(elapsed);
        task
    }
}
