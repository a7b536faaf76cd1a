//! Asking a target, once or for a while.

use std::{fmt::Display, sync::Arc, time::Duration};

use futures_util::StreamExt;
use loiter_cli::{
    limits::Limits,
    source::{self, Source, SourceError, Updates},
};
use loiter_model::{Target, Thresholds};
use tokio::time;

use crate::cli::Aim;

/// An agent answers at once, unless it is looking at a million tasks for somebody else: one that
/// says nothing for this long is lost.
pub(super) const SILENCE: Duration = Duration::from_secs(30);

/// A target that answers.
pub(super) struct Connected {
    pub(super) source: Arc<dyn Source>,
    pub(super) target: Target,
    /// The limits in force.
    pub(super) thresholds: Thresholds,
}

/// Finds out who answers there.
pub(super) async fn connect(aim: &Aim, limits: Limits) -> Result<Connected, SourceError> {
    let source = source::open_at(&aim.place, aim.at, &aim.credentials)?;
    let target = source.target().await?;
    Ok(Connected {
        thresholds: limits.over(target.thresholds),
        source,
        target,
    })
}

/// The first update of a watch.
pub(super) async fn first<T>(
    mut updates: Updates<T>,
    endpoint: &impl Display,
) -> Result<T, SourceError> {
    next(&mut updates, endpoint).await
}

/// The next update of a watch.
pub(super) async fn next<T>(
    updates: &mut Updates<T>,
    endpoint: &impl Display,
) -> Result<T, SourceError> {
    match time::timeout(SILENCE, updates.next()).await {
        Ok(Some(update)) => update,
        Ok(None) => Err(lost(endpoint, "it ended without an answer")),
        Err(_) => Err(silent(endpoint)),
    }
}

/// Nothing was heard for [`SILENCE`].
pub(super) fn silent(endpoint: &impl Display) -> SourceError {
    lost(
        endpoint,
        &format!("no answer within {} s", SILENCE.as_secs()),
    )
}

/// The target stopped answering for this reason.
pub(super) fn lost(endpoint: &impl Display, reason: &str) -> SourceError {
    SourceError::Lost {
        endpoint: endpoint.to_string(),
        reason: reason.to_owned(),
    }
}
