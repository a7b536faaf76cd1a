//! How often a client is answered.

use std::time::Duration;

use loiter_model::Nanos;
use tokio::{sync::mpsc, time};
use tonic::Status;

use super::{LONGEST_INTERVAL, SHORTEST_INTERVAL, client, stream::Streams};

/// Looking at every task may take this share of the agent's thread, all streams together: one
/// in so many.
const SHARE: u32 = 5;

/// How often a stream answers.
#[derive(Clone)]
pub(super) struct Pace {
    asked: Duration,
    streams: Streams,
}

impl Pace {
    /// For a client that asks for an answer every so many milliseconds; 0 leaves it to the
    /// program. `streams`: all there are.
    pub(super) fn new(asked_ms: u32, usual: Duration, streams: Streams) -> Self {
        Self {
            asked: interval(asked_ms, usual),
            streams,
        }
    }

    /// How long to wait after an answer on which the thread has spent so long.
    pub(super) fn after(&self, spent: Nanos) -> Duration {
        let affordable = Duration::from(spent) * SHARE * self.streams.count() as u32;
        self.asked.max(affordable)
    }

    /// Room for an answer: at once for the first one, else when it is time after one on which the
    /// thread has `spent` so long. `None` when the client is gone.
    ///
    /// To be asked for before the answer is made: a client that was slow gets the present.
    pub(super) async fn room<'a, T>(
        &self,
        updates: &'a mpsc::Sender<Result<T, Status>>,
        spent: Option<Nanos>,
    ) -> Option<mpsc::Permit<'a, Result<T, Status>>> {
        if let Some(spent) = spent {
            client::while_there(updates, time::sleep(self.after(spent))).await?;
        }
        updates.reserve().await.ok()
    }
}

/// How often to answer a client that asks for an answer every so many milliseconds; 0 leaves it
/// to the program.
fn interval(asked_ms: u32, usual: Duration) -> Duration {
    match asked_ms {
        0 => usual.max(SHORTEST_INTERVAL),
        millis => {
            Duration::from_millis(u64::from(millis)).clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_chooses_its_interval_within_limits() {
        let usual = Duration::from_secs(2 * 60 * 60);
        for (asked_ms, expected) in [
            (0, usual),
            (1, SHORTEST_INTERVAL),
            (300, Duration::from_millis(300)),
            (u32::MAX, LONGEST_INTERVAL),
        ] {
            assert_eq!(interval(asked_ms, usual), expected, "{asked_ms}");
        }
    }
}
