//! What becomes of tasks on the client's screen.

use std::{future::pending, sync::mpsc, thread, time::Duration};

use loiter::{Builder, task};
use tokio::{runtime, sync::Notify, task::JoinHandle};

use crate::{
    client::{State, attach, file, number, polls, state_of, text, time},
    support::{Program, listen},
};

/// Spawns a task with a name, or without one.
#[track_caller]
pub(crate) fn spawn<F>(name: &str, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let mut builder = task::Builder::new();
    if !name.is_empty() {
        builder = builder.name(name);
    }
    builder.spawn(future).expect("a runtime")
}

/// Twenty times as often as usual.
pub(crate) fn often() -> Builder {
    Builder::new().publish_interval(Duration::from_millis(50))
}

#[tokio::test]
async fn a_task_is_told_in_tokios_words() {
    let mut program = Program::start(async |_| {
        listen(often());
        let (large, small) = ([0u8; 2000], [0u8; 8]);
        let waits = async move {
            pending::<()>().await;
            std::hint::black_box((large, small));
        };
        let line = line!() + 1;
        let task = spawn("waiter", waits);
        println!("spawned {line} {}", task.id());
    });
    let (_, mut screen) = attach(&mut program).await;
    let told = program.told("spawned ");
    let (line, id) = told.split_once(' ').expect("two numbers");
    let (task, stats) = screen.until_is("waiter", State::Idle).await;
    assert_eq!(text(&task, "kind").as_deref(), Some("task"));
    assert_eq!(number(&task, "task.id"), id.parse().ok());
    let size = number(&task, "size.bytes").expect("a size");
    assert!((2008..4000).contains(&size), "{size}");
    let location = task.location.as_ref();
    assert!(file(location).ends_with("tests/console/tasks.rs"));
    let place = location.expect("one");
    assert_eq!(place.line, line.parse().ok());
    assert!(place.column.is_some_and(|column| column > 1), "{place:?}");
    assert_eq!(polls(&stats), 1);
    assert_eq!(stats.wakes, 0);
    // Nothing can wake it: the client calls it lost.
    assert_eq!(stats.waker_clones, 0);
    program.finish();
}

#[tokio::test]
async fn the_client_reads_each_state() {
    let mut program = Program::start(async |mut cues| {
        listen(often());
        let notify: &'static Notify = Box::leak(Box::default());
        spawn("idle", notify.notified());
        spawn("done", async {}).await.expect("no panic");
        let (wedge, wedged) = mpsc::channel::<()>();
        thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().build();
            runtime.expect("a runtime").block_on(async {
                let running = async move {
                    spawn("scheduled", async {});
                    // Blocks the only worker.
                    let _ = wedged.recv();
                };
                let running = spawn("running", running);
                running.await.expect("no panic");
            });
        });
        cues.next().await;
        drop(wedge);
        notify.notify_one();
    });
    let (_, mut screen) = attach(&mut program).await;
    screen.until_is("idle", State::Idle).await;
    screen.until_is("running", State::Running).await;
    screen.until_is("done", State::Done).await;
    // Its name is not known yet: it was told to what wraps it, which was never polled.
    let waiting = screen.until(|screen| {
        let mut tasks = screen.tasks.values();
        let is_it = |(_, stats): &&(_, _)| state_of(stats) == State::Scheduled && polls(stats) == 0;
        tasks.find(is_it).map(|(task, _)| task.id)
    });
    let waiting = waiting.await;
    let (_, idle) = screen.named("idle").expect("there");
    assert_eq!(idle.waker_clones, 1);

    program.cue("go on");
    for name in ["idle", "running", "scheduled"] {
        screen.until_is(name, State::Done).await;
    }
    let (scheduled, _) = screen.named("scheduled").expect("there");
    assert_eq!(scheduled.id, waiting);
    let (_, idle) = screen.named("idle").expect("there");
    assert_eq!((idle.wakes, polls(idle)), (1, 2));
    program.finish();
}

#[tokio::test]
async fn busy_and_scheduled_times_add_up() {
    let mut program = Program::start(async |_| {
        listen(often());
        let spins = async {
            let end = std::time::Instant::now() + Duration::from_millis(80);
            while std::time::Instant::now() < end {}
            pending::<()>().await;
        };
        spawn("spun", spins);
    });
    let (_, mut screen) = attach(&mut program).await;
    let (_, stats) = screen.until_is("spun", State::Idle).await;
    let busy = stats.poll_stats.and_then(|polls| polls.busy_time);
    let busy = Duration::try_from(busy.expect("told")).expect("not negative");
    assert!(busy >= Duration::from_millis(80), "{busy:?}");
    program.finish();
}

