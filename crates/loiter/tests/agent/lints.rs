//! Hints on tasks: those that the program asks for, of tasks that are so.

use std::{
    future::{pending, poll_fn},
    task::Poll,
    time::Duration,
};

use loiter::{Builder, Lint};
use loiter_wire::v1;
use tokio::sync::Notify;

use crate::{
    options::{target, totals},
    support::{Client, Program, listen, query, update_where},
};

/// An hour is what no test waits for.
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn the_limits_decide_what_there_is_a_hint_on() {
    let mut program = Program::start(async |_| {
        listen(
            Builder::new()
                .allow_lints([Lint::LostWaker])
                .self_wakes_percent(20)
                .never_yielded_after(Duration::from_millis(30))
                .large_future_bytes(700),
        );
        have_hints().await;
    });
    check_hints(&mut program.client().await).await;
}

/// A task for each lint, of its name, and one that is well.
pub(crate) async fn have_hints() {
    spawn("well", async { Notify::new().notified().await });
    spawn("self-wakes", async {
        let mut left = 30;
        poll_fn(|context| {
            left -= 1;
            context.waker().wake_by_ref();
            // `yield_now` has the worker wake the task, after the poll.
            if left > 0 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        Notify::new().notified().await;
    });
    spawn("lost-waker", pending());
    spawn("large-future", hold([1; 800]));
    spawn("auto-boxed-future", hold([1; 40_000]));
    // Another worker is left for the others.
    spawn("never-yielded", async {
        loop {
            std::thread::park();
        }
    });
}

fn spawn(name: &str, future: impl Future<Output = ()> + Send + 'static) {
    let task = tokio::task::Builder::new().name(name).spawn(future);
    drop(task.expect("a runtime"));
}

/// Waits for what never comes, with so many bytes in its future.
async fn hold<const BYTES: usize>(bytes: [u8; BYTES]) {
    Notify::new().notified().await;
    std::hint::black_box(&bytes);
}

/// Checks a program with [`have_hints`] and limits of 20 %, 30 ms and 700 bytes that allows
/// `lost-waker`.
pub(crate) async fn check_hints(client: &mut Client) {
    let limits = target(client).await.thresholds.expect("limits");
    let expected = v1::LintLimits {
        allowed: vec![v1::Lint::LostWaker.into()],
        self_wakes_percent: 20,
        never_yielded_after_ns: 30_000_000,
        large_future_bytes: 700,
    };
    assert_eq!(limits.lints, Some(expected));

    let expected = v1::LintCounts {
        self_wakes: 1,
        lost_waker: 0,
        never_yielded: 1,
        auto_boxed_future: 1,
        large_future: 1,
    };
    update_where(client, query("lint"), |update| {
        totals(update).lints == Some(expected) && update.matched == 4
    })
    .await;
    for lint in [
        "self-wakes",
        "never-yielded",
        "auto-boxed-future",
        "large-future",
    ] {
        has_only(client, &format!("lint:{lint}"), lint).await;
    }
    // Were it not allowed, this would be it.
    let lost = has_only(client, "name:lost idle>1.1s", "lost-waker").await;
    assert_eq!(totals(&lost).lints, Some(expected));
}

/// Waits until one task only is let through, and it is the one of this name.
async fn has_only(client: &mut Client, filter: &str, name: &str) -> v1::TasksUpdate {
    let update = update_where(client, query(filter), |update| !update.tasks.is_empty()).await;
    let labels = update.labels.as_ref().expect("labels");
    let names = update.tasks.iter().filter_map(|task| task.name);
    let names: Vec<_> = names.map(|id| labels.names[&id].as_str()).collect();
    assert_eq!(names, [name], "{filter}");
    update
}

#[tokio::test]
async fn a_lost_waker_shows_after_a_second_and_a_client_may_set_limits_of_its_own() {
    let mut program = Program::start(async |_| {
        listen(
            Builder::new()
                .self_wakes_percent(100)
                .never_yielded_after(HOUR)
                .large_future_bytes(u64::MAX),
        );
        have_hints().await;
    });
    let client = &mut program.client().await;
    let lost = has_only(client, "lint:lost-waker", "lost-waker").await;
    assert!(lost.tasks[0].in_state_ns >= 1_000_000_000);
    let counts = totals(&lost).lints.expect("counts");
    assert_eq!((counts.self_wakes, counts.never_yielded), (0, 0));
    assert_eq!((counts.large_future, counts.auto_boxed_future), (0, 1));

    let mut strict = query("lint");
    let asked = strict.query.get_or_insert_default();
    asked.thresholds = Some(v1::Thresholds {
        lints: Some(v1::LintLimits {
            self_wakes_percent: 50,
            never_yielded_after_ns: 1,
            large_future_bytes: 700,
            ..v1::LintLimits::default()
        }),
        ..v1::Thresholds::default()
    });
    update_where(client, strict, |update| update.matched == 5).await;
}
