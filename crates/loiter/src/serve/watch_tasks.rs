//! The stream behind the tables of tasks and of sites.

use loiter_wire::{Question, v1};
use tokio::sync::mpsc;
use tonic::Status;

use super::pace::Pace;
use crate::publish::{Answers, timed};

/// Answers at once and then at its pace, until the client is gone.
pub(super) async fn feed(
    answers: &Answers,
    question: &Question,
    pace: &Pace,
    updates: mpsc::Sender<Result<v1::TasksUpdate, Status>>,
) {
    let mut spent = None;
    while let Some(room) = pace.room(&updates, spent).await {
        let (update, took) = timed(answer(question, answers)).await;
        room.send(Ok(update));
        spent = Some(took);
    }
}

async fn answer(question: &Question, answers: &Answers) -> v1::TasksUpdate {
    match question {
        Question::Tasks(query) => answers.tasks(query).await.into(),
        Question::Sites(query) => answers.sites(query).await.into(),
        Question::Waits(group, query) => answers.waits(*group, query).await.into(),
    }
}
