//! The stream behind the tables of tasks and of sites.

use loiter_model::Nanos;
use loiter_wire::{Question, v1};
use tokio::sync::mpsc;
use tonic::Status;

use super::pace::Pace;
use crate::publish::Answers;

/// Answers at once and then at its pace, until the client is gone.
pub(super) async fn feed(
    answers: &Answers,
    question: &Question,
    pace: &Pace,
    updates: mpsc::Sender<Result<v1::TasksUpdate, Status>>,
) {
    let mut last_scan = None;
    while let Some(room) = pace.room(&updates, last_scan).await {
        let (scan, update) = answer(question, answers).await;
        room.send(Ok(update));
        last_scan = Some(scan);
    }
}

/// An answer, and how long looking at every task took.
async fn answer(question: &Question, answers: &Answers) -> (Nanos, v1::TasksUpdate) {
    match question {
        Question::Tasks(query) => {
            let update = answers.tasks(query).await;
            (update.overview.scan_time, update.into())
        }
        Question::Sites(query) => {
            let update = answers.sites(query).await;
            (update.overview.scan_time, update.into())
        }
        Question::Waits(group, query) => {
            let update = answers.waits(*group, query).await;
            (update.overview.scan_time, update.into())
        }
    }
}
