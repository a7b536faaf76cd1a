//! Asking an agent for everything, a part at a time.

use std::time::Duration;

use loiter_cli::{
    limits::Limits,
    source::{Endpoint, Native, Source, SourceError},
};
use loiter_model::{
    Thresholds,
    finding::RuleSettings,
    query::{Filter, Query, SiteColumn, Sort, TaskColumn, Window},
};

use super::{Part, Sink};
use crate::{
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
pub(crate) async fn take(
    endpoint: &Endpoint,
    limits: Limits,
    sink: &mut impl Sink,
) -> Result<(), Error> {
    let Connected {
        source,
        target,
        thresholds,
    } = connect(endpoint, limits).await?;
    sink.part(Part::Target(target))?;
    if let Some(findings) = findings(&source, thresholds).await? {
        sink.part(findings)?;
    }
    take_sites(&source, thresholds, sink).await?;
    take_tasks(&source, thresholds, sink).await
}

/// `None` from an agent that knows no findings.
async fn findings(source: &Native, thresholds: Thresholds) -> Result<Option<Part>, SourceError> {
    let settings = RuleSettings {
        thresholds,
        ..RuleSettings::default()
    };
    let mut updates = match source.watch_findings(settings, Some(SCAN_INTERVAL)).await {
        Err(SourceError::TooOld { .. }) => return Ok(None),
        updates => updates?,
    };
    let mut update = next(&mut updates, source.endpoint()).await?;
    for _ in 1..SCANS {
        update = next(&mut updates, source.endpoint()).await?;
    }
    Ok(Some(Part::Findings(update)))
}

async fn take_sites(
    source: &Native,
    thresholds: Thresholds,
    sink: &mut impl Sink,
) -> Result<(), Error> {
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
            thresholds,
        };
        let update = first(source.watch_sites(query, None).await?, source.endpoint()).await?;
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

async fn take_tasks(
    source: &Native,
    thresholds: Thresholds,
    sink: &mut impl Sink,
) -> Result<(), Error> {
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
            thresholds,
        };
        let update = first(source.watch_tasks(query, None).await?, source.endpoint()).await?;
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

fn filter(text: &str) -> Filter {
    text.parse().expect("it is in the filter language")
}
