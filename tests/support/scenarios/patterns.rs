//! Ways in which whole pieces of a program leave tasks behind.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Barrier, Mutex, Notify, mpsc, oneshot},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{Expected, PATIENCE, Scenario, Variant, forget, found, spawn};

pub(super) const ALL: &[Scenario] = scenarios! {
    "never-closed", found("blocked receive", "suspected"), never_closed;
    "start-without-stop", found("blocked receive", "suspected"), start_without_stop;
    "double-send", found("blocked send", "suspected"), double_send;
    "early-return", found("blocked send", "suspected"), early_return;
    "first-result-wins", found("blocked send", "suspected"), first_result_wins;
    "timed-out", found("blocked receive", "suspected"), timed_out;
    "join-cycle", found("wait cycle", "proved"), join_cycle;
    "lock-cycle", LOCK_CYCLE, lock_cycle;
    "join-of-the-dead", found("dead by association", "proved"), join_of_the_dead;
    "loop-without-exit", found("busy loop", "suspected"), loop_without_exit;
};

/// Workers that take jobs until the channel is closed, which it never is.
async fn never_closed(variant: Variant) {
    let (jobs, queue) = mpsc::channel::<u64>(4);
    let queue = Arc::new(tokio::sync::Mutex::new(queue));
    spawn("never-closed", async move {
        // @ never-closed
        while let Some(job) = { queue.lock().await.recv().await } {
            std::hint::black_box(job);
        }
    });
    for job in 0..3 {
        let _ = jobs.send(job).await;
    }
    match variant {
        Variant::Leaking => forget(jobs),
        Variant::Cured => drop(jobs),
    }
}

/// Something that has to be stopped, and by whom is not said.
struct Service {
    stop: Arc<Notify>,
}

impl Service {
    fn start() -> Self {
        let stop = Arc::new(Notify::new());
        let stopped = stop.clone();
        spawn("start-without-stop", async move {
            // @ start-without-stop
            stopped.notified().await;
        });
        Self { stop }
    }

    fn stop(&self) {
        self.stop.notify_one();
    }
}

async fn start_without_stop(variant: Variant) {
    let service = Service::start();
    match variant {
        // Its callers do not know that they have to.
        Variant::Leaking => forget(service),
        Variant::Cured => service.stop(),
    }
}

/// Reports twice where once was agreed on: the error, and then the value all the same.
async fn double_send(variant: Variant) {
    let (result, mut results) = mpsc::channel::<Result<u64, String>>(1);
    spawn("double-send", async move {
        let _ = result.send(Err("no such order".to_owned())).await;
        if variant == Variant::Cured {
            return;
        }
        let _ = result.send(Ok(0)).await;
        // @ double-send
        let _ = result.send(Ok(0)).await;
    });
    let _ = results.recv().await;
    forget(results);
}

/// Returns at an error, before it has looked at what it had asked for.
async fn early_return(variant: Variant) {
    let (result, mut results) = mpsc::channel::<u64>(1);
    spawn("early-return", async move {
        for part in 0..4 {
            // @ early-return
            if result.send(part).await.is_err() {
                return;
            }
        }
    });
    let is_valid = false;
    if !is_valid {
        match variant {
            // The receiver is still somewhere.
            Variant::Leaking => forget(results),
            Variant::Cured => results.close(),
        }
        return;
    }
    while results.recv().await.is_some() {}
}

/// Asks several, takes the first answer, and lets the others wait for somebody to take theirs.
async fn first_result_wins(variant: Variant) {
    // Room for every answer is the cure.
    let room = if variant == Variant::Cured { 4 } else { 1 };
    let (answer, mut answers) = mpsc::channel::<u64>(room);
    for replica in 0..4 {
        let answer = answer.clone();
        spawn("first-result-wins", async move {
            sleep(Duration::from_millis(replica)).await;
            // @ first-result-wins
            let _ = answer.send(replica).await;
        });
    }
    let _ = answers.recv().await;
    forget(answers);
}

