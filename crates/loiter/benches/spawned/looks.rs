//! Ten thousand tasks that wait at one place are asked what they wait on.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use loiter_wire::v1::{self, loiter_client::LoiterClient};
use tokio::sync::Semaphore;
use tonic::transport::Channel;

use super::quantile;

const TASKS: usize = 10_000;

/// Prints how long it takes, and what the other tasks of the same runtime notice.
pub(crate) fn report() {
    let address = super::start_agent();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let permits = Arc::new(Semaphore::new(0));
        for _ in 0..TASKS {
            loiter::spawn(wait(permits.clone()));
        }
        let endpoint = Channel::from_shared(format!("http://{address}")).expect("a URL");
        let mut client = LoiterClient::new(endpoint.connect().await.expect("it listens"));
        // Not what is measured: the first look at the program's debug info.
        capture(&mut client, 1).await;

        let quiet = Delays::start();
        tokio::time::sleep(Duration::from_millis(600)).await;
        let quiet = quiet.stop().await;

        let delays = Delays::start();
        let started = Instant::now();
        let captured = capture(&mut client, TASKS as u64).await;
        let took = started.elapsed();
        let busy = delays.stop().await;
        let look = looks_took();
        println!(
            "\n{captured} of {TASKS} tasks captured in {} ms; a look takes its worker {look:.1} µs \
             at the median; other tasks run {:.0} µs late at the 99th percentile, {:.0} µs when \
             nothing is asked",
            took.as_millis(),
            busy,
            quiet,
        );
    });
    runtime.shutdown_background();
}

async fn capture(client: &mut LoiterClient<Channel>, limit: u64) -> u64 {
    let request = v1::CaptureStacksRequest {
        filter: "site:looks.rs".to_owned(),
        limit,
        timeout_ms: 30_000,
        ..Default::default()
    };
    let reply = client.capture_stacks(request).await.expect("an answer");
    reply.into_inner().captured
}

static LOOKS: Mutex<Vec<f64>> = Mutex::new(Vec::new());

/// Waits for a permit, and times each poll but the first: these are looks.
async fn wait(permits: Arc<Semaphore>) {
    let mut acquire = Box::pin(permits.acquire());
    let mut polls = 0;
    std::future::poll_fn(|context| {
        let started = Instant::now();
        let poll = acquire.as_mut().poll(context);
        let took = started.elapsed();
        polls += 1;
        if polls > 1 {
            LOOKS
                .lock()
                .expect("no panic")
                .push(took.as_nanos() as f64 / 1000.0);
        }
        poll.map(drop)
    })
    .await;
}

fn looks_took() -> f64 {
    quantile(&mut LOOKS.lock().expect("no panic"), 0.5)
}

/// How late a task runs that is woken every half millisecond by another thread.
struct Delays {
    stop: Arc<AtomicBool>,
    ticker: std::thread::JoinHandle<()>,
    task: tokio::task::JoinHandle<Vec<f64>>,
}

impl Delays {
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (ticks, mut ticked) = tokio::sync::mpsc::unbounded_channel::<Instant>();
        let stopped = stop.clone();
        let ticker = std::thread::spawn(move || {
            while !stopped.load(Relaxed) {
                std::thread::sleep(Duration::from_micros(500));
                let _ = ticks.send(Instant::now());
            }
        });
        let task = tokio::spawn(async move {
            let mut delays = Vec::new();
            while let Some(sent) = ticked.recv().await {
                delays.push(sent.elapsed().as_nanos() as f64 / 1000.0);
            }
            delays
        });
        Self { stop, ticker, task }
    }

    /// The 99th percentile, in microseconds.
    async fn stop(self) -> f64 {
        self.stop.store(true, Relaxed);
        let mut delays = self.task.await.expect("no panic");
        self.ticker.join().expect("no panic");
        quantile(&mut delays, 0.99)
    }
}
