//! What a request says besides its head: soon, or not at all.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{self, Sleep};
use tonic::Status;

/// From when it is waited for. A request is short: whoever needs longer only keeps its place.
const LONGEST: Duration = Duration::from_secs(10);

/// Fails when its end does not come.
pub(super) struct Soon {
    inner: Incoming,
    /// Set once it is waited for.
    over: Option<Pin<Box<Sleep>>>,
}

impl Soon {
    pub(super) fn new(inner: Incoming) -> Self {
        Self { inner, over: None }
    }
}

impl Body for Soon {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) {
            let lost = |error: hyper::Error| Status::from_error(error.into());
            return Poll::Ready(frame.map(|frame| frame.map_err(lost)));
        }
        let begin = || Box::pin(time::sleep(LONGEST));
        let over = this.over.get_or_insert_with(begin).as_mut().poll(cx);
        over.map(|()| Some(Err(Status::deadline_exceeded("the request has no end"))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
