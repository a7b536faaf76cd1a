//! `WatchTask`: one task seen closely.

use loiter::Builder;
use loiter_wire::v1::{self, State};
use tonic::{Code, Streaming};

use crate::{
    options::{finish_tasks, spawn_waiting, totals},
    support::{Client, Program, listen, message, query, update_where},
};

fn close_up(seq: u64) -> v1::WatchTaskRequest {
    v1::WatchTaskRequest {
        seq,
        interval_ms: 50,
        thresholds: None,
    }
}

async fn watch(client: &mut Client, seq: u64) -> Streaming<v1::TaskDetail> {
    let stream = client.watch_task(close_up(seq)).await;
    stream.expect("the task is known").into_inner()
}

/// The first update that is so.
async fn detail_where(
    updates: &mut Streaming<v1::TaskDetail>,
    mut is_so: impl FnMut(&v1::TaskDetail) -> bool,
) -> v1::TaskDetail {
    loop {
        let detail = message(updates).await.expect("the task is alive");
        if is_so(&detail) {
            return detail;
        }
    }
}

fn samples(distribution: &Option<v1::Distribution>) -> u64 {
    let distribution = distribution.as_ref();
    distribution.map_or(0, |distribution| distribution.count.iter().sum())
}

#[tokio::test]
async fn it_shows_polls_and_waits_until_the_end() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new());
        let parent = tokio::spawn(async move {
            let child = tokio::spawn(async move { while cues.next().await != "end" {} });
            child.await.expect("no panic");
        });
        parent.await.expect("no panic");
    });
    let client = &mut program.client().await;
    let both_wait = |update: &v1::TasksUpdate| totals(update).idle == 2;
    update_where(client, query(""), both_wait).await;

    let mut updates = watch(client, 2).await;
    let first = detail_where(&mut updates, |_| true).await;
    assert_eq!(first.timeline.len(), 1, "from now on: {first:?}");
    assert_eq!(first.timeline[0].state(), State::Idle);
    assert_eq!(samples(&first.poll), 0);
    let parent = first.parent.expect("its parent is alive");
    let task = first.task.expect("the task");
    assert_eq!((task.seq, task.parent, parent.seq), (2, 1, 1));
    let labels = first.labels.expect("labels");
    assert!(labels.sites.contains_key(&task.site) && labels.sites.contains_key(&parent.site));

    for polls in 1..=3 {
        program.cue("go on");
        let detail = detail_where(&mut updates, |detail| samples(&detail.poll) == polls).await;
        assert_eq!(samples(&detail.scheduled), polls);
        assert_eq!(samples(&detail.site_poll), polls + 1, "of all time");
        let states: Vec<_> = detail.timeline.iter().map(v1::Stretch::state).collect();
        let turn = [State::Idle, State::Scheduled, State::Running];
        let expected = turn.repeat(polls as usize).into_iter().chain([State::Idle]);
        assert_eq!(states, expected.collect::<Vec<_>>());
        assert!(detail.timeline.is_sorted_by_key(|stretch| stretch.from_ns));
        assert_eq!(detail.lost, 0);
    }

    program.cue("end");
    let has_ended = |detail: &v1::TaskDetail| {
        detail
            .task
            .as_ref()
            .is_some_and(|task| task.state() == State::Ended)
    };
    let last = detail_where(&mut updates, has_ended).await;
    // Unknown when its thread was taken away between the last poll and the drop.
    let ending = last.task.expect("the task").ending();
    assert!(
        matches!(ending, v1::Ending::Finished | v1::Ending::Unknown),
        "{ending:?}"
    );
    assert_eq!(
        message(&mut updates).await,
        None,
        "the end of the task is that of the stream"
    );
}

#[tokio::test]
async fn a_remembered_task_is_shown_once() {
    let mut program = Program::start(async |_| {
        listen(Builder::new());
        finish_tasks(1).await;
    });
    let client = &mut program.client().await;
    update_where(client, query(""), |update| totals(update).ended == 1).await;
    let mut updates = watch(client, 1).await;
    let detail = message(&mut updates).await.expect("one update");
    assert_eq!(detail.task.expect("the task").state(), State::Ended);
    assert_eq!(message(&mut updates).await, None);
}

#[tokio::test]
async fn a_task_that_is_not_there_is_not_found() {
    let mut program = Program::start(async |_| {
        listen(Builder::new().ledger(1));
        finish_tasks(3).await;
    });
    let client = &mut program.client().await;
    update_where(client, query(""), |update| totals(update).ended == 3).await;
    for (seq, code) in [
        (1, Code::NotFound),
        (99, Code::NotFound),
        (u64::MAX, Code::NotFound),
        (0, Code::InvalidArgument),
    ] {
        let status = client
            .watch_task(close_up(seq))
            .await
            .expect_err("no such task");
        assert_eq!(status.code(), code, "{status}");
    }
}

#[tokio::test]
async fn the_close_ups_are_limited() {
    let mut program = Program::start(async |_| {
        listen(Builder::new());
        spawn_waiting(17);
    });
    let client = &mut program.client().await;
    update_where(client, query(""), |update| totals(update).idle == 17).await;
    let mut close_ups = Vec::new();
    for seq in 1..=16 {
        close_ups.push(watch(client, seq).await);
    }
    let status = client
        .watch_task(close_up(17))
        .await
        .expect_err("one too many");
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert!(
        status.message().starts_with("16 tasks are being watched"),
        "{status}"
    );

    drop(close_ups.pop());
    crate::support::wait_until("a place", async || {
        client.watch_task(close_up(17)).await.ok()
    })
    .await;
}

#[tokio::test]
async fn a_client_that_is_gone_keeps_no_place_however_seldom_it_asked() {
    let mut program = Program::start(async |_| {
        listen(Builder::new());
        spawn_waiting(17);
    });
    let client = &mut program.client().await;
    update_where(client, query(""), |update| totals(update).idle == 17).await;
    let seldom = |seq| v1::WatchTaskRequest {
        interval_ms: u32::MAX,
        ..close_up(seq)
    };
    let mut close_ups = Vec::new();
    for seq in 1..=16 {
        let stream = client.watch_task(seldom(seq)).await;
        let mut updates = stream.expect("the task is known").into_inner();
        message(&mut updates)
            .await
            .expect("the first comes at once");
        close_ups.push(updates);
    }
    drop(close_ups);
    crate::support::wait_until("a place", async || client.watch_task(seldom(17)).await.ok()).await;
}
