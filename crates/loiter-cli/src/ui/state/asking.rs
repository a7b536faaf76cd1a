//! What the source was asked last, and when it may be asked something else.

use loiter_model::Nanos;

use crate::ui::message::Question;

/// Keys repeat some thirty times a second; each may change the question, and each question
/// makes the agent look at every task.
const PAUSE: Nanos = Nanos::from_millis(75);
/// Until a question is asked again for which the source had no room.
const ROOM: Nanos = Nanos::from_secs(2);

/// Numbers questions and spaces them out: the latest wins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asking {
    number: u64,
    question: Option<Question>,
    at: Option<Nanos>,
    due: Option<Nanos>,
    answered: bool,
    turned_away: Option<TurnedAway>,
}

/// The source answers, but has no room for this question now.
#[derive(Clone, Debug)]
struct TurnedAway {
    reason: String,
    until: Nanos,
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
        let again = self.turned_away.as_ref().map(|turned| turned.until);
        // Once it is asked again, the answer is waited for.
        self.due.or(again.filter(|until| Some(*until) > self.at))
    }

    /// Why the source has no room for the question, since it last said so.
    pub(crate) fn turned_away(&self) -> Option<&str> {
        self.turned_away
            .as_ref()
            .map(|turned| turned.reason.as_str())
    }

    /// The source has no room for what it was asked last: it is asked again after a while.
    pub(crate) fn turn_away(&mut self, reason: String, now: Nanos) {
        let until = now.saturating_add(ROOM);
        self.turned_away = Some(TurnedAway { reason, until });
        self.answered = false;
    }

    /// The source has answered with what it was asked for.
    pub(crate) fn has_room(&mut self) {
        self.turned_away = None;
    }

    /// Takes note of an answer; false for one to an earlier question.
    pub(crate) fn answered(&mut self, number: u64) -> bool {
        let current = number == self.number && self.question.is_some();
        self.answered |= current;
        current
    }

    /// There is nothing to ask at the moment, and what was asked is not answered any more. False
    /// if nothing was asked anyway.
    pub(crate) fn rest(&mut self) -> bool {
        let was_asked = self.question.take().is_some();
        self.due = None;
        self.turned_away = None;
        was_asked
    }

    /// Forgets what was asked, so that it is asked again.
    pub(crate) fn forget(&mut self) {
        self.question = None;
        self.answered = false;
        self.due = None;
        self.turned_away = None;
    }

    /// The number to ask this question under, if it is another than before and its time has
    /// come.
    pub(crate) fn ask(&mut self, question: &Question, now: Nanos) -> Option<u64> {
        match self.again(question) {
            Again::Now if self.question.as_ref() == Some(question) => {
                self.due = None;
                return None;
            }
            Again::Now => {}
            Again::From(until) if now < until => {
                self.due = None;
                return None;
            }
            Again::From(_) => {}
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

    /// When a question may be asked, but for the pause between any two. One for another view
    /// than the one that was turned away may be at once; asked again, its answer is waited for.
    fn again(&mut self, question: &Question) -> Again {
        let is_same_view = self
            .question
            .as_ref()
            .is_some_and(|before| match (before, question) {
                (Question::Tasks(_), Question::Tasks(_))
                | (Question::Sites(_), Question::Sites(_))
                | (Question::Waits(_), Question::Waits(_))
                | (Question::Resources(_), Question::Resources(_))
                | (Question::Findings { .. }, Question::Findings { .. }) => true,
                (Question::Resource(seq), Question::Resource(other)) => seq == other,
                (Question::Task { seq, .. }, Question::Task { seq: other, .. }) => seq == other,
                _ => false,
            });
        if !is_same_view && self.turned_away.take().is_some() {
            // Nobody answers it any more: coming back to it, it is asked anew.
            self.question = None;
        }
        match &self.turned_away {
            Some(turned) if self.at < Some(turned.until) => Again::From(turned.until),
            _ => Again::Now,
        }
    }
}

/// When a question may be asked again.
enum Again {
    Now,
    From(Nanos),
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
    fn what_there_was_no_room_for_is_asked_again_after_a_while() {
        let mut asking = Asking::default();
        let at = Nanos::from_secs;
        assert_eq!(asking.ask(&question(1), at(0)), Some(1));
        asking.turn_away("full".to_owned(), at(1));
        assert_eq!(asking.turned_away(), Some("full"));
        assert_eq!(asking.due(), Some(at(3)));
        assert_eq!(asking.ask(&question(1), at(2)), None);
        assert_eq!(asking.ask(&question(1), at(3)), Some(2));
        assert_eq!(asking.due(), None);
        assert_eq!(asking.ask(&question(1), at(60)), None, "no answer yet");
        assert_eq!(asking.turned_away(), Some("full"), "as far as is known");
        asking.turn_away("full".to_owned(), at(61));
        assert_eq!(asking.ask(&question(2), at(61)), Some(3), "something else");
        assert_eq!((asking.turned_away(), asking.due()), (None, None));
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
