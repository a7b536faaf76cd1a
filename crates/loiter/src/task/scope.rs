//! Scopes: labels that tasks inherit where they are spawned.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::label::Label;

/// Gives a label to every task that is spawned inside this future, by whatever code and however
/// deep: to its tasks' tasks, too. A test, a request, a component: `loiter tasks scope:checkout`
/// then shows what it has left behind.
///
/// A scope inside another one is shown as `outer/inner`. The first 256 bytes of a name are kept,
/// and 1024 of all in a row.
/// The task that polls the future is in no other scope than before.
///
/// Costs a spawn inside it a short lock, as a name does; a poll of the future some nanoseconds.
///
/// ```
/// # async fn handle() {}
/// # async fn example() {
/// loiter::scope("checkout", async {
///     loiter::spawn(handle());
/// })
/// .await;
/// # }
/// ```
pub fn scope<F: Future>(name: impl Into<String>, future: F) -> Scoped<F> {
    Scoped {
        future,
        label: Label::new(name),
    }
}

pin_project! {
    /// A future in a scope, made by [`scope`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or spawn them"]
    pub struct Scoped<F> {
        #[pin]
        future: F,
        label: Label,
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _inside = this.label.enter();
        this.future.poll(context)
    }
}
