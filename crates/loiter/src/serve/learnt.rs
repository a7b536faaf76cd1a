//! What tasks come to be known to wait on, for a stream of events.

use std::{
    collections::{HashSet, VecDeque},
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
};

use loiter_model::{
    Nanos, TaskSeq, WaitId,
    update::{EventBatch, LearntWait},
};

use crate::{events::SeenWait, publish::reading, table::Table};

/// Waits that are held until it is known what their stacks read like, which may take seconds the
/// first time. Of those beyond, whoever asks for the tasks hears.
const MOST: usize = 64 * 1024;
/// Stacks of one batch: each takes some kilobytes.
const STACKS_AT_ONCE: usize = 256;

/// What is to be told of waits, and what the client knows already.
pub(super) struct Learnt<'a> {
    table: &'a Arc<Table>,
    held: VecDeque<SeenWait>,
    /// Stacks are being read.
    reading: Option<Pin<Box<dyn Future<Output = ()> + Send + 'a>>>,
    /// Not all that could be told went into the last batch.
    has_more: bool,
    /// Stacks that the client was told.
    told: HashSet<u32>,
}

impl<'a> Learnt<'a> {
    pub(super) fn new(table: &'a Arc<Table>) -> Self {
        Self {
            table,
            held: VecDeque::new(),
            reading: None,
            has_more: false,
            told: HashSet::new(),
        }
    }

    pub(super) fn take(&mut self, waits: impl IntoIterator<Item = SeenWait>) {
        let room = MOST.saturating_sub(self.held.len());
        self.held.extend(waits.into_iter().take(room));
    }

    /// Adds to a batch what can be told by now, and has the rest read.
    pub(super) fn tell(&mut self, batch: &mut EventBatch) {
        self.has_more = false;
        let mut stacks = 0;
        let mut unread = false;
        let (table, told) = (self.table, &mut self.told);
        self.held.retain(|seen| {
            let Some(id) = table.waits().canonical(seen.wait) else {
                unread = true;
                return true;
            };
            if !told.contains(&id) {
                if stacks == STACKS_AT_ONCE {
                    self.has_more = true;
                    return true;
                }
                stacks += 1;
                told.insert(id);
                batch.labels.add_wait(WaitId(id), &**table);
            }
            batch
                .waits
                .extend(TaskSeq::new(seen.seq).map(|task| LearntWait {
                    at: Nanos(seen.at),
                    task,
                    wait: WaitId(id),
                }));
            false
        });
        if unread && self.reading.is_none() {
            self.reading = Some(Box::pin(reading::waits(table)));
        }
    }

    /// What `future` comes to, or `None` as soon as there is more to [tell](Self::tell).
    pub(super) async fn or_more<F: Future>(&mut self, future: F) -> Option<F::Output> {
        if self.has_more {
            return None;
        }
        let mut future = pin!(future);
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            let reading = self.reading.as_mut();
            if reading.is_some_and(|reading| reading.as_mut().poll(context).is_ready()) {
                self.reading = None;
                return Poll::Ready(None);
            }
            Poll::Pending
        })
        .await
    }
}
