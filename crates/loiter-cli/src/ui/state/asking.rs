//! What the source was asked last, and when it may be asked something else.

use loiter_model::Nanos;

use crate::ui::message::Question;

/// Keys repeat some thirty times a second; each may change the question, and each question
/// makes the agent look at every task.
const PAUSE: Nanos = Nanos::from_millis(75);

/// Numbers questions and spaces them out: the latest wins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asking {
    number: u64,
    question: Option<Question>,
    at: Option<Nanos>,
    due: Option<Nanos>,
    answered: bool,
}

impl Asking {
    /// The number of the question that was asked last.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Whether what was asked last has been answered at least once.
    pub(crate) fn is_answered(&self) -> bool {
        self.answered && self.due.is_none()
    }

    /// When the question that is waiting may be asked.
    pub(crate) fn due(&self) -> Option<Nanos> {
        self.due
    }

    /// Takes note of an answer; false for one to an earlier question.
    pub(crate) fn answered(&mut self, number: u64) -> bool {
        let current = number == self.number && self.question.is_some();
        self.answered |= current;
        current
    }

    /// There is nothing to ask at the moment.
    pub(crate) fn rest(&mut self) {
        self.due = None;
    }

    /// Forgets what was asked, so that it is asked again.
    pub(crate) fn forget(&mut self) {
        self.question = None;
        self.answered = false;
        self.due = None;
    }

    /// The number to ask this question under, if it is another than before and its time has
    /// come.
    pub(crate) fn ask(&mut self, question: &Question, now: Nanos) -> Option<u64> {
        if self.question.as_ref() == Some(question) {
            self.due = None;
            return None;
        }
        let earliest = self.at.map_or(Nanos::ZERO, |at| at.saturating_add(PAUSE));
        if now < earliest {
            self.due = Some(earliest);
            return None;
        }
        self.number += 1;
        self.question = Some(question.clone());
        self.at = Some(now);
        self.due = None;
        self.answered = false;
        Some(self.number)
    }
}

#[cfg(test)]
mod tests {
    use loiter_model::{TaskSeq, Thresholds};

    use super::*;

    fn question(seq: u64) -> Question {
        Question::Task {
            seq: TaskSeq::new(seq).expect("not zero"),
            thresholds: Thresholds::default(),
        }
    }

    #[test]
    fn the_latest_of_many_questions_is_asked() {
        let mut asking = Asking::default();
        let at = Nanos::from_millis;
        assert_eq!(asking.ask(&question(1), at(0)), Some(1));
        assert_eq!(asking.ask(&question(1), at(10)), None);
        assert_eq!(asking.due(), None);
        assert_eq!(asking.ask(&question(2), at(10)), None);
        assert_eq!(asking.ask(&question(3), at(20)), None);
        assert_eq!(asking.due(), Some(at(75)));
        assert_eq!(asking.ask(&question(3), at(75)), Some(2));
        assert!(!asking.answered(1));
        assert!(asking.answered(2));
        assert!(asking.is_answered());
    }

    #[test]
    fn a_question_taken_back_is_not_asked() {
        let mut asking = Asking::default();
        asking.ask(&question(1), Nanos::ZERO);
        asking.ask(&question(2), Nanos(1));
        asking.ask(&question(1), Nanos(2));
        assert_eq!(asking.due(), None);
    }
}
