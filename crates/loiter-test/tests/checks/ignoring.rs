//! What is left out, and that nothing else is.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use loiter::task::Builder;
use loiter_test::{LeakCheck, Trouble};
use tokio::sync::Notify;

use crate::check;

async fn innermost(notify: &Notify) {
    notify.notified().await;
}

async fn middle(notify: Arc<Notify>) {
    innermost(&notify).await;
}

/// The site of [`leave_one`].
const SITE_LINE: u32 = line!() + 5;

/// Spawns, but is in no stack of what it spawns.
fn leave_one(notify: &Arc<Notify>) {
    let builder = Builder::new().name("keeper-1");
    drop(builder.spawn(middle(notify.clone())));
}

async fn is_ignored(check: LeakCheck) -> bool {
    let notify = Arc::new(Notify::new());
    let ((), found) = check.find_in(async { leave_one(&notify) }).await;
    notify.notify_waiters();
    found.is_ok()
}

#[tokio::test]
async fn by_site() {
    let site = format!("checks/ignoring.rs:{SITE_LINE}");
    assert!(is_ignored(check().ignore_site(&site)).await);
    assert!(is_ignored(check().ignore_site("ignoring.rs")).await);
    assert!(!is_ignored(check().ignore_site("ignoring.rs:1")).await);
}

#[tokio::test]
async fn by_any_call_of_the_stack_but_not_by_who_spawned_it() {
    assert!(is_ignored(check().ignore_await("innermost")).await);
    assert!(is_ignored(check().ignore_await("ignoring::middle")).await);
    assert!(!is_ignored(check().ignore_await("leave_one")).await);
}

#[tokio::test]
async fn by_the_innermost_call() {
    assert!(is_ignored(check().ignore_await_top("innermost")).await);
    assert!(is_ignored(check().ignore_await_top("notify")).await);
    assert!(!is_ignored(check().ignore_await_top("middle")).await);
    assert!(!is_ignored(check().ignore_await_top("mutex")).await);
}

#[tokio::test]
async fn by_name() {
    assert!(is_ignored(check().ignore_named("keeper-1")).await);
    assert!(is_ignored(check().ignore_named("keeper-*")).await);
    assert!(!is_ignored(check().ignore_named("keeper")).await);
}

#[tokio::test]
async fn by_spawner() {
    let spawns_one = || async {
        let notify = Arc::new(Notify::new());
        let spawner = Builder::new().name("acceptor");
        let spawner = spawner.spawn(async move { leave_one(&notify) });
        spawner.expect("spawned").await.expect("no panic");
    };
    for (spawner, expected) in [("acceptor", true), ("accept", false), ("tokio", false)] {
        let check = check().ignore_spawned_by(spawner);
        let ((), found) = check.find_in(spawns_one()).await;
        assert_eq!(found.is_ok(), expected, "{spawner}");
    }
}

#[tokio::test]
async fn only_what_matches() {
    let check = check().ignore_named("known");
    let leaves_two = async {
        for name in ["known", "unknown"] {
            drop(Builder::new().name(name).spawn(pending::<()>()));
        }
    };
    let ((), found) = check.find_in(leaves_two).await;
    let report = found.expect_err("one is left over");
    assert_eq!(report.tasks(), 1);
    assert_eq!(report.groups()[0].names, ["unknown"]);
}

#[tokio::test]
async fn find_refuses_what_makes_no_sense_for_it() {
    let called = Arc::new(AtomicBool::new(false));
    let mark = called.clone();
    let check = LeakCheck::new().cleanup(move |_| mark.store(true, Relaxed));
    for found in [
        check.find().await,
        check.find_blocking(),
        check.find_in(async {}).await.1,
    ] {
        let report = found.expect_err("an option is unfit");
        assert_eq!(report.trouble(), Some(&Trouble::UnfitOption("cleanup")));
        assert!(
            report
                .to_string()
                .contains("`cleanup` makes no sense for `find`")
        );
    }
    drop(check);
    assert!(!called.load(Relaxed), "it is never called");

    let check = LeakCheck::new().check_on_failure();
    let report = check.find().await.expect_err("an option is unfit");
    assert_eq!(
        report.trouble(),
        Some(&Trouble::UnfitOption("check_on_failure"))
    );
}
