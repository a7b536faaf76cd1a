//! Looks at what a task waits on leave no trace, and come when they should.

use std::{future::pending, time::Duration};

use loiter::{Builder, CaptureStacks, task};
use loiter_model::{State, WaitKind};
use loiter_wire::v1;
use tokio::sync::mpsc;
use tonic::Code;

use crate::{
    named,
    support::{Client, Program, listen},
    when,
};

/// One task that waits for a message and passes on how many came, one that waits for nothing.
async fn two_waits(builder: Builder) -> mpsc::Sender<()> {
    listen(builder);
    let (sender, mut receiver) = mpsc::channel(1);
    let receive = async move { while receiver.recv().await.is_some() {} };
    drop(task::Builder::new().name("receiver").spawn(receive));
    drop(task::Builder::new().name("lost").spawn(pending::<()>()));
    sender
}

async fn capture(
    client: &mut Client,
    filter: &str,
) -> Result<v1::CaptureStacksReply, tonic::Status> {
    let request = v1::CaptureStacksRequest {
        filter: filter.to_owned(),
        timeout_ms: 30_000,
        ..Default::default()
    };
    Ok(client.capture_stacks(request).await?.into_inner())
}

fn idle(update: &loiter_model::update::TasksUpdate, name: &str) -> bool {
    named(update, name).is_some_and(|task| task.state == State::Idle)
}

#[tokio::test]
async fn a_look_leaves_no_trace() {
    let mut program = Program::start(async |mut cues| {
        let sender = two_waits(Builder::new().capture_stacks(CaptureStacks::OnDemand)).await;
        while cues.next().await == "send" {
            sender.send(()).await.expect("received");
        }
    });
    let client = &mut program.client().await;
    let both = |update: &_| idle(update, "receiver") && idle(update, "lost");
    let before = when(client, "", both).await;
    assert!(
        before.tasks.iter().all(|task| task.wait.is_none()),
        "nobody asked"
    );
    for round in 0..50 {
        let reply = capture(client, "site:looks.rs").await.expect("an answer");
        assert_eq!((reply.matched, reply.captured), (2, 2), "round {round}");
    }
    let after = when(client, "", both).await;
    for name in ["receiver", "lost"] {
        let (before, after) = (named(&before, name), named(&after, name));
        let (before, after) = (before.expect("there"), after.expect("there"));
        assert_eq!(
            (before.polls, before.wakes, before.live_wakers),
            (after.polls, after.wakes, after.live_wakers),
            "{name}"
        );
        assert!(after.in_state > before.in_state, "{name}: its wait goes on");
    }
    let wait = |name| {
        let id = named(&after, name)
            .and_then(|task| task.wait)
            .expect("captured");
        after.labels.waits[&id].clone()
    };
    assert_eq!(wait("receiver").kind, WaitKind::MpscRecv);
    assert_eq!(wait("lost").kind, WaitKind::Nothing);

    // The next wait is another one: what is known of the last holds no longer.
    program.cue("send");
    let next = when(client, "", |update| {
        named(update, "receiver").is_some_and(|task| task.polls == 2 && task.state == State::Idle)
    })
    .await;
    assert_eq!(named(&next, "receiver").expect("there").wait, None);
    assert!(named(&next, "lost").expect("there").wait.is_some());
    program.cue("stop");
    program.finish();
}

#[tokio::test]
async fn a_blocked_task_is_asked_by_itself() {
    let mut program = Program::start(async |mut cues| {
        let builder = Builder::new().blocked_after(Duration::from_millis(20));
        let _sender = two_waits(builder).await;
        cues.next().await;
    });
    let client = &mut program.client().await;
    when(client, "", |update| {
        ["receiver", "lost"]
            .iter()
            .all(|name| named(update, name).is_some_and(|task| task.wait.is_some()))
    })
    .await;
    program.cue("stop");
    program.finish();
}

#[tokio::test]
async fn a_service_may_forbid_it() {
    let mut program = Program::start(async |mut cues| {
        let builder = Builder::new().blocked_after(Duration::from_millis(20));
        let _sender = two_waits(builder.capture_stacks(CaptureStacks::Off)).await;
        cues.next().await;
    });
    let client = &mut program.client().await;
    let error = capture(client, "").await.expect_err("it is off");
    assert_eq!(error.code(), Code::FailedPrecondition);
    program.cue("stop");
    program.finish();
}

