//! What it costs to look at a great many tasks, from one thousand to one million.
//!
//! `cargo bench -p loiter-cli --bench scale` (`-- --quick` for the two small numbers only). Linux
//! only. For each number of tasks a child process runs a service with the agent and that many
//! tasks alive; the real `loiter` binary is attached to it in a pseudoterminal, through a proxy
//! that counts bytes. CPU time is what the operating system accounts to the UI's process and to
//! the agent's thread. It prints one table, with the goals that hold at a million tasks.

mod attached;
mod proc;
#[path = "../../../../tests/support/process.rs"]
#[expect(unreachable_pub, reason = "a library has it, too")]
mod process;
mod proxy;
mod report;
mod scan;
mod service;
mod target;

use std::{thread, time::Duration};

use attached::Attached;
use proc::CpuClock;
use proxy::Proxy;
use report::{Figures, Report};
use target::Target;

/// Numbers of live tasks.
const TASKS: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// How long steady figures are taken over.
const STEADY: Duration = Duration::from_secs(12);
/// Between the first frame and the steady state: whatever the UI does only once is over.
const SETTLE: Duration = Duration::from_secs(2);

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, tasks] = &args[..]
        && flag == service::FLAG
    {
        return service::run(tasks.parse().expect("a number of tasks"));
    }
    let quick = args.iter().any(|arg| arg == "--quick");
    let numbers = if quick { &TASKS[..2] } else { &TASKS };
    let mut report = Report::default();
    for &tasks in numbers {
        eprintln!("{tasks} tasks");
        report.add(measure(tasks));
    }
    print!("{}", report.table());
}

/// Everything about one number of tasks.
fn measure(tasks: usize) -> Figures {
    let mut target = Target::start(tasks);
    let agent = CpuClock::of_thread(target.pid(), "loiter");

    // The delays of a service that nobody looks at.
    target.worst_delay();
    let idle = agent.over(|| thread::sleep(STEADY));
    let delay_alone = target.worst_delay();

    let proxy = Proxy::start(target.address());
    let attached = Attached::start(&proxy.address().to_string());
    let first_frame = attached.wait_for_rows(service::FILE);
    thread::sleep(SETTLE);

    let ui = CpuClock::of_process(attached.pid());
    target.worst_delay();
    let bytes_before = proxy.bytes();
    let mut agent_share = 0.0;
    let ui_share = ui.over(|| agent_share = agent.over(|| thread::sleep(STEADY)));
    let bytes = proxy.bytes() - bytes_before;
    let delay_watched = target.worst_delay();

    Figures {
        tasks,
        first_frame,
        bytes_per_sec: bytes as f64 / STEADY.as_secs_f64(),
        ui_share,
        agent_share,
        agent_alone_share: idle,
        scan: scan::time(target.address()),
        delay_alone,
        delay_watched,
        bytes_per_task: target.bytes_per_task(),
    }
}
