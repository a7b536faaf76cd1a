//! How often the agent speaks up.

use loiter_model::Nanos;

/// So much is said in a minute, unless it says so.
const MOST: u32 = 10;
const MINUTE: Nanos = Nanos::from_secs(60);

/// Counts what is said and what is left out. Pure: time is an argument.
#[derive(Debug)]
pub(crate) struct Rate {
    most: u32,
    /// When the minute began in which something is said.
    began: Option<Nanos>,
    said: u32,
    left_out: u64,
}

impl Default for Rate {
    fn default() -> Self {
        Self::of(MOST)
    }
}

impl Rate {
    /// So much in a minute.
    pub(crate) fn of(most: u32) -> Self {
        Self {
            most,
            began: None,
            said: 0,
            left_out: 0,
        }
    }

    /// Whether one more may be said.
    pub(crate) fn admits(&mut self, at: Nanos) -> bool {
        self.began.get_or_insert(at);
        let admitted = self.said < self.most;
        match admitted {
            true => self.said += 1,
            false => self.left_out += 1,
        }
        admitted
    }

    /// Something was not said after all.
    pub(crate) fn leave_out(&mut self) {
        self.left_out += 1;
    }

    /// How much was left out, said once, after the minute is over.
    pub(crate) fn settle(&mut self, at: Nanos) -> Option<u64> {
        let began = self.began?;
        if at.saturating_sub(began) < MINUTE {
            return None;
        }
        let left_out = self.left_out;
        *self = Self::of(self.most);
        (left_out > 0).then_some(left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_a_minute_are_said_and_the_others_counted() {
        let at = Nanos::from_secs;
        let mut rate = Rate::default();
        assert_eq!(rate.settle(at(1)), None);
        for minute in [100, 160] {
            let said = (0..25).filter(|second| rate.admits(at(minute + second)));
            assert_eq!(said.count(), 10);
            assert_eq!(rate.settle(at(minute + 59)), None);
            assert_eq!(rate.settle(at(minute + 60)), Some(15));
        }
        assert!(rate.admits(at(220)));
        assert_eq!(rate.settle(at(280)), None, "nothing was left out");
        rate.leave_out();
        assert!(rate.admits(at(281)));
        assert_eq!(rate.settle(at(341)), Some(1));
    }
}
