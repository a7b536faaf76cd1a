//! Blocked send: the channel is full and nobody drains it.
//!
//! The cure: drain the channel, close it by dropping the receiver, or give up with
//! `send_timeout`.

use tokio::sync::mpsc;

use crate::named;

/// What the task would like to hand over.
pub(crate) struct Report {
    _number: u64,
}

/// Spawns a task that fills a channel and then waits for room in it. As long as the returned
/// receiver is neither read nor dropped, there is none.
pub(crate) fn spawn() -> mpsc::Receiver<Report> {
    let (reports, receiver) = mpsc::channel(8);
    named::spawn("blocked-send", send_reports(reports));
    receiver
}

async fn send_reports(reports: mpsc::Sender<Report>) {
    for number in 0.. {
        if reports.send(Report { _number: number }).await.is_err() {
            return;
        }
    }
}
