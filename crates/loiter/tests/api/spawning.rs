//! Tasks are spawned in every way that there is, and do as tokio's.

use std::{
    future::{pending, ready},
    panic,
    sync::Mutex,
    time::Duration,
};

use hyper::rt::Executor as _;
use loiter::{
    Executor, FutureExt as _, JoinSet, scope, spawn, spawn_blocking, spawn_local,
    task::{self, Scoped, Watched, spawn_on},
};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::oneshot,
    task::{AbortHandle, LocalSet, yield_now},
    time::timeout,
};

fn runtime() -> Runtime {
    super::start();
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

async fn three() -> u8 {
    yield_now().await;
    3
}

#[test]
fn functions_spawn_as_tokio_does() {
    runtime().block_on(async {
        assert_eq!(spawn(three()).await.expect("no panic"), 3);
        let here = Handle::current();
        assert_eq!(spawn_on(three(), &here).await.expect("no panic"), 3);
        assert_eq!(spawn_blocking(|| 3).await.expect("no panic"), 3);
        let local = async { spawn_local(three()).await.expect("no panic") };
        assert_eq!(LocalSet::new().run_until(local).await, 3);

        let stands = spawn(pending::<()>());
        stands.abort();
        assert!(stands.await.expect_err("it was aborted").is_cancelled());
        let panics = spawn(async { panic!("at work") });
        assert!(panics.await.expect_err("it panicked").is_panic());
    });
}

#[test]
fn a_builder_spawns_as_tokio_does() {
    let named = || {
        task::Builder::new()
            .name("three")
            .scope("count")
            .expect_idle()
    };
    runtime().block_on(async {
        let here = Handle::current();
        let spawned = [
            named().spawn(three()).expect("never fails"),
            named().spawn_on(three(), &here).expect("never fails"),
            named().spawn_blocking(|| 3).expect("never fails"),
        ];
        for spawned in spawned {
            assert_eq!(spawned.await.expect("no panic"), 3);
        }
        let local = async { named().spawn_local(three()).expect("never fails").await };
        assert_eq!(LocalSet::new().run_until(local).await.expect("no panic"), 3);
    });
}

#[test]
fn a_set_is_as_tokios() {
    runtime().block_on(async {
        let mut set = JoinSet::<u8>::new();
        let _: AbortHandle = set.spawn(three());
        set.spawn_on(three(), &Handle::current());
        set.spawn_blocking(|| 3);
        // Through `Deref` and `DerefMut`.
        assert_eq!(set.len(), 3);
        assert_eq!(set.join_next().await.expect("three").expect("no panic"), 3);
        assert_eq!(set.join_all().await, [3, 3]);

        let local = LocalSet::new();
        let mut set = JoinSet::default();
        set.spawn_local_on(three(), &local);
        local
            .run_until(async {
                set.spawn_local(three());
                assert_eq!(set.into_inner().join_all().await, [3, 3]);
            })
            .await;

        let set: JoinSet<u8> = [three(), three()].into_iter().collect();
        assert_eq!(set.join_all().await, [3, 3]);
    });
}

#[test]
fn an_executor_spawns() {
    runtime().block_on(async {
        for executor in [Executor::new().named("connection"), Executor::default()] {
            let (tell, told) = oneshot::channel();
            executor.execute(async move { tell.send(three().await).expect("waited for") });
            assert_eq!(told.await.expect("told"), 3);
        }
    });
}

#[test]
fn a_wrapped_future_is_as_it_was() {
    runtime().block_on(async {
        let watched: Watched<_> = three().watched("three");
        assert_eq!(watched.await, 3);
        let scoped: Scoped<_> = scope("count", async { spawn(three()).await });
        assert_eq!(scoped.await.expect("no panic"), 3);
        let limit = Duration::from_millis(1);
        assert!(timeout(limit, pending::<()>().watched("")).await.is_err());
    });
}

/// Where the last panic of this thread's was, as the program's hook is told.
fn place_of_panic(run: impl FnOnce() + panic::UnwindSafe) -> (String, u32) {
    static HOOK: Mutex<()> = Mutex::new(());
    static PLACE: Mutex<Option<(String, u32)>> = Mutex::new(None);

    let _alone = HOOK.lock().expect("no panic with it");
    let thread = std::thread::current().id();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if let Some(place) = info
            .location()
            .filter(|_| std::thread::current().id() == thread)
        {
            *PLACE.lock().expect("no panic with it") =
                Some((place.file().to_owned(), place.line()));
        }
    }));
    let panicked = panic::catch_unwind(run).is_err();
    panic::set_hook(before);
    assert!(panicked, "outside a runtime");
    PLACE
        .lock()
        .expect("no panic with it")
        .take()
        .expect("told")
}

/// As tokio's: a panic names the line of the program, not one of ours.
#[test]
fn callers_are_tracked() {
    super::start();
    // On one line each.
    let outside: [(u32, fn()); 6] = [
        (line!(), || drop(spawn(ready(())))),
        (line!(), || drop(spawn_local(ready(())))),
        (line!(), || drop(spawn_blocking(|| ()))),
        (line!(), || drop(task::Builder::new().spawn(ready(())))),
        (line!(), || drop(task::Builder::new().spawn_blocking(|| ()))),
        (line!(), || drop(JoinSet::new().spawn(ready(())))),
    ];
    for (line, spawn) in outside {
        let (file, at) = place_of_panic(spawn);
        assert!(file.ends_with("spawning.rs"), "{file}");
        assert_eq!(at, line);
    }
}
