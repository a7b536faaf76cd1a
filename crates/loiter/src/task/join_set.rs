//! A set of tasks that loiter sees.

use std::ops::{Deref, DerefMut};

use loiter_model::Kind;
use tokio::{
    runtime::Handle,
    task::{AbortHandle, LocalSet},
};

use super::{
    about::About,
    wrap::{blocking, wrap},
};

/// `tokio::task::JoinSet`, whose tasks loiter sees. Everything but spawning is tokio's own,
/// through [`Deref`].
#[derive(Debug)]
pub struct JoinSet<T>(tokio::task::JoinSet<T>);

impl<T> JoinSet<T> {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self(tokio::task::JoinSet::new())
    }

    /// Tokio's own set; its tasks stay visible.
    #[must_use]
    pub fn into_inner(self) -> tokio::task::JoinSet<T> {
        self.0
    }

    /// Waits for every task and returns what they returned, in the order they finish.
    ///
    /// # Panics
    /// As tokio's: when a task panicked or was aborted.
    pub async fn join_all(self) -> Vec<T>
    where
        T: 'static,
    {
        self.0.join_all().await
    }
}

impl<T: 'static> JoinSet<T> {
    /// Spawns a task into the set.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.0.spawn(wrap(task, Kind::Task, &About::default()))
    }

    /// Spawns a task into the set, on another runtime.
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, runtime: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.0
            .spawn_on(wrap(task, Kind::Task, &About::default()), runtime)
    }

    /// Spawns a task into the set that stays on this thread.
    ///
    /// # Panics
    /// Outside a `LocalSet` or a local runtime.
    #[track_caller]
    pub fn spawn_local<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.0
            .spawn_local(wrap(task, Kind::Local, &About::default()))
    }

    /// Spawns a task into the set, on this local set.
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, task: F, local_set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.0
            .spawn_local_on(wrap(task, Kind::Local, &About::default()), local_set)
    }

    /// Runs a function on a thread where it may block.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, function: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.0.spawn_blocking(blocking(function, &About::default()))
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for JoinSet<T> {
    type Target = tokio::task::JoinSet<T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> DerefMut for JoinSet<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    /// Spawns them all.
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let mut set = Self::new();
        for future in futures {
            set.spawn(future);
        }
        set
    }
}
