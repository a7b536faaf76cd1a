//! What process this is.

use std::{
    env, fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use loiter::Builder;
use loiter_wire::v1::Tier;

use crate::{
    options::target,
    support::{Program, listen},
};

#[tokio::test]
async fn every_field_is_true() {
    let before = since_epoch();
    let mut program = Program::start(async |_| listen(Builder::new()));
    let client = &mut program.client().await;
    let first = target(client).await;
    let after = since_epoch();

    let executable = env::current_exe().expect("this program");
    let executable = executable.file_stem().expect("a file").to_string_lossy();
    assert_eq!(first.name, executable);
    assert_eq!(first.pid, program.pid());
    assert_eq!(first.agent_version, env!("CARGO_PKG_VERSION"));
    assert_eq!(first.tier(), Tier::EveryTask);
    assert_eq!(first.max_tasks, 1 << 20);
    let limits = first.thresholds.expect("limits");
    assert_eq!(limits.blocked_after_ns, 10_000_000_000);
    assert_eq!(limits.hogging_after_ns, 1_000_000_000);
    assert_eq!(limits.starved_after_ns, 100_000_000);
    if let Ok(host) = fs::read_to_string("/proc/sys/kernel/hostname") {
        assert_eq!(first.host, host.trim());
    }
    let started = Duration::from_nanos(first.started_unix_ns);
    assert!(
        (before..=after).contains(&started),
        "{before:?} {started:?} {after:?}"
    );
    assert!(Duration::from_nanos(first.uptime_ns) <= after - before);

    let second = target(client).await;
    assert!(second.uptime_ns > first.uptime_ns);
    assert_eq!(second.run_id, first.run_id);
    assert_eq!(second.started_unix_ns, first.started_unix_ns);
}

#[tokio::test]
async fn another_run_has_another_id() {
    let mut ids = Vec::new();
    for _ in 0..2 {
        let mut program = Program::start(async |_| listen(Builder::new()));
        ids.push(target(&mut program.client().await).await.run_id);
    }
    assert_ne!(ids[0], ids[1]);
}

fn since_epoch() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("the epoch is over")
}
