//! What a real runtime tells, as it arrives in the table.

use std::{
    future::{pending, poll_fn},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use loiter_model::{Ending, Kind, State, Task, query::Labels};
use tokio::{
    runtime::{self, Runtime},
    sync::{Notify, mpsc, oneshot},
    task::{JoinHandle, LocalSet, yield_now},
};
use tracing_core::{Dispatch, dispatcher};

use super::LoiterSubscriber;
use crate::{clock::Clock, table::Table, thread::Thread};

fn table() -> Arc<Table> {
    Arc::new(Table::new(Clock::start(), 10_000, 100))
}

fn runtime() -> Runtime {
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Runs with a subscriber over `table` on this thread only.
fn watched<T>(table: &Arc<Table>, run: impl FnOnce() -> T) -> T {
    let subscriber = LoiterSubscriber::new(table.clone(), None);
    dispatcher::with_default(&Dispatch::new(subscriber), run)
}

fn alive(table: &Table) -> Vec<Task> {
    let mut tasks = Vec::new();
    table.visit(0..usize::MAX, |task| tasks.push(*task));
    tasks.sort_by_key(|task| task.seq);
    tasks
}

fn ended(table: &Table) -> Vec<Task> {
    table.settle();
    let mut tasks = Vec::new();
    table.read_endings();
    table.visit_ended(|task| tasks.push(*task));
    tasks.sort_by_key(|task| task.seq);
    tasks
}

/// The one task of this kind that is alive.
fn only(table: &Table, kind: Kind) -> Task {
    let tasks: Vec<_> = alive(table)
        .into_iter()
        .filter(|task| task.kind == kind)
        .collect();
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    tasks[0]
}

/// The only ended task that is no `block_on` root.
fn only_ended(table: &Table) -> Task {
    let tasks: Vec<_> = ended(table)
        .into_iter()
        .filter(|task| task.kind != Kind::BlockOn)
        .collect();
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    tasks[0]
}

#[test]
fn a_waiting_task_says_where_it_comes_from_and_that_it_waits() {
    let table = table();
    watched(&table, || {
        let runtime = runtime();
        let above = line!();
        runtime.block_on(async {
            let task = tokio::task::Builder::new()
                .name("waits")
                .spawn(pending::<()>())
                .expect("spawned");
            let id = task.id().to_string();
            yield_now().await;

            let seen = only(&table, Kind::Task);
            assert_eq!(seen.state, State::Idle);
            assert_eq!(seen.polls, 1);
            assert_eq!(seen.live_wakers, 0, "nothing can wake it");
            assert_eq!(seen.tokio_id.expect("known").to_string(), id);
            assert_eq!(
                &*table.name(seen.name.expect("named")).expect("in use"),
                "waits"
            );
            let site = table.site(seen.site).expect("known");
            assert!(site.file.ends_with("capture/tests.rs"), "{site}");
            assert!((above..line!()).contains(&site.line), "{site}");
            let parent = only(&table, Kind::BlockOn);
            assert_eq!(seen.parent, Some(parent.seq));
            assert_eq!(parent.state, State::Running);
        });
    });
}

#[test]
fn every_kind_is_seen() {
    let table = table();
    watched(&table, || {
        let runtime = runtime();
        let local = LocalSet::new();
        local.block_on(&runtime, async {
            tokio::spawn(pending::<()>());
            tokio::task::spawn_local(pending::<()>());
            let (go, wait) = std::sync::mpsc::channel::<()>();
            let (started, is_started) = oneshot::channel();
            let blocking = tokio::task::spawn_blocking(move || {
                let _ = started.send(());
                let _ = wait.recv();
            });
            is_started.await.expect("runs");
            yield_now().await;

            let blocking_task = only(&table, Kind::Blocking);
            assert_eq!(blocking_task.state, State::Running);
            let function = &table.site(blocking_task.site).expect("known").function;
            assert!(function.contains("every_kind_is_seen"), "{function}");
            assert_eq!(only(&table, Kind::Local).state, State::Idle);
            assert_eq!(only(&table, Kind::Task).state, State::Idle);
            assert_eq!(only(&table, Kind::BlockOn).state, State::Running);

            drop(go);
            blocking.await.expect("no panic");
        });
    });
}

#[test]
fn wakes_are_counted_and_say_who() {
    let table = table();
    watched(&table, || {
        runtime().block_on(async {
            let notify = Arc::new(Notify::new());
            let waiter = {
                let notify = notify.clone();
                tokio::spawn(async move {
                    loop {
                        notify.notified().await;
                    }
                })
            };
            yield_now().await;
            let seen = only(&table, Kind::Task);
            assert_eq!((seen.wakes, seen.woken_by), (0, None));
            assert_eq!(seen.live_wakers, 1);

            notify.notify_one();
            let seen = only(&table, Kind::Task);
            assert_eq!(seen.state, State::Scheduled);
            assert_eq!(seen.woken_by, Some(only(&table, Kind::BlockOn).seq));
            yield_now().await;
            let seen = only(&table, Kind::Task);
            assert_eq!((seen.state, seen.wakes, seen.polls), (State::Idle, 1, 2));
            assert_eq!(seen.live_wakers, 1);
            waiter.abort();
        });
    });
}

#[test]
fn a_task_that_wakes_itself_is_scheduled_again() {
    let table = table();
    watched(&table, || {
        runtime().block_on(async {
            let spins: JoinHandle<()> = tokio::spawn(poll_fn(|cx| {
                cx.waker().wake_by_ref();
                Poll::Pending
            }));
            for _ in 0..5 {
                yield_now().await;
            }
            let seen = only(&table, Kind::Task);
            assert_eq!(seen.state, State::Scheduled);
            assert_eq!(seen.self_wakes, seen.wakes);
            assert_eq!(seen.self_wakes, seen.polls);
            assert_eq!(seen.woken_by, Some(seen.seq));
            spins.abort();
        });
    });
}

#[test]
fn a_long_poll_shows_while_it_runs_and_after() {
    let table = table();
    watched(&table, || {
        runtime().block_on(async {
            let seen_inside = {
                let table = table.clone();
                tokio::spawn(async move {
                    std::thread::sleep(Duration::from_millis(20));
                    let inside = only(&table, Kind::Task);
                    yield_now().await;
                    (inside, only(&table, Kind::Task))
                })
            };
            let (inside, after) = seen_inside.await.expect("no panic");
            let long = Duration::from_millis(20).into();
            assert_eq!((inside.state, inside.polls), (State::Running, 1));
            assert!(inside.in_state >= long && inside.busy >= long && inside.longest_poll >= long);
            assert_eq!(after.polls, 2);
            assert!(after.in_state < after.longest_poll, "{after:?}");
            assert!(
                after.busy.saturating_add(after.scheduled) <= after.total,
                "{after:?}"
            );
        });
    });
}

#[test]
fn a_finished_task_has_finished() {
    let table = table();
    watched(&table, || {
        runtime().block_on(async {
            for _ in 0..50 {
                tokio::spawn(async { yield_now().await }).await.expect("ok");
            }
        });
    });
    assert!(alive(&table).is_empty());
    let tasks = ended(&table);
    let endings = tasks
        .iter()
        .filter(|task| task.kind == Kind::Task)
        .map(|task| {
            assert_eq!(task.state, State::Ended);
            assert_eq!(task.polls, 2, "dropping the future is no poll");
            task.ending
        });
    let endings: Vec<_> = endings.collect();
    assert_eq!(endings.len(), 50);
    assert!(endings.contains(&Some(Ending::Finished)));
    // The operating system may take the thread away between the last poll and the drop.
    let allowed = [Some(Ending::Finished), Some(Ending::Unknown)];
    assert!(
        endings.iter().all(|ending| allowed.contains(ending)),
        "{endings:?}"
    );
}

#[test]
fn an_aborted_task_was_cancelled() {
    let table = table();
    watched(&table, || {
        runtime().block_on(async {
            let task = tokio::spawn(pending::<()>());
            yield_now().await;
            task.abort();
            assert!(task.await.expect_err("aborted").is_cancelled());
        });
    });
    let task = only_ended(&table);
    assert_eq!((task.ending, task.polls), (Some(Ending::Cancelled), 1));
}

#[test]
fn a_task_that_was_never_polled_was_cancelled() {
    let table = table();
    watched(&table, || {
        runtime().block_on(async {
            tokio::spawn(async {}).abort();
            yield_now().await;
        });
    });
    let task = only_ended(&table);
    assert_eq!((task.ending, task.polls), (Some(Ending::Cancelled), 0));
}

#[test]
fn a_task_dropped_with_its_runtime_is_told_apart() {
    let table = table();
    watched(&table, || {
        let runtime = runtime();
        runtime.block_on(async {
            tokio::spawn(tokio::time::sleep(Duration::from_secs(3600)));
            yield_now().await;
        });
        drop(runtime);
    });
    assert_eq!(only_ended(&table).ending, Some(Ending::RuntimeDropped));
    assert!(alive(&table).is_empty());
}

#[test]
fn a_panicking_task_has_panicked() {
    let table = table();
    watched(&table, || {
        runtime().block_on(async {
            let task = tokio::spawn(async {
                yield_now().await;
                panic!("on purpose");
            });
            assert!(task.await.expect_err("panicked").is_panic());
        });
    });
    let task = only_ended(&table);
    assert_eq!((task.ending, task.polls), (Some(Ending::Panicked), 2));
}

#[test]
fn a_task_that_aborts_itself_is_not_called_finished() {
    let table = table();
    watched(&table, || {
        runtime().block_on(async {
            let (give, take) = oneshot::channel::<tokio::task::AbortHandle>();
            let (_keep, mut never) = mpsc::channel::<()>(1);
            let task = tokio::spawn(async move {
                take.await.expect("given").abort();
                never.recv().await;
            });
            give.send(task.abort_handle()).expect("taken");
            assert!(task.await.expect_err("aborted").is_cancelled());
        });
    });
    assert_ne!(only_ended(&table).ending, Some(Ending::Finished));
}

#[test]
fn a_waker_that_outlives_its_task_wakes_nobody_else() {
    let table = table();
    watched(&table, || {
        runtime().block_on(async {
            let task = tokio::spawn(poll_fn(|cx| Poll::Ready(cx.waker().clone())));
            let waker = task.await.expect("a waker");
            for _ in 0..3 {
                tokio::spawn(pending::<()>());
            }
            yield_now().await;
            waker.wake_by_ref();
            drop(waker.clone());
            waker.wake();
            let tasks = alive(&table);
            assert_eq!(tasks.len(), 4);
            for task in tasks.iter().filter(|task| task.kind == Kind::Task) {
                assert_eq!(
                    (task.wakes, task.live_wakers, task.state),
                    (0, 0, State::Idle)
                );
            }
        });
    });
}

#[test]
fn slots_and_names_are_used_again() {
    let table = Arc::new(Table::new(Clock::start(), 4, 2));
    watched(&table, || {
        runtime().block_on(async {
            for n in 0..100 {
                let name = format!("task {n}");
                let builder = tokio::task::Builder::new().name(&name);
                builder.spawn(async {}).expect("spawned").await.expect("ok");
                table.settle();
            }
        });
    });
    assert_eq!(table.untracked(), 0);
    let names: Vec<_> = ended(&table)
        .into_iter()
        .filter_map(|task| table.name(task.name?))
        .collect();
    assert_eq!(names.len(), 1, "the root is the other one");
    assert_eq!(&*names[0], "task 99");
}

#[test]
fn tasks_beyond_the_limit_are_counted_only() {
    let table = Arc::new(Table::new(Clock::start(), 3, 10));
    watched(&table, || {
        runtime().block_on(async {
            let tasks: Vec<_> = (0..5).map(|_| tokio::spawn(pending::<()>())).collect();
            yield_now().await;
            assert_eq!(alive(&table).len(), 3);
            assert_eq!(table.untracked(), 3);
            for task in tasks {
                task.abort();
            }
            yield_now().await;
            tokio::spawn(pending::<()>());
            assert_eq!(alive(&table).len(), 2, "there is room again");
        });
    });
}

#[test]
fn the_agents_own_tasks_are_invisible() {
    let table = table();
    let seen = table.clone();
    std::thread::spawn(move || {
        Thread::with(Thread::become_agent);
        watched(&seen, || {
            runtime().block_on(async {
                tokio::spawn(async { yield_now().await }).await.expect("ok");
            });
        });
    })
    .join()
    .expect("no panic");
    assert!(alive(&table).is_empty() && ended(&table).is_empty());
    assert_eq!(table.untracked(), 0);
}

#[test]
fn what_the_agents_thread_sends_wakes_a_task_like_any_other() {
    let table = table();
    watched(&table, || {
        runtime().block_on(async {
            let (sender, receiver) = oneshot::channel();
            let waiting = tokio::spawn(receiver);
            yield_now().await;
            assert_eq!(only(&table, Kind::Task).state, State::Idle);
            let seen = table.clone();
            let agent = std::thread::spawn(move || {
                Thread::with(Thread::become_agent);
                watched(&seen, || sender.send(()).expect("it waits"));
            });
            agent.join().expect("no panic");
            let task = only(&table, Kind::Task);
            assert_eq!((task.state, task.wakes), (State::Scheduled, 1));
            waiting.await.expect("no panic").expect("sent");
        });
    });
}

#[test]
fn polls_nested_by_a_local_set_belong_to_their_tasks() {
    let table = table();
    watched(&table, || {
        let runtime = runtime();
        let local = LocalSet::new();
        local.block_on(&runtime, async {
            let spawned = tokio::task::spawn_local(async {
                tokio::spawn(pending::<()>());
            });
            spawned.await.expect("ok");
            yield_now().await;
            let local_task = ended(&table)
                .into_iter()
                .find(|task| task.kind == Kind::Local)
                .expect("ended");
            assert_eq!(only(&table, Kind::Task).parent, Some(local_task.seq));
        });
    });
}

#[test]
fn sites_count_what_their_tasks_do() {
    let table = table();
    watched(&table, || {
        runtime().block_on(async {
            for _ in 0..10 {
                let task = tokio::spawn(async { yield_now().await });
                task.await.expect("ok");
            }
        });
    });
    let task = ended(&table)
        .into_iter()
        .find(|task| task.kind == Kind::Task)
        .expect("ended");
    let sums = table.sites().sums(task.site.0);
    assert_eq!((sums.spawned, sums.ended), (10, 10));
    assert_eq!(sums.poll.count(), 20, "two polls each, drops are none");
    assert_eq!(sums.scheduled.count(), 20);
    assert_eq!(sums.lifetime.count(), 10);
}
