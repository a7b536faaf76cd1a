//! A task that wakes up twice a second, as collectors of metrics and senders of heartbeats do.

use std::time::Duration;

use tokio::time;

use crate::named;

/// Spawns it.
pub(crate) fn spawn() {
    named::spawn("ticker", tick());
}

async fn tick() {
    let mut interval = time::interval(Duration::from_millis(500));
    loop {
        interval.tick().await;
    }
}
