//! The stream of events.

use std::{collections::HashMap, num::NonZeroU64, sync::Arc};

use loiter_model::{
    Kind, NameId, Nanos, SiteId, State, TaskSeq,
    query::Filter,
    update::{Description, Event, EventBatch, LabelSet},
};
use loiter_wire::v1;
use tokio::sync::{broadcast, mpsc};
use tonic::Status;

use super::client;
use crate::{
    agent::Core,
    events::{Born, Raw, What},
    publish::{Batch, Watch},
    table::Table,
};

/// Tasks whose verdict by the filter is remembered.
const MOST_VERDICTS: usize = 100_000;

/// Hands events on until the client is gone. What a slow client has no room for is counted.
pub(super) async fn feed(
    core: &Core,
    filter: &Filter,
    watch: &Watch,
    mut batches: broadcast::Receiver<Batch>,
    updates: mpsc::Sender<Result<v1::EventBatch, Status>>,
) {
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
        // While it is slow, batches wait in the channel, and what that has no room for shows as
        // a gap.
        let Ok(room) = updates.reserve().await else {
            return;
        };
        let batch = EventBatch {
            lost: watch.lost() - lost_before + missed,
            ..chosen.batch(&events)
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
    fn of<'r>(&mut self, raw: &'r [Raw], missed: &mut u64) -> Vec<&'r Raw> {
        let mut events = Vec::new();
        for occurred in raw {
            let verdict = match self.everything {
                true => Some(true),
                false => self.verdict(occurred),
            };
            match verdict {
                Some(true) => events.push(occurred),
                Some(false) => {}
                None => *missed += 1,
            }
            // What is told of a task later may change what it counts as.
            if matches!(occurred.what, What::Drop { .. } | What::Described(_)) {
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

    /// In the words of the model: the wanted events, and the sites among them that the client has
    /// not been told of.
    fn batch(&mut self, wanted: &[&Raw]) -> EventBatch {
        let mut batch = EventBatch::default();
        let mut names = Names::default();
        for raw in wanted {
            let Some(task) = TaskSeq::new(raw.seq) else {
                continue;
            };
            if let What::Spawn(born) | What::Described(born) = &raw.what {
                batch.descriptions.push(description(born, &mut names));
            }
            if let What::Spawn(born) = &raw.what {
                self.add_site(born.site, &mut batch.labels);
            }
            batch.events.push(Event {
                at: Nanos(raw.at),
                task,
                kind: raw.what.kind(),
            });
        }
        batch.labels.names = names.0.into_iter().map(|(name, id)| (id, name)).collect();
        batch
    }

    fn add_site(&mut self, site: u32, labels: &mut LabelSet) {
        let id = site as usize;
        if self.known_sites.len() <= id {
            self.known_sites.resize(id + 1, false);
        }
        if !std::mem::replace(&mut self.known_sites[id], true) {
            labels.add_site(SiteId(site), &*self.core.table);
        }
    }
}

/// The names of a batch, by numbers of its own: in the table a number may belong to another name
/// by now.
#[derive(Default)]
struct Names(HashMap<Arc<str>, NameId>);

impl Names {
    fn id(&mut self, name: &Arc<str>) -> NameId {
        let next = NameId(self.0.len() as u32);
        *self.0.entry(name.clone()).or_insert(next)
    }
}

fn description(born: &Born, names: &mut Names) -> Description {
    Description {
        kind: Kind::ALL[born.kind as usize % Kind::ALL.len()],
        tokio_id: NonZeroU64::new(born.tokio_id),
        name: born.name.as_ref().map(|name| names.id(name)),
        scope: born.scope.as_ref().map(|name| names.id(name)),
        size: Some(born.size),
        original_size: (born.original_size != 0).then_some(born.original_size),
        expect_idle: born.marks.expect_idle,
        may_be_part: born.marks.may_be_part,
    }
}
