//! Spawning through loiter, under a name: what such a task waits on can be found out, in every
//! build.
//!
//! `#[track_caller]` hands on the location: a task's site is the line that calls these, not a
//! line in here.

use std::future::Future;

use loiter::task::Builder;
use tokio::task::JoinHandle;

/// `tokio::spawn` with a name.
#[track_caller]
pub(crate) fn spawn<F>(name: &str, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Builder::new()
        .name(name)
        .spawn(future)
        .expect("no task is refused while its runtime runs")
}

/// `tokio::task::spawn_local` with a name.
#[track_caller]
pub(crate) fn spawn_local<F>(name: &str, future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    Builder::new()
        .name(name)
        .spawn_local(future)
        .expect("no task is refused while its LocalSet runs")
}

/// `tokio::task::spawn_blocking` with a name.
///
/// Where tokio tells of every task, it alone can tell the name of a function on a thread, and
/// that only from its own `task::Builder`.
///
/// # Errors
/// When the operating system gives tokio no thread for its blocking pool.
#[track_caller]
pub(crate) fn spawn_blocking<F, T>(name: &str, function: F) -> std::io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    #[cfg(tokio_unstable)]
    return tokio::task::Builder::new()
        .name(name)
        .spawn_blocking(function);
    #[cfg(not(tokio_unstable))]
    Builder::new().name(name).spawn_blocking(function)
}
