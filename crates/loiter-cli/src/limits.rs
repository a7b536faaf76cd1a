//! The thresholds that the user sets; the others are the program's own.

use loiter_model::{Nanos, Thresholds};

/// What the user says of when a task counts as blocked, hogging or starved; `None` leaves it to
/// the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The idle time from which a task counts as blocked.
    pub blocked_after: Option<Nanos>,
    /// The length of one poll from which a task counts as hogging its worker.
    pub hogging_after: Option<Nanos>,
    /// The wait for a worker from which a woken task counts as starved.
    pub starved_after: Option<Nanos>,
}

impl Limits {
    /// The thresholds in force for a program that has these.
    #[must_use]
    pub fn over(&self, own: Thresholds) -> Thresholds {
        Thresholds {
            blocked_after: self.blocked_after.unwrap_or(own.blocked_after),
            hogging_after: self.hogging_after.unwrap_or(own.hogging_after),
            starved_after: self.starved_after.unwrap_or(own.starved_after),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_does_not_set_is_the_programs() {
        let own = Thresholds::default();
        assert_eq!(Limits::default().over(own), own);
        let limits = Limits {
            hogging_after: Some(Nanos(1)),
            starved_after: Some(Nanos(2)),
            ..Limits::default()
        };
        let expected = Thresholds {
            hogging_after: Nanos(1),
            starved_after: Nanos(2),
            ..own
        };
        assert_eq!(limits.over(own), expected);
    }
}
