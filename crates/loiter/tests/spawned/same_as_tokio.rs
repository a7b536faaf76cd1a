//! Without an agent, and with one, the functions do what tokio's do.

use std::{future::pending, panic, time::Duration};

use loiter::{FutureExt as _, JoinSet};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn results_panics_and_aborts_come_through() {
    assert_eq!(loiter::spawn(async { 1 }).await.expect("no panic"), 1);
    assert_eq!(loiter::spawn_blocking(|| 2).await.expect("no panic"), 2);
    assert_eq!(async { 3 }.watched("three").await, 3);
    let panicking = loiter::spawn(async { panic::panic_any(4_u8) });
    let error = panicking.await.expect_err("it panics");
    assert_eq!(
        *error.into_panic().downcast::<u8>().expect("the payload"),
        4
    );
    let waiting = loiter::spawn(pending::<()>());
    waiting.abort();
    assert!(waiting.await.expect_err("it was aborted").is_cancelled());
}

#[tokio::test]
async fn a_set_joins_what_it_spawned() {
    let mut set = JoinSet::new();
    for number in 0..10 {
        set.spawn(async move { number });
    }
    set.spawn_blocking(|| 10);
    assert_eq!(set.len(), 11);
    let mut numbers = Vec::new();
    while let Some(number) = timeout(PATIENCE, set.join_next()).await.expect("in time") {
        numbers.push(number.expect("no panic"));
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..11).collect::<Vec<_>>());

    let set: JoinSet<i32> = (0..3).map(|number| async move { number }).collect();
    assert_eq!(set.join_all().await.iter().sum::<i32>(), 3);
}

#[tokio::test]
async fn an_executor_spawns() {
    use hyper::rt::Executor as _;

    let (sender, receiver) = tokio::sync::oneshot::channel();
    loiter::Executor::new().named("connection").execute(async {
        sender.send(5).expect("awaited");
    });
    let received = timeout(PATIENCE, receiver).await.expect("in time");
    assert_eq!(received.expect("sent"), 5);
}
