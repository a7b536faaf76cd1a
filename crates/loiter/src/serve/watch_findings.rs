//! The stream of what is wrong.

use loiter_model::finding::RuleSettings;
use loiter_wire::{read_rules, v1};
use tokio::sync::mpsc;
use tonic::Status;

use super::pace::Pace;
use crate::publish::{Findings, timed};

/// Entries of a client's allow list: they are tried on every task.
const MOST_ALLOWED: usize = 64;
/// Bytes of the reason of one. Its filter is bounded by the language.
const LONGEST_REASON: usize = 4096;

/// The rules of a client, over the service's own.
pub(super) fn settings(
    rules: Option<v1::FindingRules>,
    own: &RuleSettings,
) -> Result<RuleSettings, Status> {
    let rules = rules.unwrap_or_default();
    if rules.allow.len() > MOST_ALLOWED {
        return Err(Status::invalid_argument(format!(
            "an allow list has at most {MOST_ALLOWED} entries"
        )));
    }
    if rules
        .allow
        .iter()
        .any(|entry| entry.reason.len() > LONGEST_REASON)
    {
        return Err(Status::invalid_argument(format!(
            "a reason in an allow list has at most {LONGEST_REASON} bytes"
        )));
    }
    read_rules(rules, own).map_err(|error| Status::invalid_argument(error.to_string()))
}

/// Answers at once and then at its pace, until the client is gone.
pub(super) async fn feed(
    mut findings: Findings,
    pace: &Pace,
    updates: mpsc::Sender<Result<v1::FindingsUpdate, Status>>,
) {
    let mut spent = None;
    while let Some(room) = pace.room(&updates, spent).await {
        let (update, took) = timed(findings.look()).await;
        spent = Some(took);
        room.send(Ok(update.into()));
    }
}
