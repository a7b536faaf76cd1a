//! What an answer costs the agent's thread.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::LazyLock,
    time::{Duration, Instant},
};

use loiter_model::Nanos;

use super::cost;

/// What `work` comes to, and how long this thread was at it: its CPU time. So nobody is answered
/// less often for the breaks of the work, however busy the thread is, nor for those of the thread,
/// however busy the machine is.
pub(crate) async fn timed<T>(work: impl Future<Output = T>) -> (T, Nanos) {
    let mut work = pin!(work);
    let mut spent = Duration::ZERO;
    let done = poll_fn(|context| {
        let before = worked();
        let polled = work.as_mut().poll(context);
        spent += worked().saturating_sub(before);
        polled
    })
    .await;
    (done, spent.into())
}

/// How long this thread has worked so far; since whenever, where the system does not tell it.
fn worked() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    cost::this_thread().unwrap_or_else(|| START.elapsed())
}

#[cfg(all(test, unix))]
mod tests {
    use std::thread;

    use tokio::{task, time};

    use super::*;

    #[tokio::test]
    async fn only_work_is_counted() {
        const WORK: Duration = Duration::from_millis(20);
        const BREAK: Duration = Duration::from_millis(400);
        let work = || {
            let before = worked();
            while worked() - before < WORK {}
        };
        let other = task::spawn(async move { work() });
        let (done, spent) = timed(async {
            work();
            // Of the thread, of its other tasks, of this one.
            thread::sleep(BREAK);
            other.await.expect("no panic");
            time::sleep(BREAK).await;
            "done"
        })
        .await;
        assert_eq!(done, "done");
        let spent = Duration::from(spent);
        assert!(spent >= WORK);
        assert!(spent < 2 * WORK, "{spent:?}");
    }
}
