//! Tasks that are spawned past loiter.

use std::{future::pending, thread};

use tokio::runtime::Handle;

use crate::{check, report_of};

#[tokio::test]
async fn what_tokio_spawns_is_seen_or_counted() {
    let report = report_of(async {
        for _ in 0..2 {
            tokio::spawn(pending::<()>());
        }
        loiter::spawn(pending::<()>());
    })
    .await;
    let text = report.to_string();
    assert_eq!(report.tasks() + report.unseen(), 3, "{text}");
    if cfg!(tokio_unstable) {
        assert_eq!(report.unseen(), 0, "{text}");
        // They cannot be asked, but no waker of theirs exists.
        assert!(
            report
                .groups()
                .iter()
                .any(|leak| leak.certainty == Some("suspected")),
            "{text}"
        );
    } else {
        assert_eq!(report.unseen(), 2, "{text}");
        let note = "2 more tasks are alive, spawned with tokio::spawn: build the tests with";
        assert!(text.contains(note), "{text}");
    }
}

#[tokio::test]
async fn what_is_alive_before_does_not_count() {
    let before = tokio::spawn(pending::<()>());
    let ((), found) = check().find_in(async {}).await;
    found.expect("nothing is left over");
    before.abort();
}

/// Leaves a task on the runtime, spawned by a thread that is none of its own.
async fn spawn_elsewhere() {
    let runtime = Handle::current();
    let thread = thread::spawn(move || drop(runtime.spawn(pending::<()>())));
    thread.join().expect("no panic");
}

#[tokio::test]
async fn what_another_thread_spawns_on_the_runtime_is_counted() {
    let report = report_of(spawn_elsewhere()).await;
    assert_eq!((report.tasks(), report.unseen()), (0, 1), "{report}");
    assert!(
        report.to_string().contains("1 more task is alive, "),
        "{report}"
    );
}

#[tokio::test]
async fn what_is_not_seen_can_be_ignored() {
    let ((), found) = check().ignore_unseen().find_in(spawn_elsewhere()).await;
    found.expect("it is ignored");
}

/// With flags only: without, it is merely counted.
#[cfg(tokio_unstable)]
#[tokio::test]
async fn what_a_sampled_task_waits_on_is_told() {
    let (_sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let line = line!() + 1;
    let waits = async { receiver.await.is_ok() };
    let report = report_of(async { drop(tokio::spawn(waits)) }).await;
    let leak = &report.groups()[0];
    assert_eq!(
        (leak.wait, leak.source),
        (Some("oneshot recv"), Some("sampled")),
        "{report}"
    );
    let calls = leak.branches.iter().flatten();
    let own = calls.filter(|call| call.origin != "std" && call.origin != "tokio");
    let lines: Vec<_> = own.map(|call| (call.origin, call.place.line)).collect();
    assert_eq!(lines, [("user", line)], "{report}");
}
