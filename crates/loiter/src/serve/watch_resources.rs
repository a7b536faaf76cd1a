//! The streams behind the table of resources and behind one resource.

use std::time::Instant;

use loiter_model::{Nanos, query::ResourceQuery, update::ResourceDetail};
use loiter_wire::v1;
use tokio::sync::mpsc;
use tonic::Status;

use super::pace::Pace;
use crate::publish::Answers;

/// Answers at once and then at its pace, until the client is gone.
pub(super) async fn feed(
    answers: &Answers,
    (query, with_ops): (&ResourceQuery, bool),
    pace: &Pace,
    updates: mpsc::Sender<Result<v1::ResourcesUpdate, Status>>,
) {
    let mut last_scan = None;
    while let Some(room) = pace.room(&updates, last_scan).await {
        let update = answers.resources(query, with_ops).await;
        last_scan = Some(update.overview.scan_time);
        room.send(Ok(update.into()));
    }
}

/// Shows a resource at once and then at its pace, until its end or the client's.
pub(super) async fn feed_one(
    answers: &Answers,
    first: ResourceDetail,
    pace: &Pace,
    updates: mpsc::Sender<Result<v1::ResourceDetail, Status>>,
) {
    let mut detail = first;
    // The first one has just been made.
    let mut took = None;
    while let Some(room) = pace.room(&updates, took).await {
        if took.is_some() {
            let started = Instant::now();
            detail = match answers.resource(detail.resource.seq).await {
                Some(detail) => detail,
                None => ended(detail),
            };
            took = Some(started.elapsed().into());
        } else {
            took = Some(Nanos::ZERO);
        }
        let has_ended = detail.resource.has_ended;
        room.send(Ok(detail.clone().into()));
        if has_ended {
            return;
        }
    }
}

/// The same when it is gone.
fn ended(mut detail: ResourceDetail) -> ResourceDetail {
    detail.resource.has_ended = true;
    detail.resource.holders.clear();
    detail.resource.waiters.clear();
    detail.ops.clear();
    detail.ops_omitted = 0;
    detail
}
