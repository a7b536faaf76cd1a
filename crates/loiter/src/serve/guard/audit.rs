//! Who came in and who was not let in, told to the program's tracing subscriber.
//!
//! It is told beside the agent's thread, see [`notice`], and what there is no room for is counted.

use std::{
    fmt,
    panic::catch_unwind,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
            }),
        }
    }

    /// Somebody was let in. `by`: what it showed of itself.
    pub(super) fn attached(&self, peer: Peer, by: &impl fmt::Display, rights: Rights) {
        let mut inner = self.lock();
        // Said only to whoever keeps a log.
        if self.core.through_tracing && inner.attached.admits(self.now()) {
            let by = by.to_string();
            if !self.tell(Entry::Attached { peer, by, rights }) {
                inner.attached.leave_out();
            }
        }
    }

    /// Somebody was not let in, or not answered.
    pub(super) fn refused(&self, peer: Peer, reason: &impl fmt::Display) {
        let mut inner = self.lock();
        if inner.refused.admits(self.now()) {
            let reason = reason.to_string();
            if !self.tell(Entry::Refused { peer, reason }) {
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
                    self.tell(Entry::LeftOut { what, count });
                }
            }
        }
    }

    /// Whether there was room for it.
    fn tell(&self, entry: Entry) -> bool {
        let through_tracing = self.core.through_tracing;
        notice::aside(through_tracing, move || {
            upkeep::once_here(Part::Audit, || {
                upkeep::may_panic(Part::Audit);
                // A subscriber of the program's may panic.
                let _ = upkeep::of_the_program(|| catch_unwind(|| say(&entry, through_tracing)));
            });
        })
    }

    fn now(&self) -> Nanos {
        Nanos(self.core.table.now())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn say(entry: &Entry, through_tracing: bool) {
    if !through_tracing {
        return notice::at_once(false, &entry.to_string());
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
