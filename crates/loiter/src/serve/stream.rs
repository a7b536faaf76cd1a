//! Streams of answers, of which there are so many at a time.

use std::{
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use loiter_model::Nanos;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time,
};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Response, Status, codegen::http::Extensions};

use super::{
    guard::{Client, Share, Shares},
    pace::Pace,
    places::{Guest, UnderWay},
};
use crate::upkeep::{self, Part};

/// Streams that every connection may have open, however many the others have.
const OWN: usize = 3;
/// Streams beyond that, all connections together.
const MOST_FURTHER: usize = 64;
/// Streams of all connections of one client.
const MOST_OF_ONE: usize = 128;
/// Rows that an answer may have without being a large one.
const FEW_ROWS: u64 = 300;
/// Streams of large answers, all connections together: an answer that is not read stays in memory.
const MOST_LARGE: usize = 16;
/// A client that leaves an answer unread for twice this time is not there any more.
const UNREAD: Duration = Duration::from_secs(15);

/// Room for streams, all services together.
#[derive(Clone, Debug)]
pub(super) struct Streams {
    open: Arc<AtomicUsize>,
    further: Arc<Semaphore>,
    large: Arc<Semaphore>,
    of_one: Arc<Shares>,
}

/// An open stream's place. Given up when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    guest: Arc<Guest>,
    streams: Streams,
    /// What it takes of what is shared.
    shares: Vec<OwnedSemaphorePermit>,
    _share: Share,
    _under_way: UnderWay,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            open: Arc::default(),
            further: Arc::new(Semaphore::new(MOST_FURTHER)),
            large: Arc::new(Semaphore::new(MOST_LARGE)),
            of_one: Shares::new(MOST_OF_ONE),
        }
    }
}

impl Streams {
    /// Room for one more of the connection that a request with these extensions came by.
    pub(super) fn open(&self, request: &Extensions) -> Result<Seat, Status> {
        let guest = request.get::<Arc<Guest>>().cloned();
        let guest = guest.ok_or_else(|| Status::internal("nobody asks"))?;
        let client = request.get::<Client>();
        let client = client.ok_or_else(|| Status::internal("nobody asks"))?;
        let share = self.of_one.take(client.who()).ok_or_else(|| {
            Status::resource_exhausted(format!(
                "this client has {} streams open, by its address, its certificate or its token; \
                 close another view",
                self.of_one.most()
            ))
        })?;
        let under_way = guest.stay().map_err(|full| full.status())?;
        let further = match guest.streams().load(Relaxed) {
            ..OWN => None,
            open => Some(self.further.clone().try_acquire_owned().map_err(|_| {
                Status::resource_exhausted(format!(
                    "this client has {open} streams open, and all clients together \
                     {MOST_FURTHER} that are beyond the {OWN} of each; close another view"
                ))
            })?),
        };
        guest.streams().fetch_add(1, Relaxed);
        self.open.fetch_add(1, Relaxed);
        Ok(Seat {
            guest,
            streams: self.clone(),
            shares: Vec::from_iter(further),
            _share: share,
            _under_way: under_way,
        })
    }

    /// How many are open.
    pub(super) fn count(&self) -> usize {
        self.open.load(Relaxed)
    }

    /// How often a stream answers, see [`Pace::new`].
    pub(super) fn pace(&self, asked_ms: u32, usual: Nanos) -> Pace {
        Pace::new(asked_ms, usual.into(), self.clone())
    }
}

impl Seat {
    /// For answers of up to so many rows.
    pub(super) fn with_rows(mut self, most: u64) -> Result<Self, Status> {
        if most > FEW_ROWS {
            let large = self.streams.large.clone().try_acquire_owned();
            self.shares.push(large.map_err(|_| {
                Status::resource_exhausted(format!(
                    "{MOST_LARGE} streams are open already that ask for more than {FEW_ROWS} rows \
                     at once, or for events; ask for fewer, or later"
                ))
            })?);
        }
        Ok(self)
    }

    /// For answers that may be of any size.
    pub(super) fn large(self) -> Result<Self, Status> {
        self.with_rows(u64::MAX)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.guest.streams().fetch_sub(1, Relaxed);
        self.streams.open.fetch_sub(1, Relaxed);
    }
}

/// What a client is sent.
pub(super) type Updates<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// A stream that one task of the agent feeds. One update is in flight: the next is made when
/// the client has taken it, so that a slow client gets fewer and never old ones. One that takes
/// nothing any more is sent away.
pub(super) fn stream<T, F>(
    seat: Seat,
    feed: impl FnOnce(mpsc::Sender<Result<T, Status>>) -> F,
) -> Response<Updates<T>>
where
    T: Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(1);
    let taken = Arc::new(AtomicU64::new(0));
    let updates = Taken {
        updates: ReceiverStream::new(receiver),
        count: taken.clone(),
    };
    let feeding = feed(sender.clone());
    tokio::spawn(async move {
        let fed = upkeep::once(Part::Stream, async {
            upkeep::may_panic(Part::Stream);
            unless(unread(&sender, &taken), feeding).await
        });
        match fed.await {
            Some(Some(())) => {}
            Some(None) => seat.guest.send_away(),
            None => {
                let failed = Status::internal("the agent panicked over it, see its log");
                // The client may be gone, or not read.
                let told = time::timeout(UNREAD, sender.send(Err(failed))).await;
                if told.is_err() {
                    seat.guest.send_away();
                }
            }
        }
        drop(seat);
    });
    Response::new(Box::pin(updates))
}

/// What `future` comes to, or `None` if something else is over before.
pub(super) async fn unless<T>(
    over: impl Future<Output = ()>,
    future: impl Future<Output = T>,
) -> Option<T> {
    let mut over = pin!(over);
    let mut future = pin!(future);
    std::future::poll_fn(|cx| {
        if let Poll::Ready(done) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        over.as_mut().poll(cx).map(|()| None)
    })
    .await
}

/// Waits until an update was not taken for long.
async fn unread<T>(updates: &mpsc::Sender<T>, taken: &AtomicU64) {
    let is_waiting = || (updates.capacity() == 0).then(|| taken.load(Relaxed));
    let mut before = None;
    loop {
        time::sleep(UNREAD).await;
        let now = is_waiting();
        if now.is_some() && now == before {
            return;
        }
        before = now;
    }
}

/// Counts what was taken.
struct Taken<T> {
    updates: ReceiverStream<T>,
    count: Arc<AtomicU64>,
}

impl<T> Stream for Taken<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let next = Pin::new(&mut self.updates).poll_next(cx);
        if next.is_ready() {
            self.count.fetch_add(1, Relaxed);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::{
        guard::Client,
        places::{Limits, Places},
    };

    /// What waits for it is in the way of the last word.
    #[tokio::test]
    async fn whoever_does_not_read_loses_its_place_after_a_panic_as_well() {
        let guest = Places::new(Limits::of_this_process()).enter();
        let mut request = Extensions::new();
        request.insert(guest.clone());
        request.insert(Client::default());
        let streams = Streams::default();
        let seat = streams.open(&request).expect("there is room");
        let unread = stream(seat, |updates| async move {
            updates.send(Ok(())).await.expect("somebody may read");
            panic!("as it should");
        });
        let patience = time::timeout(4 * UNREAD, guest.told_to_leave());
        patience.await.expect("it is sent away");
        drop(unread);
    }
}
