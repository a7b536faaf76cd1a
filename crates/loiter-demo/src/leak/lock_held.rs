//! A lock held forever: its holder waits, with the guard in hand, for a reply that never comes,
//! and everybody else waits for the lock.
//!
//! The cure: let go of the guard before an `.await`, or bound that `.await` with a timeout.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use crate::named;

/// Tasks that want the lock in vain.
const WAITERS: usize = 3;

/// What the holder waits for.
pub(crate) enum Reply {}

/// What the lock protects.
struct Cache;

/// Spawns the holder of a lock and some that wait for it. The holder lets go when the returned
/// sender is dropped.
pub(crate) async fn spawn() -> oneshot::Sender<Reply> {
    let cache = Arc::new(Mutex::new(Cache));
    let (sender, reply) = oneshot::channel();
    // Locked before anybody else can ask, so that the roles do not depend on the scheduler.
    let guard = Arc::clone(&cache).lock_owned().await;
    named::spawn("lock-holder", refresh(guard, reply));
    for _ in 0..WAITERS {
        named::spawn("lock-waiter", look_up(Arc::clone(&cache)));
    }
    sender
}

async fn refresh(_guard: OwnedMutexGuard<Cache>, reply: oneshot::Receiver<Reply>) {
    if let Ok(reply) = reply.await {
        match reply {}
    }
}

async fn look_up(cache: Arc<Mutex<Cache>>) {
    let _guard = cache.lock().await;
}
