//! The spawn functions.

use std::io;

use loiter_model::Kind;
use tokio::{runtime::Handle, task::JoinHandle};

use super::{
    about::About,
    wrap::{blocking, wrap},
};

/// Spawns a task, like `tokio::spawn`.
///
/// # Panics
/// As `tokio::spawn`: outside a runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(wrap(future, Kind::Task, &About::default()))
}

/// Spawns a task on another runtime, like [`Handle::spawn`].
#[track_caller]
pub fn spawn_on<F>(future: F, runtime: &Handle) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    runtime.spawn(wrap(future, Kind::Task, &About::default()))
}

/// Spawns a task that stays on this thread, like `tokio::task::spawn_local`.
///
/// # Panics
/// As tokio's: outside a `LocalSet` or a local runtime.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: 'static> + 'static,
{
    tokio::task::spawn_local(wrap(future, Kind::Local, &About::default()))
}

/// Runs a function on a thread where it may block, like `tokio::task::spawn_blocking`.
///
/// # Panics
/// As tokio's: outside a runtime.
#[track_caller]
pub fn spawn_blocking<F, R>(function: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    tokio::task::spawn_blocking(blocking(function, &About::default()))
}

/// Says what is known of a task before it is spawned.
///
/// ```no_run
/// # async fn serve() {}
/// # async fn example() -> std::io::Result<()> {
/// loiter::task::Builder::new().name("acceptor").spawn(serve())?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct Builder<'a> {
    about: About<'a>,
}

impl<'a> Builder<'a> {
    /// Nothing is set yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the UI calls the task. The first 256 bytes are kept.
    pub fn name(mut self, name: &'a str) -> Self {
        self.about.name = name;
        self
    }

    /// Puts the task into a scope, and with it all that it spawns; see [`scope`](crate::scope).
    pub fn scope(mut self, name: &'a str) -> Self {
        self.about.scope = name;
        self
    }

    /// Says that the task waits by design, for as long as it takes: it is never reported as
    /// blocked or leaked for waiting. Of no effect where nothing can wake it.
    pub fn expect_idle(mut self) -> Self {
        self.about.marks.expect_idle = true;
        self
    }

    /// Spawns a task.
    ///
    /// # Errors
    /// None so far; the signature is that of `tokio::task::Builder`.
    ///
    /// # Panics
    /// As [`spawn`].
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        Ok(tokio::spawn(wrap(future, Kind::Task, &self.about)))
    }

    /// Spawns a task on another runtime.
    ///
    /// # Errors
    /// None so far, see [`spawn`](Self::spawn).
    #[track_caller]
    pub fn spawn_on<F>(self, future: F, runtime: &Handle) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        Ok(runtime.spawn(wrap(future, Kind::Task, &self.about)))
    }

    /// Spawns a task that stays on this thread.
    ///
    /// # Errors
    /// None so far, see [`spawn`](Self::spawn).
    ///
    /// # Panics
    /// As [`spawn_local`].
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future<Output: 'static> + 'static,
    {
        Ok(tokio::task::spawn_local(wrap(
            future,
            Kind::Local,
            &self.about,
        )))
    }

    /// Runs a function on a thread where it may block.
    ///
    /// # Errors
    /// None so far, see [`spawn`](Self::spawn).
    ///
    /// # Panics
    /// As [`spawn_blocking`].
    #[track_caller]
    pub fn spawn_blocking<F, R>(self, function: F) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        Ok(tokio::task::spawn_blocking(blocking(function, &self.about)))
    }
}
