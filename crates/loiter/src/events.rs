//! Events one by one, for those who watch: a single relaxed load while nobody does.

use std::sync::{
    Arc, OnceLock,
    atomic::{
        AtomicBool, AtomicU32, AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
};

use crossbeam_queue::ArrayQueue;
use loiter_model::{Ending, SiteId, TaskSeq, update::EventKind};

use crate::{table::Marks, thread::Thread};

/// Events that a queue holds between two visits of the agent's thread: 1.5 MB.
const QUEUE: usize = 32 * 1024;
/// Waits that are queued between two such visits: more than the agent asks and samples in ten of
/// them.
const WAITS: usize = 4 * 1024;
/// Queues over which threads spread.
const QUEUES: usize = 4;
/// Tasks that can be watched closely at a time.
pub(crate) const MOST_WATCHED: usize = 16;

/// Where application threads leave events and the agent's thread collects them.
///
/// Bounded: what comes faster than it is collected is counted and lost.
#[derive(Debug)]
pub(crate) struct Events {
    wanted: AtomicBool,
    /// Watchers of every task.
    of_all: AtomicU32,
    watched: [Watched; MOST_WATCHED],
    /// A queue a shard of threads, so that events of one thread stay in order. Allocated when
    /// first wanted.
    queues: OnceLock<[ArrayQueue<Raw>; QUEUES]>,
    /// What the agent's thread has learnt of waits, for watchers of every task. What finds no room
    /// is not missing for good: it is told of the tasks to whoever asks.
    waits: OnceLock<ArrayQueue<SeenWait>>,
    lost: AtomicU64,
}

/// A task whose events are wanted.
#[derive(Debug, Default)]
struct Watched {
    /// 0: the place is free.
    seq: AtomicU64,
    lost: AtomicU64,
}

/// What happened, as it is queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) at: u64,
    pub(crate) seq: u64,
    /// The slot that the task has.
    pub(crate) index: u32,
    pub(crate) what: What,
}

/// See [`loiter_model::update::EventKind`]; 0 stands for no task.
///
/// What a spawn tells is allocated, so that the many other events stay small: a spawn may do that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Spawn(Arc<Born>),
    Described(Arc<Born>),
    PollStart,
    PollEnd,
    Wake { by: u64 },
    Drop { ending: Ending },
}

/// What a task is seen to wait on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeenWait {
    pub(crate) at: u64,
    pub(crate) seq: u64,
    /// The slot that the task has.
    pub(crate) index: u32,
    /// As the [waits](crate::table::Table::waits) number it.
    pub(crate) wait: u32,
}

impl What {
    /// The same in the words of the model.
    pub(crate) fn kind(&self) -> EventKind {
        match *self {
            Self::Spawn(ref born) => EventKind::Spawn {
                site: SiteId(born.site),
                parent: TaskSeq::new(born.parent),
            },
            Self::Described(_) => EventKind::Described,
            Self::PollStart => EventKind::PollStart,
            Self::PollEnd => EventKind::PollEnd,
            Self::Wake { by } => EventKind::Wake {
                by: TaskSeq::new(by),
            },
            Self::Drop { ending } => EventKind::Drop { ending },
        }
    }
}

/// What holds for a task from its spawn on; 0 stands for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Born {
    pub(crate) site: u32,
    pub(crate) parent: u64,
    pub(crate) kind: u32,
    pub(crate) tokio_id: u64,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) scope: Option<Arc<str>>,
    pub(crate) size: u64,
    pub(crate) original_size: u64,
    pub(crate) marks: Marks,
}

impl Events {
    pub(crate) fn new() -> Self {
        Self {
            wanted: AtomicBool::new(false),
            of_all: AtomicU32::new(0),
            watched: Default::default(),
            queues: OnceLock::new(),
            waits: OnceLock::new(),
            lost: AtomicU64::new(0),
        }
    }

    /// Whether anybody wants any event: asked on every transition.
    pub(crate) fn wanted(&self) -> bool {
        self.wanted.load(Relaxed)
    }

    /// Whether anybody wants those of this task.
    pub(crate) fn wants(&self, seq: u64) -> bool {
        self.of_all.load(Relaxed) > 0 || self.watched(seq).is_some()
    }

    fn watched(&self, seq: u64) -> Option<&Watched> {
        self.watched
            .iter()
            .find(|watched| watched.seq.load(Relaxed) == seq)
    }

    /// Queues an event if somebody wants it.
    #[cold]
    pub(crate) fn note(&self, event: Raw) {
        let watched = self.watched(event.seq);
        if watched.is_none() && self.of_all.load(Relaxed) == 0 {
            return;
        }
        let Some(queues) = self.queues.get() else {
            return;
        };
        let shard = Thread::with(Thread::shard) % QUEUES;
        if queues[shard].push(event).is_err() {
            self.lost.fetch_add(1, Relaxed);
            if let Some(watched) = watched {
                watched.lost.fetch_add(1, Relaxed);
            }
        }
    }

    // --- the agent's thread ---

    /// Whether anybody wants to hear of waits.
    pub(crate) fn wants_waits(&self) -> bool {
        self.of_all.load(Relaxed) > 0
    }

