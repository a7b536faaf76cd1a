//! What is said of tasks that are left over.

use std::{future::pending, sync::Arc, time::Duration};

use loiter::task::Builder;
use loiter_test::LeakCheck;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::{check, report_of};

#[tokio::test]
async fn a_clean_future_passes_and_gives_its_output() {
    let output = LeakCheck::new().run(async { loiter::spawn(async { 7 }).await });
    assert_eq!(output.await.expect("no panic"), 7);
}

#[tokio::test]
async fn a_blocked_task_is_reported_with_its_wait_and_its_site() {
    let (sender, mut receiver) = mpsc::channel::<()>(1);
    let mut spawned = None;
    let awaited = line!() + 1;
    let receive = async move { receiver.recv().await };
    let report = report_of(async {
        spawned = Some((Builder::new().name("reader").spawn(receive), line!()));
    })
    .await;
    let (task, line) = spawned.expect("it was run");

    assert_eq!((report.tasks(), report.unseen()), (1, 0));
    let [leak] = report.groups() else {
        panic!("one group: {report}");
    };
    assert_eq!((leak.count, leak.kind, leak.state), (1, "task", "idle"));
    assert_eq!(leak.wait, Some("mpsc recv"));
    assert_eq!(leak.source, Some("probed"));
    assert_eq!(leak.names, ["reader"]);
    assert_eq!(leak.certainty, None);
    assert!(leak.site.file.ends_with("checks/reports.rs"), "{report}");
    assert_eq!(leak.site.line, line);
    let [calls] = &leak.branches[..] else {
        panic!("one branch: {report}");
    };
    let own = calls.iter().find(|call| call.origin == "user");
    let own = own.expect("the async block");
    assert_eq!(own.place.line, awaited);

    let text = report.to_string();
    for expected in [
        "reports::a_blocked_task_is_reported_with_its_wait_and_its_site leaves 1 task behind, \
         alive 30ms after its end"
            .to_owned(),
        "1 task \"reader\" [mpsc recv, ".to_owned(),
        format!("    crates/loiter-test/tests/checks/reports.rs:{awaited}:"),
        format!("spawned at crates/loiter-test/tests/checks/reports.rs:{line}:"),
        "\ncause: ".to_owned(),
        "\ncure: ".to_owned(),
    ] {
        assert!(text.contains(&expected), "{expected}\n{text}");
    }

    // Once it is no more blocked, all is well.
    let (_, found) = check().find_in(async { drop(sender) }).await;
    found.expect("nothing was spawned inside");
    assert_eq!(task.expect("it is spawned").await.expect("no panic"), None);
}

#[tokio::test]
async fn a_task_may_end_while_the_check_waits() {
    let (sender, receiver) = oneshot::channel::<()>();
    // On this runtime's only thread it gets its turn when the check waits, and not before.
    let ends_it = tokio::spawn(async { sender.send(()) });
    let patient = LeakCheck::new().timeout(Duration::from_secs(60));
    let started = std::time::Instant::now();
    patient.run(async { drop(loiter::spawn(receiver)) }).await;
    let sent = ends_it.await.expect("no panic");
    sent.expect("it waited still when the check did");
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "as soon as all have ended"
    );

    let (sender, receiver) = oneshot::channel::<()>();
    let impatient = LeakCheck::new().timeout(Duration::ZERO);
    let (_, found) = impatient
        .find_in(async { drop(loiter::spawn(receiver)) })
        .await;
    assert_eq!(found.expect_err("it waits still").tasks(), 1);
    drop(sender);
}

#[tokio::test]
async fn equal_tasks_are_one_group() {
    let notify = Arc::new(Notify::new());
    let report = report_of(async {
        for number in 0..12 {
            let notify = notify.clone();
            let name = format!("waiter-{number}");
            let waiter = Builder::new()
                .name(&name)
                .spawn(async move { notify.notified().await });
            drop(waiter);
        }
        loiter::spawn(pending::<()>());
    })
    .await;
    assert_eq!(report.tasks(), 13);
    let counts: Vec<_> = report
        .groups()
        .iter()
        .map(|leak| (leak.wait, leak.count))
        .collect();
    assert_eq!(
        counts,
        [(Some("nothing"), 1), (Some("notify"), 12)],
        "{report}"
    );
    assert_eq!(
        report.groups()[1].names.len(),
        8,
        "the first ones are enough"
    );
}

