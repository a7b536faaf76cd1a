//! A thread with a runtime and a `LocalSet` of its own, for a task that is not `Send`.

use std::{cell::Cell, io, rc::Rc, thread, time::Duration};

use tokio::{runtime, task::LocalSet, time};

use crate::named;

/// Starts the thread.
///
/// # Errors
/// When the operating system gives no thread or no runtime.
pub(crate) fn start() -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let run = move || {
        let session = async {
            // Only fails when the task panics or is aborted: then there is nothing left to run.
            let _ = named::spawn_local("session", count(Rc::new(Cell::new(0)))).await;
        };
        LocalSet::new().block_on(&runtime, session);
    };
    thread::Builder::new()
        .name("session".into())
        .spawn(run)
        .map(drop)
}

/// `Rc` makes it a task for a `LocalSet`.
async fn count(seconds: Rc<Cell<u64>>) {
    let mut interval = time::interval(Duration::from_secs(1));
    loop {
        interval.tick().await;
        seconds.set(seconds.get() + 1);
    }
}
