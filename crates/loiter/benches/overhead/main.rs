//! What watching costs: bare tokio, loiter and console-subscriber on the same work, in one run.
//!
//! `cargo bench -p loiter --bench overhead` (`-- --quick` for a smoke test). A process has one
//! global subscriber, so each measurement is a child process; the three take turns, several
//! rounds, and the least of each counts. Times are CPU time of the whole process, the
//! watcher's own threads included: what a service pays. Only the ratios mean anything on
//! another machine.

mod report;
mod work;

use std::process::{Command, Stdio};

use report::Report;
use work::Work;

/// Who watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watcher {
    Nobody,
    Loiter,
    Console,
}

impl Watcher {
    const ALL: [Self; 3] = [Self::Nobody, Self::Loiter, Self::Console];

    fn name(self) -> &'static str {
        match self {
            Self::Nobody => "bare tokio",
            Self::Loiter => "loiter",
            Self::Console => "console-subscriber",
        }
    }

    /// Starts it by the one line that its own documentation begins with, but on a free port.
    fn start(self) {
        match self {
            Self::Nobody => {}
            Self::Loiter => {
                loiter::Builder::new()
                    .listen(([127, 0, 0, 1], 0))
                    .try_init()
                    .expect("the agent starts");
            }
            Self::Console => {
                // `console_subscriber::init` is this with the default port.
                console_subscriber::ConsoleLayer::builder()
                    .with_default_env()
                    .server_addr(([127, 0, 0, 1], 0))
                    .init();
            }
        }
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, watcher, work, quick] = &args[..]
        && flag == "--measure"
    {
        return measure(watcher, work, quick == "true");
    }
    let quick = args.iter().any(|arg| arg == "--quick");
    let rounds = if quick { 1 } else { 7 };
    let mut report = Report::default();
    for work in Work::ALL {
        for round in 0..rounds {
            for watcher in Watcher::ALL {
                eprintln!("{} / {} / {}", work.name(), watcher.name(), round + 1);
                report.add(work, watcher, run(work, watcher, quick));
            }
        }
    }
    print!("{}", report.table());
}

/// Measures in a child process.
fn run(work: Work, watcher: Watcher, quick: bool) -> f64 {
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--measure", watcher.name(), work.name(), &quick.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .expect("the measurement starts");
    assert!(output.status.success(), "the measurement fails");
    let text = String::from_utf8(output.stdout).expect("a number");
    text.trim().parse().expect("a number")
}

fn measure(watcher: &str, work: &str, quick: bool) {
    let watcher = Watcher::ALL.into_iter().find(|w| w.name() == watcher);
    let work = Work::ALL.into_iter().find(|w| w.name() == work);
    let (Some(watcher), Some(work)) = (watcher, work) else {
        panic!("no such measurement");
    };
    watcher.start();
    println!("{}", work.measure(watcher, quick));
}
