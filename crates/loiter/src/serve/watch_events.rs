//! The stream of events.

use std::collections::HashMap;

use loiter_model::{
    Nanos, SiteId, State, TaskSeq,
    query::Filter,
    update::{Event, EventBatch, EventKind},
};
use loiter_wire::v1;
use tokio::sync::{broadcast, mpsc};
use tonic::Status;

use super::client;
use crate::{
    agent::Core,
    events::{Raw, What},
    publish::{Batch, Watch},
    table::Table,
};

/// Tasks whose verdict by the filter is remembered.
const MOST_VERDICTS: usize = 100_000;
/// Batches that a client may be behind before events are lost to it.
const BACKLOG: usize = 1;

/// Hands events on until the client is gone. What a slow client has no room for is counted.
pub(super) async fn feed(
    core: &Core,
    filter: &Filter,
    watch: &Watch,
    mut batches: broadcast::Receiver<Batch>,
    updates: mpsc::Sender<Result<v1::EventBatch, Status>>,
) {
    debug_assert_eq!(updates.max_capacity(), BACKLOG);
    let lost_before = watch.lost();
    let mut chosen = Chosen::new(core, filter);
    let mut missed = 0;
    let mut expected = None;
    // In a quiet program there may never be a batch.
    while let Some(received) = client::while_there(&updates, batches.recv()).await {
        let batch = match received {
            Ok(batch) => batch,
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => return,
        };
        // Batches that the channel dropped show as a gap in the count.
        missed += batch.before - expected.unwrap_or(batch.before);
        expected = Some(batch.before + batch.events.len() as u64);
        let events = chosen.of(&batch.events, &mut missed);
        if events.is_empty() {
            continue;
        }
        let Ok(room) = updates.try_reserve() else {
            missed += events.len() as u64;
            continue;
        };
        let batch = EventBatch {
            labels: chosen.new_labels(&events),
            events,
            lost: watch.lost() - lost_before + missed,
        };
        room.send(Ok(batch.into()));
    }
}

/// Which events a client wants, and which sites it knows.
struct Chosen<'a> {
    core: &'a Core,
    filter: &'a Filter,
    everything: bool,
    verdicts: HashMap<u64, bool>,
    known_sites: Vec<bool>,
}

impl<'a> Chosen<'a> {
    fn new(core: &'a Core, filter: &'a Filter) -> Self {
        Self {
            core,
            filter,
            everything: *filter == Filter::default(),
            verdicts: HashMap::new(),
            known_sites: Vec::new(),
        }
    }

    /// The wanted ones; `missed` counts those of tasks that are forgotten already, so that
    /// nobody can say.
    fn of(&mut self, raw: &[Raw], missed: &mut u64) -> Vec<Event> {
        let mut events = Vec::new();
        for occurred in raw {
            let verdict = match self.everything {
                true => Some(true),
                false => self.verdict(occurred),
            };
            match verdict {
                Some(true) => events.extend(event(occurred)),
                Some(false) => {}
                None => *missed += 1,
            }
            if occurred.what == What::Drop {
                self.verdicts.remove(&occurred.seq);
            }
        }
        events
    }

    /// Whether the task of an event is wanted; `None` if nothing is known of it any more.
    fn verdict(&mut self, event: &Raw) -> Option<bool> {
        if let Some(&verdict) = self.verdicts.get(&event.seq) {
            return Some(verdict);
        }
        let table: &Table = &self.core.table;
        let seq = TaskSeq::new(event.seq)?;
        let mut task = table.find(seq, &mut Some(event.index))?;
        // It may have ended since; the filter is about what holds for its whole life.
        task.state = State::Idle;
        task.ending = None;
        let limits = &self.core.config.rules.thresholds;
        let verdict = self.filter.matches(&task, limits, table);
        if self.verdicts.len() >= MOST_VERDICTS {
            self.verdicts.clear();
        }
        self.verdicts.insert(event.seq, verdict);
        Some(verdict)
    }

    /// The sites of these events that the client has not been told of.
    fn new_labels(&mut self, events: &[Event]) -> loiter_model::update::LabelSet {
        let mut labels = loiter_model::update::LabelSet::default();
        for event in events {
            let EventKind::Spawn { site, .. } = event.kind else {
                continue;
            };
            let id = site.0 as usize;
            if self.known_sites.len() <= id {
                self.known_sites.resize(id + 1, false);
            }
            if !std::mem::replace(&mut self.known_sites[id], true) {
                labels.add_site(site, &*self.core.table);
            }
        }
        labels
    }
}

fn event(raw: &Raw) -> Option<Event> {
    Some(Event {
        at: Nanos(raw.at),
        task: TaskSeq::new(raw.seq)?,
        kind: match raw.what {
            What::Spawn { site, parent } => EventKind::Spawn {
                site: SiteId(site),
                parent: TaskSeq::new(parent),
            },
            What::PollStart => EventKind::PollStart,
            What::PollEnd => EventKind::PollEnd,
            What::Wake { by } => EventKind::Wake {
                by: TaskSeq::new(by),
            },
            What::Drop => EventKind::Drop,
        },
    })
}
