//! Asking a target for everything, a part at a time.

use futures_util::StreamExt;
use loiter_model::{
    Nanos, Target, Thresholds,
    query::{Filter, Query, SiteColumn, Sort, TaskColumn, Window},
};
use loiter_recording::Entry;
use tokio::sync::mpsc;

use super::resources;
use crate::source::{Source, SourceError, Updates};

/// Tasks of one answer. The agent looks at all of its tasks for each.
const TASKS: u64 = 5_000;
/// Sites of one answer: each has a history, some kilobytes.
const SITES: u64 = 500;

/// Asks for every part and hands each on as it comes. Tasks come in the order of their numbers, each
/// answer going on where the last one ended: one that ends meanwhile moves no other out of sight.
pub(super) async fn take(
    source: &dyn Source,
    target: Target,
    filter: &Filter,
    parts: mpsc::Sender<Entry>,
) -> Result<(), SourceError> {
    let asking = Asking {
        source,
        filter,
        thresholds: target.thresholds,
        parts,
    };
    let began = asking.tasks(target).await?;
    let sites = asking.sites().await?;
    let resources = asking.resources().await?;
    let at = began.max(sites).max(resources.unwrap_or_default());
    asking.tell(Entry::KeyframeEnd { at }).await;
    Ok(())
}

struct Asking<'a> {
    source: &'a dyn Source,
    filter: &'a Filter,
    thresholds: Thresholds,
    parts: mpsc::Sender<Entry>,
}

impl Asking<'_> {
    /// Gives the time of the last part.
    async fn tasks(&self, target: Target) -> Result<Nanos, SourceError> {
        let mut target = Some(target);
        let mut after = 0;
        loop {
            let query = Query {
                filter: everything(self.filter, &format!("seq>{after}")),
                sort: Sort {
                    column: TaskColumn::Seq,
                    descending: false,
                },
                window: Window {
                    offset: 0,
                    limit: TASKS,
                },
                thresholds: self.thresholds,
            };
            let update = first(self.source.watch_tasks(query, None).await?).await?;
            let at = update.overview.at;
            if let Some(target) = target.take() {
                let target = Box::new(target);
                self.tell(Entry::Keyframe { at, target }).await;
            }
            let is_last = update.tasks.len() as u64 >= update.matched;
            let last = update.tasks.last().map(|task| task.seq.get());
            self.tell(Entry::Tasks(update)).await;
            match last {
                // A target that goes round in circles is to end as well.
                Some(last) if last > after && !is_last => after = last,
                _ => return Ok(at),
            }
        }
    }

    /// Gives the time of the last part.
    async fn sites(&self) -> Result<Nanos, SourceError> {
        let mut offset = 0;
        loop {
            let query = Query {
                // Also those of which only ended tasks are remembered: they may come back.
                filter: everything(&Filter::default(), ""),
                sort: Sort::by(SiteColumn::Site),
                window: Window {
                    offset,
                    limit: SITES,
                },
                thresholds: self.thresholds,
            };
            let update = first(self.source.watch_sites(query, None).await?).await?;
            let at = update.overview.at;
            let taken = update.sites.len() as u64;
            // Beyond the last row an agent gives the last ones again.
            if taken == 0 || update.offset != offset {
                return Ok(at);
            }
            offset += taken;
            let is_last = offset >= update.matched;
            self.tell(Entry::Sites(update)).await;
            if is_last {
                return Ok(at);
            }
        }
    }

    /// Gives the time of the last part; `None` from a target that keeps track of none.
    async fn resources(&self) -> Result<Option<Nanos>, SourceError> {
        let mut parts = resources::Parts::new();
        let mut at = None;
        while let Some(update) = parts.next(self.source, self.thresholds).await? {
            at = Some(update.overview.at);
            self.tell(Entry::Resources(update)).await;
        }
        Ok(at)
    }

    async fn tell(&self, part: Entry) {
        // Nobody may be left to hear it.
        let _ = self.parts.send(part).await;
    }
}

pub(super) fn filter(text: &str) -> Filter {
    text.parse().expect("it is in the filter language")
}

/// The tasks of a filter, alive or not, and only those that another one lets through, too.
pub(super) fn everything(filter: &Filter, only: &str) -> Filter {
    let text = format!("all {filter} {only}");
    text.parse().unwrap_or_else(|_| filter.clone())
}

pub(super) async fn first<T>(mut updates: Updates<T>) -> Result<T, SourceError> {
    match updates.next().await {
        Some(update) => update,
        None => Err(SourceError::Lost {
            endpoint: "the target".to_owned(),
            reason: "it ended without an answer".to_owned(),
        }),
    }
}
