//! An answer that is made for all who ask at the same time.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Mutex, time::Instant};

use crate::upkeep::{self, Part};

/// An answer is made anew only after this time, however quickly it is made.
const AT_LEAST: Duration = Duration::from_millis(100);

/// Made when somebody asks, so that making it takes a bounded share of the agent's thread.
pub(super) struct Shared<T> {
    last: Arc<Mutex<Option<Last<T>>>>,
    share: u32,
    at_least: Duration,
}

struct Last<T> {
    answer: T,
    made_at: Instant,
    took: Duration,
}

impl<T: Clone + Send + 'static> Shared<T> {
    /// To make it may take one part in `share` of the time.
    pub(super) fn new(share: u32) -> Self {
        Self {
            last: Arc::default(),
            share,
            at_least: AT_LEAST,
        }
    }

    /// The answer, as it is or was a moment ago; `None` when making it panicked.
    ///
    /// Whoever asks while it is being made waits for that one. It is made to the end even when
    /// nobody waits any more: else whoever asks and leaves at once could have any amount of work
    /// done.
    pub(super) async fn get<F>(&self, make: impl FnOnce() -> F) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut last = self.last.clone().lock_owned().await;
        if let Some(last) = &*last
            && last.made_at.elapsed() < self.fresh_for(last.took)
        {
            return Some(last.answer.clone());
        }
        let make = make();
        let making = tokio::spawn(upkeep::once(Part::Plain, async move {
            upkeep::may_panic(Part::Plain);
            let started = Instant::now();
            let answer = make.await;
            *last = Some(Last {
                answer: answer.clone(),
                made_at: Instant::now(),
                took: started.elapsed(),
            });
            answer
        }));
        making.await.ok()?
    }

    /// How long an answer stands that took so long.
    fn fresh_for(&self, took: Duration) -> Duration {
        took.saturating_mul(self.share).max(self.at_least)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future,
        sync::atomic::{AtomicU32, Ordering::Relaxed},
    };

    use tokio::{sync::Semaphore, task};

    use super::*;

    /// Answers that stay fresh for the whole test, how many were made, and what each waits for.
    fn set_up() -> (Shared<u32>, Arc<AtomicU32>, Arc<Semaphore>) {
        let shared = Shared {
            at_least: Duration::from_secs(3600),
            ..Shared::new(5)
        };
        (shared, Arc::default(), Arc::new(Semaphore::new(0)))
    }

    /// Says which one it is, when it may.
    async fn made(made: Arc<AtomicU32>, may: Arc<Semaphore>) -> u32 {
        may.acquire().await.expect("it is open").forget();
        made.fetch_add(1, Relaxed) + 1
    }

    #[tokio::test]
    async fn it_is_made_once_for_all_who_ask_meanwhile() {
        let (shared, count, may) = set_up();
        let ask = || shared.get(|| made(count.clone(), may.clone()));
        let allow = async {
            task::yield_now().await;
            may.add_permits(10);
        };
        let (one, two, three, ()) = tokio::join!(ask(), ask(), ask(), allow);
        assert_eq!([one, two, three, ask().await], [Some(1); 4]);
    }

    #[tokio::test]
    async fn who_leaves_early_causes_no_more_work() {
        let (shared, count, may) = set_up();
        for _ in 0..100 {
            tokio::select! {
                biased;
                _ = shared.get(|| made(count.clone(), may.clone())) => panic!("it may not yet"),
                () = task::yield_now() => {}
            }
        }
        may.add_permits(1000);
        let answer = shared.get(|| made(count.clone(), may.clone())).await;
        assert_eq!((answer, count.load(Relaxed)), (Some(1), 1));
    }

    #[tokio::test]
    async fn one_that_is_not_fresh_is_made_again() {
        let (mut shared, count, may) = set_up();
        shared.at_least = Duration::ZERO;
        may.add_permits(1000);
        let ask = async || shared.get(|| made(count.clone(), may.clone())).await;
        let first = ask().await;
        // The longer it took, the longer it is fresh.
        while ask().await == first {
            task::yield_now().await;
        }
        assert!(count.load(Relaxed) >= 2);
    }

    #[test]
    fn it_takes_its_share_and_no_more() {
        let shared = Shared::<()>::new(5);
        let fresh_for = |millis| shared.fresh_for(Duration::from_millis(millis));
        assert_eq!(fresh_for(1000), Duration::from_secs(5));
        assert_eq!(fresh_for(1), AT_LEAST);
    }

    #[tokio::test]
    async fn a_panic_is_told_and_the_next_one_asks_again() {
        let shared = Shared::new(5);
        let panics = shared.get(|| async { panic!("as it should") });
        assert_eq!(panics.await, None);
        assert_eq!(shared.get(|| future::ready(7)).await, Some(7));
    }
}
