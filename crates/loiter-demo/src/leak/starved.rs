//! A starved task: what it waited for has come, but no thread takes it, as another task of its
//! runtime computes for long stretches without an `.await`.
//!
//! The cure: `spawn_blocking` or a thread for the computation, or a `yield_now().await` between
//! shorter stretches of it.

use std::{future, io, sync::Arc, thread, time::Duration};

use tokio::{runtime, sync::Notify, task::yield_now};

use crate::named;

/// Long enough for the other task to starve, and too short to count as hogging.
const STRETCH: Duration = Duration::from_millis(600);

/// Starts a runtime of one thread with a task that computes and one that starves beside it: the
/// other workers of the service are left alone.
///
/// # Errors
/// When there is no thread or no runtime.
pub(crate) fn spawn() -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread().build()?;
    thread::Builder::new()
        .name("starved".into())
        .spawn(move || {
            runtime.block_on(async {
                let news = Arc::new(Notify::new());
                named::spawn("starved", read(Arc::clone(&news)));
                named::spawn("starver", compute(news));
                future::pending::<()>().await;
            })
        })
        .map(drop)
}

async fn read(news: Arc<Notify>) {
    loop {
        news.notified().await;
    }
}

async fn compute(news: Arc<Notify>) {
    loop {
        news.notify_one();
        // In place of computing.
        thread::sleep(STRETCH);
        yield_now().await;
    }
}
