//! Tasks that are not woken when it is time, and such as only look so.

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use loiter::{Builder, task};
use loiter_model::{
    finding::{Certainty, Evidence, Finding, FindingKind},
    update::FindingsUpdate,
};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};

use crate::{
    support::{Program, listen, wait_until},
    watch::{SOON, find, findings_where, rules},
};

/// A channel that looks for a message first and keeps the waker then: what comes between the two
/// wakes nobody.
struct Lossy<T> {
    queue: Mutex<VecDeque<T>>,
    /// Comes between the two, the first time.
    between: Mutex<Option<T>>,
    waker: Mutex<Option<Waker>>,
}

impl<T> Lossy<T> {
    fn losing(message: T) -> Self {
        Self {
            queue: Mutex::default(),
            between: Mutex::new(Some(message)),
            waker: Mutex::default(),
        }
    }

    async fn recv(&self) -> T {
        poll_fn(|context| self.poll_recv(context)).await
    }

    fn poll_recv(&self, context: &mut Context<'_>) -> Poll<T> {
        let mut queue = self.queue.lock().expect("no panic");
        if let Some(message) = queue.pop_front() {
            return Poll::Ready(message);
        }
        queue.extend(self.between.lock().expect("no panic").take());
        *self.waker.lock().expect("no panic") = Some(context.waker().clone());
        Poll::Pending
    }
}

#[track_caller]
fn spawn(name: &str, future: impl Future<Output = ()> + Send + 'static) {
    drop(task::Builder::new().name(name).spawn(future));
}

/// It is all that the task waits for.
fn spawn_ending() {
    let messages = Lossy::losing(());
    spawn("ends", async move { messages.recv().await });
}

/// It waits for the next message where it waited for the first one.
fn spawn_replying() {
    let (reply, replied) = oneshot::channel();
    let requests = Lossy::losing(reply);
    spawn("asks", async move { drop(replied.await) });
    spawn("replies", async move {
        loop {
            // Whoever asked may be gone.
            let _ = requests.recv().await.send(());
        }
    });
}

/// The same, and nobody else hears of it.
fn spawn_counting() {
    let messages = Lossy::losing(());
    let room = Semaphore::new(9);
    spawn("counts", async move {
        loop {
            messages.recv().await;
            room.acquire().await.expect("never closed").forget();
        }
    });
}

/// It waits for something else from then on.
fn spawn_moving() {
    let messages = Lossy::losing(());
    let stop = Notify::new();
    spawn("moves", async move {
        messages.recv().await;
        stop.notified().await;
    });
}

/// Works in every poll, whether it was woken or not.
fn spawn_busy(polls: Arc<AtomicUsize>) {
    let room = Semaphore::new(1);
    let mut kept = None;
    spawn(
        "works in every poll",
        poll_fn(move |context| {
            polls.fetch_add(1, Relaxed);
            assert!(pin!(room.acquire()).poll(context).is_ready());
            drop(kept.replace(context.waker().clone()));
            Poll::Pending
        }),
    );
}

/// Keeps the wakers of all polls.
fn spawn_keeping(polls: Arc<AtomicUsize>) {
    let mut kept = Vec::new();
    spawn(
        "keeps every waker",
        poll_fn(move |context| {
            polls.fetch_add(1, Relaxed);
            kept.push(context.waker().clone());
            Poll::Pending
        }),
    );
}

/// What waits as one should.
fn spawn_waiting() -> impl Sized {
    let (sender, mut receiver) = mpsc::channel::<()>(1);
    spawn("receives", async move {
        while receiver.recv().await.is_some() {}
    });
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..3).map(|_| oneshot::channel::<()>()).unzip();
    let mut unordered: FuturesUnordered<_> = receivers.into_iter().collect();
    spawn("receives in no order", async move {
        while unordered.next().await.is_some() {}
    });
    let (stop, mut stopped) = oneshot::channel::<()>();
    let (news, mut told) = mpsc::channel::<()>(1);
    spawn("selects", async move {
        tokio::select! {
            biased;
            _ = &mut stopped => {}
            _ = told.recv() => {}
            () = tokio::time::sleep(std::time::Duration::from_secs(3600)) => {}
        }
    });
    (sender, senders, stop, news)
}

const LOST: [&str; 4] = ["ends", "replies", "counts", "moves"];

fn lost<'a>(update: &'a FindingsUpdate, name: &str) -> Option<&'a Finding> {
    find(update, FindingKind::LostWakeup, name)
}

#[tokio::test]
async fn a_task_that_a_look_makes_go_on_was_not_woken() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new().blocked_after(SOON));
        let polls = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
        spawn_busy(polls[0].clone());
        spawn_keeping(polls[1].clone());
        let _others = spawn_waiting();
        spawn_ending();
        spawn_replying();
        spawn_counting();
        spawn_moving();
        // The first poll, a look, and another one, as they seemed to go on.
        let looked_twice = async || {
            let are_all = polls.iter().all(|polls| polls.load(Relaxed) >= 3);
            are_all.then_some(())
        };
        wait_until("two looks", looked_twice).await;
        println!("two looks");
        cues.next().await;
    });
    let client = &mut program.client().await;
    program.told("two looks");
    let update = findings_where(client, rules(&[]), |update| {
        LOST.iter().all(|name| lost(update, name).is_some())
    })
    .await;
    for name in LOST {
        let finding = lost(&update, name).expect("found");
        assert_eq!(
            (finding.certainty, finding.count),
            (Certainty::Suspected, 1)
        );
        assert!(
            matches!(finding.evidence[..], [Evidence::WentOnUnwoken { idle }] if idle >= SOON.into()),
            "{finding:?}"
        );
    }
    let of_this_kind = |finding: &&Finding| finding.kind == FindingKind::LostWakeup;
    assert_eq!(
        update.findings.iter().filter(of_this_kind).count(),
        LOST.len(),
        "{update:?}"
    );
    program.cue("stop");
    program.finish();
}

/// A wake that comes right after the look is one that was on its way.
#[tokio::test]
async fn a_late_wake_is_not_lost() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new().blocked_after(SOON));
        let wakers = Arc::new(Mutex::new(Vec::<Waker>::new()));
        let looks = Arc::new(AtomicUsize::new(0));
        for name in ["ends late", "goes on late"] {
            let (wakers, looks) = (wakers.clone(), looks.clone());
            let mut is_first = true;
            let late = poll_fn(move |context| {
                if !std::mem::take(&mut is_first) {
                    looks.fetch_add(1, Relaxed);
                    return Poll::Ready(());
                }
                let mut wakers = wakers.lock().expect("no panic");
                wakers.push(context.waker().clone());
                Poll::Pending
            });
            let notify = Notify::new();
            spawn(name, async move {
                late.await;
                if name == "goes on late" {
                    notify.notified().await;
                }
            });
        }
        let are_looked_at = async || (looks.load(Relaxed) == 2).then_some(());
        wait_until("a look at each", are_looked_at).await;
        let wakers = std::mem::take(&mut *wakers.lock().expect("no panic"));
        wakers.into_iter().for_each(Waker::wake);
        // Whatever is found of those is found before this one.
        spawn_moving();
        println!("woken");
        cues.next().await;
    });
    let client = &mut program.client().await;
    program.told("woken");
    let update = findings_where(client, rules(&[]), |update| lost(update, "moves").is_some()).await;
    for name in ["ends late", "goes on late"] {
        assert_eq!(lost(&update, name), None, "{update:?}");
    }
    program.cue("stop");
    program.finish();
}