#[tokio::test]
async fn the_environment_decides_when() {
    let variables = [("LOITER_CAPTURE_STACKS", "off")];
    let mut program = Program::start_with(&variables, async |mut cues| {
        let _sender = two_waits(Builder::new()).await;
        cues.next().await;
    });
    let client = &mut program.client().await;
    let error = capture(client, "").await.expect_err("it is off");
    assert!(error.message().contains("LOITER_CAPTURE_STACKS"));
    program.cue("stop");
    program.finish();
}

#[tokio::test]
async fn a_task_on_a_blocked_worker_does_not_answer_in_time() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new());
        let (ready, is_ready) = std::sync::mpsc::channel();
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                drop(task::Builder::new().name("stuck").spawn(pending::<()>()));
                tokio::task::yield_now().await;
                ready.send(()).expect("waited for");
                // Blocks the runtime's only thread.
                wait.recv().expect_err("dropped");
            });
        });
        is_ready.recv().expect("told");
        println!("the worker is blocked");
        cues.next().await;
        drop(go_on);
    });
    let client = &mut program.client().await;
    program.told("the worker is blocked");
    when(client, "name:stuck", |update| idle(update, "stuck")).await;
    let request = v1::CaptureStacksRequest {
        filter: "name:stuck".to_owned(),
        timeout_ms: 100,
        ..Default::default()
    };
    let reply = client.capture_stacks(request).await.expect("an answer");
    let reply = reply.into_inner();
    assert_eq!(reply.timed_out, 1, "{reply:?}");
    program.cue("stop");
    program.finish();
}

/// A task that blocks in place is inside a poll all the while: it waits for nothing that the
/// runtime knows of, so there is nothing to ask.
#[tokio::test]
async fn a_task_that_blocks_in_place_is_not_asked() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new());
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let blocking = async move { tokio::task::block_in_place(|| wait.recv().is_err()) };
        let task = task::Builder::new().name("in place").spawn(blocking);
        cues.next().await;
        drop(go_on);
        assert!(task.expect("a runtime").await.expect("no panic"));
    });
    let client = &mut program.client().await;
    let running =
        |update: &_| named(update, "in place").is_some_and(|task| task.state == State::Running);
    when(client, "", running).await;
    let reply = capture(client, "name:\"in place\"")
        .await
        .expect("an answer");
    let asked = (reply.matched, reply.not_idle, reply.captured);
    assert_eq!(asked, (1, 1, 0), "{reply:?}");
    let update = when(client, "", running).await;
    assert_eq!(named(&update, "in place").expect("there").wait, None);
    program.cue("go on");
    program.finish();
}

/// Tasks that cannot be asked are seen when they register their wakers.
#[cfg(tokio_unstable)]
#[tokio::test]
async fn a_task_of_others_is_sampled() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new());
        let (sender, mut receiver) = mpsc::channel::<()>(1);
        let notify = tokio::sync::Notify::new();
        // The budget opens when the agent's thread runs: some of these are early enough, or late.
        for _ in 0..50 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let sleeping = tokio::time::sleep(Duration::from_secs(3600));
            let task = tokio::task::Builder::new().name("sleeper").spawn(sleeping);
            drop(task.expect("a runtime"));
        }
        let both = async move {
            tokio::select! {
                _ = receiver.recv() => {}
                () = notify.notified() => {}
            }
        };
        drop(tokio::task::Builder::new().name("both").spawn(both));
        cues.next().await;
        drop(sender);
    });
    let client = &mut program.client().await;
    let update = when(client, "", |update| {
        ["sleeper", "both"]
            .iter()
            .all(|name| named(update, name).is_some_and(|task| task.wait.is_some()))
    })
    .await;
    let wait = |name| {
        let id = named(&update, name)
            .and_then(|task| task.wait)
            .expect("seen");
        update.labels.waits[&id].clone()
    };
    assert_eq!(wait("sleeper").kind, WaitKind::Sleep);
    let both = wait("both");
    assert_eq!(
        (both.kind, both.stack.branches.len()),
        (WaitKind::Select, 2)
    );
    assert_eq!(both.stack.source, loiter_model::StackSource::Sampled);
    let place = both.place.as_ref().expect("a line of this file");
    assert!(place.file.ends_with("looks.rs"), "{both}");
    program.cue("stop");
    program.finish();
}
