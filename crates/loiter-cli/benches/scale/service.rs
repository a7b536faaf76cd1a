//! The service that is looked at: a great many tasks that wait, some that do a little.

use std::{
    io::{self, BufRead},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    runtime,
    sync::{Notify, Semaphore, mpsc, watch},
    time::{self, Instant, MissedTickBehavior},
};

use crate::proc::resident;

/// Makes the bench be the service; the number of tasks follows.
pub(crate) const FLAG: &str = "--service";
/// Asks the service for its worst delay.
pub(crate) const QUESTION: &str = "worst delay";
/// The file in which its tasks are spawned, as the UI shows it in their rows.
pub(crate) const FILE: &str = "service.rs";

/// Tasks that wake once a second, unless there are fewer in all.
const BUSY: usize = 1_000;
/// How often a worker's delay is taken.
const TICK: Duration = Duration::from_millis(2);

/// Runs until its standard input closes.
pub(crate) fn run(tasks: usize) {
    let agent = loiter::Builder::new()
        .listen(([127, 0, 0, 1], 0))
        .name("scale")
        .try_init()
        .expect("the agent starts");
    let address = agent
        .wait_listening(Duration::from_secs(10))
        .expect("the agent listens");
    println!("{address}");

    let runtime = runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let delay = Arc::new(AtomicU64::new(0));
    let before = resident();
    let waits = runtime.block_on(start(tasks, &delay));
    println!("{}", (resident() - before) / tasks as u64);

    for question in io::stdin().lock().lines().map_while(Result::ok) {
        assert_eq!(question, QUESTION);
        println!("{}", delay.swap(0, Relaxed));
    }
    drop(waits);
}

/// What the tasks wait for. It never comes.
#[expect(dead_code, reason = "kept for what its end would do to the tasks")]
struct Waits {
    notify: Arc<Notify>,
    semaphore: Arc<Semaphore>,
    watched: watch::Sender<()>,
    queue: mpsc::Sender<()>,
}

/// Spawns the tasks and returns when the last one waits.
async fn start(tasks: usize, delay: &Arc<AtomicU64>) -> Waits {
    let notify = Arc::new(Notify::new());
    let semaphore = Arc::new(Semaphore::new(0));
    let (watched, watching) = watch::channel(());
    let (queue, mut queued) = mpsc::channel(1);

    tokio::spawn(async move { queued.recv().await });
    let busy = BUSY.min(tasks / 10);
    for number in 0..busy {
        // Spread over the second.
        let phase = Duration::from_secs(1) * number as u32 / busy as u32;
        tokio::spawn(tick(phase));
    }
    for number in busy..tasks {
        let notify = Arc::clone(&notify);
        let semaphore = Arc::clone(&semaphore);
        let mut watching = watching.clone();
        match number % 3 {
            0 => drop(tokio::spawn(async move { notify.notified().await })),
            1 => drop(tokio::spawn(async move {
                let _ = semaphore.acquire().await;
            })),
            _ => drop(tokio::spawn(async move {
                let _ = watching.changed().await;
            })),
        }
    }
    // Whatever was spawned before it has been polled once when workers have time to be on time.
    let on_time = Arc::new(Notify::new());
    tokio::spawn(measure_delay(Arc::clone(delay), Arc::clone(&on_time)));
    on_time.notified().await;
    delay.store(0, Relaxed);
    Waits {
        notify,
        semaphore,
        watched,
        queue,
    }
}

/// Wakes once a second.
async fn tick(phase: Duration) {
    let mut ticks = time::interval_at(Instant::now() + phase, Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
    }
}

/// Keeps how late a worker is at worst: from the time for which the task sleeps to its poll.
/// Tokio's timer counts whole milliseconds, so the first of them is no delay of a worker's.
async fn measure_delay(worst: Arc<AtomicU64>, on_time: Arc<Notify>) {
    let mut punctual = 0;
    loop {
        let due = Instant::now() + TICK;
        time::sleep_until(due).await;
        let late = due.elapsed();
        worst.fetch_max(late.as_nanos() as u64, Relaxed);
        punctual = if late < 5 * TICK { punctual + 1 } else { 0 };
        if punctual == 50 {
            on_time.notify_one();
        }
    }
}