#[tokio::test]
async fn only_what_happens_is_told_again() {
    let mut program = Program::start(async |_| {
        listen(often());
        for _ in 0..20 {
            spawn("still", pending::<()>());
        }
        let ticks = async {
            let mut ticks = tokio::time::interval(Duration::from_millis(5));
            loop {
                ticks.tick().await;
            }
        };
        spawn("ticker", ticks);
        println!("spawned ");
    });
    let (_, mut screen) = attach(&mut program).await;
    program.told("spawned ");
    let still = |name: &Option<String>| name.as_deref() == Some("still");
    screen
        .until(|screen| {
            let tasks = screen.tasks.values();
            let idle = tasks.filter(|(task, stats)| {
                still(&text(task, "task.name")) && state_of(stats) == State::Idle
            });
            (idle.count() == 20).then_some(())
        })
        .await;
    screen
        .until(|screen| screen.named("ticker").map(drop))
        .await;
    let ticker = screen.named("ticker").and_then(|(task, _)| task.id);
    let ticker = ticker.expect("there").id;
    let mut times = Vec::new();
    for _ in 0..5 {
        let before = polls(&screen.tasks[&ticker].1);
        let update = screen.update().await;
        times.push(time(update.now.expect("a time")));
        let tasks = update.task_update.expect("there");
        assert!(tasks.new_tasks.is_empty(), "{tasks:?}");
        assert!(update.new_metadata.is_none());
        for id in tasks.stats_update.keys() {
            let name = text(&screen.tasks[id].0, "task.name");
            assert!(!still(&name), "nothing happened to it");
        }
        assert!(polls(&screen.tasks[&ticker].1) > before);
    }
    assert!(times.is_sorted(), "{times:?}");
    program.finish();
}

#[tokio::test]
async fn an_end_is_told_though_nobody_saw_its_beginning() {
    let mut program = Program::start(async |mut cues| {
        listen(often());
        let early = spawn("early", async {});
        early.await.expect("no panic");
        cues.next().await;
        // All of it between two updates, most likely.
        for _ in 0..50 {
            let short = spawn("short", async {});
            short.await.expect("no panic");
        }
    });
    let (_, mut screen) = attach(&mut program).await;
    let first = screen.update().await;
    assert!(first.new_metadata.is_some());
    // Whoever joins a task goes on a moment before all of it is gone.
    screen.until_is("early", State::Done).await;
    program.cue("go on");
    screen
        .until(|screen| {
            let tasks = screen.tasks.values();
            let ended = tasks.filter(|(task, stats)| {
                text(task, "task.name").as_deref() == Some("short")
                    && state_of(stats) == State::Done
            });
            (ended.count() == 50).then_some(())
        })
        .await;
    assert_eq!(screen.dropped, 0);
    program.finish();
}

#[tokio::test]
async fn what_was_too_much_to_remember_is_counted() {
    let mut program = Program::start(async |mut cues| {
        listen(often().ledger(10));
        cues.next().await;
        for _ in 0..20_000 {
            spawn("", async {}).await.expect("no panic");
        }
        println!("ended ");
    });
    let (_, mut screen) = attach(&mut program).await;
    screen.update().await;
    program.cue("go on");
    program.told("ended ");
    screen
        .until(|screen| {
            let told = screen.tasks.values();
            let ended = told.filter(|(_, stats)| state_of(stats) == State::Done);
            (ended.count() as u64 + screen.dropped >= 20_000).then_some(())
        })
        .await;
    assert!(screen.dropped > 10_000, "{}", screen.dropped);
    program.finish();
}

#[tokio::test]
async fn tasks_that_found_no_room_are_counted() {
    let mut program = Program::start(async |mut cues| {
        listen(often().max_tasks(10));
        cues.next().await;
        for _ in 0..30 {
            spawn("", pending::<()>());
        }
    });
    let (_, mut screen) = attach(&mut program).await;
    screen.update().await;
    program.cue("go on");
    screen
        .until(|screen| {
            let alive = screen.tasks.values();
            let alive = alive.filter(|(_, stats)| state_of(stats) != State::Done);
            (screen.dropped >= 20 && alive.count() <= 10).then_some(())
        })
        .await;
    program.finish();
}
