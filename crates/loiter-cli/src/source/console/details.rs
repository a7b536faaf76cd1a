//! The histograms of one task, which are told only of tasks that are asked for.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use console_api::{
    Id,
    instrument::{TaskDetailsRequest, instrument_client::InstrumentClient},
    tasks::TaskDetails,
};
use loiter_model::update::TaskDetail;
use tokio::{task::JoinHandle, time};
use tonic::Streaming;

use super::histogram;
use crate::source::door::Line;

/// The first answer of a task waits so long for its histograms.
const PATIENCE: Duration = Duration::from_millis(500);

/// What was told last of a task. Asks on until it is dropped.
pub(super) struct Details {
    last: Arc<Mutex<Option<TaskDetails>>>,
    /// `None` when nothing will be told.
    asking: Option<JoinHandle<()>>,
}

impl Details {
    /// Asks for the task with this span. A server that does not know it, or does not do this, is
    /// no error: nothing is known then.
    pub(super) async fn of(mut client: InstrumentClient<Line>, span: u64) -> Self {
        let last = Arc::new(Mutex::new(None));
        let request = TaskDetailsRequest {
            id: Some(Id { id: span }),
        };
        let opening = async {
            let mut messages = client.watch_task_details(request).await.ok()?.into_inner();
            let first = messages.message().await.ok()??;
            Some((messages, first))
        };
        let opened = time::timeout(PATIENCE, opening).await.ok().flatten();
        let asking = opened.map(|(messages, first)| {
            keep(&last, first);
            tokio::spawn(read(messages, last.clone()))
        });
        Self { last, asking }
    }

    /// Adds what is known to an answer.
    pub(super) fn complete(&self, detail: &mut TaskDetail) {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(details) = &*last {
            detail.poll = histogram::polls(details);
            detail.scheduled = histogram::scheduled(details);
        }
    }
}

impl Drop for Details {
    fn drop(&mut self) {
        if let Some(asking) = &self.asking {
            asking.abort();
        }
    }
}

async fn read(mut messages: Streaming<TaskDetails>, last: Arc<Mutex<Option<TaskDetails>>>) {
    while let Ok(Some(details)) = messages.message().await {
        keep(&last, details);
    }
}

fn keep(last: &Mutex<Option<TaskDetails>>, details: TaskDetails) {
    *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(details);
}
