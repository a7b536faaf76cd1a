//! `go tool pprof` reads the agent's profiles, and those of `loiter export`.

use std::path::Path;

use loiter_tests::{Loiter, get, installed, wait_until};

use super::demo;
use crate::LOITER;

/// The site of the demo's tasks that become more and more.
const GROWING: &str = "unacknowledged.rs:";

/// What `go tool pprof` prints.
#[track_caller]
fn pprof(folder: &Path, args: &[&str]) -> String {
    let mut command = installed("go", "golang-go");
    command
        .args(["tool", "pprof"])
        .args(args)
        // Where it keeps what it fetches.
        .env("PPROF_TMPDIR", folder)
        .env("HOME", folder);
    let printed = Loiter::finish(command);
    assert_eq!(printed.code, Some(0), "{args:?}: {printed:?}");
    printed.stdout
}

/// Flat and cumulative counts of the function whose name has this, of the output of `-top`.
fn counts(top: &str, name: &str) -> Option<(i64, i64)> {
    let line = top.lines().find(|line| line.contains(name))?;
    let mut words = line.split_whitespace();
    let flat = words.next()?.parse().ok()?;
    Some((flat, words.nth(2)?.parse().ok()?))
}

#[test]
#[ignore = "needs Prometheus and Go: apt-get install prometheus golang-go; run by `.ci/run`, and as ARCHITECTURE.md says"]
fn go_reads_both_profiles() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = demo(&[]);
    let address = service.address();
    // What is stuck was found, and it was asked what it waits on.
    wait_until("the leaks", || {
        let text = get(&address, "/debug/pprof/goroutineleak?debug=1")?;
        let text = String::from_utf8(text).expect("text");
        let has = |what| text.contains(what);
        (has("unacknowledged::settle") && has("wait_on_nothing.rs")).then_some(())
    });
    let all = format!("http://{address}/debug/pprof/goroutine");
    let leaks = format!("http://{address}/debug/pprof/goroutineleak");

    let top = pprof(folder.path(), &["-top", "-sample_index=goroutine", &all]);
    assert!(top.contains("Type: goroutine"), "{top}");
    let (_, growing) = counts(&top, GROWING).expect("its tasks");
    assert!(growing >= 1, "{top}");
    assert!(top.contains("healthy/ticker.rs"), "{top}");

    let top = pprof(folder.path(), &["-top", "-sample_index=goroutine", &leaks]);
    assert!(counts(&top, GROWING).is_some(), "{top}");
    assert!(top.contains("nothing: no waker is registered"), "{top}");
    assert!(!top.contains("healthy/"), "{top}");

    let traces = pprof(folder.path(), &["-traces", &all]);
    for wanted in ["wait:  mutex", "state:  idle", "kind:  blocking"] {
        assert!(traces.contains(wanted), "no {wanted} in {traces}");
    }

    let idle = pprof(folder.path(), &["-top", "-sample_index=idle", &all]);
    assert!(idle.contains("Type: idle"), "{idle}");
}

#[test]
#[ignore = "needs Prometheus and Go: apt-get install prometheus golang-go; run by `.ci/run`, and as ARCHITECTURE.md says"]
fn the_difference_of_two_exports_is_what_has_grown() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = demo(&[]);
    let address = service.address();
    let export = |name: &str| {
        let path = folder.path().join(name);
        let path = path.to_str().expect("UTF-8").to_owned();
        let finished = LOITER.run(&["export", &address, "--to", "pprof", "-o", &path]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        path
    };
    let growing = || {
        let tasks = LOITER.tasks(&[&address, "-f", "name:await-acknowledgement"]);
        tasks["matched"].as_u64().expect("a number")
    };
    wait_until("tasks", || (growing() > 0).then_some(()));
    let before = export("before.pb.gz");
    let least = growing() + 5;
    wait_until("more tasks", || (growing() >= least).then_some(()));
    let after = export("after.pb.gz");
    let grown = pprof(folder.path(), &["-top", "-diff_base", &before, &after]);
    // On the way in, too: what the tasks of that site wait on.
    let (_, more) = counts(&grown, GROWING).unwrap_or_else(|| panic!("no growth in {grown}"));
    assert!(more >= 5, "{grown}");
    let of_filter = folder.path().join("few.pb.gz");
    let of_filter = of_filter.to_str().expect("UTF-8");
    let args = [
        "export",
        &address,
        "--to",
        "pprof",
        "-f",
        "name:tick",
        "-o",
        of_filter,
    ];
    assert_eq!(LOITER.run(&args).code, Some(0));
    let few = pprof(folder.path(), &["-top", of_filter]);
    assert!(few.contains("ticker.rs") && !few.contains(GROWING), "{few}");
}
