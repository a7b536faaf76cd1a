//! tokio's locks and signals between tasks.
#![allow(
    clippy::redundant_async_block,
    reason = "the line of the await is what is tested"
)]

use std::{future::pending, sync::Arc};

use loiter_model::WaitKind;
use tokio::sync::{Barrier, Mutex, Notify, OnceCell, RwLock, Semaphore, oneshot};
use tokio_util::sync::CancellationToken;

use super::{Cases, keep};

pub(super) async fn spawn(cases: &mut Cases) {
    notifications(cases);
    locks(cases).await;
    permits(cases).await;
}

fn notifications(cases: &mut Cases) {
    let notify = Arc::new(Notify::new());
    keep(notify.clone());
    cases.add("notify", WaitKind::Notify, async move {
        notify.notified().await; // @notify
    });
    let token = CancellationToken::new();
    keep(token.clone());
    cases.add("cancellation token", WaitKind::Notify, async move {
        token.cancelled().await; // @cancellation token
    });
    let token = CancellationToken::new();
    keep(token.clone());
    cases.add("cancelled owned", WaitKind::Notify, async move {
        token.cancelled_owned().await; // @cancelled owned
    });
}

async fn locks(cases: &mut Cases) {
    let mutex = Arc::new(Mutex::new(()));
    keep(mutex.clone().lock_owned().await);
    let owned = mutex.clone();
    cases.add("mutex", WaitKind::Mutex, async move {
        let _guard = mutex.lock().await; // @mutex
    });
    cases.add("mutex owned", WaitKind::Mutex, async move {
        let _guard = owned.lock_owned().await; // @mutex owned
    });
    let lock = Arc::new(RwLock::new(()));
    keep(lock.clone().write_owned().await);
    let [reader, owned_reader, writer] = [0; 3].map(|_| lock.clone());
    cases.add("rwlock read", WaitKind::RwLockRead, async move {
        let _guard = reader.read().await; // @rwlock read
    });
    cases.add("rwlock read owned", WaitKind::RwLockRead, async move {
        let _guard = owned_reader.read_owned().await; // @rwlock read owned
    });
    cases.add("rwlock write", WaitKind::RwLockWrite, async move {
        let _guard = writer.write().await; // @rwlock write
    });
    cases.add("rwlock write owned", WaitKind::RwLockWrite, async move {
        let _guard = lock.write_owned().await; // @rwlock write owned
    });
}

async fn permits(cases: &mut Cases) {
    let semaphore = Arc::new(Semaphore::new(0));
    cases.add("semaphore", WaitKind::Semaphore, async move {
        let _permit = semaphore.acquire().await; // @semaphore
    });
    let semaphore = Arc::new(Semaphore::new(1));
    cases.add("semaphore many owned", WaitKind::Semaphore, async move {
        semaphore.acquire_many_owned(2).await.is_ok() // @semaphore many owned
    });
    let barrier = Arc::new(Barrier::new(2));
    cases.add("barrier", WaitKind::Barrier, async move {
        barrier.wait().await; // @barrier
    });
    let cell = Arc::new(OnceCell::new());
    let other = cell.clone();
    let (taken, is_taken) = oneshot::channel();
    let never = async {
        taken.send(()).expect("awaited");
        pending::<()>().await;
    };
    keep(tokio::spawn(async move {
        other.get_or_init(|| never).await;
    }));
    is_taken.await.expect("polled");
    cases.add("once cell", WaitKind::Semaphore, async move {
        cell.get_or_init(pending::<()>).await; // @once cell
    });
}
