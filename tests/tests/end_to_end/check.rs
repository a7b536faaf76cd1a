//! `loiter check`: what it says of a program with every leak in it, and of one without.

use std::{collections::BTreeSet, fs, time::Duration};

use loiter_tests::{FakeAgent, Finished, Program, free_address, wait_until};
use serde_json::Value;

use crate::{LOITER, shared};

/// Long enough for tasks to count as blocked, and for a loop to be seen to go on.
const WATCH: [&str; 4] = ["--for", "12s", "--blocked-after", "3s"];

/// A leak of the demo.
struct Leak {
    /// The task's name.
    name: &'static str,
    /// What is wrong with it.
    kind: &'static str,
    /// How sure that is at least.
    least: &'static str,
    /// Its file, below `src/leak`.
    file: &'static str,
    /// What stands in the line at which it waits, or is spawned if it does not wait.
    line: &'static str,
}

#[rustfmt::skip]
const LEAKS: [Leak; 10] = [
    leak("wait-on-nothing", "no waker", "proved", "wait_on_nothing.rs", "named::spawn("),
    leak("infinite-loop", "hogging", "proved", "infinite_loop.rs", "named::spawn("),
    leak("busy-loop", "busy loop", "suspected", "busy_loop.rs", "named::spawn("),
    leak("blocked-send", "blocked send", "suspected", "blocked_send.rs", "reports.send("),
    leak("blocked-receive", "blocked receive", "watch", "blocked_receive.rs", "commands.recv()"),
    leak("lock-waiter", "blocked lock", "suspected", "lock_held.rs", "cache.lock().await"),
    leak("lock-holder", "blocked receive", "watch", "lock_held.rs", "reply.await"),
    leak("long-blocking", "long blocking", "watch", "long_blocking.rs", "named::spawn_blocking("),
    leak("starved", "starved", "proved", "starved.rs", "named::spawn(\"starved\""),
    leak("await-acknowledgement", "blocked receive", "suspected", "unacknowledged.rs", "acknowledged.await"),
];

const fn leak(
    name: &'static str,
    kind: &'static str,
    least: &'static str,
    file: &'static str,
    line: &'static str,
) -> Leak {
    Leak {
        name,
        kind,
        least,
        file,
        line,
    }
}

impl Leak {
    /// The numbers of the lines that have it.
    fn lines(&self) -> Vec<u64> {
        let folder = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../crates/loiter-demo/src/leak"
        );
        let text = fs::read_to_string(format!("{folder}/{}", self.file)).expect("a source file");
        let lines = (1..).zip(text.lines());
        let lines = lines.filter(|(_, line)| line.contains(self.line));
        lines.map(|(number, _)| number).collect()
    }
}

fn check(address: &str, args: &[&str]) -> Finished {
    LOITER.run(&[&["check", address], &WATCH[..], args].concat())
}

fn document(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("no JSON: {finished:?}"))
}

/// The demo without its leaks.
fn healthy() -> Program {
    let mut command = LOITER.demo_command("127.0.0.1:0");
    command.arg("--healthy");
    Program::start(command)
}

/// Waits until the function that runs long on the blocking pool has run for the 10 s from which
/// on it is worth a finding.
fn wait_for_long_blocking() {
    wait_until("a function that runs long", || {
        let tasks = LOITER.tasks(&[&shared().address, "--filter", "name:long-blocking"]);
        let running = tasks["tasks"][0]["in_state_ns"].as_u64()?;
        (Duration::from_nanos(running) > Duration::from_secs(10)).then_some(())
    });
}

