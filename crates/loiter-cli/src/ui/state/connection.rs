//! Whether the target answers, and when it is asked again.

use loiter_model::Nanos;

use crate::source::SourceError;

const FIRST_PAUSE: Nanos = Nanos::from_millis(250);
const LONGEST_PAUSE: Nanos = Nanos::from_secs(5);

/// How things stand between the UI and its target.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Connection {
    /// It was asked and has not answered.
    Connecting,
    /// It answers.
    Connected,
    /// It is asked again later.
    Waiting {
        /// When.
        until: Nanos,
    },
}

/// The connection, and what went wrong since it last worked.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) connection: Connection,
    /// Why it does not work.
    pub(crate) error: Option<SourceError>,
    failures: u32,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            connection: Connection::Connecting,
            error: None,
            failures: 0,
        }
    }
}

impl Link {
    pub(crate) fn is_up(&self) -> bool {
        self.connection == Connection::Connected
    }

    /// It answered.
    pub(crate) fn connected(&mut self) {
        self.connection = Connection::Connected;
    }

    /// It gave what it was asked for: a connection that fails before that is not yet worth the
    /// shortest pause.
    pub(crate) fn works(&mut self) {
        self.error = None;
        self.failures = 0;
    }

    /// It failed. The pauses double from a quarter of a second to five.
    pub(crate) fn failed(&mut self, error: SourceError, now: Nanos) {
        let doubled = FIRST_PAUSE.0 << self.failures.min(8);
        let pause = Nanos(doubled).min(LONGEST_PAUSE);
        self.failures += 1;
        self.error = Some(error);
        self.connection = Connection::Waiting {
            until: now.saturating_add(pause),
        };
    }

    /// When it is to be asked again.
    pub(crate) fn due(&self) -> Option<Nanos> {
        match self.connection {
            Connection::Waiting { until } => Some(until),
            Connection::Connecting | Connection::Connected => None,
        }
    }

    /// It is being asked.
    pub(crate) fn connecting(&mut self) {
        self.connection = Connection::Connecting;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_double_up_to_five_seconds_and_begin_anew() {
        let mut link = Link::default();
        let error = SourceError::BadQuery(String::new());
        let mut pauses = Vec::new();
        for _ in 0..7 {
            link.failed(error.clone(), Nanos::ZERO);
            pauses.push(link.due().expect("it waits").0 / 1_000_000);
        }
        assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 5000, 5000]);
        link.connected();
        link.works();
        link.failed(error, Nanos::ZERO);
        assert_eq!(link.due(), Some(FIRST_PAUSE));
    }
}
