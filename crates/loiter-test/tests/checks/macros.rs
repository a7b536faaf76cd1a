//! Tests made by the attribute.

use std::{future::pending, io};

use loiter::task::Builder;
use tokio::time::{Duration, Instant};

#[loiter_test::test]
async fn a_clean_test() {
    let task = tokio::spawn(async { 1 + 1 });
    assert_eq!(task.await.expect("no panic"), 2);
}

#[loiter_test::test(timeout = "20ms")]
#[should_panic(expected = "macros::leaves_one leaves 1 task behind, alive 20ms after its end")]
async fn leaves_one() {
    tokio::spawn(pending::<()>());
}

#[loiter_test::test(timeout = "20ms", ignore_unseen)]
#[should_panic(expected = "1 task \"keeper\" [nothing, ")]
async fn leaves_a_named_one() {
    drop(Builder::new().name("keeper").spawn(pending::<()>()));
}

#[loiter_test::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_of_several_threads() {
    let tasks: Vec<_> = (0..100).map(|n| tokio::spawn(async move { n })).collect();
    for task in tasks {
        task.await.expect("no panic");
    }
}

#[loiter_test::test(start_paused = true)]
async fn the_clock_may_be_paused() {
    let begun = Instant::now();
    let task = tokio::spawn(tokio::time::sleep(Duration::from_secs(3600)));
    task.await.expect("no panic");
    assert_eq!(begun.elapsed(), Duration::from_secs(3600));
}

#[loiter_test::test(flavor = "local")]
async fn a_local_runtime() {
    let value = std::rc::Rc::new(7);
    let task = tokio::task::spawn_local(async move { *value });
    assert_eq!(task.await.expect("no panic"), 7);
}

#[loiter_test::test]
async fn a_result() -> io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    listener.local_addr()?;
    Ok(())
}

#[loiter_test::test]
async fn any_output() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}

#[loiter_test::test(
    ignore_named = ["by-name", "other"],
    ignore_site = "no/such/file.rs",
    ignore_await_top = "no_such_function",
    ignore_spawned_by = "no-such-package"
)]
async fn options_are_taken() {
    drop(Builder::new().name("by-name").spawn(pending::<()>()));
}

#[loiter_test::test(ignore_await = "waits_for_ever")]
async fn a_stack_is_ignored() {
    async fn waits_for_ever(notify: std::sync::Arc<tokio::sync::Notify>) {
        notify.notified().await;
    }
    loiter::spawn(waits_for_ever(std::sync::Arc::default()));
}

#[loiter_test::test]
#[should_panic(expected = "its own")]
async fn a_panic_of_its_own() {
    loiter::spawn(pending::<()>());
    panic!("its own");
}

#[loiter_test::test]
#[should_panic]
async fn any_panic_of_its_own() {
    panic!("no matter which");
}

#[loiter_test::test]
async fn signals_are_no_tasks() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangups = signal(SignalKind::hangup()).expect("a handler");
    let waits = loiter::spawn(async move { hangups.recv().await });
    tokio::task::yield_now().await;
    waits.abort();
    let _ctrl_c = Box::pin(tokio::signal::ctrl_c());
}

#[loiter_test::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runtimes_own_threads_are_no_tasks() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build();
    let runtime = runtime.expect("a runtime");
    runtime.spawn(async {}).await.expect("no panic");
    tokio::task::block_in_place(|| ());
    // Its workers are alive until the test program ends.
    std::mem::forget(runtime);
}

#[loiter_test::test]
async fn files_and_names_are_no_leaks() {
    let text = tokio::fs::read_to_string(file!().trim_start_matches("crates/loiter-test/")).await;
    assert!(text.expect("this file").contains("files_and_names"));
    let found = tokio::net::lookup_host("localhost:80").await;
    assert!(found.expect("it is known").next().is_some());
}
