//! The program asks its own agent, without a port.

use std::{
    future::pending,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use loiter::{Builder, CaptureStacks, inspect, task};
use loiter_model::{State, WaitKind};

use crate::support::{PATIENCE, Program, wait_until};

/// A task that waits for nothing, once it does.
async fn lost_task() {
    drop(task::Builder::new().name("lost").spawn(pending::<()>()));
    wait_until("an idle task", async || {
        let update = inspect::tasks("name:lost", 9).await.expect("an answer");
        update
            .tasks
            .first()
            .is_some_and(|task| task.state == State::Idle)
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn tasks_and_waits_are_known_without_a_port() {
    let program = Program::start(async |_| {
        let agent = Builder::new()
            .listen_nowhere()
            .try_init()
            .expect("it starts");
        let started = Instant::now();
        assert_eq!(agent.wait_listening(PATIENCE), None);
        assert!(started.elapsed() < PATIENCE, "there is nothing to wait for");

        lost_task().await;
        let outcome = inspect::capture("name:lost", PATIENCE)
            .await
            .expect("an answer");
        assert_eq!((outcome.matched, outcome.captured), (1, 1));
        for _ in 0..4 {
            drop(task::Builder::new().name("lost").spawn(pending::<()>()));
        }
        // Where tokio tells of tasks, their names come with their first polls.
        let update = wait_until("five of the name", async || {
            let update = inspect::tasks("name:lost", 3).await.expect("an answer");
            (update.matched == 5).then_some(update)
        })
        .await;
        let seqs: Vec<_> = update.tasks.iter().map(|task| task.seq).collect();
        assert!(seqs.len() == 3 && seqs.is_sorted(), "the oldest: {seqs:?}");
        let wait = update.tasks[0].wait.expect("it was asked");
        assert_eq!(update.labels.waits[&wait].kind, WaitKind::Nothing);
        assert!(inspect::runtime_tasks().await.expect("an answer") >= Some(5));

        let error = inspect::tasks("idle>", 3).await.expect_err("no filter");
        assert!(matches!(error, inspect::Error::Filter(_)), "{error}");
    });
    program.finish();
}

#[tokio::test]
async fn no_runtime_is_needed_to_ask() {
    let program = Program::start(async |_| {
        let agent = Builder::new().listen_nowhere().try_init();
        drop(agent.expect("it starts"));
        let asked = std::thread::spawn(|| {
            let deadline = Instant::now() + PATIENCE;
            let mut asking = Box::pin(inspect::tasks("", 1));
            while Instant::now() < deadline {
                if let Some(answer) = asking.as_mut().now_or_never() {
                    return answer.is_ok();
                }
                std::thread::yield_now();
            }
            false
        });
        assert!(asked.join().expect("no panic"));
    });
    program.finish();
}

#[tokio::test]
async fn the_environment_may_open_a_port() {
    let variables = [("LOITER_LISTEN", "127.0.0.1:0")];
    let program = Program::start_with(&variables, async |_| {
        let agent = Builder::new().listen_nowhere().try_init();
        let agent = agent.expect("it starts");
        assert!(agent.wait_listening(PATIENCE).is_some());
    });
    program.finish();
}

#[tokio::test]
async fn the_environment_may_close_the_port() {
    let program = Program::start_with(&[("LOITER_LISTEN", "none")], async |_| {
        let agent = Builder::new().try_init().expect("it starts");
        inspect::runtime_tasks().await.expect("it runs");
        assert_eq!(agent.local_addr(), None);
    });
    program.finish();
}

#[tokio::test]
async fn without_an_agent_there_is_no_answer() {
    let program = Program::start(async |_| {
        let error = inspect::tasks("", 1).await.expect_err("nobody answers");
        assert!(matches!(error, inspect::Error::NoAgent), "{error}");
    });
    program.finish();
}

#[tokio::test]
async fn whoever_is_never_asked_has_no_answer() {
    let program = Program::start(async |_| {
        let never = Builder::new().capture_stacks(CaptureStacks::Off);
        never.listen_nowhere().try_init().expect("it starts");
        let asked = inspect::capture("", Duration::ZERO).await;
        let error = asked.expect_err("it is forbidden");
        assert!(matches!(error, inspect::Error::Off), "{error}");
    });
    program.finish();
}
