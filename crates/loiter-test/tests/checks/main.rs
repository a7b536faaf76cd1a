//! Checks of one future each: what they report, what they ignore, and that they leave the others
//! alone.

use std::time::Duration;

use loiter_test::{LeakCheck, LeakReport};

mod endings;
mod ignoring;
mod local;
mod macros;
mod parallel;
mod paused;
mod reports;
mod unseen;

/// A check for futures that do leave tasks: it need not wait for long.
#[track_caller]
fn check() -> LeakCheck {
    LeakCheck::new().timeout(Duration::from_millis(30))
}

/// The report of a future that leaves tasks.
async fn report_of(future: impl Future) -> LeakReport {
    let (_, found) = check().find_in(future).await;
    found.expect_err("a task is left over")
}
