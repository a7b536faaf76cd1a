//! Tasks that share something: `shapes NAME [--console] [--count N]`, in the shapes of console-subscriber's
//! own examples. Without a name, the names.
//!
//! With `--console` there is a stock console-subscriber in it instead of loiter's agent, where
//! `TOKIO_CONSOLE_BIND` says; else the agent, which serves both protocols.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    sync::{Barrier, Mutex, RwLock, Semaphore},
    task::{self, JoinHandle},
    time,
};

/// For as long as anybody looks.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);
/// Tasks of the shape `many-tasks`, unless it is told.
const MANY: usize = 10_000;

/// Starts tasks; how many, where that can be said.
type Start = fn(usize);

/// What the tasks share, and what starts them.
const SHAPES: &[(&str, Start)] = &[
    ("mutex", mutex),
    ("rwlock", rwlock),
    ("semaphore", semaphore),
    ("barrier", barrier),
    ("long-sleep", long_sleep),
    ("many-tasks", many_tasks),
];

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(name) = arguments.first() else {
        let names: Vec<_> = SHAPES.iter().map(|(name, _)| *name).collect();
        return print(&names.join("\n"));
    };
    let (_, start) = SHAPES
        .iter()
        .find(|(shape, _)| shape == name)
        .ok_or_else(|| io::Error::other(format!("no shape is called {name}")))?;
    let mut after = arguments
        .iter()
        .skip_while(|argument| *argument != "--count");
    let count = match after.nth(1) {
        Some(count) => count.parse().map_err(io::Error::other)?,
        None => MANY,
    };
    let address = match arguments.iter().any(|argument| argument == "--console") {
        true => {
            console_subscriber::init();
            std::env::var("TOKIO_CONSOLE_BIND").map_err(io::Error::other)?
        }
        false => {
            let agent = loiter::Builder::new()
                .listen(([127, 0, 0, 1], 0))
                .name(name.clone())
                .resources(true)
                .try_init()
                .map_err(io::Error::other)?;
            let address = agent.wait_listening(Duration::from_secs(60));
            let address = address.ok_or_else(|| io::Error::other("the agent is switched off"))?;
            address.to_string()
        }
    };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        start(count);
        print(&format!("listening on {address}"))?;
        std::future::pending().await
    })
}

/// One task holds the lock, two wait for it.
fn mutex(_: usize) {
    let lock = Arc::new(Mutex::new(()));
    let held = lock.clone();
    named("holder", async move {
        let _guard = held.lock().await;
        time::sleep(LONG).await;
    });
    for name in ["waiter-1", "waiter-2"] {
        let lock = lock.clone();
        named(name, async move {
            // The holder comes first.
            while lock.try_lock().is_ok() {
                task::yield_now().await;
            }
            let _guard = lock.lock().await;
        });
    }
}

/// One task reads, one waits to write.
fn rwlock(_: usize) {
    let lock = Arc::new(RwLock::new(()));
    let read = lock.clone();
    named("reader", async move {
        let _guard = read.read().await;
        time::sleep(LONG).await;
    });
    named("writer", async move {
        while lock.try_write().is_ok() {
            task::yield_now().await;
        }
        let _guard = lock.write().await;
    });
}

/// Two permits, three tasks.
fn semaphore(_: usize) {
    let permits = Arc::new(Semaphore::new(2));
    for name in ["worker-1", "worker-2", "worker-3"] {
        let permits = permits.clone();
        named(name, async move {
            let _permit = permits.acquire().await.expect("it is never closed");
            time::sleep(LONG).await;
        });
    }
}

/// Two of three have come.
fn barrier(_: usize) {
    let barrier = Arc::new(Barrier::new(3));
    for name in ["early-1", "early-2"] {
        let barrier = barrier.clone();
        named(name, async move {
            barrier.wait().await;
        });
    }
}

/// Nothing but time.
fn long_sleep(_: usize) {
    named("sleeper", time::sleep(LONG));
}

/// Each wakes about once a second.
fn many_tasks(count: usize) {
    for number in 0..count {
        drop(tokio::spawn(async move {
            let offset = Duration::from_secs(1).mul_f64(number as f64 / count as f64);
            time::sleep(offset).await;
            let mut seconds = time::interval(Duration::from_secs(1));
            loop {
                seconds.tick().await;
            }
        }));
    }
}

/// Spawns as stock console-subscriber has it, so that both see the same.
fn named<F>(name: &str, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    task::Builder::new()
        .name(name)
        .spawn(future)
        .expect("a runtime is running")
}

fn print(text: &str) -> io::Result<()> {
    io::Write::write_all(&mut io::stdout(), format!("{text}\n").as_bytes())
}
