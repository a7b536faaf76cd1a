//! How a check ends, and a test with it.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering::Relaxed},
    },
    task::Poll,
};

use loiter_test::LeakCheck;

use crate::check;

/// What the panic of a future carried.
async fn panic_of(future: impl Future) -> Box<dyn std::any::Any + Send> {
    let mut future = Box::pin(future);
    std::future::poll_fn(move |context| {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(_)) => panic!("it does not panic"),
            Err(panic) => Poll::Ready(panic),
        }
    })
    .await
}

/// A check, and what its cleanup is called with; -1 while it was not.
fn cleaned_up(check: LeakCheck) -> (LeakCheck, Arc<AtomicI32>) {
    let code = Arc::new(AtomicI32::new(-1));
    let called = code.clone();
    (check.cleanup(move |code| called.store(code, Relaxed)), code)
}

#[tokio::test]
async fn a_leak_is_a_panic_with_the_report() {
    let (check, code) = cleaned_up(check());
    let panic = panic_of(check.run(async { drop(loiter::spawn(pending::<()>())) })).await;
    let text = panic.downcast::<String>().expect("a text");
    assert!(text.contains("leaves 1 task behind"), "{text}");
    assert_eq!(code.load(Relaxed), 1);
}

#[tokio::test]
async fn cleanup_comes_last() {
    let (check, code) = cleaned_up(LeakCheck::new());
    let before = code.clone();
    check
        .run(async move { assert_eq!(before.load(Relaxed), -1) })
        .await;
    assert_eq!(code.load(Relaxed), 0);
}

#[derive(Debug, PartialEq)]
struct Own(u32);

async fn leaves_one_and_panics() {
    loiter::spawn(pending::<()>());
    tokio::task::yield_now().await;
    panic_any(Own(7));
}

#[tokio::test]
async fn a_panic_goes_on_unchanged() {
    for check in [check(), check().check_on_failure()] {
        let (check, code) = cleaned_up(check);
        let panic = panic_of(check.run(leaves_one_and_panics())).await;
        assert_eq!(*panic.downcast::<Own>().expect("its own"), Own(7));
        assert_eq!(code.load(Relaxed), 1);
    }
}

#[tokio::test]
async fn a_check_may_be_dropped_before_it_is_made() {
    drop(LeakCheck::new());
    // The future is never polled to its end.
    drop(LeakCheck::new().run(pending::<()>()));
}

#[test]
fn a_check_can_be_dropped_while_its_thread_panics() {
    let panicking = std::thread::spawn(|| {
        let _check = LeakCheck::new();
        panic_any(Own(1));
    });
    let panic = panicking
        .join()
        .expect_err("it panics, and the process lives");
    assert_eq!(*panic.downcast::<Own>().expect("its own"), Own(1));
}

/// Verifies when dropped.
struct Verifies(Option<LeakCheck>);

impl Drop for Verifies {
    fn drop(&mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let leak = async { drop(loiter::spawn(pending::<()>())) };
        let check = self.0.take().expect("once").run(leak);
        runtime.expect("a runtime").block_on(check);
    }
}

#[test]
fn a_leak_found_while_panicking_does_not_end_the_process() {
    let panicking = std::thread::spawn(|| {
        let _verifies = Verifies(Some(check()));
        panic_any(Own(2));
    });
    let panic = panicking
        .join()
        .expect_err("it panics, and the process lives");
    assert_eq!(*panic.downcast::<Own>().expect("the first one"), Own(2));
}

#[test]
fn checks_can_be_made_on_any_thread() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    drop(is_send(LeakCheck::new().run(async {})));
    drop(is_send(LeakCheck::new().verify()));
    drop(is_send(loiter_test::find()));
    drop(is_send(loiter_test::verify_none()));
}
