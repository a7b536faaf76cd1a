//! `loiter record`, `loiter replay`, and commands on what was recorded.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use loiter_model::{Nanos, query::Labels, update::LearntWait};
use loiter_recording::{Entry, Recording, Replay};
use loiter_tests::{kill_now, terminate, wait_until};
use serde_json::Value;

use crate::{LOITER, shared};

/// Recordings that are kept: a demo service's, and one that console-subscriber made itself.
fn kept(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/recordings");
    text(&folder.join(name)).to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A recorder at work, ended with the test.
struct Recorder {
    child: Child,
    file: PathBuf,
}

impl Recorder {
    fn start(folder: &Path, more: &[&str]) -> Self {
        let file = folder.join("night.loiter");
        let args = ["record", &shared().address, "-o", text(&file)];
        let mut command = LOITER.command(&[&args[..], more].concat());
        command.stdin(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("a recorder");
        Self { child, file }
    }

    /// Waits until so much has been recorded that one can read it.
    fn wait_for_tasks(&self) -> Value {
        wait_until("a keyframe is written", || {
            let finished = LOITER.run(&["tasks", text(&self.file)]);
            let document: Value = serde_json::from_str(&finished.stdout).ok()?;
            (document["totals"]["alive"].as_u64() > Some(10)).then_some(document)
        })
    }

    fn wait_for_end(&mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What holds of a task that stands still, by its name: the first of each.
fn standing(document: &Value) -> BTreeMap<String, Vec<String>> {
    let names = [
        "wait-on-nothing",
        "blocked-send",
        "blocked-receive",
        "lock-holder",
    ];
    let rows = document["tasks"].as_array().expect("rows");
    let tasks = rows.iter().filter_map(|row| {
        let name = row["name"].as_str().filter(|name| names.contains(name))?;
        let fields = [
            "seq",
            "tokio_id",
            "kind",
            "state",
            "site",
            "parent",
            "size",
            "polls",
            "wakes",
            "live_wakers",
        ];
        let facts = fields.map(|field| format!("{field}: {}", row[field]));
        Some((name.to_owned(), facts.to_vec()))
    });
    tasks.collect()
}

#[test]
fn what_is_read_is_what_the_program_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recorder = Recorder::start(folder.path(), &[]);
    recorder.wait_for_tasks();
    let live = LOITER.tasks(&[&shared().address]);
    terminate(recorder.child.id());
    assert_eq!(recorder.wait_for_end(), Some(0));
    let file = text(&recorder.file);
    let recorded = LOITER.tasks(&[file]);
    assert_eq!(recorded["target"]["run_id"], live["target"]["run_id"]);
    let expected = standing(&live);
    assert_eq!(expected.len(), 4, "{live}");
    assert_eq!(standing(&recorded), expected);

    // Each command that reads tasks reads them there.
    for args in [
        &["tasks", file, "--group", "site", "--at", "0"][..],
        &["stacks", file, "--no-capture", "--json"],
        &["check", file, "--format", "json"],
        &["diff", file, file, "--json"],
    ] {
        let finished = LOITER.run(args);
        let document: Value = serde_json::from_str(&finished.stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}: {finished:?}"));
        assert!(document.is_object(), "{args:?}");
    }
    let snapshot = folder.path().join("then.loiter");
    let finished = LOITER.run(&["snapshot", file, "-o", text(&snapshot)]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let finished = LOITER.run(&["stacks", file]);
    assert!(
        finished.stderr.contains("than was recorded"),
        "{finished:?}"
    );
}

/// What tasks of a recording came to be known to wait on, as of what is written by now.
fn learnt(file: &Path) -> Option<Vec<LearntWait>> {
    let mut recording = Recording::open(fs::File::open(file).ok()?).ok()?;
    let entries = recording.entries(Nanos::ZERO);
    let waits = entries.filter_map(|entry| match entry {
        Ok(Entry::Waits(waits)) => Some(waits.waits),
        _ => None,
    });
    Some(waits.flatten().collect())
}

#[test]
fn what_tasks_wait_on_is_shown_from_when_it_was_learnt() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recorder = Recorder::start(folder.path(), &[]);
    recorder.wait_for_tasks();
    wait_until("waits are learnt", || {
        (learnt(&recorder.file)?.len() > 20).then_some(())
    });
    terminate(recorder.child.id());
    assert_eq!(recorder.wait_for_end(), Some(0));

    let file = fs::File::open(&recorder.file).expect("a file");
    let recording = Recording::open(file).expect("a recording");
    let mut replay = Replay::new(recording).expect("a recording");
    let first = replay.range().0;
    let mut shown = 0;
    for learnt in learnt(&recorder.file).expect("it is whole") {
        if learnt.at <= first {
            continue;
        }
        let mut wait_at = |at| {
            replay.go_to(at).expect("it is whole");
            replay.picture().find_task(learnt.task)?.wait
        };
        let before = wait_at(Nanos(learnt.at.0 - 1));
        // It may have been woken at that very time.
        if before.is_none() && wait_at(learnt.at) == Some(learnt.wait) {
            assert!(replay.picture().wait(learnt.wait).is_some(), "{learnt:?}");
            shown += 1;
        }
    }
    assert!(shown > 5, "{shown}");
}

#[test]
fn a_killed_recorder_leaves_what_it_has_recorded() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recorder = Recorder::start(folder.path(), &[]);
    recorder.wait_for_tasks();
    kill_now(recorder.child.id());
    assert_eq!(recorder.wait_for_end(), None);
    let recorded = LOITER.tasks(&[text(&recorder.file)]);
    assert_eq!(standing(&recorded).len(), 4, "{recorded}");
    // Even with its end torn off.
    let bytes = fs::read(&recorder.file).expect("a file");
    fs::write(&recorder.file, &bytes[..bytes.len() - 3]).expect("it can be written");
    let recorded = LOITER.tasks(&[text(&recorder.file)]);
    assert!(
        recorded["totals"]["alive"].as_u64() > Some(10),
        "{recorded}"
    );
}

#[test]
fn a_large_recording_goes_on_in_another_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recorder = Recorder::start(folder.path(), &["--max-size", "1KB"]);
    let second = folder.path().join("night.loiter.1");
    wait_until("a third file", || {
        folder.path().join("night.loiter.2").exists().then_some(())
    });
    terminate(recorder.child.id());
    assert_eq!(recorder.wait_for_end(), Some(0));
    for file in [&recorder.file, &second] {
        let recorded = LOITER.tasks(&[text(file)]);
        assert_eq!(standing(&recorded).len(), 4, "{}", file.display());
    }
}

#[test]
fn a_recording_of_each_kind_of_target_replays() {
    for (file, name, shown) in [
        ("agent.loiter", "loiter-demo", "leak/blocked_send.rs"),
        ("console.loiter", "console-subscriber", "sleeper"),
        // It tells no places.
        ("console.jsonl", "console-subscriber", "(not recorded)"),
    ] {
        let recorded = LOITER.tasks(&[&kept(file), "--filter", "all"]);
        let told = recorded["target"].to_string();
        assert!(told.contains(name), "{file}: {told}");
        let rows = recorded["tasks"].to_string();
        assert!(rows.contains(shown), "{file}: {rows}");

        let mut terminal = LOITER.terminal(&["replay", &kept(file), "--paused", "--at", "1s"]);
        terminal.wait_for_text("00:01.0/00:0");
        terminal.wait_for_text(shown);
        terminal.type_keys("]");
        terminal.wait_for("the end", |screen| {
            let contents = screen.contents();
            contents.contains(shown) && !contents.contains("00:01.0/")
        });
        terminal.type_keys("q");
        terminal.wait_for_end(0);
    }
}

#[test]
fn each_command_reads_a_recording_of_each_kind_of_target() {
    let folder = tempfile::tempdir().expect("a folder");
    let exported = folder.path().join("exported");
    for (file, resource) in [
        ("agent.loiter", "Mutex"),
        ("console.loiter", "Sleep"),
        // It tells of tasks only.
        ("console.jsonl", "[]"),
    ] {
        let file = kept(file);
        let document = |args: &[&str]| -> Value {
            let finished = LOITER.run(args);
            serde_json::from_str(&finished.stdout)
                .unwrap_or_else(|error| panic!("{args:?}: {error}: {finished:?}"))
        };
        let resources = document(&["resources", &file, "--json"]);
        let rows = resources["resources"].to_string();
        assert!(rows.contains(resource), "{file}: {rows}");
        let alive = document(&["tasks", &file])["totals"]["alive"].as_u64();
        assert!(alive > Some(0), "{file}");
        let stacks = document(&["stacks", &file, "--no-capture", "--json"]);
        assert_eq!(stacks["totals"]["alive"].as_u64(), alive, "{file}");
        // The agent's own answer may be some seconds older.
        let check = document(&["check", &file, "--format", "json"]);
        assert!(check["totals"]["alive"].as_u64() > Some(0), "{check}");
        let diff = document(&["diff", &file, &file, "--json"]);
        assert_eq!(diff["grown"].as_array().map(Vec::len), Some(0), "{diff}");
        for form in ["perfetto", "chrome", "csv", "html"] {
            let args = ["export", &file, "--to", form, "-o", text(&exported)];
            let finished = LOITER.run(&args);
            assert_eq!(finished.code, Some(0), "{finished:?}");
            let length = fs::metadata(&exported).expect("a file").len();
            assert!(length > 100, "{args:?}: {length} bytes");
            fs::remove_file(&exported).expect("it can be removed");
        }
    }
}

#[test]
fn time_goes_on_by_itself() {
    let mut terminal = LOITER.terminal(&["replay", &kept("agent.loiter"), "--speed", "2"]);
    terminal.wait_for_text("2x 00:01.");
    terminal.type_keys(" ");
    terminal.wait_for_text("⏸ 2x");
    terminal.type_keys(">>");
    terminal.wait_for_text("⏸ 10x");
    terminal.type_keys(" ");
    // It stops at the end.
    terminal.wait_for("the end", |screen| {
        let contents = screen.contents();
        contents.contains("⏸ 10x") && contents.contains("●")
    });
    terminal.type_keys("q");
    terminal.wait_for_end(0);
}

#[test]
fn what_is_no_recording_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("notes.txt");
    fs::write(&file, "nothing of the kind").expect("it can be written");
    for args in [&["tasks", text(&file)][..], &["replay", text(&file)]] {
        let finished = LOITER.run(args);
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(finished.stderr.contains("no recording"), "{finished:?}");
    }
    let finished = LOITER.run(&["tasks", &shared().address, "--at", "1s"]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(
        finished.stderr.contains("another time than now"),
        "{finished:?}"
    );
    let file = text(&file);
    let finished = LOITER.run(&["record", file, "-o", file]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("is a file"), "{finished:?}");
}
