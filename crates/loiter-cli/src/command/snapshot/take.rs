//! Asking an agent for everything, a part at a time.

use std::time::Duration;

use loiter_cli::{
    limits::Limits,
    snapshot::Part,
    source::{Source, SourceError, Where},
};
use loiter_model::{
    Target, Thresholds,
    finding::RuleSettings,
    query::{Filter, Query, SiteColumn, Sort, TaskColumn, Window},
};

use super::Sink;
use crate::{
    cli::Aim,
    command::ask::{Connected, connect, first, next},
    error::Error,
};

/// Tasks of one answer. The agent looks at all of its tasks for each.
const TASKS: u64 = 5_000;
/// Sites of one answer: each has a history, some kilobytes.
const SITES: u64 = 500;
/// Some rules need to see a task twice.
const SCANS: usize = 2;
const SCAN_INTERVAL: Duration = Duration::from_millis(500);

/// Asks for every part. The tasks come in the order of their numbers, each answer going on where
/// the last one ended: one that ends meanwhile moves no other out of sight.
pub(crate) async fn take(aim: &Aim, limits: Limits, sink: &mut impl Sink) -> Result<(), Error> {
    let Connected {
        source,
        target,
        thresholds,
    } = connect(aim, limits).await?;
    // What is said of findings and blocked tasks is by the limits in force.
    sink.part(Part::Target(Target {
        thresholds,
        ..target
    }))?;
    let asked = Asked {
        source: &*source,
        place: &aim.place,
        thresholds,
    };
    if let Some(findings) = asked.findings().await? {
        sink.part(findings)?;
    }
    asked.take_sites(sink).await?;
    asked.take_tasks(sink).await
}

/// Who is asked, and by which limits.
struct Asked<'a> {
    source: &'a dyn Source,
    place: &'a Where,
    thresholds: Thresholds,
}

impl Asked<'_> {
    /// `None` from an agent that knows no findings.
    async fn findings(&self) -> Result<Option<Part>, SourceError> {
        let settings = RuleSettings {
            thresholds: self.thresholds,
            ..RuleSettings::default()
        };
        let mut updates = match self
            .source
            .watch_findings(settings, Some(SCAN_INTERVAL))
            .await
        {
            Err(SourceError::TooOld { .. }) => return Ok(None),
            updates => updates?,
        };
        let mut update = next(&mut updates, self.place).await?;
        // What was recorded stands still, and further looks see nothing else.
        let scans = match self.place {
            Where::Endpoint(_) => SCANS,
            Where::File(_) => 1,
        };
        for _ in 1..scans {
            update = next(&mut updates, self.place).await?;
        }
        Ok(Some(Part::Findings(update)))
    }

    async fn take_sites(&self, sink: &mut impl Sink) -> Result<(), Error> {
        let mut offset = 0;
        loop {
            let query = Query {
                // Also those of which only ended tasks are remembered: they may come back.
                filter: filter("all"),
                sort: Sort::by(SiteColumn::Site),
                window: Window {
                    offset,
                    limit: SITES,
                },
                thresholds: self.thresholds,
            };
            let update = first(self.source.watch_sites(query, None).await?, self.place).await?;
            let taken = update.sites.len() as u64;
            // Beyond the last row an agent gives the last ones again.
            if taken == 0 || update.offset != offset {
                return Ok(());
            }
            offset += taken;
            let is_last = offset >= update.matched;
            sink.part(Part::Sites(update))?;
            if is_last {
                return Ok(());
            }
        }
    }

    async fn take_tasks(&self, sink: &mut impl Sink) -> Result<(), Error> {
        let mut after = 0;
        loop {
            let query = Query {
                filter: filter(&format!("seq>{after}")),
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
            let update = first(self.source.watch_tasks(query, None).await?, self.place).await?;
            let is_last = update.tasks.len() as u64 >= update.matched;
            let last = update.tasks.last().map(|task| task.seq.get());
            sink.part(Part::Tasks(update))?;
            match last {
                // An agent that goes round in circles is to end as well.
                Some(last) if last > after && !is_last => after = last,
                _ => return Ok(()),
            }
        }
    }
}

fn filter(text: &str) -> Filter {
    text.parse().expect("it is in the filter language")
}
