//! A pool of connections that are lent out: a semaphore, a task a connection that waits for
//! work, and one that looks after those that were not used for long.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, mpsc, oneshot, watch},
    time,
};

use crate::{pause, spawn};

const CONNECTIONS: usize = 4;

struct Query {
    reply: oneshot::Sender<u64>,
}

struct Pool {
    permits: Semaphore,
    idle: Mutex<Vec<mpsc::Sender<Query>>>,
}

impl Pool {
    fn open() -> Self {
        let idle = (0..CONNECTIONS).map(|_| {
            let (queries, queue) = mpsc::channel(1);
            spawn("connection", answer(queue));
            queries
        });
        Self {
            permits: Semaphore::new(CONNECTIONS),
            idle: Mutex::new(idle.collect()),
        }
    }

    async fn ask(&self) -> Option<u64> {
        let _permit = self.permits.acquire().await.ok()?;
        let connection = self.lock().pop()?;
        let (reply, answer) = oneshot::channel();
        let sent = connection.send(Query { reply }).await;
        let answer = answer.await.ok();
        // The last one back is the first one lent: some are not used for long.
        self.lock().push(connection);
        sent.ok()?;
        answer
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<mpsc::Sender<Query>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn run() -> io::Result<()> {
    let pool = Arc::new(Pool::open());
    let (_settings, changed) = watch::channel(());
    spawn("settings", follow(changed));
    spawn("reaper", reap(pool.clone()));
    let mut number = 0;
    loop {
        let pool = pool.clone();
        spawn("request", async move { pool.ask().await });
        number += 1;
        pause(number % 3).await;
    }
}

async fn answer(mut queue: mpsc::Receiver<Query>) {
    let mut answers = 0;
    while let Some(query) = queue.recv().await {
        time::sleep(Duration::from_millis(answers % 30)).await;
        answers += 1;
        let _ = query.reply.send(answers);
    }
}

/// Settings hardly ever change.
async fn follow(mut changed: watch::Receiver<()>) {
    while changed.changed().await.is_ok() {}
}

async fn reap(pool: Arc<Pool>) {
    let mut interval = time::interval(Duration::from_secs(5));
    loop {
        interval.tick().await;
        std::hint::black_box(pool.lock().len());
    }
}
