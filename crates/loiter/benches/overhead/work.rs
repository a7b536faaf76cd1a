//! The work that is measured.

use std::{fs, future::pending};

use rustix::time::{ClockId, clock_gettime};
use tokio::{
    runtime::{self, Runtime},
    sync::mpsc,
    task::{JoinSet, yield_now},
};

use crate::Watcher;

/// A kind of work, or a state whose memory is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    SpawnAndFinish,
    YieldPoll,
    PingPong,
    LiveTask,
    FinishedTask,
}

/// Tasks of one batch of spawns, so that few are alive at a time.
const BATCH: u64 = 100;

impl Work {
    pub(crate) const ALL: [Self; 5] = [
        Self::SpawnAndFinish,
        Self::YieldPoll,
        Self::PingPong,
        Self::LiveTask,
        Self::FinishedTask,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SpawnAndFinish => "spawn + finish, CPU a task",
            Self::YieldPoll => "yield_now, CPU a poll",
            Self::PingPong => "mpsc ping-pong, CPU a round",
            Self::LiveTask => "memory a live idle task",
            Self::FinishedTask => "memory kept a finished task",
        }
    }

    pub(crate) fn is_memory(self) -> bool {
        matches!(self, Self::LiveTask | Self::FinishedTask)
    }

    /// The most that loiter may add, as a share of what console-subscriber adds.
    pub(crate) fn goal(self) -> Option<f64> {
        match self {
            Self::SpawnAndFinish => Some(1.0 / 100.0),
            Self::YieldPoll => Some(1.0 / 5.0),
            Self::PingPong => Some(1.0 / 30.0),
            Self::LiveTask => Some(1.0 / 150.0),
            Self::FinishedTask => None,
        }
    }

    /// How often it is done: enough for a second or so, and for console-subscriber few enough
    /// tasks for its memory.
    fn times(self, watcher: Watcher, quick: bool) -> u64 {
        let console = watcher == Watcher::Console;
        let full = match self {
            Self::SpawnAndFinish if console => 20_000,
            Self::SpawnAndFinish => 1_000_000,
            Self::YieldPoll if console => 1_000_000,
            Self::YieldPoll => 5_000_000,
            Self::PingPong if console => 50_000,
            Self::PingPong => 1_000_000,
            Self::LiveTask if console => 10_000,
            Self::LiveTask => 200_000,
            Self::FinishedTask if console => 10_000,
            Self::FinishedTask => 1_000_000,
        };
        if quick { full / 20 } else { full }
    }

    /// Nanoseconds of CPU, or bytes, each.
    pub(crate) fn measure(self, watcher: Watcher, quick: bool) -> f64 {
        let times = self.times(watcher, quick);
        // Without drivers: a lone task that yields would ask the operating system for I/O at
        // every poll.
        let runtime = runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        // Pages, queues and first uses are not what is measured.
        self.run(&runtime, times.div_ceil(50));
        let before = self.gauge();
        let _alive = self.run(&runtime, times);
        (self.gauge() - before) / times as f64
    }

    fn gauge(self) -> f64 {
        if self.is_memory() {
            resident()
        } else {
            cpu_nanos()
        }
    }

    fn run(self, runtime: &Runtime, times: u64) -> JoinSet<()> {
        let mut alive = JoinSet::new();
        runtime.block_on(async {
            match self {
                Self::SpawnAndFinish | Self::FinishedTask => spawn_and_finish(times).await,
                Self::YieldPoll => yield_polls(times).await,
                Self::PingPong => ping_pong(times).await,
                Self::LiveTask => {
                    for _ in 0..times {
                        alive.spawn(pending());
                    }
                    yield_now().await;
                }
            }
        });
        alive
    }
}

async fn spawn_and_finish(times: u64) {
    for _ in 0..times / BATCH {
        let handles: [_; BATCH as usize] = std::array::from_fn(|_| tokio::spawn(async {}));
        for handle in handles {
            handle.await.expect("no panic");
        }
    }
}

async fn yield_polls(times: u64) {
    let task = tokio::spawn(async move {
        for _ in 0..times {
            yield_now().await;
        }
    });
    task.await.expect("no panic");
}

async fn ping_pong(times: u64) {
    let (ping, mut pinged) = mpsc::channel(1);
    let (pong, mut ponged) = mpsc::channel(1);
    let echo = tokio::spawn(async move {
        while let Some(n) = pinged.recv().await {
            if pong.send(n).await.is_err() {
                return;
            }
        }
    });
    let caller = tokio::spawn(async move {
        for n in 0..times {
            ping.send(n).await.expect("echoed");
            ponged.recv().await.expect("echoed");
        }
    });
    caller.await.expect("no panic");
    echo.await.expect("no panic");
}

/// CPU time of all threads of this process, in nanoseconds.
fn cpu_nanos() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Memory of this process that is in use, in bytes. Linux only.
fn resident() -> f64 {
    let statm = fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages: f64 = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .expect("a number of pages");
    pages * rustix::param::page_size() as f64
}
