//! Resources, as a client sees them.

use std::sync::Arc;

use loiter::Builder;
use loiter_wire::v1::{self, State, attribute::Value};
use tokio::sync::{Mutex, oneshot};
use tonic::Code;

use crate::support::{Client, Program, listen, message, wait_until};

fn query(filter: &str) -> v1::WatchResourcesRequest {
    v1::WatchResourcesRequest {
        query: Some(v1::Query {
            filter: filter.to_owned(),
            limit: 100,
            ..v1::Query::default()
        }),
        interval_ms: 50,
        with_ops: false,
    }
}

async fn resources(client: &mut Client, filter: &str) -> v1::ResourcesUpdate {
    let updates = client.watch_resources(query(filter)).await;
    let mut updates = updates.expect("the query is answered").into_inner();
    message(&mut updates).await.expect("at least one")
}

/// A lock that is held until the first cue, and somebody who waits for it; the second cue ends it.
async fn lock_and_wait(mut cue: impl AsyncFnMut()) {
    let lock = Arc::new(Mutex::new(()));
    let (locked, is_locked) = oneshot::channel();
    let (release, is_released) = oneshot::channel::<()>();
    let holder = tokio::spawn({
        let lock = lock.clone();
        async move {
            let _guard = lock.lock().await;
            locked.send(()).expect("somebody waits");
            let _ = is_released.await;
        }
    });
    is_locked.await.expect("it is sent");
    let waiter = tokio::spawn({
        let lock = lock.clone();
        async move { drop(lock.lock().await) }
    });
    cue().await;
    drop(release);
    holder.await.expect("no panic");
    waiter.await.expect("no panic");
    cue().await;
    drop(lock);
}

#[tokio::test]
async fn a_lock_its_holder_and_its_waiter_are_shown_until_its_end() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new().resources(true));
        lock_and_wait(async || drop(cues.next().await)).await;
    });
    let mut client = program.client().await;
    let lock = wait_until("somebody waits for the lock", async || {
        let update = resources(&mut client, "mutex").await;
        assert!(update.is_tracking);
        let waited_for = |lock: &&v1::Resource| !lock.waiters.is_empty();
        update.resources.iter().find(waited_for).cloned()
    })
    .await;
    assert_eq!((&*lock.kind, &*lock.concrete_type), ("Sync", "Mutex"));
    assert!(!lock.is_internal && !lock.has_ended);
    let attribute = &lock.attributes[0];
    assert_eq!(attribute.name, "locked");
    assert_eq!(attribute.value, Some(Value::Flag(true)));
    let ([holder], [waiter]) = (&lock.holders[..], &lock.waiters[..]) else {
        panic!("{lock:?}");
    };
    assert_ne!(holder, waiter);

    // It is the only one that was made in this file.
    let update = resources(&mut client, "site:agent/resources.rs mutex").await;
    assert_eq!((update.matched, update.resources.len()), (1, 1));
    let sites = update.labels.expect("labels").sites;
    assert!(sites[&lock.site].file.ends_with("agent/resources.rs"));

    // With the operations, if they are wanted.
    assert_eq!(update.ops, []);
    let wanted = v1::WatchResourcesRequest {
        with_ops: true,
        ..query("site:agent/resources.rs mutex")
    };
    let updates = client.watch_resources(wanted).await;
    let mut updates = updates.expect("the query is answered").into_inner();
    let update = message(&mut updates).await.expect("at least one");
    let ops: Vec<_> = update.ops.iter().map(|op| (op.resource, op.task)).collect();
    assert_eq!(ops, [(lock.seq, *waiter)]);

    let request = v1::WatchResourceRequest {
        seq: lock.seq,
        interval_ms: 50,
    };
    let details = client.watch_resource(request).await;
    let mut details = details.expect("it is there").into_inner();
    let detail = message(&mut details).await.expect("an answer");
    let [op] = &detail.ops[..] else {
        panic!("{detail:?}");
    };
    assert_eq!((&*op.source, op.task), ("Mutex::lock", *waiter));
    assert_eq!((op.state(), op.polls), (State::Idle, 1));
    let mut tasks: Vec<_> = detail.tasks.iter().map(|task| task.seq).collect();
    tasks.sort_unstable();
    let mut expected = [*holder, *waiter];
    expected.sort_unstable();
    assert_eq!(tasks, expected);

    program.cue("give it back");
    wait_until("nobody holds it", async || {
        let detail = message(&mut details).await.expect("an answer");
        let resource = detail.resource.expect("always there");
        (resource.holders.is_empty() && resource.waiters.is_empty()).then_some(())
    })
    .await;
    program.cue("drop it");
    let mut last = None;
    while let Some(detail) = message(&mut details).await {
        last = Some(detail);
    }
    let last = last.and_then(|detail| detail.resource);
    assert!(last.expect("its end is told").has_ended);
    let gone = client.watch_resource(request).await;
    assert_eq!(gone.expect_err("it is gone").code(), Code::NotFound);
}

#[tokio::test]
async fn a_program_that_does_not_ask_for_it_tracks_none() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new());
        lock_and_wait(async || drop(cues.next().await)).await;
    });
    let mut client = program.client().await;
    let update = resources(&mut client, "").await;
    assert!(!update.is_tracking && update.resources.is_empty());
    let refused = client.watch_resources(query("blocked")).await;
    let refused = refused.expect_err("it speaks of tasks");
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("`blocked`"), "{refused:?}");
    let request = v1::WatchResourceRequest::default();
    let refused = client.watch_resource(request).await;
    assert_eq!(
        refused.expect_err("no number").code(),
        Code::InvalidArgument
    );
}

#[tokio::test]
async fn the_environment_can_ask_for_it() {
    let mut program = Program::start_with(&[("LOITER_RESOURCES", "true")], async |mut cues| {
        listen(Builder::new());
        lock_and_wait(async || drop(cues.next().await)).await;
    });
    let mut client = program.client().await;
    wait_until("the lock is seen", async || {
        let update = resources(&mut client, "mutex site:agent/resources.rs").await;
        (update.matched == 1).then_some(())
    })
    .await;
}
