//! The stream behind one task's details.

use std::{collections::HashMap, sync::Arc};

use loiter_model::{
    CloseUp, Nanos, State, Task, TaskSeq,
    update::{LabelSet, TaskDetail},
};
use loiter_wire::v1;
use tokio::{
    sync::{broadcast, mpsc},
    time::{self, Instant},
};
use tonic::Status;

use super::{client, pace::Pace};
use crate::{
    events::MOST_WATCHED,
    publish::{Batch, Pump, Watch, reading},
    table::Table,
};

/// A task that is looked at closely.
pub(super) struct Watched {
    table: Arc<Table>,
    watch: Watch,
    batches: broadcast::Receiver<Batch>,
    task: Task,
    close_up: CloseUp,
    /// Slots where tasks were found last.
    places: HashMap<TaskSeq, Option<u32>>,
    /// Events of any task in batches that this watcher was too slow for.
    missed: u64,
    /// Events that came before the next batch, if none is missed.
    expected: u64,
}

impl Watched {
    /// Starts to look at a task.
    pub(super) fn start(table: Arc<Table>, pump: &Pump, seq: TaskSeq) -> Result<Self, Status> {
        // Watched before it is looked up, so that no event lies between.
        let Some((watch, batches)) = pump.watch_one(seq.get()) else {
            return Err(Status::resource_exhausted(format!(
                "{MOST_WATCHED} tasks are being watched already; close another view"
            )));
        };
        let mut place = None;
        let Some(task) = table.find(seq, &mut place) else {
            return Err(Status::not_found(format!(
                "task {seq} is neither alive nor remembered"
            )));
        };
        Ok(Self {
            close_up: CloseUp::of(&task, Nanos(table.now())),
            places: HashMap::from([(seq, place)]),
            table,
            expected: watch.since(),
            watch,
            batches,
            task,
            missed: 0,
        })
    }

    /// What it was when it was looked at last.
    #[cfg(feature = "console")]
    pub(super) fn task(&self) -> &Task {
        &self.task
    }

    /// Takes events until `deadline`.
    pub(super) async fn take_until(&mut self, deadline: Instant) {
        while let Ok(received) = time::timeout_at(deadline, self.batches.recv()).await {
            match received {
                Ok(batch) => {
                    self.missed += batch.before.saturating_sub(self.expected);
                    self.expected = batch.before + batch.events.len() as u64;
                    for event in &*batch.events {
                        if event.seq == self.task.seq.get() {
                            self.close_up.take(Nanos(event.at), event.what.kind());
                        }
                    }
                }
                // Shows as a gap at the next batch.
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                // The pump never ends before the process.
                Err(broadcast::error::RecvError::Closed) => {
                    time::sleep_until(deadline).await;
                }
            }
        }
    }

    /// What it looks like now.
    pub(super) fn detail(&mut self) -> TaskDetail {
        if let Some(task) = self.find(self.task.seq) {
            self.task = task;
        } else if self.task.state != State::Ended {
            // It ended and the ledger has forgotten it since the last look.
            self.task.state = State::Ended;
            self.task.ending = Some(loiter_model::Ending::Unknown);
        }
        let task = self.task;
        let parent = task.parent.and_then(|seq| self.find(seq));
        let woken_by = task.woken_by.and_then(|seq| self.find(seq));
        let sums = self.table.sites().sums(task.site.0);
        let shown = [Some(&task), parent.as_ref(), woken_by.as_ref()];
        TaskDetail {
            at: Nanos(self.table.now()),
            labels: LabelSet::of(shown.into_iter().flatten(), &*self.table),
            task,
            parent,
            woken_by,
            poll: self.close_up.poll().clone(),
            scheduled: self.close_up.scheduled().clone(),
            site_poll: sums.poll,
            site_scheduled: sums.scheduled,
            timeline: self.close_up.timeline(),
            lost: self.watch.lost() + self.missed,
        }
    }

    fn find(&mut self, seq: TaskSeq) -> Option<Task> {
        // A task that is woken by ever new ones must not make this grow.
        if self.places.len() > 64 {
            self.places.retain(|&kept, _| kept == self.task.seq);
        }
        self.table.find(seq, self.places.entry(seq).or_default())
    }
}

/// Shows the task at once and then at its pace, until its end or the client's.
pub(super) async fn feed(
    mut watched: Watched,
    pace: &Pace,
    updates: mpsc::Sender<Result<v1::TaskDetail, Status>>,
) {
    loop {
        let Ok(room) = updates.reserve().await else {
            return;
        };
        reading::waits(&watched.table).await;
        let mut detail = watched.detail();
        let ended = detail.task.state == State::Ended;
        if ended {
            // It may have to be found out how.
            reading::endings(&watched.table).await;
            detail = watched.detail();
        }
        room.send(Ok(detail.into()));
        if ended {
            return;
        }
        let deadline = Instant::now() + pace.after(Nanos::ZERO);
        let taken = client::while_there(&updates, watched.take_until(deadline)).await;
        if taken.is_none() {
            return;
        }
    }
}
