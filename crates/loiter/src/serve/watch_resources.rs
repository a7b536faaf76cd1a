//! The streams behind the table of resources and behind one resource.

use loiter_model::{Nanos, query::ResourceQuery, update::ResourceDetail};
use loiter_wire::v1;
use tokio::sync::mpsc;
use tonic::Status;

use super::pace::Pace;
use crate::publish::{Answers, timed};

/// Answers at once and then at its pace, until the client is gone.
pub(super) async fn feed(
    answers: &Answers,
    (query, with_ops): (&ResourceQuery, bool),
    pace: &Pace,
    updates: mpsc::Sender<Result<v1::ResourcesUpdate, Status>>,
) {
    let mut spent = None;
    while let Some(room) = pace.room(&updates, spent).await {
        let (update, took) = timed(answers.resources(query, with_ops)).await;
        spent = Some(took);
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
    let mut spent = None;
    while let Some(room) = pace.room(&updates, spent).await {
        if spent.is_some() {
            let (now, took) = timed(answers.resource(detail.resource.seq)).await;
            detail = now.unwrap_or_else(|| ended(detail));
            spent = Some(took);
        } else {
            spent = Some(Nanos::ZERO);
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