#[tokio::test]
async fn it_is_proved_that_nothing_can_wake_a_task() {
    let report = report_of(async { drop(loiter::spawn(pending::<()>())) }).await;
    assert_eq!(report.groups()[0].certainty, Some("proved"));
    let text = report.to_string();
    assert!(text.contains("\nproved: no waker of it exists"), "{text}");
}

#[tokio::test]
async fn every_branch_of_a_select_is_told() {
    let (first, second) = (Arc::new(Notify::new()), mpsc::channel::<()>(1));
    let (_sender, mut receiver) = second;
    let report = report_of(async {
        loiter::spawn(async move {
            tokio::select! {
                () = first.notified() => {}
                _ = receiver.recv() => {}
            }
        });
    })
    .await;
    let leak = &report.groups()[0];
    assert_eq!(
        (leak.wait, leak.branches.len()),
        (Some("select"), 2),
        "{report}"
    );
    assert!(report.to_string().contains("\n  branch 2:\n"), "{report}");
}

#[tokio::test]
async fn the_spawner_and_the_scopes_below_are_told() {
    let report = report_of(async {
        let acceptor = Builder::new()
            .name("acceptor")
            .scope("server")
            .spawn(async {
                loiter::spawn(pending::<()>());
                pending::<()>().await;
            });
        drop(acceptor);
    })
    .await;
    assert_eq!(report.tasks(), 2, "{report}");
    let connection = report.groups().iter().find(|leak| leak.names.is_empty());
    let connection = connection.expect("it has no name");
    let [spawner] = &connection.spawned_by[..] else {
        panic!("one spawner: {report}");
    };
    assert_eq!(spawner.name.as_deref(), Some("acceptor"));
    assert_eq!(connection.scopes, ["server"]);
    assert!(
        report.to_string().contains("    in the scope server\n"),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_functions_are_left_over_too() {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let report = report_of(async {
        loiter::spawn_blocking(move || released.recv().is_ok());
    })
    .await;
    let leak = &report.groups()[0];
    assert_eq!(
        (leak.kind, leak.state, leak.wait),
        ("blocking", "running", None)
    );
    assert!(
        report
            .to_string()
            .contains("1 blocking function [running, "),
        "{report}"
    );
    drop(release);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_tasks_are_a_short_report() {
    let notify = Arc::new(Notify::new());
    let report = report_of(async {
        for _ in 0..10_000 {
            let notify = notify.clone();
            loiter::spawn(async move { notify.notified().await });
        }
    })
    .await;
    assert_eq!(report.tasks(), 10_000);
    let counted: u64 = report.groups().iter().map(|leak| leak.count).sum();
    assert_eq!(counted, report.tasks());
    let text = report.to_string();
    assert!(text.contains("leaves 10000 tasks behind"), "{text}");
    assert!(text.len() < 16 * 1024, "{} bytes", text.len());
    notify.notify_waiters();
}

#[tokio::test]
async fn the_report_is_json_too() {
    let report = report_of(async {
        drop(Builder::new().name("a \"name\"").spawn(pending::<()>()));
    })
    .await;
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).expect("JSON");
    assert!(!report.to_json().contains('\n'));
    assert_eq!(json["schema"], 1);
    assert_eq!(json["test"], "reports::the_report_is_json_too");
    assert_eq!(json["extent"], "test");
    assert_eq!(json["tasks"], 1);
    let group = &json["groups"][0];
    assert_eq!(group["names"][0], "a \"name\"");
    assert_eq!(group["wait"], "nothing");
    assert_eq!(group["certainty"], "proved");
    assert!(group["site"]["line"].as_u64() > Some(0));
}
