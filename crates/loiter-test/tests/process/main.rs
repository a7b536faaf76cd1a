//! Checks of the whole process. One at a time: they see each other's tasks.

use std::{
    future::pending,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use loiter::task::Builder;
use loiter_test::{Extent, LeakCheck};
use tokio::sync::oneshot;

/// Held by the one test that runs.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    // Before the first task.
    loiter_test::start();
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check() -> LeakCheck {
    LeakCheck::new().timeout(Duration::from_millis(30))
}

fn runtime() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build();
    runtime.expect("a runtime")
}

#[test]
fn a_clean_process_passes() {
    let _alone = alone();
    runtime().block_on(async {
        loiter_test::find().await.expect("nothing is left over");
        loiter_test::verify_none().await;
    });
}

#[test]
fn any_task_of_the_process_is_found() {
    let _alone = alone();
    // Outside of any test's own future.
    let other = runtime();
    other
        .block_on(async { Builder::new().name("outsider").spawn(pending::<()>()) })
        .expect("spawned");
    let found = runtime().block_on(async { check().find().await });
    let report = found.expect_err("a task is left over");
    assert_eq!(report.extent(), Extent::Process);
    assert_eq!(report.tasks(), 1, "{report}");
    assert_eq!(report.groups()[0].names, ["outsider"]);
    assert!(
        report
            .to_string()
            .contains("1 task is alive in this process (any_task"),
        "{report}"
    );
    drop(other);
    LeakCheck::new().verify_blocking();
}

#[test]
fn it_can_be_looked_for_without_a_runtime() {
    let _alone = alone();
    LeakCheck::new()
        .find_blocking()
        .expect("nothing is left over");
    let other = runtime();
    loiter::task::spawn_on(pending::<()>(), other.handle());
    let report = check().find_blocking().expect_err("a task is left over");
    assert_eq!(report.tasks() + report.unseen(), 1, "{report}");
}

#[test]
fn the_task_that_checks_is_not_found() {
    let _alone = alone();
    runtime().block_on(async {
        let checking = loiter::spawn(async {
            // Without flags, a task is told by tokio's number after its first wait.
            tokio::task::yield_now().await;
            LeakCheck::new().find().await
        });
        checking
            .await
            .expect("no panic")
            .expect("nothing else is there");
    });
}

#[test]
fn what_was_there_before_is_ignored_and_what_is_new_is_not() {
    let _alone = alone();
    runtime().block_on(async {
        let (release, mut old) = (std::cell::RefCell::new(Vec::new()), Vec::new());
        let spawn = || {
            let (sender, receiver) = oneshot::channel::<()>();
            release.borrow_mut().push(sender);
            loiter::spawn(receiver)
        };
        old.extend((0..5).map(|_| spawn()));
        let check = check().ignore_current();
        check.find().await.expect("nothing is new");

        // As many go as come.
        release.borrow_mut().clear();
        for task in old {
            assert!(task.await.expect("no panic").is_err());
        }
        let new: Vec<_> = (0..5).map(|_| spawn()).collect();
        let report = check.find().await.expect_err("five are new");
        assert_eq!(report.tasks() + report.unseen(), 5, "{report}");
        release.borrow_mut().clear();
        for task in new {
            assert!(task.await.expect("no panic").is_err());
        }
        check.find().await.expect("they are gone");
    });
}

#[test]
fn futures_in_block_on_are_threads_and_no_tasks() {
    let _alone = alone();
    let (release, released) = oneshot::channel::<()>();
    let thread = std::thread::spawn(|| runtime().block_on(released));
    LeakCheck::new()
        .find_blocking()
        .expect("a thread is none of its business");
    drop(release);
    assert!(thread.join().expect("no panic").is_err());
}

#[test]
#[should_panic(expected = "1 task is alive in this process")]
fn verify_panics_with_the_report() {
    let _alone = alone();
    runtime().block_on(async {
        loiter::spawn(pending::<()>());
        check().verify().await;
    });
}
