//! The goleak of Tokio: fails a test on the tasks it leaves behind, with where and on what each
//! waits.
//!
//! ```
//! #[loiter_test::test]
//! async fn drains_the_queue() {
//!     let (jobs, mut queue) = tokio::sync::mpsc::channel::<u32>(8);
//!     let worker = loiter::spawn(async move { while queue.recv().await.is_some() {} });
//!     jobs.send(1).await.expect("the worker runs");
//!     drop(jobs); // Without this line the test fails: the worker would wait for ever.
//!     worker.await.expect("no panic");
//! }
//! ```
//!
//! [`test`](macro@test) stands in for `#[tokio::test]` and takes all of its arguments. Each test
//! is a scope that its tasks inherit where they are spawned, however deep and by whatever code:
//! so tests may run in parallel, and none is blamed for what another one left. No task is
//! aborted.
//!
//! A test fails with a report like this:
//!
//! ```text
//! pool::drains leaves 3 tasks behind, alive 500ms after its end
//!
//! 3 tasks "worker" [mpsc recv, 503ms]:
//!     (6 frames of tokio and std)
//! app::pool::Pool::next_job
//!     src/pool.rs:88:31
//!     (1 frame of loiter)
//! spawned at src/pool.rs:41:9
//! cause: ...
//! cure: ...
//! ```
//!
//! # What is seen
//! With `--cfg tokio_unstable` (in `RUSTFLAGS`, or under `rustflags` in `.cargo/config.toml`)
//! every task, those of libraries included. Without it the tasks that are spawned through
//! [`loiter::spawn`] and its kin; others that are left on the test's runtime are counted, which
//! fails the test, too, but with no place. Blocking functions that are started with tokio's own
//! `spawn_blocking` are then not even counted.
//!
//! Only what is spawned with `loiter::spawn` can be asked at any time what it waits on. Of tasks
//! that tokio alone tells of, the await stack is a sample that may be missing.
//!
//! # When a task counts as left over
//! When it is alive [500 ms](LeakCheck::timeout) after the test's end. That is real time. A
//! paused clock stands still while the check waits: a task that sleeps for an hour is reported,
//! not carried to its end. A test that fails by itself is not checked, unless
//! [`check_on_failure`](LeakCheck::check_on_failure) is set.
//!
//! A check of a test that leaves nothing takes some 0.3 ms.
//!
//! Never counted: the threads of a runtime, futures in `block_on`, and what the check itself
//! needs.
//!
//! # Without the macro
//! [`LeakCheck::run`] does the same around any future. [`verify_none`], [`find`] and
//! [`LeakCheck::verify`] look at the whole process: for tests that run one at a time, with
//! [`ignore_current`](LeakCheck::ignore_current) for what was there before. [`check_binary`] and
//! [`verify_main`] look at what is alive when all tests are done.
//!
//! # With a tracing subscriber
//! Tokio tells of its tasks through `tracing`, and a process has one global subscriber: the
//! agent's. Tests that need their own hand it over; the first test to do so counts:
//!
//! ```
//! # mod tracing_subscriber { pub fn registry() -> impl tracing_core::Subscriber { tracing_core::subscriber::NoSubscriber::new() } }
//! #[loiter_test::test(subscriber = tracing_subscriber::registry())]
//! async fn logs() {}
//! ```
//!
//! Where another one was installed before, only what is spawned through loiter is seen, and
//! reports say so. A subscriber that is set for one thread (`set_default`) keeps the tasks
//! spawned there from being seen; they are counted.
//!
//! # Environment
//! `LOITER_TEST_JSON=FILE` appends the report of each failed check to a file, an object a line.
//! The agent reads its own variables ([`loiter::ENV`]): with
//! `LOITER_LISTEN=127.0.0.1:6669`, the `loiter` UI can be attached to a test that hangs.
//! With `LOITER_ENABLED=false` nothing can be seen, and each check fails and says so.

#[doc(hidden)]
pub mod __private;
mod agent;
mod block_on;
mod check;
mod exit;
mod ignore;
mod label;
mod look;
mod report;
mod settle;

pub use check::{LeakCheck, find, verify_none};
pub use exit::{check_binary, start, verify_main};
pub use report::{Call, Extent, Leak, LeakReport, Place, Spawner, Trouble};

/// A `#[tokio::test]` that fails when it leaves tasks behind.
///
/// Takes all arguments of `#[tokio::test]`, and:
///
/// | option | |
/// | --- | --- |
/// | `timeout = "500ms"` | how long tasks have to end, such as `500ms` or `1m30s` |
/// | `ignore_site = "pool.rs:88"` | [`LeakCheck::ignore_site`] |
/// | `ignore_await = "Pool::next_job"` | [`LeakCheck::ignore_await`] |
/// | `ignore_await_top = "mpsc recv"` | [`LeakCheck::ignore_await_top`] |
/// | `ignore_spawned_by = "hyper-util"` | [`LeakCheck::ignore_spawned_by`] |
/// | `ignore_named = "metrics-*"` | [`LeakCheck::ignore_named`] |
/// | `ignore_unseen` | [`LeakCheck::ignore_unseen`] |
/// | `check_on_failure` | [`LeakCheck::check_on_failure`]; an `Err` is a failure, too |
/// | `subscriber = EXPRESSION` | a tracing subscriber for the whole process, which the agent stands before; the first test that runs decides |
///
/// The `ignore_...` options with a text also take a list (`["a", "b"]`) and may be given several
/// times.
///
/// Attributes such as `#[ignore]` and `#[should_panic]` and any return type stay what they are. A
/// test with a bare `#[should_panic]` is not let off with the panic of the check: the report is
/// printed, and the test fails because its own panic did not come.
///
/// ```
/// #[loiter_test::test(flavor = "multi_thread", worker_threads = 2, timeout = "2s")]
/// async fn serves() -> Result<(), std::io::Error> {
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
///     let server = tokio::spawn(async move { listener.accept().await });
///     server.abort();
///     Ok(())
/// }
/// ```
pub use loiter_test_macros::test;
