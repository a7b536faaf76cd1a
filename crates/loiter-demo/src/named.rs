//! Spawning under a name, where tokio lets tasks have one.
//!
//! `tokio::task::Builder` exists only under `--cfg tokio_unstable`. Without it the same tasks
//! are spawned nameless, and the agent says itself that it cannot see them.
//!
//! `#[track_caller]` hands on the location: a task's site is the line that calls these, not a
//! line in here.

use std::future::Future;

use tokio::task::JoinHandle;

/// `tokio::spawn` with a name.
#[track_caller]
pub(crate) fn spawn<F>(name: &str, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    #[cfg(tokio_unstable)]
    return tokio::task::Builder::new()
        .name(name)
        .spawn(future)
        .expect("tokio refuses no task while its runtime runs");
    #[cfg(not(tokio_unstable))]
    {
        let _ = name;
        tokio::spawn(future)
    }
}

/// `tokio::task::spawn_local` with a name.
#[track_caller]
pub(crate) fn spawn_local<F>(name: &str, future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    #[cfg(tokio_unstable)]
    return tokio::task::Builder::new()
        .name(name)
        .spawn_local(future)
        .expect("tokio refuses no task while its LocalSet runs");
    #[cfg(not(tokio_unstable))]
    {
        let _ = name;
        tokio::task::spawn_local(future)
    }
}

/// `tokio::task::spawn_blocking` with a name.
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
    {
        let _ = name;
        Ok(tokio::task::spawn_blocking(function))
    }
}