    /// Queues one for those who do.
    pub(crate) fn note_wait(&self, seen: SeenWait) {
        let waits = self.waits.get_or_init(|| ArrayQueue::new(WAITS));
        let _ = waits.push(seen);
    }

    /// Takes the waits that are queued.
    pub(crate) fn collect_waits(&self) -> Vec<SeenWait> {
        let waits = self.waits.get();
        waits.map_or_else(Vec::new, |waits| {
            std::iter::from_fn(|| waits.pop()).take(WAITS).collect()
        })
    }

    /// Wants the events of every task until [`unwatch_all`](Self::unwatch_all).
    pub(crate) fn watch_all(&self) {
        self.open();
        self.of_all.fetch_add(1, Relaxed);
        self.wanted.store(true, Release);
    }

    /// Ends one [`watch_all`](Self::watch_all).
    pub(crate) fn unwatch_all(&self) {
        self.of_all.fetch_sub(1, Relaxed);
        self.close_if_unwanted();
    }

    /// Wants the events of one task; the place to give back with
    /// [`unwatch`](Self::unwatch). `None` when too many are watched.
    pub(crate) fn watch(&self, seq: u64) -> Option<usize> {
        self.open();
        let place = self
            .watched
            .iter()
            .position(|watched| watched.seq.load(Relaxed) == 0)?;
        self.watched[place].lost.store(0, Relaxed);
        self.watched[place].seq.store(seq, Relaxed);
        self.wanted.store(true, Release);
        Some(place)
    }

    /// Ends one [`watch`](Self::watch).
    pub(crate) fn unwatch(&self, place: usize) {
        self.watched[place].seq.store(0, Relaxed);
        self.close_if_unwanted();
    }

    /// Events lost of the task watched at this place.
    pub(crate) fn lost_at(&self, place: usize) -> u64 {
        self.watched[place].lost.load(Relaxed)
    }

    /// Events lost in all.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// Takes what is queued, at most one queue's worth of each.
    pub(crate) fn collect(&self) -> Vec<Raw> {
        let Some(queues) = self.queues.get() else {
            return Vec::new();
        };
        let mut events = Vec::new();
        for queue in queues {
            events.extend(std::iter::from_fn(|| queue.pop()).take(QUEUE));
        }
        events
    }

    fn open(&self) {
        self.queues
            .get_or_init(|| std::array::from_fn(|_| ArrayQueue::new(QUEUE)));
        if !self.wanted.load(Acquire) {
            // What a former watcher left is of no use to this one.
            self.collect();
            self.collect_waits();
        }
    }

    fn close_if_unwanted(&self) {
        let none = self.of_all.load(Relaxed) == 0
            && self
                .watched
                .iter()
                .all(|watched| watched.seq.load(Relaxed) == 0);
        if none {
            self.wanted.store(false, Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u64, at: u64) -> Raw {
        Raw {
            at,
            seq,
            index: 0,
            what: What::PollStart,
        }
    }

    #[test]
    fn only_what_is_wanted_is_queued() {
        let events = Events::new();
        assert!(!events.wanted());
        events.note(event(1, 10));

        let place = events.watch(1).expect("a place");
        assert!(events.wanted());
        events.note(event(1, 20));
        events.note(event(2, 30));
        assert_eq!(events.collect(), [event(1, 20)]);

        events.watch_all();
        events.note(event(2, 40));
        events.unwatch(place);
        assert!(events.wanted());
        events.unwatch_all();
        assert!(!events.wanted());

        // The leftover is not for the next one.
        events.watch_all();
        assert_eq!(events.collect(), []);
    }

    #[test]
    fn what_comes_too_fast_is_counted() {
        let events = Events::new();
        let place = events.watch(1).expect("a place");
        events.watch_all();
        for at in 0..QUEUE as u64 + 5 {
            events.note(event(1, at));
        }
        events.note(event(2, 0));
        assert_eq!(events.lost_at(place), 5);
        assert_eq!(events.lost(), 6);
        assert_eq!(events.collect().len(), QUEUE);
    }

    #[test]
    fn waits_are_queued_for_watchers_of_every_task() {
        let events = Events::new();
        let seen = |at| SeenWait {
            at,
            seq: 1,
            index: 0,
            wait: 3,
        };
        events.watch(1).expect("a place");
        assert!(!events.wants_waits());
        events.watch_all();
        assert!(events.wants_waits());
        for at in 0..WAITS as u64 + 5 {
            events.note_wait(seen(at));
        }
        assert_eq!(events.collect_waits().len(), WAITS);
        assert_eq!(events.collect_waits(), []);
        events.note_wait(seen(7));
        assert_eq!(events.collect_waits(), [seen(7)]);
    }

    #[test]
    fn the_places_are_limited() {
        let events = Events::new();
        for seq in 1..=MOST_WATCHED as u64 {
            assert!(events.watch(seq).is_some());
        }
        assert_eq!(events.watch(99), None);
        events.unwatch(3);
        assert_eq!(events.watch(99), Some(3));
    }
}
