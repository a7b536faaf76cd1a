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

    /// All that waits, with one more about those that are missing.
    pub(super) fn next(&mut self) -> Vec<LogRecord> {
        if self.left_out > 0 {
            let left_out = std::mem::take(&mut self.left_out);
            self.records.pop_front();
            let record = logs::missed(left_out + 1, SystemTime::now());
            self.records.push_front(record);
        }
        self.records.iter().cloned().collect()
    }

    /// The first ones are gone.
    pub(super) fn sent(&mut self, records: usize) {
        self.records.drain(..records.min(self.records.len()));
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
    fn what_does_not_fit_is_told_of() {
        let mut queue = Queue::default();
        let most = MOST as u64;
        (0..most).for_each(|number| queue.push(record(number)));
        assert_eq!(queue.next().len(), MOST);
        assert_eq!(queue.next()[0].time_unix_nano, 0);
        (most..most + 3).for_each(|number| queue.push(record(number)));
        let records = queue.next();
        assert_eq!(records.len(), MOST);
        assert_eq!(
            logs::body(&records[0]),
            "4 changes of findings were left out"
        );
        assert_eq!(records[1].time_unix_nano, 4);
        queue.sent(MOST - 1);
        assert_eq!(queue.next(), [record(most + 2)]);
        queue.sent(1);
        assert!(queue.is_empty());
    }
}
