//! One connection, as those know it who answer what it asks for.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

use tokio::{sync::Notify, time::Instant};

use super::{
    Places,
    book::{Full, Number},
};
use crate::serve::budget::Budget;

/// Requests that a connection may make at once, and in a second from then on.
const REQUESTS: (u32, u32) = (512, 128);
/// One that is refused counts for so many: nobody tries many tokens.
const REFUSED: u32 = 8;

/// A connection's place. Given up when dropped.
#[derive(Debug)]
pub(in super::super) struct Guest {
    places: Places,
    number: Number,
    leave: Arc<Notify>,
    has_asked: AtomicBool,
    requests: Mutex<Budget>,
    streams: AtomicUsize,
}

/// Something is under way for a connection, until this is dropped: its place is kept.
#[derive(Debug)]
pub(in super::super) struct UnderWay(Arc<Guest>);

impl Guest {
    pub(super) fn new(places: Places, number: Number, leave: Arc<Notify>) -> Self {
        Self {
            places,
            number,
            leave,
            has_asked: AtomicBool::new(false),
            requests: Mutex::new(Budget::new(REQUESTS, Instant::now())),
            streams: AtomicUsize::new(0),
        }
    }

    /// It has said something.
    pub(in super::super) fn speak(&self) {
        self.places.lock().book.speak(self.number);
    }

    /// It asks for something. Whoever asks for too much in too short a time is sent away.
    pub(in super::super) fn ask(self: &Arc<Self>) -> Result<UnderWay, Full> {
        self.spend(1);
        let under_way = self.stay()?;
        self.has_asked.store(true, Relaxed);
        Ok(under_way)
    }

    /// It asked for something for which nothing has to be done.
    #[cfg(feature = "grpc-web")]
    pub(in super::super) fn tell(&self) {
        self.spend(1);
    }

    /// It asked for something that it may not have.
    pub(in super::super) fn refuse(&self) {
        self.spend(REFUSED);
    }

    fn spend(&self, requests: u32) {
        let mut budget = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        budget.spend(requests);
        if budget.is_overdrawn(Instant::now()) {
            self.send_away();
        }
    }

    /// Something else is under way for it.
    pub(in super::super) fn stay(self: &Arc<Self>) -> Result<UnderWay, Full> {
        let mut places = self.places.lock();
        let leaves = places.book.ask(self.number)?;
        places.send_away(leaves);
        drop(places);
        Ok(UnderWay(self.clone()))
    }

    /// Whether it was ever given what it asked for.
    pub(in super::super) fn has_asked(&self) -> bool {
        self.has_asked.load(Relaxed)
    }

    /// Its streams that are open.
    pub(in super::super) fn streams(&self) -> &AtomicUsize {
        &self.streams
    }

    /// Has its connection closed.
    pub(in super::super) fn send_away(&self) {
        self.leave.notify_one();
    }

    /// Waits until it is to leave.
    pub(in super::super) async fn told_to_leave(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut places = self.places.lock();
        places.book.leave(self.number);
        places.present.remove(&self.number);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.places.lock().book.answered(self.0.number);
    }
}
