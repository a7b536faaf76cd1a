//! How tasks ended is known exactly.

use std::future::pending;

use loiter::{Builder, task};
use loiter_model::Ending;
use tokio::sync::{Notify, oneshot};

use crate::{
    named,
    support::{Program, listen},
    when,
};

async fn endings() {
    listen(Builder::new());
    std::panic::set_hook(Box::new(|_| {}));
    let spawn = |name| task::Builder::new().name(name);
    let finished = spawn("finished").spawn(async { 7 }).expect("a runtime");
    assert_eq!(finished.await.expect("no panic"), 7);
    let panicked = spawn("panicked").spawn(async { panic!("as it should") });
    let error = panicked.expect("a runtime").await.expect_err("it panics");
    assert_eq!(
        *error.into_panic().downcast::<&str>().expect("a text"),
        "as it should"
    );
    let (polled, is_polled) = oneshot::channel();
    let waiting = async {
        polled.send(()).expect("awaited");
        pending::<()>().await;
    };
    let cancelled = spawn("cancelled").spawn(waiting).expect("a runtime");
    is_polled.await.expect("polled");
    cancelled.abort();
    assert!(cancelled.await.expect_err("it was aborted").is_cancelled());
    let never = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    drop(spawn("never polled").spawn_on(async {}, never.handle()));
    never.shutdown_background();
    with_a_runtime().await;
    let blocking = spawn("blocking").spawn_blocking(|| 8).expect("a runtime");
    assert_eq!(blocking.await.expect("no panic"), 8);
    let blocking = spawn("blocking panic").spawn_blocking(|| panic!("again"));
    assert!(
        blocking
            .expect("a runtime")
            .await
            .expect_err("it panics")
            .is_panic()
    );
}

/// Tasks that wait when what runs them goes down, and one that is aborted before that.
async fn with_a_runtime() {
    let waiting = || {
        let (polled, is_polled) = oneshot::channel();
        let waiting = async {
            // Something holds a waker of it: else a drop right after this poll would look to
            // tokio's report like that of a future which has returned.
            let never = Notify::new();
            polled.send(()).expect("awaited");
            never.notified().await;
        };
        (waiting, is_polled)
    };
    let spawn = |name| task::Builder::new().name(name);
    let pool = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("a runtime");
    let (future, is_polled) = waiting();
    drop(spawn("in a runtime").spawn_on(future, pool.handle()));
    is_polled.await.expect("polled");
    // One that only tokio tells of.
    #[cfg(tokio_unstable)]
    {
        let (future, is_polled) = waiting();
        let others = tokio::task::Builder::new().name("of others");
        drop(others.spawn_on(future, pool.handle()));
        is_polled.await.expect("polled");
    }
    // One that is dropped at the end of its poll might have been aborted.
    pool.spawn(async {}).await.expect("the polls have ended");
    pool.shutdown_background();
    let threads = std::thread::spawn(move || {
        let one = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let (future, is_polled) = waiting();
        drop(spawn("on its thread").spawn_on(future, one.handle()));
        one.block_on(is_polled).expect("polled");
        let local = tokio::task::LocalSet::new();
        local.block_on(&one, async {
            let (future, is_polled) = waiting();
            drop(spawn("in a local set").spawn_local(future));
            is_polled.await.expect("polled");
            let (future, is_polled) = waiting();
            let aborted = spawn("cancelled in a local set").spawn_local(future);
            is_polled.await.expect("polled");
            let aborted = aborted.expect("a local set");
            aborted.abort();
            assert!(aborted.await.expect_err("aborted").is_cancelled());
        });
    });
    let joined = tokio::task::spawn_blocking(|| threads.join());
    joined.await.expect("no panic").expect("no panic");
}

#[tokio::test]
async fn each_ending_is_told_apart() {
    let mut program = Program::start(async |_| endings().await);
    let client = &mut program.client().await;
    let mut expected = vec![
        ("finished", Ending::Finished),
        ("panicked", Ending::Panicked),
        ("cancelled", Ending::Cancelled),
        ("never polled", Ending::RuntimeDropped),
        ("in a runtime", Ending::RuntimeDropped),
        ("on its thread", Ending::RuntimeDropped),
        ("in a local set", Ending::RuntimeDropped),
        ("cancelled in a local set", Ending::Cancelled),
    ];
    // With tokio's own report, a blocking function has no name of ours.
    if !cfg!(tokio_unstable) {
        expected.push(("blocking", Ending::Finished));
        expected.push(("blocking panic", Ending::Panicked));
    } else {
        expected.push(("of others", Ending::RuntimeDropped));
        // A name given by the wrapper is learnt at the first poll.
        expected.retain(|(name, _)| *name != "never polled");
    }
    let update = when(client, "state:ended", |update| {
        expected
            .iter()
            .all(|(name, _)| named(update, name).is_some())
    })
    .await;
    for (name, ending) in expected {
        let task = named(&update, name).expect("waited for");
        assert_eq!(task.ending, Some(ending), "{name}");
    }
    program.finish();
}