#[test]
fn every_leak_of_the_demo_is_named_with_its_cause_and_line_and_nothing_else() {
    wait_for_long_blocking();
    let finished = check(&shared().address, &["--format", "json"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let document = document(&finished);
    assert_eq!(document["failed"], true);
    let findings = document["findings"].as_array().expect("findings");
    for leak in LEAKS {
        let Leak {
            name, kind, least, ..
        } = leak;
        let is_it = |finding: &&Value| finding["name"] == name && finding["kind"] == kind;
        let finding = findings
            .iter()
            .find(is_it)
            .unwrap_or_else(|| panic!("no {kind} of {name} in {findings:#?}"));
        // Of a task that waits, where it does.
        let place = match finding["wait"]["file"].is_string() {
            true => &finding["wait"],
            false => &finding["site"],
        };
        let path = place["file"].as_str().expect("a file");
        assert!(path.ends_with(leak.file), "{finding:#}");
        let line = place["line"].as_u64().expect("a line");
        assert!(leak.lines().contains(&line), "{finding:#}");
        let sure = ["watch", "suspected", "proved"];
        let rank = |word: &str| sure.iter().position(|sure| *sure == word);
        let certainty = finding["certainty"].as_str().expect("a certainty");
        assert!(rank(certainty) >= rank(least), "{finding:#}");
        assert!(!finding["evidence"].as_array().expect("evidence").is_empty());
    }
    let known: BTreeSet<_> = LEAKS.iter().map(|leak| leak.name).collect();
    for finding in findings {
        let file = finding["site"]["file"].as_str().unwrap_or_default();
        let name = finding["name"].as_str().unwrap_or_default();
        assert!(
            known.contains(name) && file.contains("leak/"),
            "{finding:#}"
        );
    }
}

#[test]
fn what_is_allowed_with_a_reason_does_not_fail() {
    wait_for_long_blocking();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("allow.toml");
    let entries = LEAKS.map(|Leak { name, kind, .. }| {
        format!(
            "[[allow]]\nfilter = \"name:{name}\"\nfindings = [\"{kind}\", \"growing site\"]\n\
             reason = \"it is there to be found\"\n"
        )
    });
    let unused = "[[allow]]\nfilter = \"name:nobody\"\nreason = \"nobody is called so\"\n";
    fs::write(&path, entries.concat() + unused).expect("a file");
    let path = path.to_str().expect("UTF-8");
    let finished = check(&shared().address, &["--allow", path, "--fail-on", "watch"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let unused: Vec<&str> = finished
        .stdout
        .lines()
        .filter(|line| line.starts_with("unused allow entry"))
        .collect();
    assert_eq!(
        unused,
        ["unused allow entry: `name:nobody` (nobody is called so)"],
        "{finished:?}"
    );
    let last = finished.stdout.lines().last().expect("a last line");
    assert!(last.contains("no findings in 12.0s"), "{finished:?}");
}

#[test]
fn a_healthy_program_is_clean() {
    let service = healthy();
    let finished = check(&service.address(), &["--fail-on", "watch"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("no findings"), "{finished:?}");
    assert_eq!(finished.stderr, "", "{finished:?}");
}

#[test]
fn more_tasks_than_are_right_are_a_finding() {
    let address = &shared().address;
    let args = ["check", address, "--for", "0s", "--max-alive", "1"];
    let finished = LOITER.run(&args);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stdout.contains("too many alive"), "{finished:?}");
}

#[test]
fn a_check_that_is_too_short_is_warned_of() {
    let args = [
        "check",
        &shared().address,
        "--for",
        "0s",
        "--format",
        "github",
    ];
    let finished = LOITER.run(&args);
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    assert!(finished.stderr.contains("longer `--for`"), "{finished:?}");
}

#[test]
fn nothing_is_checked_where_nobody_answers() {
    let address = free_address().to_string();
    let finished = LOITER.run(&["check", &address]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("cannot reach"), "{finished:?}");

    let finished = LOITER.run(&["check", &FakeAgent::of_another_version().start()]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("update"), "{finished:?}");
}

#[test]
fn an_agent_that_is_lost_on_the_way_was_not_checked() {
    let mut service = healthy();
    let mut terminal = LOITER.terminal(&["check", &service.address(), "--for", "10m"]);
    terminal.wait_for_text("of 600 s");
    service.kill();
    terminal.wait_for_text("lost the connection");
    terminal.wait_for_end(2);
}

#[test]
fn a_bad_allow_file_is_named_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("allow.toml");
    fs::write(&path, "[[allow]]\nfilter = \"site:pool\"\n").expect("a file");
    let name = path.to_str().expect("UTF-8");
    let finished = LOITER.run(&["check", &shared().address, "--allow", name]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("allow.toml:1: "), "{finished:?}");
    assert!(finished.stderr.contains("`reason`"), "{finished:?}");
}
