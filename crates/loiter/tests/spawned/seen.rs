//! Each way to spawn shows its task: kind, name, place, parent.

use std::{future::pending, sync::mpsc, time::Duration};

use loiter::{Builder, FutureExt as _, JoinSet, task};
use loiter_model::{Kind, State};
use tokio::{runtime::Handle, task::LocalSet};

use crate::{
    named,
    support::{Program, listen},
    when,
};

/// Spawns a task in each way; none of them ends.
async fn each_way() {
    listen(Builder::new());
    let builder = || task::Builder::new();
    drop(builder().name("spawn").spawn(parent()));
    drop(
        builder()
            .name("spawn-on")
            .spawn_on(pending::<()>(), &Handle::current()),
    );
    drop(builder().name("blocking").spawn_blocking(std::thread::park));
    tokio::spawn(pending::<()>().watched("watched"));
    let mut set = JoinSet::new();
    set.spawn(pending::<()>().watched("inside-a-set"));
    std::mem::forget(set);
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        LocalSet::new().block_on(&runtime, async {
            drop(
                task::Builder::new()
                    .name("local")
                    .spawn_local(pending::<()>()),
            );
            pending::<()>().await;
        });
    });
}

async fn parent() {
    drop(task::Builder::new().name("child").spawn(pending::<()>()));
    pending::<()>().await;
}

#[tokio::test]
async fn each_way_to_spawn_is_seen() {
    let mut program = Program::start(async |_| each_way().await);
    let client = &mut program.client().await;
    let expected = [
        ("spawn", Kind::Task, "seen.rs"),
        ("spawn-on", Kind::Task, "seen.rs"),
        ("watched", Kind::Task, "seen.rs"),
        ("child", Kind::Task, "seen.rs"),
        ("local", Kind::Local, "seen.rs"),
    ];
    let update = when(client, "", |update| {
        expected
            .iter()
            .all(|(name, ..)| named(update, name).is_some_and(|task| task.state == State::Idle))
    })
    .await;
    for (name, kind, file) in expected {
        let task = named(&update, name).expect("waited for");
        assert_eq!(task.kind, kind, "{name}");
        let site = &update.labels.sites[&task.site];
        assert!(site.file.ends_with(file), "{name}: {site}");
        assert!(task.tokio_id.is_some(), "{name}");
        assert_eq!(task.polls, 1, "{name}");
    }
    let parent = named(&update, "spawn").expect("waited for");
    let child = named(&update, "child").expect("waited for");
    assert_eq!(child.parent, Some(parent.seq));
    let watched = update.tasks.iter().filter(|task| {
        let name = task.name.and_then(|id| update.labels.names.get(&id));
        name.is_some_and(|name| **name == *"inside-a-set")
    });
    // The set's own wrapper and the one inside are one task, or the inner one is a part of it.
    assert!(watched.count() <= 1);
    program.finish();
}

#[tokio::test]
async fn a_blocking_function_runs_until_it_ends() {
    let mut program = Program::start(async |mut cues| {
        listen(Builder::new());
        let (go_on, wait) = mpsc::channel::<()>();
        let handle = loiter::spawn_blocking(move || wait.recv());
        cues.next().await;
        drop(go_on);
        assert!(handle.await.expect("no panic").is_err());
    });
    let client = &mut program.client().await;
    let of_ours = |update: &loiter_model::update::TasksUpdate, state| {
        update.tasks.iter().any(|task| {
            let site = &update.labels.sites[&task.site];
            task.state == state && site.file.ends_with("seen.rs")
        })
    };
    when(client, "kind:blocking", |update| {
        of_ours(update, State::Running)
    })
    .await;
    program.cue("go on");
    when(client, "kind:blocking state:ended", |update| {
        of_ours(update, State::Ended)
    })
    .await;
    program.finish();
}

/// Without flags, tasks that others spawn are at least counted.
#[cfg(not(tokio_unstable))]
#[tokio::test]
async fn what_is_not_seen_is_counted() {
    let mut program = Program::start(async |_| {
        listen(Builder::new());
        for _ in 0..7 {
            tokio::spawn(pending::<()>());
        }
        for _ in 0..3 {
            loiter::spawn(pending::<()>());
        }
    });
    let client = &mut program.client().await;
    let update = when(client, "", |update| {
        update.overview.runtime_tasks == Some(10)
    })
    .await;
    assert_eq!(update.overview.totals.alive, 3);
    program.finish();
}

/// With flags, a wrapped task is one task, not two.
#[cfg(tokio_unstable)]
#[tokio::test]
async fn a_task_that_both_see_is_one() {
    let mut program = Program::start(async |_| {
        listen(Builder::new());
        for _ in 0..3 {
            drop(task::Builder::new().name("twice").spawn(pending::<()>()));
        }
    });
    let client = &mut program.client().await;
    let update = when(client, "site:seen.rs", |update| {
        update.matched >= 3 && update.tasks.iter().all(|task| task.name.is_some())
    })
    .await;
    assert_eq!(update.matched, 3);
    program.finish();
}

/// The threads of a runtime are no tasks, and inside one is outside any task.
#[tokio::test]
async fn workers_are_no_tasks() {
    let mut program = Program::start(async |_| {
        listen(Builder::new());
        std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(3)
                .enable_all()
                .build()
                .expect("a runtime");
            let ticker = async {
                loop {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            drop(
                task::Builder::new()
                    .name("ticker")
                    .spawn_on(ticker, runtime.handle()),
            );
            runtime.block_on(pending::<()>());
        });
    });
    let client = &mut program.client().await;
    let ticks = |update: &_| named(update, "ticker").is_some_and(|task| task.wakes > 20);
    let update = when(client, "", ticks).await;
    assert_eq!(named(&update, "ticker").expect("there").woken_by, None);
    let blocking = update
        .tasks
        .iter()
        .filter(|task| task.kind == Kind::Blocking);
    assert_eq!(blocking.count(), 0);
    program.finish();
}

/// A watched branch of a task is not taken for the task, whose name and ending are its own.
#[cfg(tokio_unstable)]
#[tokio::test]
async fn a_part_of_a_task_is_not_the_task() {
    let mut program = Program::start(async |_| {
        listen(Builder::new());
        let whole = tokio::task::Builder::new().name("whole").spawn(async {
            tokio::select! {
                () = pending::<()>().watched("part") => {}
                () = tokio::time::sleep(Duration::from_millis(1)) => {}
            }
        });
        whole.expect("a runtime").await.expect("no panic");
        let whole = async {
            tokio::task::yield_now().await;
            pending::<()>().watched("part").await;
        };
        drop(tokio::task::Builder::new().spawn(whole));
    });
    let client = &mut program.client().await;
    let update = when(client, "all site:seen.rs", |update| {
        named(update, "whole").is_some_and(|task| task.state == State::Ended)
            && update.tasks.iter().any(|task| task.state == State::Idle)
    })
    .await;
    let whole = named(&update, "whole").expect("waited for");
    assert_ne!(whole.ending, Some(loiter_model::Ending::Cancelled));
    assert!(named(&update, "part").is_none());
    program.finish();
}
