//! Streams of answers, of which there are so many at a time.

use std::{pin::Pin, sync::Arc};

use loiter_model::Nanos;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Response, Status};

use super::{MOST_STREAMS, pace::Pace};

/// Room for streams, all services together.
#[derive(Clone)]
pub(super) struct Streams(Arc<Semaphore>);

impl Default for Streams {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST_STREAMS)))
    }
}

impl Streams {
    /// Room for one more.
    pub(super) fn open(&self) -> Result<OwnedSemaphorePermit, Status> {
        self.0.clone().try_acquire_owned().map_err(|_| {
            Status::resource_exhausted(format!(
                "{MOST_STREAMS} streams are open already; close another client"
            ))
        })
    }

    /// How often a stream answers, see [`Pace::new`].
    pub(super) fn pace(&self, asked_ms: u32, usual: Nanos) -> Pace {
        Pace::new(asked_ms, usual.into(), self.0.clone())
    }
}

/// What a client is sent.
pub(super) type Updates<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// A stream that one task of the agent feeds. One update is in flight: the next is made when
/// the client has taken it, so that a slow client gets fewer and never old ones.
pub(super) fn stream<T, F>(
    feed: impl FnOnce(mpsc::Sender<Result<T, Status>>) -> F,
) -> Response<Updates<T>>
where
    T: Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(feed(sender));
    Response::new(Box::pin(ReceiverStream::new(receiver)))
}
