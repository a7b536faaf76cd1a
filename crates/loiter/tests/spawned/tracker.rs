//! tokio-util's `TaskTracker` and loiter each wrap a future; a task is seen whichever is outside.

use loiter::{Builder, CaptureStacks, FutureExt as _, task};
use loiter_model::{State, WaitKind};
use loiter_wire::v1;
use tokio::sync::{Notify, mpsc};
use tokio_util::task::TaskTracker;

use crate::{
    named,
    support::{Program, listen},
    when,
};

/// Two tasks that wait, each in one order of wrapping.
async fn both_ways() -> TaskTracker {
    listen(Builder::new().capture_stacks(CaptureStacks::OnDemand));
    let tracker = TaskTracker::new();
    let (sender, mut receiver) = mpsc::channel::<()>(1);
    std::mem::forget(sender);
    let tracked = tracker.track_future(async move { receiver.recv().await });
    drop(task::Builder::new().name("tracked inside").spawn(tracked));
    let notify = Notify::new();
    let watched = async move { notify.notified().await }.watched("tracked outside");
    drop(tracker.spawn(watched));
    tracker
}

#[tokio::test]
async fn both_orders_are_seen_once() {
    let mut program = Program::start(async |mut cues| {
        let tracker = both_ways().await;
        assert_eq!(tracker.len(), 2);
        cues.next().await;
    });
    let client = &mut program.client().await;
    let expected = [
        ("tracked inside", WaitKind::MpscRecv),
        ("tracked outside", WaitKind::Notify),
    ];
    when(client, "", |update| {
        let idle = |name| named(update, name).is_some_and(|task| task.state == State::Idle);
        expected.iter().all(|(name, _)| idle(name))
    })
    .await;
    let request = v1::CaptureStacksRequest {
        filter: "name:tracked".to_owned(),
        timeout_ms: 30_000,
        ..Default::default()
    };
    let reply = client.capture_stacks(request).await.expect("an answer");
    let reply = reply.into_inner();
    assert_eq!((reply.matched, reply.captured), (2, 2), "{reply:?}");
    // Neither is there a second time without a name.
    let update = when(client, "site:tracker.rs", |update| update.matched > 0).await;
    let of_ours = update.tasks.iter().filter(|task| {
        let site = &update.labels.sites[&task.site];
        site.file.ends_with("spawned/tracker.rs")
    });
    assert_eq!(of_ours.count(), 2);
    for (name, kind) in expected {
        let task = named(&update, name).expect("waited for");
        let wait = &update.labels.waits[&task.wait.expect("captured")];
        assert_eq!(wait.kind, kind, "{name}: {wait}");
        let place = wait.place.as_ref().expect("a line of this file");
        assert!(place.file.ends_with("tracker.rs"), "{name}: {wait}");
    }
    program.cue("stop");
    program.finish();
}

/// What comes after a watched part may end otherwise than the part.
#[cfg(tokio_unstable)]
#[tokio::test]
async fn the_first_part_of_a_task_does_not_end_it() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new());
        let task = tokio::spawn(async {
            async {}.watched("part").await;
            std::future::pending::<()>().await;
        });
        cues.next().await;
        task.abort();
        task.await.expect_err("it was aborted");
    });
    let client = &mut program.client().await;
    let filter = "all site:tracker.rs";
    let state = |state| {
        move |update: &loiter_model::update::TasksUpdate| {
            update.matched == 1 && update.tasks[0].state == state
        }
    };
    when(client, filter, state(State::Idle)).await;
    program.cue("abort");
    let update = when(client, filter, state(State::Ended)).await;
    let ending = update.tasks[0].ending;
    assert_ne!(ending, Some(loiter_model::Ending::Finished));
    program.finish();
}
