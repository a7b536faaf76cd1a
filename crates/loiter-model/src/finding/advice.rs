//! The cause of a finding and its cure, in the words of a lesson on leaks.

use super::FindingKind;
use crate::WaitKind;

/// What to tell whoever reads a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The cause, a sentence.
    pub cause: &'static str,
    /// The cure, a sentence.
    pub cure: &'static str,
    /// The cure as a line or two of code.
    pub code: &'static str,
}

impl Advice {
    /// For a kind of finding over tasks that wait on a kind of thing.
    #[must_use]
    pub fn of(kind: FindingKind, wait: Option<WaitKind>) -> Self {
        match kind {
            FindingKind::NoWaker => NO_WAKER,
            FindingKind::WaitCycle => WAIT_CYCLE,
            FindingKind::DeadByAssociation => DEAD_BY_ASSOCIATION,
            FindingKind::LostWakeup => LOST_WAKEUP,
            FindingKind::OrphanedWait => Self {
                cause: ORPHANED.cause,
                ..wait.and_then(of_wait).unwrap_or(ORPHANED)
            },
            FindingKind::BlockedSend => BLOCKED_SEND,
            FindingKind::BlockedReceive => wait.and_then(of_wait).unwrap_or(MPSC_RECV),
            FindingKind::BlockedLock => wait.and_then(of_wait).unwrap_or(MUTEX),
            FindingKind::Hogging => HOGGING,
            FindingKind::BusyLoop => BUSY_LOOP,
            FindingKind::Starved => STARVED,
            FindingKind::LongBlocking => LONG_BLOCKING,
            FindingKind::GrowingSite => GROWING_SITE,
            FindingKind::TooManyAlive => TOO_MANY_ALIVE,
        }
    }
}

/// What helps a wait that does not end, by what it waits on.
fn of_wait(wait: WaitKind) -> Option<Advice> {
    let advice = match wait {
        WaitKind::MpscRecv => MPSC_RECV,
        WaitKind::MpscSend => BLOCKED_SEND,
        WaitKind::OneshotRecv => ONESHOT_RECV,
        WaitKind::BroadcastRecv => BROADCAST_RECV,
        WaitKind::WatchChanged => WATCH_CHANGED,
        WaitKind::Notify => NOTIFY,
        WaitKind::Mutex => MUTEX,
        WaitKind::RwLockRead => RWLOCK_READ,
        WaitKind::RwLockWrite => RWLOCK_WRITE,
        WaitKind::Semaphore => SEMAPHORE,
        WaitKind::Barrier => BARRIER,
        WaitKind::Join
        | WaitKind::Sleep
        | WaitKind::IoRead
        | WaitKind::IoWrite
        | WaitKind::Accept
        | WaitKind::Signal
        | WaitKind::Process
        | WaitKind::Select
        | WaitKind::Nothing
        | WaitKind::Unknown => return None,
    };
    Some(advice)
}

const NO_WAKER: Advice = Advice {
    cause: "A wait on nothing: its future returned `Pending` without keeping a waker, or the \
            last waker was dropped, so nothing can ever wake it.",
    cure: "Wait on something that can end, such as a `CancellationToken`, instead of \
           `std::future::pending`; a hand-written `poll` must keep the waker before it returns \
           `Pending`. The task that hangs now can only be aborted.",
    code: "\
// not `std::future::pending().await`:
token.cancelled().await;",
};

const WAIT_CYCLE: Advice = Advice {
    cause: "A deadlock: each of these tasks waits for the next one, and the last for the first.",
    cure: "Take locks in one order everywhere, let go of a guard before the `.await`, and have \
           only one of two tasks wait for the other.",
    code: "\
drop(guard); // before waiting for a task that wants the lock
handle.await?;",
};

const DEAD_BY_ASSOCIATION: Advice = Advice {
    cause: "It waits for a task that will never go on.",
    cure: "Mend the task that it waits for; bound the wait and abort that task where it may \
           hang.",
    code: "\
let abort = handle.abort_handle();
if timeout(LIMIT, handle).await.is_err() {
    abort.abort();
}",
};

