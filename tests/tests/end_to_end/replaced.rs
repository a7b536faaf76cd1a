//! Services whose executable is replaced while they run, as a deployment does. Only Linux still
//! leads to the file they were started from.
#![cfg(target_os = "linux")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use loiter_tests::{Loiter, Program, wait_until};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::LOITER;

/// A folder that a demo service was started from.
struct Deployment {
    service: Program,
    executable: PathBuf,
    /// Where to put files before they are moved; on the same file system.
    folder: TempDir,
}

impl Deployment {
    /// Starts a service that is asked for stacks by nobody but the test.
    fn of(executable: &Path) -> Self {
        let folder = folder();
        let path = folder.path().join("app");
        copy(executable, &path);
        let app = path.to_str().expect("UTF-8").to_owned();
        let mut command = Loiter::at(app.leak()).demo_command("127.0.0.1:0");
        command.env("LOITER_CAPTURE_STACKS", "on-demand");
        Self {
            service: Program::start(command),
            executable: path,
            folder,
        }
    }

    /// Puts another program in its executable's place.
    fn replace(&self) {
        let new = self.folder.path().join("new");
        copy(env!("CARGO_BIN_EXE_axum-service").as_ref(), &new);
        fs::rename(new, &self.executable).expect("it is moved");
    }

    /// What the tasks of a filter wait on, once all of them have told.
    fn stacks(&self, filter: &str) -> Vec<Value> {
        let address = self.service.address();
        wait_until(filter, || {
            let finished = LOITER.run(&["stacks", &address, "--json", "--filter", filter]);
            assert_eq!(finished.code, Some(0), "{finished:?}");
            let document: Value = serde_json::from_str(&finished.stdout).expect("JSON");
            let capture = &document["capture"];
            let is_complete =
                capture["matched"].as_u64() > Some(0) && capture["captured"] == capture["matched"];
            let stacks = document["stacks"].as_array().expect("stacks").clone();
            (is_complete && stacks.iter().all(|stack| stack["kind"].is_string())).then_some(stacks)
        })
    }
}

fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}

/// Not by this process: a file that it has open for writing, so has every child that another
/// test is about to start, and then it cannot be run.
fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").args([from, to]).status();
    assert!(status.expect("every Unix has cp").success());
}

/// A file without its table of sections: it runs, but nothing in it has a name.
fn without_symbols(folder: &TempDir, executable: &str) -> PathBuf {
    let mut elf = fs::read(executable).expect("it is read");
    // `e_shoff`, then `e_shnum` and `e_shstrndx`, of a 64-bit header.
    elf[40..48].fill(0);
    elf[60..64].fill(0);
    let path = folder.path().join("bare");
    fs::write(&path, elf).expect("it is written");
    let mode = fs::metadata(executable).expect("it is there").permissions();
    fs::set_permissions(&path, mode).expect("it may be run");
    path
}

fn frames(stack: &Value) -> Vec<&Value> {
    let branches = stack["branches"].as_array().expect("branches");
    let frames = branches.iter().map(|branch| branch["frames"].as_array());
    frames.flat_map(|frames| frames.expect("frames")).collect()
}

#[test]
fn a_replaced_executable_is_read_as_before() {
    let app = Deployment::of(env!("CARGO_BIN_EXE_loiter-under-test").as_ref());
    app.replace();
    for (name, kind, file) in [
        ("blocked-send", "mpsc send", "leak/blocked_send.rs"),
        ("blocked-receive", "mpsc recv", "leak/blocked_receive.rs"),
        ("lock-waiter", "mutex", "leak/lock_held.rs"),
    ] {
        let stacks = app.stacks(&format!("name:{name} state:idle"));
        assert_eq!(stacks.len(), 1, "{stacks:?}");
        assert_eq!(stacks[0]["kind"], kind, "{stacks:?}");
        let is_here = |frame: &&Value| {
            let path = frame["file"].as_str().unwrap_or_default();
            path.ends_with(file) && frame["line"].as_u64() > Some(0)
        };
        let here = frames(&stacks[0]).into_iter().find(is_here);
        assert_eq!(here.expect(file)["origin"], "user", "{here:?}");
    }
}

#[test]
fn without_symbols_waits_are_told_apart_by_their_addresses() {
    let folder = folder();
    let bare = without_symbols(&folder, env!("CARGO_BIN_EXE_loiter-under-test"));
    let app = Deployment::of(&bare);
    let is_named = |stack: &Value, prefix: &str| {
        let frames = frames(stack);
        let functions = frames.iter().map(|frame| frame["function"].as_str());
        !frames.is_empty()
            && functions
                .flatten()
                .all(|function| function.starts_with(prefix))
    };
    let sends = app.stacks("name:blocked-send state:idle");
    assert!(is_named(&sends[0], "app+0x"), "{sends:?}");

    app.replace();
    // Two in one answer: what waits on the lock, and what holds it.
    let locks = app.stacks("name:lock-");
    assert_eq!(locks.len(), 2, "{locks:?}");
    for stack in &locks {
        assert_eq!(stack["kind"], "unknown", "{stack}");
        assert!(is_named(stack, "app"), "{stack}");
        let names: Vec<_> = stack["tasks"].as_array().expect("tasks").iter().collect();
        let alike = names.iter().all(|task| task["name"] == names[0]["name"]);
        assert!(alike, "{stack}");
    }
    assert_ne!(locks[0]["branches"], locks[1]["branches"]);
    let replaced = frames(&locks[0]).into_iter().chain(frames(&locks[1]));
    let mut functions = replaced.filter_map(|frame| frame["function"].as_str());
    assert!(
        functions.any(|function| function.starts_with("app (replaced)+0x")),
        "{locks:?}"
    );
    let why = "the executable was replaced since this process started";
    app.service.wait_for_stderr(why);

    let nothing = app.stacks("name:wait-on-nothing");
    assert_eq!(nothing[0]["kind"], "nothing", "{nothing:?}");
    assert_eq!(nothing[0]["branches"], json!([]));
}
