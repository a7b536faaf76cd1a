//! A file of `loiter snapshot`, where an address or a recording could stand as well.

use std::{fs, path::PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::{LOITER, shared};

/// A snapshot of the demo service, in a folder that goes with it.
fn snapshot() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("then.loiter");
    let file = path.to_str().expect("UTF-8");
    let finished = LOITER.run(&["snapshot", &shared().address, "-o", file]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    (folder, path)
}

#[test]
fn each_command_reads_a_snapshot() {
    let (folder, path) = snapshot();
    let file = path.to_str().expect("UTF-8");
    let document = |args: &[&str]| -> Value {
        let finished = LOITER.run(args);
        serde_json::from_str(&finished.stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}: {finished:?}"))
    };
    let tasks = document(&["tasks", file]);
    let alive = tasks["totals"]["alive"].as_u64();
    assert!(alive > Some(10), "{tasks}");
    assert!(
        tasks["tasks"].to_string().contains("blocked-send"),
        "{tasks}"
    );
    let sites = document(&["tasks", file, "--group", "site"])["sites"].to_string();
    assert!(sites.contains("leak/blocked_send.rs"), "{sites}");
    let stacks = document(&["stacks", file, "--no-capture", "--json"]);
    assert_eq!(stacks["totals"]["alive"].as_u64(), alive);
    let check = document(&["check", file, "--format", "json"]);
    // What was found is some seconds older than the tasks.
    assert!(check["totals"]["alive"].as_u64() > Some(10), "{check}");
    let diff = document(&["diff", file, file, "--json"]);
    assert_eq!(diff["grown"].as_array().map(Vec::len), Some(0), "{diff}");
    let exported = folder.path().join("exported");
    for form in ["html", "csv", "pprof"] {
        let args = [
            "export",
            file,
            "--to",
            form,
            "-o",
            exported.to_str().expect("UTF-8"),
        ];
        let finished = LOITER.run(&args);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let length = fs::metadata(&exported).expect("a file").len();
        assert!(length > 100, "{args:?}: {length} bytes");
    }
}

#[test]
fn what_a_snapshot_cannot_tell_is_said_in_a_line() {
    let (folder, path) = snapshot();
    let file = path.to_str().expect("UTF-8");
    let exported = folder.path().join("exported");
    let exported = exported.to_str().expect("UTF-8");
    for (args, why) in [
        (&["resources", file][..], "anything of resources"),
        (&["stacks", file], "than was recorded"),
        (&["tasks", file, "--at", "1s"], "another time than its own"),
        (
            &["export", file, "--to", "perfetto", "-o", exported],
            "what happens to tasks",
        ),
    ] {
        let finished = LOITER.run(args);
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(finished.stderr.contains("cannot tell"), "{finished:?}");
        assert!(finished.stderr.contains(why), "{finished:?}");
        assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    }
}

#[test]
fn the_ui_shows_a_snapshot_as_one_instant() {
    let (_folder, path) = snapshot();
    let file = path.to_str().expect("UTF-8");
    for args in [&[file][..], &["replay", file]] {
        let mut terminal = LOITER.terminal(args);
        terminal.wait_for_text("of one instant");
        terminal.wait_for_text("leak/blocked_send.rs");
        terminal.type_keys("p");
        terminal.wait_for_text("a file cannot be asked");
        terminal.type_keys("r");
        terminal.wait_for_text("cannot tell anything of resources");
        terminal.type_keys("q");
        terminal.wait_for_end(0);
    }
}
