//! Other tasks, time, and nothing.
#![allow(
    clippy::redundant_async_block,
    reason = "the line of the await is what is tested"
)]

use std::{future::pending, time::Duration};

use loiter_model::WaitKind;
use tokio::{
    sync::mpsc,
    time::{interval, sleep, timeout},
};
use tokio_util::task::TaskTracker;

use super::{AGES, Cases, keep};

pub(super) fn spawn(cases: &mut Cases) {
    tasks(cases);
    time(cases);
}

fn tasks(cases: &mut Cases) {
    let handle = tokio::spawn(pending::<()>());
    cases.add("join handle", WaitKind::Join, async move {
        handle.await // @join handle
    });
    let mut set = tokio::task::JoinSet::new();
    set.spawn(pending::<()>());
    cases.add("join set", WaitKind::Join, async move {
        set.join_next().await // @join set
    });
    let tracker = TaskTracker::new();
    tracker.spawn(pending::<()>());
    tracker.close();
    cases.add("task tracker", WaitKind::Join, async move {
        tracker.wait().await; // @task tracker
    });
    // The handle of a blocking function is one like any other.
    let blocking = tokio::task::spawn_blocking(|| std::thread::sleep(Duration::MAX));
    cases.add("blocking handle", WaitKind::Join, async move {
        blocking.await // @blocking handle
    });
    cases.add("pending", WaitKind::Nothing, async move {
        pending::<()>().await;
    });
}

fn time(cases: &mut Cases) {
    cases.add("sleep", WaitKind::Sleep, async {
        sleep(AGES).await; // @sleep
    });
    cases.add("interval", WaitKind::Sleep, async {
        let mut interval = interval(AGES);
        interval.tick().await;
        interval.tick().await // @interval
    });
    let (sender, mut receiver) = mpsc::channel::<()>(1);
    keep(sender);
    cases.add("timeout", WaitKind::MpscRecv, async move {
        timeout(AGES, receiver.recv()).await // @timeout
    });
}