/// Gives up waiting, and whoever was to answer waits for an acknowledgement for good.
async fn timed_out(variant: Variant) {
    let (question, asked) = oneshot::channel::<oneshot::Receiver<()>>();
    let done = CancellationToken::new();
    let given_up = done.clone();
    spawn("timed-out", async move {
        let Ok(acknowledged) = asked.await else {
            return;
        };
        match variant {
            // @ timed-out
            Variant::Leaking => drop(acknowledged.await),
            Variant::Cured => {
                given_up.run_until_cancelled(acknowledged).await;
            }
        }
    });
    let (acknowledge, acknowledged) = oneshot::channel();
    let _ = question.send(acknowledged);
    let never = std::future::pending::<()>();
    let _ = timeout(PATIENCE, never).await;
    done.cancel();
    forget(acknowledge);
}

/// Two tasks, each of which waits for the other one's end.
async fn join_cycle(variant: Variant) {
    let [(to_a, for_a), (to_b, for_b)] = [oneshot::channel(), oneshot::channel()];
    let a = loiter::task::Builder::new()
        .name("join-cycle")
        .spawn(wait_for(for_a));
    let b = loiter::task::Builder::new()
        .name("join-cycle")
        .spawn(wait_for(for_b));
    let (Ok(a), Ok(b)) = (a, b) else { return };
    if variant == Variant::Cured {
        a.abort();
    }
    let _ = to_a.send(b);
    let _ = to_b.send(a);
}

async fn wait_for(other: oneshot::Receiver<JoinHandle<()>>) {
    if let Ok(other) = other.await {
        // @ join-cycle
        let _ = other.await;
    }
}

/// Who holds a lock is known only where tokio tells.
const LOCK_CYCLE: Option<Expected> = match cfg!(tokio_unstable) {
    true => found("wait cycle", "suspected"),
    false => found("blocked lock", "suspected"),
};

/// Two tasks that lock two mutexes, each in another order.
async fn lock_cycle(variant: Variant) {
    let left = Arc::new(Mutex::new(()));
    let right = Arc::new(Mutex::new(()));
    // Both have locked their first one, so that it does not depend on the scheduler.
    let met = (variant == Variant::Leaking).then(|| Arc::new(Barrier::new(2)));
    let (first, second) = match variant {
        Variant::Leaking => (right.clone(), left.clone()),
        Variant::Cured => (left.clone(), right.clone()),
    };
    spawn("lock-cycle", lock_both(left, right, met.clone()));
    spawn("lock-cycle", lock_both(first, second, met));
}

async fn lock_both(first: Arc<Mutex<()>>, second: Arc<Mutex<()>>, met: Option<Arc<Barrier>>) {
    let _first = first.lock().await;
    if let Some(met) = met {
        met.wait().await;
    }
    // @ lock-cycle
    let _second = second.lock().await;
}

/// Waits for the end of a task that nothing can wake.
async fn join_of_the_dead(variant: Variant) {
    let dead = loiter::task::Builder::new()
        .name("dead")
        .spawn(std::future::pending::<()>());
    let Ok(dead) = dead else { return };
    if variant == Variant::Cured {
        dead.abort();
    }
    spawn("join-of-the-dead", async move {
        // @ join-of-the-dead
        let _ = dead.await;
    });
}

/// Asks again and again whether it may stop.
async fn loop_without_exit(variant: Variant) {
    static BUSY: std::sync::Once = std::sync::Once::new();
    // One is enough to keep a worker busy.
    if BUSY.is_completed() {
        return;
    }
    BUSY.call_once(|| {});
    // @ loop-without-exit
    spawn("loop-without-exit", async move {
        let mut asked = 0;
        std::future::poll_fn(move |context| {
            asked += 1;
            if variant == Variant::Cured && asked > 100 {
                return std::task::Poll::Ready(());
            }
            std::thread::sleep(Duration::from_millis(1));
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
    });
}