const LOST_WAKEUP: Advice = Advice {
    cause: "A lost wakeup: what it waited for had come, but nobody had woken it; it went on only \
            because it was polled for a look.",
    cure: "In a hand-written future or channel keep the waker first and then look again whether \
           it is ready, keep the newest waker of each poll, and wake after the state is \
           changed. With `Notify`, call `enable` before looking at the state.",
    code: "\
self.waker.register(cx.waker()); // first
if self.is_ready() {
    return Poll::Ready(());
}",
};

const ORPHANED: Advice = Advice {
    cause: "An orphaned wait: the only task that ever woke it has ended, and perhaps nobody else \
            ever will.",
    cure: "Have the side that wakes drop its end of the channel when it ends, which ends the \
           wait, and wait for a `CancellationToken` in the same `select!`.",
    code: "\
tokio::select! {
    () = token.cancelled() => return,
    event = next() => handle(event),
}",
};

const BLOCKED_SEND: Advice = Advice {
    cause: "A blocked send: the channel is full, and nobody drains it.",
    cure: "Drain the channel as long as anybody sends, close it by dropping the receiver when \
           nobody reads any more, or give up after a time with `send_timeout`.",
    code: "\
while let Some(job) = receiver.recv().await {
    handle(job).await;
}
// or, where it sends:
sender.send_timeout(job, Duration::from_secs(5)).await?;",
};

const MPSC_RECV: Advice = Advice {
    cause: "A blocked receive: the channel is empty, and whoever holds a sender neither sends \
            nor drops it.",
    cure: "Drop the last sender when there is nothing more to send, which ends the wait, or wait \
           for a `CancellationToken` in the same `select!`.",
    code: "\
tokio::select! {
    () = token.cancelled() => return,
    job = receiver.recv() => handle(job),
}",
};

const ONESHOT_RECV: Advice = Advice {
    cause: "A blocked receive: nobody sends the answer, and somebody keeps the sender.",
    cure: "Drop the sender on every path that does not send, errors included, which ends the \
           wait, or bound the wait with a timeout.",
    code: "\
let answer = timeout(Duration::from_secs(5), receiver).await??;",
};

const BROADCAST_RECV: Advice = Advice {
    cause: "A blocked receive: nothing is broadcast, and somebody keeps a sender.",
    cure: "Drop every sender when there is nothing more to send, which ends the wait, or wait \
           for a `CancellationToken` in the same `select!`.",
    code: "\
tokio::select! {
    () = token.cancelled() => return,
    event = receiver.recv() => handle(event?),
}",
};

const WATCH_CHANGED: Advice = Advice {
    cause: "A blocked receive: the watched value never changes, and somebody keeps the sender.",
    cure: "Drop the sender when the value is final, which ends the wait, or wait for a \
           `CancellationToken` in the same `select!`.",
    code: "\
tokio::select! {
    () = token.cancelled() => return,
    changed = receiver.changed() => changed?,
}",
};

const NOTIFY: Advice = Advice {
    cause: "A blocked receive: nobody notifies it, or it was notified before it waited.",
    cure: "`notify_waiters` reaches only those that wait already: use `notify_one`, which leaves \
           a permit, or a `CancellationToken`, which stays cancelled; let whoever spawned the \
           task cancel it.",
    code: "\
notify.notify_one(); // instead of `notify_waiters`
token.cancel(); // when it is not needed any more",
};

const MUTEX: Advice = Advice {
    cause: "A blocked lock: whoever holds it does not let go, as when it waits for something \
            else with the guard in hand.",
    cure: "Let go of the guard before an `.await`, or bound what its holder waits for.",
    code: "\
let value = { mutex.lock().await.clone() }; // the guard ends here
send(value).await;",
};

