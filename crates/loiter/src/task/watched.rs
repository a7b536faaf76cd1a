//! A future that says what happens to it.

use std::{
    panic::Location,
    pin::Pin,
    task::{Context, Poll},
};

use loiter_model::Kind;
use pin_project_lite::pin_project;

use super::{
    about::{About, Marks},
    watch::Watch,
};

/// Watches futures that other code spawns.
pub trait FutureExt: Future + Sized {
    /// Wraps a future so that loiter sees the task it becomes, under this name. For the whole
    /// of a task: around a part of one (a branch of `select!`), it shows that part as a task of
    /// its own, and nothing in a program where tokio tells of every task.
    ///
    /// ```
    /// use loiter::FutureExt as _;
    /// # async fn connection() {}
    /// # fn library_spawns(_: impl Future<Output = ()> + Send + 'static) {}
    /// library_spawns(connection().watched("connection"));
    /// ```
    #[track_caller]
    fn watched(self, name: &str) -> Watched<Self> {
        let about = About {
            name,
            marks: Marks {
                may_be_part: true,
                ..Marks::default()
            },
            ..About::default()
        };
        Watched::new(
            self,
            Watch::of(Kind::Task, &about, size_of::<Self>(), Location::caller()),
        )
    }
}

impl<F: Future> FutureExt for F {}

pin_project! {
    /// A future that loiter sees, made by [`FutureExt::watched`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or spawn them"]
    pub struct Watched<F> {
        // Dropped first: what its drop does still belongs to the task.
        #[pin]
        future: F,
        watch: Watch,
    }
}

impl<F> Watched<F> {
    pub(super) fn new(future: F, watch: Watch) -> Self {
        Self { future, watch }
    }
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.watch.poll(this.future, context, size_of::<Self>())
    }
}
