//! Some hundred short tasks a second: what a list of tasks has to keep up with.

use std::time::Duration;

use tokio::time;

use crate::named;

/// Spawns the task that spawns them.
pub(crate) fn spawn() {
    named::spawn("churn", spawn_often());
}

async fn spawn_often() {
    let mut interval = time::interval(Duration::from_millis(10));
    interval.set_missed_tick_behavior(time::MissedTickBehavior::Skip);
    let mut number = 0_u64;
    loop {
        interval.tick().await;
        named::spawn("short-lived", async move {
            time::sleep(Duration::from_millis(number % 40)).await;
        });
        number += 1;
    }
}
