//! What `loiter::spawn` costs over `tokio::spawn`, and a look at what a task waits on.
//!
//! `RUSTFLAGS="" cargo bench -p loiter --bench spawned`: without flags, as that is what the
//! wrapper is for. Each measurement is a child process; the two take turns, several rounds, and
//! the least of each counts: whatever else runs on the machine can only add. Times are CPU time
//! of the whole process, the agent's own thread included.
//!
//! A service under load is measured, too, while its tasks are asked. `-- served` does only that,
//! `-- costs` only the table, `-- looks` only the rest.

mod load;
mod looks;
mod served;
mod service;

use std::process::{Command, Stdio};

use rustix::time::{ClockId, clock_gettime};
use tokio::{
    runtime::{self, Runtime},
    sync::mpsc,
    task::{JoinHandle, yield_now},
};

const ROUNDS: usize = 7;
/// Tasks of one batch of spawns, so that few are alive at a time.
const BATCH: u64 = 100;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Tokio,
    Loiter,
}

impl Way {
    const ALL: [Self; 2] = [Self::Tokio, Self::Loiter];

    fn name(self) -> &'static str {
        match self {
            Self::Tokio => "tokio::spawn",
            Self::Loiter => "loiter::spawn",
        }
    }

    fn spawn<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        match self {
            Self::Tokio => tokio::spawn(future),
            Self::Loiter => loiter::spawn(future),
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

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, way, work] = &args[..]
        && flag == "--measure"
    {
        let way = Way::ALL.into_iter().find(|known| known.name() == way);
        let work = Work::ALL.into_iter().find(|known| known.name() == work);
        let (way, work) = (way.expect("a way"), work.expect("a work"));
        if way == Way::Loiter {
            start_agent();
        }
        println!("{}", work.measure(way));
        return;
    }
    if args.iter().any(|arg| arg == service::FLAG) {
        return service::run();
    }
    // Cargo adds an option of its own.
    let parts: Vec<&String> = args.iter().filter(|arg| !arg.starts_with("--")).collect();
    let wanted = |part| parts.is_empty() || parts.iter().any(|wanted| *wanted == part);
    if wanted("costs") {
        costs();
    }
    if wanted("looks") {
        looks::report();
    }
    if wanted("served") {
        served::report();
    }
}

/// Prints what `loiter::spawn` costs.
fn costs() {
    println!("| | tokio::spawn | loiter::spawn | adds |\n| --- | --: | --: | --: |");
    for work in Work::ALL {
        let mut least = [f64::INFINITY; 2];
        for _ in 0..ROUNDS {
            for (way, least) in Way::ALL.into_iter().zip(&mut least) {
                *least = least.min(run(work, way));
            }
        }
        let [tokio, loiter] = least;
        let share = 100.0 * (loiter - tokio) / tokio;
        println!(
            "| {} | {tokio:.0} ns | {loiter:.0} ns | {:.0} ns, {share:.0} % |",
            work.name(),
            loiter - tokio
        );
    }
}

/// Starts it on a free port, and says where it listens.
fn start_agent() -> std::net::SocketAddr {
    loiter::Builder::new()
        .listen(([127, 0, 0, 1], 0))
        .try_init()
        .expect("the agent starts")
        .wait_listening(std::time::Duration::from_secs(10))
        .expect("it listens")
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

/// The value that a share of them is below.
fn quantile(values: &mut [f64], quantile: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() as f64 * quantile) as usize;
    let last = values.len().saturating_sub(1);
    values.get(place.min(last)).copied().unwrap_or(f64::NAN)
}

/// CPU time of all threads of this process, in nanoseconds.
fn cpu_nanos() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
