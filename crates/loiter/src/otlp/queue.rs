//! What waits to be sent, and what did not fit.

use std::{collections::VecDeque, time::SystemTime};

use opentelemetry_proto::tonic::logs::v1::LogRecord;

use super::logs;

/// Records that wait at most.
const MOST: usize = 256;

/// Log records, the oldest first. Of too many, the oldest go: what is so now counts for more.
#[derive(Debug, Default)]
pub(super) struct Queue {
    records: VecDeque<LogRecord>,
    left_out: u64,
}

impl Queue {
    pub(super) fn push(&mut self, record: LogRecord) {
        if self.records.len() == MOST {
            self.records.pop_front();
            self.left_out += 1;
        }
        self.records.push_back(record);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// All that waits, after one about those that are missing.
    pub(super) fn all(&self) -> Vec<LogRecord> {
        let missed = (self.left_out > 0).then(|| logs::missed(self.left_out, SystemTime::now()));
        missed
            .into_iter()
            .chain(self.records.iter().cloned())
            .collect()
    }

    /// All of it is gone.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u64) -> LogRecord {
        LogRecord {
            time_unix_nano: number,
            ..LogRecord::default()
        }
    }

    #[test]
    fn what_does_not_fit_is_told_of_until_that_is_sent() {
        let mut queue = Queue::default();
        let most = MOST as u64;
        (0..most).for_each(|number| queue.push(record(number)));
        assert_eq!(queue.all().len(), MOST);
        assert_eq!(queue.all()[0].time_unix_nano, 0);
        for (next, left_out) in [(most, 3), (most + 3, 8)] {
            (next..most + left_out).for_each(|number| queue.push(record(number)));
            // However often it is tried.
            for _ in 0..2 {
                let records = queue.all();
                assert_eq!(records.len(), MOST + 1);
                assert_eq!(
                    logs::body(&records[0]),
                    format!("{left_out} changes of findings were left out")
                );
                assert_eq!(records[1].time_unix_nano, left_out);
            }
        }
        queue.clear();
        assert!(queue.is_empty());
        queue.push(record(7));
        assert_eq!(queue.all(), [record(7)]);
    }
}
