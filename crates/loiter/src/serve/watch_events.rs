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

use super::{client, learnt::Learnt};
use crate::{
    agent::Core,
    events::{Born, Raw, SeenWait, What},
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
    let mut expected = watch.since();
    let mut learnt = Learnt::new(&core.table);
    // In a quiet program there may never be a batch.
    while let Some(received) = client::while_there(&updates, learnt.or_more(batches.recv())).await {
        let batch = match received {
            None => Batch::default(),
            Some(Ok(batch)) => {
                // Batches that the channel dropped show as a gap in the count.
                missed += batch.before.saturating_sub(expected);
                expected = batch.before + batch.events.len() as u64;
                batch
            }
            Some(Err(broadcast::error::RecvError::Lagged(_))) => continue,
            Some(Err(broadcast::error::RecvError::Closed)) => return,
        };
        learnt.take(chosen.waits(&batch.waits));
        let events = chosen.of(&batch.events, &mut missed);
        let mut told = chosen.batch(&events);
        learnt.tell(&mut told);
        if told.events.is_empty() && told.waits.is_empty() {
            continue;
        }
        // While it is slow, batches wait in the channel, and what that has no room for shows as
        // a gap.
        let Ok(room) = updates.reserve().await else {
            return;
        };
        told.lost = watch.lost() - lost_before + missed;
        room.send(Ok(told.into()));
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
                false => self.verdict(occurred.seq, occurred.index),
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

    /// Those of tasks that are wanted.
    fn waits(&mut self, seen: &[SeenWait]) -> Vec<SeenWait> {
        let mut waits = seen.to_vec();
        waits.retain(|it| self.everything || self.verdict(it.seq, it.index) == Some(true));
        waits
    }

    /// Whether a task is wanted, which has or had the slot with this index; `None` if nothing is
    /// known of it any more.
    fn verdict(&mut self, seq: u64, index: u32) -> Option<bool> {
        if let Some(&verdict) = self.verdicts.get(&seq) {
            return Some(verdict);
        }
        let table: &Table = &self.core.table;
        let mut task = table.find(TaskSeq::new(seq)?, &mut Some(index))?;
        // It may have ended since; the filter is about what holds for its whole life.
        task.state = State::Idle;
        task.ending = None;
        let limits = &self.core.config.rules.thresholds;
        let verdict = self.filter.matches(&task, limits, table);
        if self.verdicts.len() >= MOST_VERDICTS {
            self.verdicts.clear();
        }
        self.verdicts.insert(seq, verdict);
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
