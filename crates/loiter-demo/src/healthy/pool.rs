//! Workers fed by channels: the visitors keep each of them busy several times a second.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time,
};

use crate::named;

/// More would go hungry: every worker is to get a job a few times a second.
const WORKERS: usize = 4;

/// Jobs that may wait for one worker.
const QUEUE: usize = 16;

/// A question for a worker.
struct Job {
    reply: oneshot::Sender<u64>,
}

/// Tasks that answer questions, each with a queue of its own.
pub(crate) struct Pool {
    queues: [mpsc::Sender<Job>; WORKERS],
    next: AtomicUsize,
}

impl Pool {
    /// Spawns the workers. They end when the pool is dropped.
    pub(crate) fn start() -> Self {
        Self {
            queues: std::array::from_fn(|_| {
                let (queue, jobs) = mpsc::channel(QUEUE);
                named::spawn("worker", work(jobs));
                queue
            }),
            next: AtomicUsize::new(0),
        }
    }

    /// The answer of the worker whose turn it is; `None` when it is gone.
    pub(crate) async fn price(&self) -> Option<u64> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % WORKERS;
        let (reply, answer) = oneshot::channel();
        self.queues[turn].send(Job { reply }).await.ok()?;
        answer.await.ok()
    }
}

async fn work(mut jobs: mpsc::Receiver<Job>) {
    let mut price = 0;
    while let Some(job) = jobs.recv().await {
        // In place of asking a database.
        time::sleep(Duration::from_millis(5)).await;
        price += 1;
        // A client that went away needs no answer.
        let _ = job.reply.send(price);
    }
}
