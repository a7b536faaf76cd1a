//! One primitive each: nobody is at its other end.

use std::{
    future::{pending, poll_fn},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use futures_util::task::AtomicWaker;
use tokio::{
    sync::{Barrier, Mutex, Notify, RwLock, Semaphore, broadcast, mpsc, oneshot, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{PATIENCE, Scenario, Variant, forget, found, spawn};

pub(super) const ALL: &[Scenario] = scenarios! {
    "receive-on-nothing", found("no waker", "proved"), receive_on_nothing;
    "select-without-cases", found("no waker", "proved"), select_without_cases;
    "dropped-waker", found("no waker", "proved"), dropped_waker;
    "lost-wakeup", found("lost wakeup", "suspected"), lost_wakeup;
    "receive", found("blocked receive", "suspected"), receive;
    "send", found("blocked send", "suspected"), send;
    "select", found("blocked receive", "suspected"), select;
    "oneshot", found("blocked receive", "suspected"), oneshot_receive;
    "broadcast", found("blocked receive", "suspected"), broadcast_receive;
    "watch", found("blocked receive", "suspected"), watch_changed;
    "condition", found("blocked receive", "suspected"), condition;
    "wait-group", found("blocked lock", "suspected"), wait_group;
    "mutex", found("blocked lock", "suspected"), mutex;
    "rwlock-read", found("blocked lock", "suspected"), rwlock_read;
    "rwlock-write", found("blocked lock", "suspected"), rwlock_write;
    "semaphore", found("blocked lock", "suspected"), semaphore;
    "mixed", found("blocked lock", "suspected"), mixed;
    "no-leak-through-a-global", None, no_leak_through_a_global;
};

async fn receive_on_nothing(variant: Variant) {
    // @ receive-on-nothing
    spawn("receive-on-nothing", async move {
        match variant {
            Variant::Leaking => pending().await,
            Variant::Cured => drop(timeout(PATIENCE, pending::<()>()).await),
        }
    });
}

async fn select_without_cases(variant: Variant) {
    // @ select-without-cases
    spawn("select-without-cases", async move {
        let done = CancellationToken::new();
        if variant == Variant::Cured {
            let done = done.clone();
            spawn("canceller", async move {
                sleep(PATIENCE).await;
                done.cancel();
            });
        }
        tokio::select! {
            () = pending() => {}
            () = done.cancelled(), if variant == Variant::Cured => {}
        }
    });
}

/// A hand-written future that does not keep the waker it is polled with.
async fn dropped_waker(variant: Variant) {
    // @ dropped-waker
    spawn("dropped-waker", async move {
        let mut polled = false;
        poll_fn(move |context| {
            if variant == Variant::Leaking {
                return Poll::Pending;
            }
            if polled {
                return Poll::Ready(());
            }
            polled = true;
            let waker = context.waker().clone();
            spawn("timer", async move {
                sleep(PATIENCE).await;
                waker.wake();
            });
            Poll::Pending
        })
        .await;
    });
}

/// A flag that is set, and whoever waits for it is not woken.
async fn lost_wakeup(variant: Variant) {
    let ready = Arc::new(AtomicBool::new(false));
    let waits: Arc<AtomicWaker> = Arc::default();
    let (flag, waiter) = (ready.clone(), waits.clone());
    // @ lost-wakeup
    spawn("lost-wakeup", async move {
        poll_fn(|context| {
            waiter.register(context.waker());
            match flag.load(Ordering::Acquire) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    });
    sleep(PATIENCE / 4).await;
    ready.store(true, Ordering::Release);
    if variant == Variant::Cured {
        waits.wake();
    }
    forget(waits);
}

async fn receive(variant: Variant) {
    let (sender, mut commands) = mpsc::channel::<u64>(1);
    match variant {
        Variant::Leaking => forget(sender),
        // The last sender is dropped.
        Variant::Cured => drop(sender),
    }
    spawn("receive", async move {
        // @ receive
        while commands.recv().await.is_some() {}
    });
}

async fn send(variant: Variant) {
    let (results, receiver) = mpsc::channel::<u64>(1);
    match variant {
        Variant::Leaking => forget(receiver),
        // Nobody is going to look: the channel is closed.
        Variant::Cured => drop(receiver),
    }
    spawn("send", async move {
        for number in 0..3 {
            // @ send
            if results.send(number).await.is_err() {
                return;
            }
        }
    });
}

async fn select(variant: Variant) {
    let (first, mut a) = mpsc::channel::<u64>(1);
    let (second, b) = oneshot::channel::<u64>();
    forget(first);
    match variant {
        Variant::Leaking => forget(second),
        Variant::Cured => drop(second),
    }
    spawn("select", async move {
        // @ select
        tokio::select! {
            _ = a.recv() => {}
            _ = b => {}
        }
    });
}

async fn oneshot_receive(variant: Variant) {
    let (reply, answer) = oneshot::channel::<u64>();
    forget(reply);
    spawn("oneshot", async move {
        match variant {
            // @ oneshot
            Variant::Leaking => drop(answer.await),
            Variant::Cured => drop(timeout(PATIENCE, answer).await),
        }
    });
}

async fn broadcast_receive(variant: Variant) {
    let (news, mut listener) = broadcast::channel::<u64>(4);
    match variant {
        Variant::Leaking => forget(news),
        Variant::Cured => drop(news),
    }
    spawn("broadcast", async move {
        // @ broadcast
        while listener.recv().await.is_ok() {}
    });
}

async fn watch_changed(variant: Variant) {
    let (settings, mut seen) = watch::channel(0);
    match variant {
        Variant::Leaking => forget(settings),
        Variant::Cured => drop(settings),
    }
    spawn("watch", async move {
        // @ watch
        while seen.changed().await.is_ok() {}
    });
}

/// A condition of which nobody is told.
async fn condition(variant: Variant) {
    let changed = Arc::new(Notify::new());
    let waits = changed.clone();
    spawn("condition", async move {
        // @ condition
        waits.notified().await;
    });
    match variant {
        Variant::Leaking => forget(changed),
        Variant::Cured => changed.notify_one(),
    }
}

/// A group that one member never reaches.
async fn wait_group(variant: Variant) {
    let group = Arc::new(Barrier::new(2));
    let member = group.clone();
    spawn("wait-group", async move {
        // @ wait-group
        member.wait().await;
    });
    if variant == Variant::Cured {
        group.wait().await;
    }
}

async fn mutex(variant: Variant) {
    let cache = Arc::new(Mutex::new(()));
    let guard = cache.clone().lock_owned().await;
    match variant {
        Variant::Leaking => forget(guard),
        Variant::Cured => drop(guard),
    }
    spawn("mutex", async move {
        // @ mutex
        drop(cache.lock().await);
    });
}

async fn rwlock_read(variant: Variant) {
    let cache = Arc::new(RwLock::new(()));
    let guard = cache.clone().write_owned().await;
    match variant {
        Variant::Leaking => forget(guard),
        Variant::Cured => drop(guard),
    }
    spawn("rwlock-read", async move {
        // @ rwlock-read
        drop(cache.read().await);
    });
}

async fn rwlock_write(variant: Variant) {
    let cache = Arc::new(RwLock::new(()));
    let guard = cache.clone().read_owned().await;
    match variant {
        Variant::Leaking => forget(guard),
        Variant::Cured => drop(guard),
    }
    spawn("rwlock-write", async move {
        // @ rwlock-write
        drop(cache.write().await);
    });
}

async fn semaphore(variant: Variant) {
    let permits = Arc::new(Semaphore::new(1));
    let taken = permits.clone().acquire_owned().await;
    match variant {
        Variant::Leaking => forget(taken),
        Variant::Cured => drop(taken),
    }
    spawn("semaphore", async move {
        // @ semaphore
        drop(permits.acquire().await);
    });
}

/// Holds a lock over a send that nobody receives, and others want the lock.
async fn mixed(variant: Variant) {
    let state = Arc::new(Mutex::new(0));
    let (changes, receiver) = mpsc::channel::<u64>(1);
    match variant {
        Variant::Leaking => forget(receiver),
        Variant::Cured => drop(receiver),
    }
    let holder = state.clone();
    let (locked, is_locked) = oneshot::channel();
    spawn("mixed-holder", async move {
        let state = holder.lock().await;
        let _ = locked.send(());
        let _ = changes.send(*state).await;
        let _ = changes.send(*state).await;
    });
    let _ = is_locked.await;
    spawn("mixed", async move {
        // @ mixed
        *state.lock().await += 1;
    });
}

/// A worker that anybody can reach through a static is idle, not leaked.
async fn no_leak_through_a_global(_: Variant) {
    static WORKER: std::sync::OnceLock<mpsc::Sender<u64>> = std::sync::OnceLock::new();
    let jobs = WORKER.get_or_init(|| {
        let (jobs, mut queue) = mpsc::channel(16);
        spawn("global-worker", async move {
            while queue.recv().await.is_some() {}
        });
        jobs
    });
    // It is given a job now and then.
    let _ = jobs.send(1).await;
}
