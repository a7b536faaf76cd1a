//! What the program itself is told: callbacks, the stream, events of tracing.

use std::{
    future::pending,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc,
    },
    time::Duration,
};

use loiter::{
    Builder,
    finding::{Certainty, Change, Changes, FindingKind, Found, WaitKind},
    inspect,
};
use tokio::time::timeout;

use crate::support::{PATIENCE, Program, wait_until};

/// Starts an agent without a port, whose program logs to standard error.
pub(crate) fn start(builder: Builder) {
    let subscriber = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .finish();
    let agent = builder
        .with_subscriber(subscriber)
        .listen_nowhere()
        .try_init();
    drop(agent.expect("it starts"));
}

/// A builder and what its callback is given.
fn with_callback(builder: Builder) -> (Builder, mpsc::Receiver<Found>) {
    let (sender, found) = mpsc::channel();
    let builder = builder.on_finding(move |found| {
        let _ = sender.send(found.clone());
    });
    (builder, found)
}

/// More tasks at one site than one: a finding at each call.
macro_rules! crowd {
    () => {
        [(); 2].map(|()| loiter::spawn(pending::<()>()).abort_handle())
    };
}

async fn next(changes: &mut Changes) -> Change {
    let next = timeout(PATIENCE, changes.recv()).await;
    next.expect("in time").expect("never the end")
}

fn events(log: &str) -> Vec<&str> {
    let lines = log.lines();
    lines
        .filter(|line| line.contains("loiter::finding"))
        .collect()
}

#[tokio::test]
async fn each_finding_is_told_once_in_each_way() {
    let program = Program::start(async |_| {
        let mut early = loiter::findings();
        let (builder, found) = with_callback(Builder::new().max_alive_at_site(1));
        start(builder);
        let mut changes = loiter::findings();
        let first = crowd!();
        let Change::New(told) = next(&mut changes).await else {
            panic!("it is new");
        };
        let finding = &told.finding;
        assert_eq!(
            (finding.kind, finding.certainty, finding.count),
            (FindingKind::TooManyAlive, Certainty::Proved, 2)
        );
        let site = told.site.as_deref().expect("a site");
        assert!(site.contains("findings/report.rs:"), "{site}");
        assert!(told.headline.contains('2'), "{}", told.headline);
        assert!(told.markdown.contains(told.cure) && !told.cause.is_empty());

        // The next one comes after a further look at the first one.
        let _second = crowd!();
        assert!(matches!(next(&mut changes).await, Change::New(_)));
        first.iter().for_each(|task| task.abort());
        assert!(matches!(next(&mut changes).await, Change::Gone(gone) if gone == told));
        let called = [(); 2].map(|()| found.recv_timeout(PATIENCE).expect("called"));
        assert_eq!(called[0], *told);
        assert_ne!(called[1].site, told.site);
        assert!(found.try_recv().is_err(), "no more than that");
        assert!(matches!(next(&mut early).await, Change::New(first) if first == told));
    });
    let log = program.finish();
    let events = events(&log);
    assert_eq!(events.len(), 2, "{log}");
    for event in events {
        assert!(event.contains(" WARN loiter::finding: "), "{event}");
        for field in [
            "kind=\"too many alive\"",
            "certainty=\"proved\"",
            "count=2",
            "site=\"",
            "findings/report.rs:",
            "cure=\"",
        ] {
            assert!(event.contains(field), "{field}: {event}");
        }
        assert!(!event.contains("wait="), "nothing is known of it: {event}");
    }
}

#[tokio::test]
async fn what_comes_back_is_no_news() {
    let program = Program::start(async |_| {
        let (builder, found) = with_callback(Builder::new().max_alive_at_site(1));
        start(builder);
        let mut changes = loiter::findings();
        for round in 0..3 {
            let crowd = [(); 2].map(|()| loiter::spawn(pending::<()>()));
            match next(&mut changes).await {
                Change::New(_) => assert_eq!(round, 0),
                Change::Back(_) => assert!(round > 0),
                other => panic!("{other:?}"),
            }
            crowd.iter().for_each(|task| task.abort());
            assert!(matches!(next(&mut changes).await, Change::Gone(_)));
        }
        found.recv_timeout(PATIENCE).expect("called");
        assert!(found.try_recv().is_err(), "called once");
    });
    let log = program.finish();
    assert_eq!(events(&log).len(), 1, "{log}");
}

