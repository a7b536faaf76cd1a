//! How many events a recorder keeps up with: the real `loiter record` on a service in which tasks
//! wake each second, and how many events are lost between the two.
//!
//! `cargo bench -p loiter-tests --bench recorder [-- COUNT...]`; 10,000, 50,000 and 100,000 tasks
//! unless told otherwise, about three events a second of each. Takes a minute, and a machine that does
//! nothing else. Linux only, as what processes cost is read from `/proc`.
//!
//! A second recorder keeps one task only and is never late: what it misses was lost in the service,
//! where events wait for the agent's thread. What the first one misses beyond was lost on its way.

#[cfg(target_os = "linux")]
fn main() {
    let mut counts: Vec<usize> = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .collect();
    if counts.is_empty() {
        counts = vec![10_000, 50_000, 100_000];
    }
    println!("{}", measured::HEADINGS);
    for count in counts {
        println!("{}", measured::row(count));
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("what processes cost is read from /proc, which only Linux has");
}

#[cfg(target_os = "linux")]
mod measured {
    use std::{
        fs,
        path::Path,
        process::{Child, Command, Stdio},
        thread,
        time::{Duration, Instant},
    };

    use loiter_recording::Recording;
    use loiter_tests::{Loiter, Server, cpu_seconds};

    const LOITER: Loiter = Loiter::at(env!("CARGO_BIN_EXE_loiter-under-test"));
    /// How long is recorded.
    const LENGTH: Duration = Duration::from_secs(15);
    /// Tasks that were just spawned all wake at once.
    const SETTLING: Duration = Duration::from_secs(5);

    pub(crate) const HEADINGS: &str = "\
| tasks | events/s | lost in the service | lost on their way | agent's thread, CPU | recorder, CPU |
| ---: | ---: | ---: | ---: | ---: | ---: |";

    pub(crate) fn row(tasks: usize) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shapes"));
        command
            .args(["many-tasks", "--count", &tasks.to_string()])
            .env("LOITER_RESOURCES", "false");
        let service = Server::Agent.start(command);
        let address = service.address();
        thread::sleep(SETTLING);
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| folder.path().join(name);
        let all = record(&address, &file("all"), &[]);
        let one = record(&address, &file("one"), &["--filter", "seq:1"]);
        let agent = agents_thread(service.pid());
        let recorder = format!("/proc/{}/stat", all.id());
        let measure = || [&agent, &recorder].map(|stat| cpu_seconds(stat.as_ref()));
        let (started, before) = (Instant::now(), measure());
        thread::sleep(LENGTH / 2);
        let (elapsed, after) = (started.elapsed().as_secs_f64(), measure());
        let [agent, recorder] = [0, 1].map(|which| {
            let seconds = after[which].zip(before[which]);
            seconds.map_or_else(String::new, |(after, before)| {
                format!("{:.1} %", (after - before) / elapsed * 100.0)
            })
        });
        let (lost, lost_in_service) = (lost(all), lost(one));
        let recording = fs::File::open(file("all")).expect("a file");
        let recording = Recording::open(recording).expect("a recording");
        let kept = recording.events();
        let (from, to) = recording.range();
        let seconds = Duration::from(to.saturating_sub(from)).as_secs_f64();
        let percent =
            |lost: u64| format!("{:.2} %", lost as f64 / (kept + lost).max(1) as f64 * 1e2);
        format!(
            "| {tasks} | {:.0} | {} | {} | {agent} | {recorder} |",
            (kept + lost) as f64 / seconds,
            percent(lost_in_service),
            percent(lost.saturating_sub(lost_in_service)),
        )
    }

    fn record(address: &str, file: &Path, more: &[&str]) -> Child {
        let file = file.to_str().expect("UTF-8");
        let length = format!("{}s", LENGTH.as_secs());
        let args = ["record", address, "-o", file, "--for", &length];
        let mut command = LOITER.command(&[&args[..], more].concat());
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        command.spawn().expect("a recorder")
    }

    /// Events that a recorder says were lost, once it has ended.
    fn lost(recorder: Child) -> u64 {
        let finished = recorder.wait_with_output().expect("it ends");
        assert!(finished.status.success(), "{finished:?}");
        let said = String::from_utf8_lossy(&finished.stderr).into_owned();
        let Some((before, _)) = said.split_once(" events lost") else {
            return 0;
        };
        let number = before.rsplit(' ').next().unwrap_or_default();
        number.parse().expect("a number of events")
    }

    /// Where the system tells what the agent's thread costs.
    fn agents_thread(pid: u32) -> String {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("its threads");
        let paths = threads.map(|thread| thread.expect("a thread").path());
        let named = |path: &Path| fs::read_to_string(path.join("comm")).unwrap_or_default();
        let mut agents = paths.filter(|path| named(path).trim_end() == "loiter");
        let agent = agents.next().expect("there is an agent");
        agent.join("stat").display().to_string()
    }
}
