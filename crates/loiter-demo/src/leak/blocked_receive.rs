//! Blocked receive: the channel is empty, and whoever holds the sender never sends.
//!
//! The cure: drop the last sender, which ends the wait, or wait for a `CancellationToken` in the
//! same `select!`.

use tokio::sync::mpsc;

use crate::named;

/// Spawns a task that waits for the returned sender to send or to be dropped.
pub(crate) fn spawn() -> mpsc::Sender<String> {
    let (sender, commands) = mpsc::channel(1);
    named::spawn("blocked-receive", obey(commands));
    sender
}

async fn obey(mut commands: mpsc::Receiver<String>) {
    // What it would do with a command matters to nobody.
    while commands.recv().await.is_some() {}
}