#[tokio::test]
async fn what_is_worth_an_eye_only_is_an_info() {
    let program = Program::start(async |_| {
        let builder = Builder::new().blocked_after(Duration::from_millis(30));
        let (builder, found) = with_callback(builder);
        start(builder);
        let (_sender, mut receiver) = tokio::sync::mpsc::channel::<()>(1);
        drop(loiter::spawn(async move { receiver.recv().await }));
        let found = found.recv_timeout(PATIENCE).expect("called");
        assert_eq!(found.finding.certainty, Certainty::Watch);
        assert_eq!(found.wait, Some(WaitKind::MpscRecv));
    });
    let log = program.finish();
    let events = events(&log);
    assert_eq!(events.len(), 1, "{log}");
    for expected in [
        " INFO loiter::finding: ",
        "kind=\"blocked receive\"",
        "wait=\"mpsc recv · report.rs:",
    ] {
        assert!(events[0].contains(expected), "{expected}: {log}");
    }
}

#[tokio::test]
async fn ten_events_a_minute_at_most() {
    let program = Program::start(async |_| {
        let (builder, found) = with_callback(Builder::new().max_alive_at_site(1));
        start(builder);
        let _crowds = [
            crowd!(),
            crowd!(),
            crowd!(),
            crowd!(),
            crowd!(),
            crowd!(),
            crowd!(),
            crowd!(),
            crowd!(),
            crowd!(),
            crowd!(),
            crowd!(),
            crowd!(),
        ];
        for _ in 0..13 {
            found
                .recv_timeout(PATIENCE)
                .expect("all are given to the callback");
        }
    });
    let log = program.finish();
    assert_eq!(events(&log).len(), 10, "{log}");
}

#[tokio::test]
async fn a_panic_in_a_callback_is_caught() {
    let program = Program::start(async |_| {
        let panicking = Builder::new()
            .max_alive_at_site(1)
            .on_finding(|_| panic!("in the callback"));
        let (builder, found) = with_callback(panicking);
        start(builder);
        let _crowds = [crowd!(), crowd!()];
        for _ in 0..2 {
            found.recv_timeout(PATIENCE).expect("the other callback");
        }
        inspect::runtime_tasks().await.expect("the agent is well");
    });
    let log = program.finish();
    assert_eq!(log.matches("in the callback").count(), 2, "{log}");
    let warning = " WARN loiter: a callback given to Builder::on_finding panicked";
    assert_eq!(log.matches(warning).count(), 2, "{log}");
}

#[tokio::test]
async fn a_callback_that_blocks_holds_nobody_up() {
    let program = Program::start(async |_| {
        let blocked = Arc::new(Barrier::new(2));
        let is_called = Arc::new(AtomicBool::new(false));
        let in_callback = (blocked.clone(), is_called.clone());
        let builder = Builder::new().max_alive_at_site(1).on_finding(move |_| {
            in_callback.1.store(true, Relaxed);
            in_callback.0.wait();
        });
        start(builder);
        let mut changes = loiter::findings();
        let first = crowd!();
        wait_until("a call", async || is_called.load(Relaxed).then_some(())).await;
        inspect::tasks("", 1).await.expect("the agent answers");
        assert!(matches!(next(&mut changes).await, Change::New(_)));
        first.iter().for_each(|task| task.abort());
        assert!(matches!(next(&mut changes).await, Change::Gone(_)));
        blocked.wait();
    });
    program.finish();
}

#[tokio::test]
async fn what_a_callback_logs_is_logged() {
    let program = Program::start(async |_| {
        let logging = Builder::new()
            .max_alive_at_site(1)
            .on_finding(|found| tracing::error!("paging somebody: {}", found.headline));
        let (builder, found) = with_callback(logging);
        start(builder);
        let _crowd = crowd!();
        found.recv_timeout(PATIENCE).expect("called");
    });
    let log = program.finish();
    assert!(log.contains("paging somebody"), "{log}");
}

#[tokio::test]
async fn without_reports_the_callback_is_called_all_the_same() {
    let program = Program::start(async |_| {
        let builder = Builder::new().max_alive_at_site(1).report_findings(false);
        let (builder, found) = with_callback(builder);
        start(builder);
        let _crowd = crowd!();
        // An event would have come first.
        found.recv_timeout(PATIENCE).expect("called");
    });
    let log = program.finish();
    assert_eq!(events(&log), [""; 0], "{log}");
}