const RWLOCK_READ: Advice = Advice {
    cause: "A blocked lock: a writer holds it, or waits before this reader, and does not get on.",
    cure: "Let go of guards before an `.await`; do not ask for a second read guard while one is \
           held, as a writer between the two blocks both.",
    code: "\
let value = { lock.read().await.clone() }; // the guard ends here
send(value).await;",
};

const RWLOCK_WRITE: Advice = Advice {
    cause: "A blocked lock: a reader or another writer holds it and does not let go.",
    cure: "Let go of guards before an `.await`, and of every read guard before asking for the \
           write guard.",
    code: "\
drop(read_guard);
*lock.write().await = value;",
};

const SEMAPHORE: Advice = Advice {
    cause: "A blocked lock: all permits are taken, and none is given back.",
    cure: "Let go of the permit on every path, do not take a second one while holding the \
           first, and bound the work that is done with it; close the semaphore at shutdown.",
    code: "\
let permit = semaphore.acquire().await?;
timeout(LIMIT, work()).await;
drop(permit);",
};

const BARRIER: Advice = Advice {
    cause: "A blocked wait at a barrier: fewer tasks come to it than it was made for.",
    cure: "Make the barrier for as many tasks as are spawned, and have a task that fails tell \
           the others, such as by a `CancellationToken`.",
    code: "\
tokio::select! {
    () = token.cancelled() => return,
    _ = barrier.wait() => {}
}",
};

const HOGGING: Advice = Advice {
    cause: "A loop without exit, or work without an `.await`: one poll goes on and on, so its \
            worker serves no other task, and no abort reaches it.",
    cure: "Move the work to `spawn_blocking` or a thread of its own, or yield between two pieces \
           of it; use tokio's own sleep, files and locks instead of those that block.",
    code: "\
tokio::task::spawn_blocking(move || compute(input)).await?;
// or, in the loop:
tokio::task::yield_now().await;",
};

const BUSY_LOOP: Advice = Advice {
    cause: "A busy loop: it wakes itself in every poll instead of waiting for what it needs.",
    cure: "Keep the waker where the event happens and wake it there, such as with a `Notify`; \
           where one must ask again and again, at least wait for an interval in between.",
    code: "\
notify.notified().await; // instead of `cx.waker().wake_by_ref()`
// or:
interval.tick().await;",
};

const STARVED: Advice = Advice {
    cause: "It was woken and is ready to go on, but no thread takes it: the threads are busy \
            with polls that take long, or the machine has more to do than it has cores.",
    cure: "Look for tasks that hog a worker, and move their work to `spawn_blocking` or yield \
           between two pieces of it; functions that wait for a thread of the blocking pool need \
           more of them, or shorter ones. If no task hogs one, it is the machine that has too few \
           cores.",
    code: "\
for piece in pieces {
    compute(piece);
    tokio::task::yield_now().await;
}",
};

const LONG_BLOCKING: Advice = Advice {
    cause: "A function has held a thread of the blocking pool for long. The pool's threads are \
            limited, and neither an abort nor the runtime's shutdown ends one.",
    cure: "Have the function look at a flag between two pieces of work, or give it a thread of \
           its own if it is to run as long as the program.",
    code: "\
while !token.is_cancelled() {
    work_a_little();
}
// or:
std::thread::spawn(serve);",
};

const GROWING_SITE: Advice = Advice {
    cause: "A leak: tasks are spawned here faster than they end.",
    cure: "Look at what the oldest of them wait for, and end that wait with a \
           `CancellationToken` or a timeout; keep them in a `JoinSet`, which aborts them when it \
           is dropped, and bound their number with a semaphore.",
    code: "\
let permit = semaphore.clone().acquire_owned().await?;
tasks.spawn(async move {
    serve(request).await;
    drop(permit);
});",
};

const TOO_MANY_ALIVE: Advice = Advice {
    cause: "More tasks are alive than was said to be right: some were not told to end, or nobody \
            waited for their end.",
    cure: "End them at shutdown: cancel their token and wait for them, or keep them in a \
           `JoinSet` and shut that down.",
    code: "\
token.cancel();
tracker.close();
tracker.wait().await;",
};
