//! A paused clock.

use std::time::Duration;

use tokio::time::{self, Instant};

use crate::{check, report_of};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn a_task_that_sleeps_is_reported_and_not_woken() {
    let begun = Instant::now();
    let sleeps = async { time::sleep(HOUR).await };
    let report = report_of(async { drop(loiter::spawn(sleeps)) }).await;
    assert_eq!(report.groups()[0].wait, Some("sleep"), "{report}");
    assert_eq!(begun.elapsed(), Duration::ZERO, "the clock stood still");
    // Now it goes on as ever.
    time::sleep(HOUR).await;
    assert_eq!(begun.elapsed(), HOUR);
}

#[tokio::test(start_paused = true)]
async fn a_clean_check_leaves_the_clock_alone() {
    let begun = Instant::now();
    let outside = tokio::spawn(time::sleep(HOUR));
    let inside = async { loiter::spawn(async {}).await };
    let (output, found) = check().find_in(inside).await;
    output.expect("no panic");
    found.expect("nothing is left over");
    assert_eq!(begun.elapsed(), Duration::ZERO);
    outside.abort();
}

#[tokio::test(start_paused = true)]
async fn a_task_may_end_while_the_clock_stands_still() {
    let abandoned = async {
        let task = loiter::spawn(time::sleep(HOUR));
        tokio::task::yield_now().await;
        // It is gone only when the runtime gets to it.
        task.abort();
    };
    let (_, found) = check().timeout(HOUR).find_in(abandoned).await;
    found.expect("it is aborted");
}

#[tokio::test(flavor = "local", start_paused = true)]
async fn a_local_runtime_stands_still_too() {
    let begun = Instant::now();
    let report = report_of(async {
        loiter::spawn_local(time::sleep(HOUR));
    })
    .await;
    assert_eq!(report.groups()[0].wait, Some("sleep"), "{report}");
    assert_eq!((report.tasks(), report.unseen()), (1, 0), "{report}");
    assert_eq!(begun.elapsed(), Duration::ZERO);
}
