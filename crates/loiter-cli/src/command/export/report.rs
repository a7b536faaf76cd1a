//! Everything that is to be said of a target at one instant, as a page has it.

use std::time::Duration;

use futures_util::StreamExt;
use loiter_cli::source::SourceError;
use loiter_model::{
    Nanos, Target, Thresholds,
    finding::RuleSettings,
    query::{Filter, Group, Query, SiteColumn, Sort, TaskColumn, WaitColumn, Window},
    update::{FindingsUpdate, SitesUpdate, TasksUpdate, WaitsUpdate},
};
use tokio::time::{self, Instant};

use super::Asked;
use crate::{
    command::{
        ask::{first, next},
        check::Seen,
    },
    error::Error,
};

/// Between two looks of the rules: some need to see a task twice.
const SCAN_INTERVAL: Duration = Duration::from_secs(1);

/// What a page shows.
#[derive(Clone, Debug)]
pub(super) struct Report {
    /// Where it was read from.
    pub(super) place: String,
    pub(super) target: Target,
    pub(super) thresholds: Thresholds,
    pub(super) filter: Filter,
    /// For how long the rules watched; `None` for what was recorded.
    pub(super) watched: Option<Nanos>,
    pub(super) tasks: TasksUpdate,
    pub(super) sites: SitesUpdate,
    pub(super) waits: WaitsUpdate,
    pub(super) findings: Found,
}

/// What is wrong.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// The worst first; `None` where nothing tells of findings.
    pub(super) findings: Option<Vec<Seen>>,
    /// Further ones.
    pub(super) omitted: u64,
}

/// Asks for all of it, the findings first: they take as long as they are watched for.
pub(super) async fn ask(asked: &Asked, filter: &Filter, limit: u64) -> Result<Report, Error> {
    let source = asked.source();
    let thresholds = asked.thresholds;
    let found = findings(asked).await?;
    let window = Window { offset: 0, limit };
    let sites = Query {
        filter: filter.clone(),
        sort: Sort::by(SiteColumn::Alive),
        window,
        thresholds,
    };
    let waits = Query {
        filter: filter.clone(),
        sort: Sort::by(WaitColumn::Count),
        window,
        thresholds,
    };
    let tasks = Query {
        filter: filter.clone(),
        sort: Sort::by(TaskColumn::Idle),
        window,
        thresholds,
    };
    let place = &asked.place;
    let sites = first(source.watch_sites(sites, None).await?, place).await?;
    let waits = source.watch_waits(Group::Stack, waits, None).await?;
    let waits = first(waits, place).await?;
    let tasks = first(source.watch_tasks(tasks, None).await?, place).await?;
    Ok(Report {
        place: place.to_string(),
        target: asked.target.clone(),
        thresholds,
        filter: filter.clone(),
        watched: asked.watch_for,
        tasks,
        sites,
        waits,
        findings: found,
    })
}

/// What is wrong at the end of a watch; of what was recorded, what was wrong at its end.
pub(super) async fn findings(asked: &Asked) -> Result<Found, SourceError> {
    let settings = RuleSettings {
        thresholds: asked.thresholds,
        ..RuleSettings::default()
    };
    let source = asked.source();
    let updates = source.watch_findings(settings, Some(SCAN_INTERVAL)).await;
    let mut updates = match updates {
        Err(SourceError::TooOld { .. } | SourceError::CannotTell { .. }) => {
            return Ok(Found::default());
        }
        updates => updates?,
    };
    let mut update: FindingsUpdate = next(&mut updates, &asked.place).await?;
    if let Some(watch_for) = asked.watch_for {
        let end = Instant::now() + Duration::from(watch_for);
        // After a silence at the end the last answer counts.
        while let Ok(later) = time::timeout_at(end, updates.next()).await {
            update = later.ok_or_else(|| asked.lost())??;
        }
    }
    let findings = update.findings.iter();
    Ok(Found {
        findings: Some(
            findings
                .map(|finding| Seen::new(finding, &update))
                .collect(),
        ),
        omitted: update.omitted,
    })
}
