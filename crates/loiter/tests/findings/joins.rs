//! Tasks that wait for each other's end.
#![cfg(target_os = "linux")]

use std::{future::pending, time::Duration};

use loiter::{Builder, inspect, task};
use loiter_model::finding::{Certainty, FindingKind};
use tokio::{
    sync::oneshot,
    task::{JoinHandle, yield_now},
    time::sleep,
};

use crate::{
    support::{PATIENCE, Program, listen, wait_until},
    watch::{SOON, find, findings_where, rules},
};

/// A task of this name.
fn spawn<F>(name: &str, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let spawned = task::Builder::new().name(name).spawn(future);
    spawned.expect("it never fails")
}

/// Waits until it is known what the tasks of these names wait on.
async fn ask(names: &[&str]) {
    for name in names {
        let filter = format!("name:{name}");
        let all_are_known = async || {
            let outcome = inspect::capture(&filter, PATIENCE).await;
            let outcome = outcome.expect("an answer");
            (outcome.matched > 0 && outcome.captured == outcome.matched).then_some(())
        };
        wait_until("an answer of each", all_are_known).await;
    }
}

#[tokio::test]
async fn tasks_that_wait_for_each_other_are_a_cycle() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new().blocked_after(SOON));
        let (to_first, second) = oneshot::channel::<JoinHandle<()>>();
        let first = spawn("pair", async {
            let second = second.await.expect("sent");
            second.await.expect("no panic");
        });
        let second = spawn("pair", async { first.await.expect("no panic") });
        to_first.send(second).expect("it listens");
        ask(&["pair"]).await;
        cues.next().await;
    });
    let client = &mut program.client().await;
    let update = findings_where(client, rules(&[]), |update| !update.findings.is_empty()).await;
    let cycle = find(&update, FindingKind::WaitCycle, "pair").expect("found");
    assert_eq!((cycle.count, cycle.certainty), (2, Certainty::Proved));
    assert_eq!(update.findings.len(), 1, "{update:?}");
    program.cue("stop");
    program.finish();
}

#[tokio::test]
async fn a_task_that_waits_for_another_one_by_now_is_not_lost() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new().blocked_after(SOON));
        // One waits for the end of a lost one: it is lost, too.
        let lost = spawn("lost", pending::<()>());
        drop(spawn("direct", async { lost.await.is_ok() }));
        // One has only begun to, and waits for the end of a third one, which may come.
        let mut lost = spawn("lost", pending::<()>());
        let third = tokio::spawn(sleep(Duration::from_secs(3600)));
        drop(spawn("moved on", async move {
            tokio::select! {
                biased;
                _ = &mut lost => {}
                () = yield_now() => {}
            }
            let ended = third.await.is_ok();
            ended && lost.await.is_ok()
        }));
        ask(&["lost", "direct", "\"moved on\""]).await;
        cues.next().await;
    });
    let client = &mut program.client().await;
    let is_dead = FindingKind::DeadByAssociation;
    let update = findings_where(client, rules(&[]), |update| {
        find(update, is_dead, "direct").is_some()
    })
    .await;
    let dead = find(&update, is_dead, "direct").expect("found");
    assert_eq!((dead.count, dead.certainty), (1, Certainty::Proved));
    assert!(find(&update, is_dead, "moved on").is_none(), "{update:?}");
    program.cue("stop");
    program.finish();
}
