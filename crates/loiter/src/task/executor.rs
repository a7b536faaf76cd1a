//! For hyper: every connection a task that loiter sees.

use std::panic::Location;

use loiter_model::Kind;

use super::{about::About, wrap::wrap_at};

/// Spawns hyper's futures as tasks that loiter sees, at the place where the executor was made.
///
/// ```
/// let executor = loiter::Executor::new().named("connection");
/// # let _ = executor;
/// // hyper::server::conn::http2::Builder::new(executor)
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Executor {
    place: &'static Location<'static>,
    name: &'static str,
}

impl Executor {
    /// One whose tasks are shown as spawned here.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Self {
            place: Location::caller(),
            name: "",
        }
    }

    /// Names its tasks.
    #[must_use]
    pub fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }
}

impl Default for Executor {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, future: F) {
        let about = About::named(self.name);
        tokio::spawn(wrap_at(future, Kind::Task, &about, self.place));
    }
}
