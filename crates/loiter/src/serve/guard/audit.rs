//! Who came in and who was not let in, told to the program's tracing subscriber.
//!
//! That is the program's own code, which may wait for a lock that a stuck task holds. So it runs on
//! a thread of its own, and what that has no room for is counted.

use std::{
    fmt,
    panic::catch_unwind,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use loiter_model::Nanos;
use tokio::time;

use super::{Peer, Rights};
use crate::{
    agent::Core,
    notice,
    publish::Rate,
    upkeep::{self, Part},
};

/// Of either kind, so many are told of in a minute: a flood of one does not hide the other.
const MOST: u32 = 60;
/// Those that wait for the program at most.
const WAITING: usize = 64;
/// How often it is looked whether something was left out.
const SETTLE: Duration = Duration::from_secs(30);

/// Tells of them.
pub(super) struct Audit {
    core: Arc<Core>,
    inner: Mutex<Inner>,
}

struct Inner {
    attached: Rate,
    refused: Rate,
    /// Started with the first one.
    thread: Option<mpsc::SyncSender<Entry>>,
}

/// What there is to tell.
#[derive(Debug)]
enum Entry {
    Attached {
        peer: Peer,
        by: String,
        rights: Rights,
    },
    Refused {
        peer: Peer,
        reason: String,
    },
    LeftOut {
        what: &'static str,
        count: u64,
    },
}

impl Audit {
    pub(super) fn new(core: Arc<Core>) -> Self {
        Self {
            core,
            inner: Mutex::new(Inner {
                attached: Rate::of(MOST),
                refused: Rate::of(MOST),
                thread: None,
            }),
        }
    }

    /// Somebody was let in. `by`: what it showed of itself.
    pub(super) fn attached(&self, peer: Peer, by: &impl fmt::Display, rights: Rights) {
        let mut inner = self.lock();
        // Said only to whoever keeps a log.
        if self.core.through_tracing && inner.attached.admits(self.now()) {
            let by = by.to_string();
            let told = inner.tell(&self.core, Entry::Attached { peer, by, rights });
            if !told {
                inner.attached.leave_out();
            }
        }
    }

    /// Somebody was not let in, or not answered.
    pub(super) fn refused(&self, peer: Peer, reason: &impl fmt::Display) {
        let mut inner = self.lock();
        if inner.refused.admits(self.now()) {
            let reason = reason.to_string();
            if !inner.tell(&self.core, Entry::Refused { peer, reason }) {
                inner.refused.leave_out();
            }
        }
    }

    /// Tells how many were left out, for ever.
    pub(super) async fn settle(&self) {
        loop {
            time::sleep(SETTLE).await;
            let now = self.now();
            let mut inner = self.lock();
            let Inner {
                attached, refused, ..
            } = &mut *inner;
            let left_out = [
                ("attached", attached.settle(now)),
                ("refused", refused.settle(now)),
            ];
            for (what, count) in left_out {
                if let Some(count) = count {
                    inner.tell(&self.core, Entry::LeftOut { what, count });
                }
            }
        }
    }

    fn now(&self) -> Nanos {
        Nanos(self.core.table.now())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Whether there was room for it.
    fn tell(&mut self, core: &Arc<Core>, entry: Entry) -> bool {
        if self.thread.is_none() {
            self.thread = start(core.through_tracing);
        }
        let thread = self.thread.as_ref();
        thread.is_some_and(|thread| thread.try_send(entry).is_ok())
    }
}

/// Starts the thread. It lives as long as the agent.
fn start(through_tracing: bool) -> Option<mpsc::SyncSender<Entry>> {
    let (sender, entries) = mpsc::sync_channel(WAITING);
    let thread = thread::Builder::new().name("loiter-audit".to_owned());
    let started = thread.spawn(move || {
        for entry in entries {
            upkeep::once_here(Part::Audit, || {
                upkeep::may_panic(Part::Audit);
                // A subscriber of the program's may panic.
                let _ = upkeep::of_the_program(|| catch_unwind(|| say(&entry, through_tracing)));
            });
        }
    });
    started.is_ok().then_some(sender)
}

fn say(entry: &Entry, through_tracing: bool) {
    if !through_tracing {
        return notice::warn(false, &entry.to_string());
    }
    match entry {
        Entry::Attached { peer, by, rights } => tracing::info!(
            target: "loiter::audit",
            peer = %peer,
            door = peer.door(),
            by,
            rights = rights.name(),
            "{entry}"
        ),
        Entry::Refused { peer, reason } => tracing::warn!(
            target: "loiter::audit",
            peer = %peer,
            door = peer.door(),
            reason,
            "{entry}"
        ),
        Entry::LeftOut { count, .. } => {
            tracing::warn!(target: "loiter::audit", left_out = count, "{entry}");
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attached { peer, by, rights } => {
                let may = match rights {
                    Rights::Look => "may look",
                    Rights::Probe => "may look and probe",
                };
                write!(f, "attached: {peer}, {by}; {may}")
            }
            Self::Refused { peer, reason } => write!(f, "refused: {peer}: {reason}"),
            Self::LeftOut { what, count } => {
                write!(f, "{count} further clients were {what} in the last 90 s")
            }
        }
    }
}
