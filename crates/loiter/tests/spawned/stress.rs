//! Very many looks change no result and lose no wake.
//!
//! `LOITER_STRESS_LOOKS` is the number of looks after which it ends, 100 unless set. A million:
//!
//! ```sh
//! LOITER_STRESS_LOOKS=1000000 cargo test -p loiter --test spawned very_many_looks -- --nocapture
//! ```
//!
//! No wait is looked at twice, once it is known: a wake that a look loses is not made good by the
//! next one, and whoever waited for it does for ever.

use std::{
    env,
    future::poll_fn,
    ptr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, future::join_all, stream::FuturesUnordered};
use loiter::{Builder, CaptureStacks};
use loiter_wire::v1;
use tokio::{
    sync::{Mutex, Notify, Semaphore, broadcast, mpsc, oneshot, watch},
    task::{JoinHandle, LocalSet},
    time::{sleep, timeout},
};

use crate::support::{PATIENCE, Program, listen};

/// Rounds of the whole workload at least.
const ROUNDS: u64 = 20;
/// Looks at least, unless the environment says.
const LOOKS: u64 = 100;
/// Workloads side by side, so that there are always tasks to look at.
const LANES: u64 = 4;

static LOOKED: AtomicU64 = AtomicU64::new(0);

fn wanted_looks() -> u64 {
    env::var("LOITER_STRESS_LOOKS").map_or(LOOKS, |looks| {
        looks.parse().expect("LOITER_STRESS_LOOKS is a number")
    })
}

/// Counts the looks at a task: they poll it with another kind of waker than its first poll,
/// which is none.
fn counted<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let mut future = Box::pin(future);
    let mut usual = None;
    poll_fn(move |context| {
        let vtable = context.waker().vtable();
        if !ptr::eq(*usual.get_or_insert(vtable), vtable) {
            LOOKED.fetch_add(1, Relaxed);
        }
        future.as_mut().poll(context)
    })
}

/// Pseudorandom numbers (xorshift64): how tasks and looks meet is different in every round.
struct Dice(u64);

impl Dice {
    /// Other numbers for each seed.
    fn new(seed: u64) -> Self {
        let mut dice = Self((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        dice.below(1);
        dice
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) % bound
    }

    /// Some microseconds, so many at most.
    fn pause(&mut self, most: u64) -> Duration {
        Duration::from_micros(self.below(most + 1))
    }
}

fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    loiter::spawn(counted(future))
}

/// A ring of tasks that hand a token on through every kind of channel; returns how far it got.
async fn ring(laps: u64) -> u64 {
    let (first, mut input) = mpsc::channel(1);
    let mut sender = first.clone();
    for link in 0..8 {
        let (next, mut received) = mpsc::channel::<u64>(1);
        let previous = std::mem::replace(&mut sender, next);
        if link == 0 {
            drop(previous);
        } else {
            spawn(async move { drop(previous) });
        }
        let out = first.clone();
        spawn(async move {
            while let Some(token) = received.recv().await {
                if out.send(token + 1).await.is_err() {
                    return;
                }
            }
        });
        sender.send(0).await.expect("received");
        for _ in 0..laps {
            let token = input.recv().await.expect("the link runs");
            sender.send(token).await.expect("the link runs");
        }
        input.recv().await.expect("the link runs");
    }
    8 * laps
}

/// Tasks that share a mutex, a semaphore, a watch, a broadcast, timers and `select!`.
async fn crowd(tasks: u64, dice: &mut Dice) -> u64 {
    let sum = Arc::new(Mutex::new(0));
    let permits = Arc::new(Semaphore::new(3));
    let (start, started) = watch::channel(false);
    let (news, _) = broadcast::channel(1024);
    let handles: Vec<_> = (0..tasks)
        .map(|number| {
            let (sum, permits) = (sum.clone(), permits.clone());
            let pause = dice.pause(1000);
            let (mut started, mut told) = (started.clone(), news.subscribe());
            spawn(async move {
                started.wait_for(|started| *started).await.expect("told");
                let _permit = permits.acquire().await.expect("open");
                tokio::select! {
                    () = sleep(pause) => {}
                    () = sleep(Duration::from_secs(3600)) => unreachable!("an hour"),
                }
                *sum.lock().await += number;
                drop(_permit);
                told.recv().await.expect("told")
            })
        })
        .collect();
    start.send(true).expect("awaited");
    while *sum.lock().await < tasks * (tasks - 1) / 2 {
        sleep(Duration::from_millis(1)).await;
    }
    news.send(1).expect("awaited");
    let mut total = 0;
    for handle in handles {
        total += handle.await.expect("no panic");
    }
    total
}

