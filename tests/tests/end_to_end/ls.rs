//! `loiter ls`: the agents of this user, by their sockets.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, net::UnixListener},
    path::PathBuf,
    time::{Duration, Instant},
};

use loiter_tests::{Finished, Loiter, Program, wait_until};
use serde_json::Value;
use tempfile::TempDir;

use crate::LOITER;

/// A user with a runtime folder of their own.
struct User {
    runtime: TempDir,
}

impl User {
    fn new() -> Self {
        let runtime = tempfile::tempdir().expect("a folder");
        Self { runtime }
    }

    fn demo(&self) -> Program {
        let mut command = LOITER.demo_command("127.0.0.1:0");
        command.env("XDG_RUNTIME_DIR", self.runtime.path());
        let program = Program::start(command);
        let socket = self.socket(&format!("loiter-demo-{}.sock", program.pid()));
        wait_until("its socket", || socket.exists().then_some(()));
        program
    }

    fn socket(&self, name: &str) -> PathBuf {
        self.runtime.path().join("loiter").join(name)
    }

    fn ls(&self, args: &[&str]) -> Finished {
        let mut command = LOITER.command(&[&["ls"], args].concat());
        command.env("XDG_RUNTIME_DIR", self.runtime.path());
        Loiter::finish(command)
    }

    /// Those of this user's own folder: whoever runs the tests may have agents elsewhere.
    fn agents(&self, args: &[&str]) -> Vec<Value> {
        let finished = self.ls(args);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let document: Value = serde_json::from_str(&finished.stdout).expect("JSON");
        assert_eq!(document["schema"], 1);
        let own = format!("unix:{}", self.runtime.path().display());
        let agents = document["agents"].as_array().expect("agents").clone();
        let is_own = |agent: &Value| {
            agent["address"]
                .as_str()
                .is_some_and(|it| it.starts_with(&own))
        };
        agents.into_iter().filter(is_own).collect()
    }

    fn pids(&self) -> Vec<u64> {
        let agents = self.agents(&[]);
        agents
            .iter()
            .filter_map(|agent| agent["pid"].as_u64())
            .collect()
    }
}

#[test]
fn every_agent_of_the_user_is_there_with_what_it_says() {
    let user = User::new();
    assert!(user.agents(&[]).is_empty());
    let mut demos = [user.demo(), user.demo()];
    let mut pids = demos.each_ref().map(|demo| u64::from(demo.pid()));
    pids.sort_unstable();
    // By name, and then by number.
    assert_eq!(user.pids(), pids);
    let agents = wait_until("findings", || {
        let agents = user.agents(&["--json"]);
        let has_some = |agent: &Value| agent["findings"]["proved"].as_u64() > Some(0);
        agents.iter().all(has_some).then_some(agents)
    });
    for agent in &agents {
        assert_eq!(agent["name"], "loiter-demo");
        assert!(agent["totals"]["alive"].as_u64() >= Some(10), "{agent}");
        assert!(agent["error"].is_null(), "{agent}");
        // What it says is where it is attached to.
        let address = agent["address"].as_str().expect("an address");
        assert_eq!(LOITER.tasks(&[address])["target"]["pid"], agent["pid"]);
    }
    let table = user.ls(&["--table"]).stdout;
    assert!(table.starts_with("Process"), "{table}");
    for pid in pids {
        assert!(table.contains(&pid.to_string()), "{table}");
    }

    // One that was killed leaves its socket behind.
    let [killed, other] = &mut demos;
    killed.kill();
    let left = user.socket(&format!("loiter-demo-{}.sock", killed.pid()));
    assert!(left.exists());
    assert_eq!(user.pids(), [u64::from(other.pid())]);
}

#[test]
fn one_that_hangs_is_there_and_keeps_nobody_waiting() {
    let user = User::new();
    let demo = user.demo();
    // It listens, and that is all.
    let _hanging = UnixListener::bind(user.socket("hung-1.sock")).expect("a socket");
    let start = Instant::now();
    let agents = user.agents(&["--timeout", "500ms"]);
    // Far less than it would take to give the connection up.
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    let [hung, answering] = &agents[..] else {
        panic!("{agents:?}");
    };
    assert_eq!((&hung["name"], &hung["pid"]), (&"hung".into(), &1.into()));
    let error = hung["error"].as_str().expect("why");
    assert!(error.contains("no answer within 0.5 s"), "{error}");
    assert_eq!(answering["pid"], demo.pid());
    assert!(answering["error"].is_null(), "{answering}");
    let table = user.ls(&["--table", "--timeout", "500ms"]).stdout;
    assert!(table.contains("no answer within 0.5 s"), "{table}");
}

#[test]
fn a_folder_that_others_can_write_to_is_not_believed() {
    let user = User::new();
    let demo = user.demo();
    assert_eq!(user.pids(), [u64::from(demo.pid())]);
    let folder = user.runtime.path().join("loiter");
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).expect("ours");
    assert!(user.pids().is_empty());
}
