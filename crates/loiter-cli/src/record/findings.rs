//! What a target finds wrong, as it goes on.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use loiter_model::{Thresholds, finding::RuleSettings, update::FindingsUpdate};

use super::pace::Later;
use crate::source::{Source, SourceError, Updates};

/// Findings change slowly, and each answer has the rules look at every task.
const EVERY: Duration = Duration::from_secs(2);

/// What it finds, again and again; nothing from a target that knows nothing of the kind. One that has
/// no room for the question is asked later.
pub(super) fn found(source: Arc<dyn Source>, thresholds: Thresholds) -> Updates<FindingsUpdate> {
    let settings = RuleSettings {
        thresholds,
        ..RuleSettings::default()
    };
    let updates = stream::once(async move {
        let mut later = Later::default();
        loop {
            let asked = source.watch_findings(settings.clone(), Some(EVERY)).await;
            match asked {
                Ok(updates) => break updates,
                Err(SourceError::CannotTell { .. } | SourceError::TooOld { .. }) => {
                    break stream::pending().boxed();
                }
                Err(error) if error.may_pass() => later.pass().await,
                Err(error) => break stream::iter([Err(error)]).boxed(),
            }
        }
    });
    updates.flatten().boxed()
}