/// Futures that are polled only when their own waker says so.
async fn unordered(futures: u64, dice: &mut Dice) -> u64 {
    let notify = Arc::new(Notify::new());
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..futures).map(|_| oneshot::channel::<u64>()).unzip();
    let woken = notify.clone();
    let sum = spawn(async move {
        let mut receivers: FuturesUnordered<_> = receivers.into_iter().collect();
        let mut sum = 0;
        woken.notify_one();
        while let Some(value) = receivers.next().await {
            sum += value.expect("sent");
        }
        sum
    });
    notify.notified().await;
    for (value, sender) in (0..).zip(senders) {
        let pause = dice.pause(5000);
        spawn(async move {
            sleep(pause).await;
            sender.send(value).expect("awaited");
        });
    }
    sum.await.expect("no panic")
}

/// Aborts tasks in the middle of whatever they do.
async fn aborts(tasks: u64, dice: &mut Dice) -> u64 {
    let mut ended = 0;
    for _ in 0..tasks {
        let handle = spawn(async move {
            let mutex = Mutex::new(());
            let _guard = mutex.lock().await;
            timeout(Duration::from_secs(3600), mutex.lock())
                .await
                .is_ok()
        });
        sleep(dice.pause(3000)).await;
        handle.abort();
        ended += u64::from(handle.await.expect_err("it was aborted").is_cancelled());
    }
    ended
}

/// Tasks of a thread of their own, one after the other.
fn local() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        for round in 0..ROUNDS {
            let (sender, receiver) = oneshot::channel();
            let task = loiter::spawn_local(counted(receiver));
            sleep(Duration::from_millis(3)).await;
            sender.send(round).expect("awaited");
            assert_eq!(task.await.expect("no panic").expect("sent"), round);
        }
    });
}

/// The whole workload, in several lanes.
async fn round(number: u64) {
    join_all((0..LANES).map(|lane| run_lane(number * LANES + lane))).await;
}

async fn run_lane(seed: u64) {
    let [mut one, mut two, mut three, mut four] = [0, 1, 2, 3].map(|n| Dice::new(4 * seed + n));
    let laps = 25 + one.below(50);
    let results = tokio::join!(
        ring(laps),
        crowd(100, &mut two),
        unordered(100, &mut three),
        aborts(20, &mut four),
    );
    assert_eq!(results, (8 * laps, 100, 4950, 20), "seed {seed}");
}

/// Rounds until there were so many looks.
async fn workload(looks: u64) {
    listen(Builder::new().capture_stacks(CaptureStacks::OnDemand));
    let local = std::thread::spawn(local);
    let mut rounds = 0;
    while rounds < ROUNDS || LOOKED.load(Relaxed) < looks {
        timeout(PATIENCE, round(rounds))
            .await
            .expect("no wake is lost");
        rounds += 1;
    }
    local.join().expect("no panic");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn very_many_looks_change_nothing() {
    let wanted = wanted_looks();
    // Far more than it takes.
    let limit = 2 * PATIENCE + Duration::from_millis(2 * wanted);
    let mut program = Program::start_lasting(limit, async |mut cues| {
        workload(wanted).await;
        println!("looks: {}", LOOKED.load(Relaxed));
        cues.next().await;
    });
    let started = Instant::now();
    let mut client = program.client().await;
    let looking = tokio::spawn(async move {
        let request = v1::CaptureStacksRequest {
            timeout_ms: 200,
            ..Default::default()
        };
        // Until the program has ended.
        while client.capture_stacks(request.clone()).await.is_ok() {}
    });
    let program = tokio::task::spawn_blocking(move || {
        let looks = program.told("looks: ");
        println!("{looks} looks in {:.1} s", started.elapsed().as_secs_f64());
        program.cue("stop");
        program.finish();
        looks.parse::<u64>().expect("a number")
    });
    let looks = program.await.expect("it succeeds");
    looking.await.expect("no panic");
    assert!(looks >= wanted, "{looks} looks are too few");
}
