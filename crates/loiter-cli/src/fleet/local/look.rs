//! Asks agents once how they are.

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use loiter_model::{
    Target,
    finding::RuleSettings,
    fleet::FindingCounts,
    query::{Filter, Query, SiteColumn, Sort, Window},
    update::Overview,
};
use tokio::time;

use super::folder;
use crate::{
    fleet::Attach,
    source::{Credentials, Endpoint, Source, SourceError, Updates},
};

/// How many are asked at a time.
const AT_ONCE: usize = 32;

/// An agent of this user.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Where it listens.
    pub endpoint: Endpoint,
    /// The name of its program, as its socket has it.
    pub name: String,
    /// The number of its process, as its socket has it.
    pub pid: Option<u32>,
    /// What it says.
    pub heard: Result<Heard, SourceError>,
}

/// What an agent says of its program.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// What it is.
    pub target: Target,
    /// How it is.
    pub overview: Overview,
    /// What is wrong with it at first sight; `None` when the agent cannot tell.
    pub findings: Option<FindingCounts>,
}

/// Asks whoever listens at these sockets, all at a time, and waits for none of them for longer
/// than `patience`. Sockets at which nobody listens any more are left out. By name, then by
/// process.
pub async fn look(sockets: Vec<PathBuf>, attach: &Attach, patience: Duration) -> Vec<Found> {
    let asked = stream::iter(sockets).map(|path| async move {
        if folder::is_deserted(&path).await {
            return None;
        }
        let (name, pid) = folder::told_by(&path);
        let endpoint = Endpoint::unix(path);
        let door = (&endpoint, &Credentials::default());
        let heard = ask(door, attach, patience).await;
        Some(Found {
            heard,
            endpoint,
            name,
            pid,
        })
    });
    let found = asked.buffer_unordered(AT_ONCE);
    let mut found: Vec<_> = found.filter_map(std::future::ready).collect().await;
    found.sort_by_key(|found| (found.name.clone(), found.pid, found.endpoint.to_string()));
    found
}

/// Asks one with these credentials, and does not wait for ever.
pub(super) async fn ask(
    (endpoint, credentials): (&Endpoint, &Credentials),
    attach: &Attach,
    patience: Duration,
) -> Result<Heard, SourceError> {
    let source = attach(endpoint, credentials);
    let answer = time::timeout(patience, hear(&source, endpoint)).await;
    answer.unwrap_or_else(|_| {
        Err(SourceError::Unreachable {
            endpoint: endpoint.to_string(),
            reason: format!("no answer within {} s", patience.as_secs_f64()),
        })
    })
}

async fn hear(source: &Arc<dyn Source>, endpoint: &Endpoint) -> Result<Heard, SourceError> {
    let target = source.target().await?;
    let settings = RuleSettings {
        thresholds: target.thresholds,
        ..RuleSettings::default()
    };
    let findings = match source.watch_findings(settings, None).await {
        Ok(updates) => first(updates, endpoint).await,
        Err(error) => Err(error),
    };
    match findings {
        Ok(update) => {
            let overview = update.overview.clone();
            Ok(Heard {
                findings: Some(FindingCounts::of(&update)),
                target,
                overview,
            })
        }
        // An older agent, or a console-subscriber.
        Err(SourceError::TooOld { .. } | SourceError::CannotTell { .. }) => {
            let query = Query {
                filter: Filter::default(),
                sort: Sort::by(SiteColumn::Alive),
                window: Window {
                    offset: 0,
                    limit: 1,
                },
                thresholds: target.thresholds,
            };
            let updates = source.watch_sites(query, None).await?;
            Ok(Heard {
                findings: None,
                overview: first(updates, endpoint).await?.overview,
                target,
            })
        }
        Err(error) => Err(error),
    }
}

async fn first<T>(mut updates: Updates<T>, endpoint: &Endpoint) -> Result<T, SourceError> {
    let ended = || SourceError::Lost {
        endpoint: endpoint.to_string(),
        reason: "it ended without an answer".to_owned(),
    };
    updates.next().await.unwrap_or_else(|| Err(ended()))
}
