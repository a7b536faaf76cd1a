//! Clients as they should be: each has a connection of its own, watches, and reads what it gets.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use loiter_wire::v1::{
    GetTargetRequest, Query, TasksUpdate, WatchTasksRequest, loiter_client::LoiterClient,
};
use tokio::{runtime, task::JoinSet, time};
use tonic::{Streaming, transport::Endpoint};

use crate::{PATIENCE, wait_until};

/// From one update to the next.
const INTERVAL: Duration = Duration::from_secs(1);
/// Rows as they stand on a screen.
const ROWS: u64 = 50;
/// From one newcomer to the next.
const NEWCOMERS: Duration = Duration::from_millis(250);

/// Many of them, and now and then one that comes anew, asks and goes.
#[derive(Debug)]
pub struct Clients {
    stop: Arc<AtomicBool>,
    served: Arc<Mutex<Served>>,
    count: usize,
    thread: thread::JoinHandle<()>,
}

/// How they were served.
#[derive(Clone, Debug, Default)]
pub struct Served {
    /// Updates of each one that watches.
    pub updates: Vec<u64>,
    /// The longest time that one of them went without.
    pub longest_gap: Duration,
    /// Why a stream ended that should have gone on.
    pub ended: Vec<String>,
    /// Newcomers that were answered.
    pub newcomers: u64,
    /// The longest time that it took one, with all its attempts.
    pub slowest_newcomer: Duration,
    /// Attempts of newcomers that failed.
    pub refused: u64,
}

impl Clients {
    /// Starts so many, and waits until each has had its first update.
    ///
    /// # Panics
    /// When one gets none.
    #[must_use]
    pub fn start(agent: &str, count: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let served = Arc::new(Mutex::new(Served {
            updates: vec![0; count],
            ..Served::default()
        }));
        let (url, stopped, told) = (format!("http://{agent}"), stop.clone(), served.clone());
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime
                .expect("a runtime")
                .block_on(run(&url, count, &stopped, &told));
        });
        let clients = Self {
            stop,
            served,
            count,
            thread,
        };
        wait_until("an update for everybody", || {
            let served = clients.served();
            assert_eq!(served.ended, [""; 0], "nobody is sent away");
            served
                .updates
                .iter()
                .all(|updates| *updates > 0)
                .then_some(())
        });
        clients
    }

    /// So far.
    #[must_use]
    pub fn served(&self) -> Served {
        self.served
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until each one got so many updates more, and some newcomers were answered.
    ///
    /// # Panics
    /// When one does not.
    pub fn wait_for_updates(&self, more: u64) {
        let before = self.served();
        wait_until("updates for everybody", || {
            let now = self.served();
            let mut updates = now.updates.iter().zip(&before.updates);
            let all = updates.all(|(now, before)| *now >= before + more);
            (all && now.newcomers >= before.newcomers + more || !now.ended.is_empty()).then_some(())
        });
        assert_eq!(self.served().ended, [""; 0], "nobody is sent away");
    }

    /// How many they are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Has them all leave.
    ///
    /// # Panics
    /// When one panicked.
    pub fn stop(self) -> Served {
        self.stop.store(true, Relaxed);
        self.thread.join().expect("no panic");
        self.served
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn run(url: &str, count: usize, stop: &AtomicBool, served: &Arc<Mutex<Served>>) {
    let mut tasks = JoinSet::new();
    for number in 0..count {
        tasks.spawn(watch(url.to_owned(), number, served.clone()));
    }
    tasks.spawn(newcomers(url.to_owned(), served.clone()));
    while !stop.load(Relaxed) {
        time::sleep(Duration::from_millis(20)).await;
    }
    tasks.shutdown().await;
}

/// Watches for ever.
async fn watch(url: String, number: usize, served: Arc<Mutex<Served>>) {
    let ended = match updates(&url, number, &served).await {
        Ok(()) => "without a word".to_owned(),
        Err(error) => error,
    };
    note(&served, |served| {
        served.ended.push(format!("{number}: {ended}"))
    });
}

async fn updates(url: &str, number: usize, served: &Mutex<Served>) -> Result<(), String> {
    let mut stream = open(url).await?;
    let mut last = Instant::now();
    while let Some(update) = stream
        .message()
        .await
        .map_err(|status| status.to_string())?
    {
        if update.overview.is_none() {
            return Err(format!("no answer: {update:?}"));
        }
        let gap = last.elapsed();
        last = Instant::now();
        note(served, |served| {
            served.updates[number] += 1;
            // Before the first one it connects.
            if served.updates[number] > 1 {
                served.longest_gap = served.longest_gap.max(gap);
            }
        });
    }
    Ok(())
}

async fn open(url: &str) -> Result<Streaming<TasksUpdate>, String> {
    let mut client = connect(url).await?;
    let request = WatchTasksRequest {
        query: Some(Query {
            limit: ROWS,
            ..Query::default()
        }),
        interval_ms: INTERVAL.as_millis() as u32,
    };
    let stream = client.watch_tasks(request).await;
    Ok(stream.map_err(|status| status.to_string())?.into_inner())
}

async fn connect(url: &str) -> Result<LoiterClient<tonic::transport::Channel>, String> {
    let endpoint = Endpoint::from_shared(url.to_owned()).map_err(|error| error.to_string())?;
    let channel = time::timeout(PATIENCE, endpoint.connect()).await;
    let channel = channel.map_err(|_| "no connection".to_owned())?;
    Ok(LoiterClient::new(
        channel.map_err(|error| format!("{error:?}"))?,
    ))
}

async fn newcomers(url: String, served: Arc<Mutex<Served>>) {
    loop {
        let came = Instant::now();
        while let Err(_refused) = visit(&url).await {
            note(&served, |served| served.refused += 1);
            time::sleep(Duration::from_millis(10)).await;
        }
        note(&served, |served| {
            served.newcomers += 1;
            served.slowest_newcomer = served.slowest_newcomer.max(came.elapsed());
        });
        time::sleep(NEWCOMERS).await;
    }
}

async fn visit(url: &str) -> Result<(), String> {
    let mut client = connect(url).await?;
    let target = client.get_target(GetTargetRequest {}).await;
    target.map(drop).map_err(|status| status.to_string())
}

fn note(served: &Mutex<Served>, note: impl FnOnce(&mut Served)) {
    note(&mut served.lock().unwrap_or_else(PoisonError::into_inner));
}
