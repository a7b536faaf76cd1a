//! What application threads write. Who is inside what is told by the thread's own cells, so that
//! entering a resource or an operation takes no lock.

use std::sync::{
    MutexGuard,
    atomic::Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use super::{
    MadeOp, MadeResource, Ref, Resources, What,
    attributes::{Attributes, Change, Update},
    entry::{Answer, Body, Entry, Link, OpBody, ResourceBody},
    holders::{Holders, Move, Share},
    within::Within,
};
use crate::{table::SEQ_BITS, thread::Thread};

/// Resources inside resources that are followed. tokio makes two levels.
const DEEPEST: usize = 4;

impl Resources {
    /// A resource was made. It is a part of the one that this thread is inside of: tokio makes
    /// the semaphore of a `Mutex` so.
    pub(crate) fn resource_made(&self, made: &MadeResource<'_>, now: u64) -> Ref {
        let parent = Within::with(|within| within.innermost(What::Resource));
        let Some((index, entry)) = self.slab.take() else {
            self.untracked.fetch_add(1, Relaxed);
            return Ref::untracked(What::Resource);
        };
        let seq = self.last_resource.fetch_add(1, Relaxed) + 1;
        *entry.lock() = Body::Resource(ResourceBody {
            kind: self.labels.of(made.kind),
            concrete_type: self.labels.of(made.concrete_type),
            site: made.site,
            is_internal: made.is_internal,
            gives_permits: made.concrete_type == "Semaphore" && !made.is_internal,
            inherits: made.inherits_child_attributes,
            parent: parent.and_then(|parent| self.link(parent)),
            created_at: now,
            attributes: Attributes::default(),
            holders: Holders::default(),
        });
        self.begin(What::Resource, index, entry, seq)
    }

    /// An operation was made, on `resource` or else the one that this thread is inside of.
    /// `None` when there is none: of a lock that was made in a `static`, tokio tells nothing.
    pub(crate) fn op_made(
        &self,
        made: &MadeOp<'_>,
        resource: Option<Ref>,
        now: u64,
    ) -> Option<Ref> {
        let (around, parent) =
            Within::with(|within| (within.innermost(What::Resource), within.innermost(What::Op)));
        let resource = resource.or(around)?;
        let place = self
            .link(resource)
            .and_then(|link| Some((link, self.slab.take()?)));
        let Some((resource, (index, entry))) = place else {
            self.untracked_ops.fetch_add(1, Relaxed);
            return Some(Ref::untracked(What::Op));
        };
        let seq = self.last_op.fetch_add(1, Relaxed) + 1;
        *entry.lock() = Body::Op(OpBody {
            resource,
            parent: parent.and_then(|parent| self.link(parent)),
            source: self.labels.of(made.source),
            acquires: made.source == "Acquire::new",
            has_acquired: false,
            inherits: made.inherits_child_attributes,
            created_at: now,
            task: 0,
            polls: 0,
            busy: 0,
            poll_began: None,
            answer: Answer::Unknown,
            first_poll: 0,
            attributes: Attributes::default(),
        });
        Some(self.begin(What::Op, index, entry, seq))
    }

    /// The span of an operation's polls was made, of `op` or else of the one that this thread is
    /// inside of.
    pub(crate) fn poll_made(&self, op: Option<Ref>) -> Option<Ref> {
        let op = op.or_else(|| Within::with(|within| within.innermost(What::Op)))?;
        Some(Ref {
            what: What::Poll,
            ..op
        })
    }

    fn begin(&self, what: What, index: u32, entry: &Entry, seq: u64) -> Ref {
        entry.spans.store(1, Relaxed);
        entry.seq.store(seq, Release);
        self.changed();
        Ref {
            what,
            index,
            seq_bits: seq_bits(seq),
        }
    }

    /// A span was entered on this thread.
    pub(crate) fn entered(&self, entered: Ref, now: impl FnOnce() -> u64) {
        Within::with(|within| within.enter(entered));
        if entered.what == What::Poll {
            let task = Thread::with(Thread::current);
            self.with_op(entered, |op| {
                let now = now();
                op.task = task;
                op.polls += 1;
                if op.polls == 1 {
                    op.first_poll = now;
                }
                op.poll_began = Some(now);
                op.answer = Answer::Unknown;
            });
        }
    }

    /// A span was left on this thread.
    pub(crate) fn left(&self, left: Ref, now: impl FnOnce() -> u64) {
        Within::with(|within| within.leave(left));
        if left.what == What::Poll {
            self.with_op(left, |op| {
                if let Some(began) = op.poll_began.take() {
                    op.busy += now().saturating_sub(began);
                }
            });
        }
    }

    /// A span has one reference more.
    pub(crate) fn cloned(&self, span: Ref) {
        if span.what != What::Poll
            && let Some((entry, _)) = self.entry(span)
        {
            entry.spans.fetch_add(1, Relaxed);
        }
    }

    /// A span has one reference less. Whether that was the last one: what it stood for is gone.
    pub(crate) fn dropped(&self, span: Ref) -> bool {
        let Some((entry, _)) = self.entry(span).filter(|_| span.what != What::Poll) else {
            return false;
        };
        if entry.spans.fetch_sub(1, AcqRel) > 1 {
            return false;
        }
        entry.seq.store(0, Release);
        // Its memory is given back outside the lock.
        let body = std::mem::take(&mut *entry.lock());
        self.slab.give_back(span.index);
        drop(body);
        self.changed();
        true
    }

    /// tokio says what the poll came to of the operation that this thread is inside of.
    pub(crate) fn polled(&self, is_ready: bool) {
        let Some(at) = Within::with(|within| within.innermost(What::Op)) else {
            return;
        };
        let (task, requested) = (
            Thread::with(Thread::current),
            self.labels.of("permits_requested"),
        );
        let taken = self.with_op(at, |op| {
            op.answer = match is_ready {
                true => Answer::Ready,
                false => Answer::Pending,
            };
            // Said twice of one poll: of the task's budget first.
            let takes = is_ready && op.acquires && !std::mem::replace(&mut op.has_acquired, true);
            takes.then(|| (op.resource, op.attributes.number(requested).unwrap_or(1)))
        });
        if let Some(Some((semaphore, permits))) = taken {
            self.with_giver(semaphore, |holders| {
                holders.take(task, Share::Permits, permits);
            });
            self.changed();
        }
    }

    /// tokio says that the resource changes that this thread is inside of.
    pub(crate) fn resource_updated(&self, update: &Update) {
        let (at, in_poll) = Within::with(|within| {
            (
                within.innermost(What::Resource),
                within.innermost(What::Poll),
            )
        });
        let Some(link) = at.and_then(|at| self.link(at)) else {
            return;
        };
        let task = Thread::with(Thread::current);
        let (name, unit) = (
            self.labels.of(update.name),
            self.labels.of(update.unit.as_str()),
        );
        let parent = self.with_resource(link, |resource| {
            resource.attributes.update(name, unit, update);
            match Move::of(update) {
                Some(Move::Taken(share)) => resource.holders.take(task, share, 1),
                Some(Move::GivenBack(share)) => resource.holders.give_back(task, share, 1),
                None => {}
            }
            resource.parent
        });
        if let Some(Some(parent)) = parent {
            self.with_resource(parent, |parent| {
                if parent.inherits {
                    parent.attributes.update(name, unit, update);
                }
            });
        }
        // What a poll puts back was never taken.
        if (update.name, update.change) == ("permits", Change::Add) && in_poll.is_none() {
            self.with_giver(link, |holders| {
                holders.give_back(task, Share::Permits, update.count());
            });
        }
        self.changed();
    }

    /// tokio says that the operation changes that this thread is inside of.
    pub(crate) fn op_updated(&self, update: &Update) {
        let Some(link) =
            Within::with(|within| within.innermost(What::Op)).and_then(|at| self.link(at))
        else {
            return;
        };
        let (name, unit) = (
            self.labels.of(update.name),
            self.labels.of(update.unit.as_str()),
        );
        let seen = self.with_op_at(link, |op| {
            op.attributes.update(name, unit, update);
            (op.parent, op.resource, op.poll_began.is_some())
        });
        let Some((parent, semaphore, is_polled)) = seen else {
            return;
        };
        if let Some(parent) = parent {
            self.with_op_at(parent, |parent| {
                if parent.inherits {
                    parent.attributes.update(name, unit, update);
                }
            });
        }
        // Whoever gives permits back hands them to those who wait: outside of their polls.
        if (update.name, update.change) == ("permits_obtained", Change::Add) && !is_polled {
            let task = Thread::with(Thread::current);
            self.with_giver(semaphore, |holders| {
                holders.give_back(task, Share::Permits, update.count());
            });
        }
        self.changed();
    }

    /// The holders of the semaphore that the program made around this one. The one inside of a
    /// lock has none of its own: the lock tells who holds it. Nor has one of a channel: its room
    /// is taken by messages.
    fn with_giver(&self, inside: Link, change: impl Fn(&mut Holders)) {
        let mut around = self.with_resource(inside, |resource| resource.parent);
        for _ in 0..DEEPEST {
            let Some(Some(link)) = around else { return };
            around = self.with_resource(link, |resource| {
                if !resource.gives_permits {
                    return resource.parent;
                }
                change(&mut resource.holders);
                None
            });
        }
    }

    fn with_resource<T>(&self, link: Link, run: impl FnOnce(&mut ResourceBody) -> T) -> Option<T> {
        self.body(link)?.resource().map(run)
    }

    fn with_op<T>(&self, at: Ref, run: impl FnOnce(&mut OpBody) -> T) -> Option<T> {
        let result = self.with_op_at(self.link(at)?, run);
        self.changed();
        result
    }

    fn with_op_at<T>(&self, link: Link, run: impl FnOnce(&mut OpBody) -> T) -> Option<T> {
        self.body(link)?.op().map(run)
    }

    fn body(&self, link: Link) -> Option<MutexGuard<'_, Body>> {
        let entry = self.slab.get(link.index)?;
        let body = entry.lock();
        // Looked at under the lock: nobody gives the entry to something else meanwhile.
        (entry.seq.load(Acquire) == link.seq).then_some(body)
    }

    fn link(&self, at: Ref) -> Option<Link> {
        let (_, seq) = self.entry(at)?;
        let index = at.index;
        Some(Link { index, seq })
    }

    /// The entry of something that is alive, and its number.
    fn entry(&self, at: Ref) -> Option<(&Entry, u64)> {
        let entry = self.slab.get(at.index)?;
        let seq = entry.seq.load(Acquire);
        (seq != 0 && seq_bits(seq) == at.seq_bits).then_some((entry, seq))
    }
}

fn seq_bits(seq: u64) -> u32 {
    (seq & ((1 << SEQ_BITS) - 1)) as u32
}
