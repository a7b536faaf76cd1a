//! What an answer costs the agent's thread.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    time::{Duration, Instant},
};

use loiter_model::Nanos;

use crate::stretch;

/// What `work` comes to, and how long this thread was at it. Its breaks are not part of that, nor
/// what it waited for others: however busy the thread is, and however long symbols take to read,
/// nobody is answered less often for it.
pub(crate) async fn timed<T>(work: impl Future<Output = T>) -> (T, Nanos) {
    let mut work = pin!(work);
    let mut spent = Duration::ZERO;
    let done = poll_fn(|context| {
        let (began, rested) = (Instant::now(), stretch::rested());
        let polled = work.as_mut().poll(context);
        let breaks = stretch::rested() - rested;
        spent += began.elapsed().saturating_sub(breaks);
        polled
    })
    .await;
    (done, spent.into())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::{task, time};

    use super::*;

    #[tokio::test]
    async fn rests_cost_nothing() {
        const WORK: Duration = Duration::from_millis(20);
        stretch::begin();
        let began = Instant::now();
        let (rested, spent) = timed(async {
            while began.elapsed() < WORK {
                stretch::rest();
            }
            stretch::rested()
        })
        .await;
        assert!(rested > Duration::ZERO);
        assert!(Duration::from(spent) + rested <= began.elapsed());
    }

    #[tokio::test]
    async fn breaks_cost_nothing() {
        const WORK: Duration = Duration::from_millis(20);
        const BREAK: Duration = Duration::from_millis(400);
        let other = task::spawn(async { thread::sleep(BREAK) });
        let began = Instant::now();
        let (done, spent) = timed(async {
            thread::sleep(WORK);
            other.await.expect("no panic");
            time::sleep(BREAK).await;
            "done"
        })
        .await;
        assert_eq!(done, "done");
        let spent = Duration::from(spent);
        assert!(spent >= WORK);
        // Within a break it may still be at work.
        assert!(
            spent + 2 * BREAK <= began.elapsed() + BREAK / 2,
            "{spent:?}"
        );
    }
}
