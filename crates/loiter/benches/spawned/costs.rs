//! What a way to spawn costs: CPU time a spawn, a poll and a wake, beside `tokio::spawn`.

use std::process::{Command, Stdio};

use loiter::FutureExt as _;
use rustix::time::{ClockId, clock_gettime};
use tokio::{
    runtime::{self, Runtime},
    sync::mpsc,
    task::{JoinHandle, yield_now},
};

const ROUNDS: usize = 7;
/// Tasks of one batch of spawns, so that few are alive at a time.
const BATCH: u64 = 100;

/// How a task is spawned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Tokio,
    Loiter,
    /// With all that this crate can put around it.
    #[allow(dead_code, reason = "of interest only where all of it is nothing")]
    Wrapped,
}

impl Way {
    pub(crate) const ALL: [Self; 3] = [Self::Tokio, Self::Loiter, Self::Wrapped];

    fn name(self) -> &'static str {
        match self {
            Self::Tokio => "tokio::spawn",
            Self::Loiter => "loiter::spawn",
            Self::Wrapped => "named, watched, in a scope",
        }
    }

    fn spawn<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        match self {
            Self::Tokio => tokio::spawn(future),
            Self::Loiter => loiter::spawn(future),
            Self::Wrapped => loiter::task::Builder::new()
                .name("wrapped")
                .spawn(loiter::scope("bench", future.watched("wrapped")))
                .expect("never fails"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    SpawnAndFinish,
    YieldPoll,
    PingPong,
}

impl Work {
    const ALL: [Self; 3] = [Self::SpawnAndFinish, Self::YieldPoll, Self::PingPong];

    fn name(self) -> &'static str {
        match self {
            Self::SpawnAndFinish => "spawn + finish, CPU a task",
            Self::YieldPoll => "yield_now, CPU a poll",
            Self::PingPong => "mpsc ping-pong, CPU a round of two polls",
        }
    }

    fn run(self, way: Way, runtime: &Runtime, times: u64) {
        runtime.block_on(async {
            match self {
                Self::SpawnAndFinish => {
                    for _ in 0..times / BATCH {
                        let handles: [_; BATCH as usize] =
                            std::array::from_fn(|_| way.spawn(async {}));
                        for handle in handles {
                            handle.await.expect("no panic");
                        }
                    }
                }
                Self::YieldPoll => {
                    let task = way.spawn(async move {
                        for _ in 0..times {
                            yield_now().await;
                        }
                    });
                    task.await.expect("no panic");
                }
                Self::PingPong => ping_pong(way, times).await,
            }
        });
    }

    /// Nanoseconds of CPU each.
    fn measure(self, way: Way) -> f64 {
        let times = 2_000_000;
        // Without drivers, see the overhead bench.
        let runtime = runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        self.run(way, &runtime, times / 50);
        let before = cpu_nanos();
        self.run(way, &runtime, times);
        (cpu_nanos() - before) / times as f64
    }
}

async fn ping_pong(way: Way, times: u64) {
    let (ping, mut pinged) = mpsc::channel(1);
    let (pong, mut ponged) = mpsc::channel(1);
    let echo = way.spawn(async move {
        while let Some(n) = pinged.recv().await {
            if pong.send(n).await.is_err() {
                return;
            }
        }
    });
    let caller = way.spawn(async move {
        for n in 0..times {
            ping.send(n).await.expect("echoed");
            ponged.recv().await.expect("echoed");
        }
    });
    caller.await.expect("no panic");
    echo.await.expect("no panic");
}

/// Whether these arguments ask for a measurement, which has been made then.
pub(crate) fn measures(args: &[String], start: impl FnOnce()) -> bool {
    let [flag, way, work] = args else {
        return false;
    };
    if flag != "--measure" {
        return false;
    }
    let way = Way::ALL.into_iter().find(|known| known.name() == way);
    let work = Work::ALL.into_iter().find(|known| known.name() == work);
    let (way, work) = (way.expect("a way"), work.expect("a work"));
    if way != Way::Tokio {
        start();
    }
    println!("{}", work.measure(way));
    true
}

/// Prints what these ways cost, and how much more than the first one.
pub(crate) fn report(ways: &[Way]) {
    let columns = |way: &Way| match *way == ways[0] {
        true => format!(" {} |", way.name()),
        false => format!(" {} | adds |", way.name()),
    };
    let columns: String = ways.iter().map(columns).collect();
    let rule = " --: |".repeat(2 * ways.len() - 1);
    println!("| |{columns}\n| --- |{rule}");
    for work in Work::ALL {
        let mut least = vec![f64::INFINITY; ways.len()];
        for _ in 0..ROUNDS {
            for (way, least) in ways.iter().zip(&mut least) {
                *least = least.min(run(work, *way));
            }
        }
        let bare = least[0];
        let further = least[1..].iter().map(|cost| {
            let adds = cost - bare;
            format!(
                " {cost:.0} ns | {adds:.0} ns, {:.0} % |",
                100.0 * adds / bare
            )
        });
        println!(
            "| {} | {bare:.0} ns |{}",
            work.name(),
            further.collect::<String>()
        );
    }
}

/// Measures in a child process.
fn run(work: Work, way: Way) -> f64 {
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--measure", way.name(), work.name()])
        .stderr(Stdio::null())
        .output()
        .expect("the measurement starts");
    assert!(output.status.success(), "the measurement fails");
    let text = String::from_utf8(output.stdout).expect("a number");
    text.trim().parse().expect("a number")
}

/// CPU time of all threads of this process, in nanoseconds.
fn cpu_nanos() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
