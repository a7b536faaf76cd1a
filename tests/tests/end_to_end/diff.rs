//! `loiter snapshot` and `loiter diff`: one program at two instants, and two programs.

use std::{fs, path::Path};

use loiter_tests::wait_until;
use serde_json::Value;

use crate::{LOITER, shared};

fn snapshot(address: &str, path: &Path) {
    let finished = LOITER.run(&["snapshot", address, "-o", text(path)]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stdout, "", "{finished:?}");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn diff(args: &[&str]) -> Value {
    let finished = LOITER.run(&[&["diff", "--json"], args].concat());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    serde_json::from_str(&finished.stdout).expect("JSON")
}

fn ends_with(site: &Value, file: &str) -> bool {
    let path = site["file"].as_str();
    path.is_some_and(|path| path.ends_with(file))
}

#[test]
fn a_site_that_leaks_has_grown_and_its_tasks_stand_still() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = folder.path().join("before.loiter");
    let address = &shared().address;
    // What has been idle for a while is asked what it waits on.
    wait_until("an order waits", || {
        let args = [address, "--filter", "name:await-acknowledgement idle>1s"];
        let matched = LOITER.tasks(&args)["matched"].as_u64();
        (matched > Some(0)).then_some(())
    });
    snapshot(address, &before);
    let document = wait_until("two more orders", || {
        let document = diff(&[text(&before), address]);
        let grown = document["grown"].as_array().expect("sites");
        let leak = grown
            .iter()
            .find(|grown| ends_with(&grown["site"], "leak/unacknowledged.rs"))?;
        (leak["spawned"].as_u64() > Some(1)).then(|| document.clone())
    });
    assert_eq!(document["same_run"], true);
    let stuck = document["stuck"].as_array().expect("groups");
    let stands_still = |file: &str| {
        let group = stuck.iter().find(|group| ends_with(&group["site"], file));
        group.is_some_and(|group| group["count"].as_u64() > Some(0))
    };
    for file in [
        "leak/unacknowledged.rs",
        "leak/blocked_send.rs",
        "leak/blocked_receive.rs",
        "leak/lock_held.rs",
        "leak/wait_on_nothing.rs",
    ] {
        assert!(stands_still(file), "{file} in {stuck:#?}");
    }
    for file in ["healthy/pool.rs", "healthy/ticker.rs", "healthy/client.rs"] {
        assert!(!stands_still(file), "{file} in {stuck:#?}");
    }

    let after = folder.path().join("after.loiter");
    snapshot(address, &after);
    let finished = LOITER.run(&["diff", text(&before), text(&after), "--fail-on-growth=2"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished.stdout.contains("unacknowledged.rs"),
        "{finished:?}"
    );
    let finished = LOITER.run(&["diff", text(&after), text(&before)]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(
        finished.stderr.contains("earlier one first"),
        "{finished:?}"
    );
}

/// Waits until the demo has spawned all of its tasks that want a lock.
fn wait_for_lock_waiters(address: &str) {
    wait_until("three that want the lock", || {
        let matched = LOITER.tasks(&[address, "--filter", "name:lock-waiter"])["matched"].as_u64();
        (matched == Some(3)).then_some(())
    });
}

#[test]
fn another_run_is_compared_by_its_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = folder.path().join("before.loiter");
    wait_for_lock_waiters(&shared().address);
    snapshot(&shared().address, &before);
    let other = LOITER.demo();
    // Without them there would be nothing that might seem to have grown.
    wait_for_lock_waiters(&other.address());
    let document = diff(&[text(&before), &other.address()]);
    assert_eq!(document["same_run"], false);
    assert_eq!(document["stuck"], serde_json::json!([]));
    // Found again by their lines: there are as many waiters for the lock as in the first run.
    let grown = document["grown"].as_array().expect("sites");
    let has_grown = |file| grown.iter().any(|grown| ends_with(&grown["site"], file));
    assert!(!has_grown("leak/lock_held.rs"), "{grown:#?}");
    assert!(!has_grown("leak/blocked_send.rs"), "{grown:#?}");
}

#[test]
fn a_snapshot_goes_into_a_pipe_and_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("piped.loiter");
    let mut command = LOITER.command(&["snapshot", &shared().address, "-o", "-"]);
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    fs::write(&path, output.stdout).expect("a file");
    let document = diff(&[text(&path), text(&path)]);
    assert_eq!(document["between_ns"], 0);
    assert_eq!(document["grown"], serde_json::json!([]));
}

#[test]
fn what_is_no_snapshot_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("before.loiter");
    snapshot(&shared().address, &path);
    let whole = fs::read(&path).expect("a file");
    fs::write(&path, &whole[..whole.len() / 2]).expect("a file");
    for (file, what) in [
        (text(&path), "cut off"),
        ("Cargo.toml", "is no snapshot"),
        ("no-such.loiter", "is no file"),
    ] {
        let finished = LOITER.run(&["diff", file, &shared().address]);
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
        assert!(finished.stderr.contains(what), "{finished:?}");
    }
}
