//! Collects the events that application threads leave, and hands them to whoever watches.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, broadcast},
    time,
};

use crate::{
    events::{Events, Raw, SeenWait},
    table::Table,
    upkeep::{self, Part},
};

/// How often queues are emptied. One of them is full after 160 ms in a program whose one busy thread
/// has 200,000 events a second: room for the times in which this thread looks at every task.
const EVERY: Duration = Duration::from_millis(10);
/// Batches that a slow watcher may lag behind.
const BATCHES: usize = 64;

/// Events collected at one time, in the order of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub(crate) events: Arc<[Raw]>,
    /// What became known of waits meanwhile.
    pub(crate) waits: Arc<[SeenWait]>,
    /// Events that came before it, so that a watcher who missed batches can count them.
    pub(crate) before: u64,
}

/// Runs only while somebody watches.
pub(crate) struct Pump {
    table: Arc<Table>,
    batches: broadcast::Sender<Batch>,
    wanted: Notify,
    /// Events collected so far, whether they were handed on or not.
    collected: AtomicU64,
}

/// Whose events a watcher wants; gives them up when dropped.
pub(crate) struct Watch {
    table: Arc<Table>,
    of: Of,
    since: u64,
}

#[derive(Clone, Copy)]
enum Of {
    All,
    /// The task at this place among the watched ones.
    One(usize),
}

impl Pump {
    pub(crate) fn new(table: Arc<Table>) -> Self {
        Self {
            table,
            batches: broadcast::channel(BATCHES).0,
            wanted: Notify::new(),
            collected: AtomicU64::new(0),
        }
    }

    /// Events of every task from now on.
    pub(crate) fn watch_all(&self) -> (Watch, broadcast::Receiver<Batch>) {
        self.events().watch_all();
        (self.watch(Of::All), self.subscribe())
    }

    /// Events of one task from now on (and of whatever else is watched). `None` when too many
    /// are watched.
    pub(crate) fn watch_one(&self, seq: u64) -> Option<(Watch, broadcast::Receiver<Batch>)> {
        let place = self.events().watch(seq)?;
        Some((self.watch(Of::One(place)), self.subscribe()))
    }

    fn watch(&self, of: Of) -> Watch {
        Watch {
            table: self.table.clone(),
            of,
            since: self.collected.load(Relaxed),
        }
    }

    fn subscribe(&self) -> broadcast::Receiver<Batch> {
        let receiver = self.batches.subscribe();
        self.wanted.notify_one();
        receiver
    }

    fn events(&self) -> &Events {
        self.table.events()
    }

    /// Collects as long as somebody watches, then waits for the next one.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            if !self.events().wanted() {
                self.wanted.notified().await;
            }
            time::sleep(EVERY).await;
            let mut events = self.events().collect();
            let waits = self.events().collect_waits();
            if events.is_empty() && waits.is_empty() {
                continue;
            }
            // At once: what is lost from here on is missing for those who watch.
            let before = self.collected.fetch_add(events.len() as u64, Relaxed);
            upkeep::may_panic(Part::Pump);
            events.sort_by_key(|event| event.at);
            // Nobody may be left to receive it.
            let _ = self.batches.send(Batch {
                events: events.into(),
                waits: waits.into(),
                before,
            });
        }
    }
}

impl Watch {
    /// Events that had been collected when the watch began: see [`Batch::before`].
    pub(crate) fn since(&self) -> u64 {
        self.since
    }

    /// Events lost since the watch began, because they came too fast.
    pub(crate) fn lost(&self) -> u64 {
        match self.of {
            Of::All => self.table.events().lost(),
            Of::One(place) => self.table.events().lost_at(place),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        match self.of {
            Of::All => self.table.events().unwatch_all(),
            Of::One(place) => self.table.events().unwatch(place),
        }
    }
}
