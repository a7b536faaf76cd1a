//! What one client was told of tasks, so that it is told what is new.

use std::collections::HashMap;

use loiter_model::{NameId, Nanos, Task, TaskSeq};

use super::figures::Figures;
use crate::sync::PAGE;

/// A client's picture of the table: some 100 bytes a slot, allocated page by page as tasks come.
///
/// Of each round, in this order: [`remembered`](Self::remembered) takes what has ended,
/// [`see`](Self::see) every slot, [`gone`](Self::gone) says how it ended with those that were
/// alive before. Taken in this order, nothing that is alive in the picture is among the
/// remembered but for those that a slot no longer has.
#[derive(Default)]
pub(super) struct Told {
    /// By the slot's index.
    pages: Vec<Option<Box<[Option<Known>; PAGE]>>>,
    /// The one that ended last of those in the ledger.
    last_ended: Option<TaskSeq>,
    /// New in the ledger since the last round.
    ended: HashMap<TaskSeq, Task>,
    /// Gone from their slots in this round.
    gone: Vec<Known>,
    /// Gone in the round before, when the ledger had no word of it yet; and when that was.
    overdue: Vec<(Known, Nanos)>,
}

#[derive(Clone, Copy)]
struct Known {
    seq: TaskSeq,
    figures: Figures,
    late: Late,
}

/// What may become known of a task only at its first poll: in a program without flags tokio's id,
/// in others what was said to loiter at its spawn. The task is told anew then.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Late {
    has_id: bool,
    name: Option<NameId>,
    scope: Option<NameId>,
}

impl Late {
    fn of(task: &Task) -> Self {
        Self {
            has_id: task.tokio_id.is_some(),
            name: task.name,
            scope: task.scope,
        }
    }
}

impl Known {
    /// The news of it when it looks like this.
    fn now(&self, task: &Task, figures: Figures) -> Option<News> {
        if self.late != Late::of(task) {
            return Some(News::Task(*task, figures));
        }
        (self.figures != figures).then_some(News::Change(task.seq, figures))
    }

    /// The news of its end.
    fn end(&self, task: &Task) -> News {
        let figures = Figures::ended(task);
        let change = News::Change(self.seq, figures);
        self.now(task, figures).unwrap_or(change)
    }
}

/// Something to tell.
#[derive(Clone, Copy, Debug)]
pub(super) enum News {
    /// Of a task that the client may not know.
    Task(Task, Figures),
    /// Of one that it knows.
    Change(TaskSeq, Figures),
}

impl Told {
    /// Takes over a task of the ledger, those that ended last first. Whether older ones may be
    /// new to the client, too.
    pub(super) fn remembered(&mut self, task: &Task, newest: &mut Option<TaskSeq>) -> bool {
        if newest.is_none() {
            *newest = Some(task.seq);
        }
        if self.last_ended == Some(task.seq) {
            return false;
        }
        self.ended.insert(task.seq, *task);
        true
    }

    /// The whole ledger was shown; `newest` stands first in it.
    pub(super) fn remembered_all(&mut self, newest: Option<TaskSeq>) {
        self.last_ended = newest.or(self.last_ended);
    }

    /// Those that were missed in the ledger in the round before: what it says of them now, or else
    /// what was last seen of them.
    pub(super) fn overdue(&mut self) -> Vec<News> {
        let overdue = std::mem::take(&mut self.overdue);
        let ends = overdue
            .into_iter()
            .map(|(known, at)| match self.ended.remove(&known.seq) {
                Some(task) => known.end(&task),
                None => News::Change(known.seq, known.figures.ended_by(at)),
            });
        ends.collect()
    }

    /// Takes what is in a slot; gives what of it is new.
    pub(super) fn see(&mut self, index: u32, alive: Option<(Task, Figures)>) -> Option<News> {
        let place = self.place(index as usize, alive.is_some())?;
        let before = place.take();
        let Some((task, figures)) = alive else {
            self.gone.extend(before);
            return None;
        };
        *place = Some(Known {
            seq: task.seq,
            figures,
            late: Late::of(&task),
        });
        match before {
            Some(known) if known.seq == task.seq => known.now(&task, figures),
            gone => {
                self.gone.extend(gone);
                Some(News::Task(task, figures))
            }
        }
    }

    /// How it ended with those that are no longer in their slots, and who came and went meanwhile.
    /// Of whom the ledger has no word yet is told in the next round.
    pub(super) fn gone(&mut self, now: Nanos) -> Vec<News> {
        let mut news = Vec::new();
        for known in std::mem::take(&mut self.gone) {
            match self.ended.remove(&known.seq) {
                Some(task) => news.push(known.end(&task)),
                None => self.overdue.push((known, now)),
            }
        }
        let unknown = std::mem::take(&mut self.ended).into_values();
        news.extend(unknown.map(|task| News::Task(task, Figures::ended(&task))));
        news
    }

    /// What is known of a slot; `None` if nothing is and nothing is `wanted` to be.
    fn place(&mut self, index: usize, wanted: bool) -> Option<&mut Option<Known>> {
        let page = index / PAGE;
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, || None);
        }
        let page = &mut self.pages[page];
        if page.is_none() && !wanted {
            return None;
        }
        let page = page.get_or_insert_with(|| Box::new([None; PAGE]));
        Some(&mut page[index % PAGE])
    }
}

#[cfg(test)]
mod tests {
    use loiter_model::State;

    use super::{super::figures::tests, *};
    use crate::table::Moments;

    fn alive(seq: u64, state: State) -> Option<(Task, Figures)> {
        let task = tests::task(seq, state, 10);
        Some((task, Figures::alive(&task, Moments::default())))
    }

    /// A round: the ledger (newest first), then the slots. Gives `+` for what is new, `~` for a
    /// change, with a `!` for an end.
    fn round(told: &mut Told, ledger: &[u64], slots: &[Option<(Task, Figures)>]) -> Vec<String> {
        let mut newest = None;
        for &seq in ledger {
            if !told.remembered(&tests::task(seq, State::Ended, 0), &mut newest) {
                break;
            }
        }
        told.remembered_all(newest);
        let mut news = told.overdue();
        let seen = slots.iter().enumerate();
        news.extend(seen.filter_map(|(index, alive)| told.see(index as u32, *alive)));
        news.extend(told.gone(Nanos(5000)));
        let mut words: Vec<_> = news.iter().map(word).collect();
        words.sort();
        words
    }

    fn word(news: &News) -> String {
        let (sign, seq, figures) = match news {
            News::Task(task, figures) => ('+', task.seq, figures),
            News::Change(seq, figures) => ('~', *seq, figures),
        };
        let end = figures.ended_at.map(|at| format!("!{at}"));
        format!("{sign}{seq}{}", end.unwrap_or_default())
    }

    #[test]
    fn only_what_changed_is_told_again() {
        let mut told = Told::default();
        let idle = |seq| alive(seq, State::Idle);
        assert_eq!(
            round(&mut told, &[], &[idle(1), None, idle(2)]),
            ["+1", "+2"]
        );
        assert!(round(&mut told, &[], &[idle(1), None, idle(2)]).is_empty());
        let slots = [idle(1), idle(3), alive(2, State::Running)];
        assert_eq!(round(&mut told, &[], &slots), ["+3", "~2"]);
    }

    #[test]
    fn an_end_is_told_once_by_the_ledger() {
        let mut told = Told::default();
        let idle = |seq| alive(seq, State::Idle);
        // The ledger remembers older ones at the start, and 2 comes and goes between two rounds.
        assert_eq!(round(&mut told, &[7], &[idle(9)]), ["+7!1000", "+9"]);
        assert_eq!(
            round(&mut told, &[8, 9, 7], &[None]),
            ["+8!1000", "~9!1000"]
        );
        assert!(round(&mut told, &[8, 9, 7], &[None]).is_empty());
        // The one told last is forgotten, all that is there came later.
        assert_eq!(round(&mut told, &[12, 11], &[None]).len(), 2);
        assert!(round(&mut told, &[12, 11], &[None]).is_empty());
        assert!(round(&mut told, &[], &[None]).is_empty());
    }

    #[test]
    fn a_slots_next_task_does_not_hide_the_end_of_the_last_one() {
        let mut told = Told::default();
        round(&mut told, &[], &[alive(1, State::Idle)]);
        let next = [alive(2, State::Idle)];
        assert_eq!(round(&mut told, &[1], &next), ["+2", "~1!1000"]);
    }

    #[test]
    fn an_end_that_the_ledger_does_not_know_is_told_in_the_next_round() {
        let mut told = Told::default();
        round(
            &mut told,
            &[],
            &[alive(1, State::Idle), alive(2, State::Idle)],
        );
        assert!(round(&mut told, &[], &[None, None]).is_empty());
        // One was late, of the other there is no word.
        assert_eq!(
            round(&mut told, &[1], &[None, None]),
            ["~1!1000", "~2!5000"]
        );
        assert!(round(&mut told, &[1], &[None, None]).is_empty());
    }

    #[test]
    fn what_becomes_known_late_is_told_anew() {
        let mut told = Told::default();
        let (mut unpolled, figures) = alive(1, State::Scheduled).expect("one");
        unpolled.tokio_id = None;
        round(&mut told, &[], &[Some((unpolled, figures))]);
        assert_eq!(round(&mut told, &[], &[alive(1, State::Idle)]), ["+1"]);
        assert!(round(&mut told, &[], &[alive(1, State::Idle)]).is_empty());

        let (mut named, figures) = alive(1, State::Idle).expect("one");
        named.name = Some(NameId(7));
        assert_eq!(round(&mut told, &[], &[Some((named, figures))]), ["+1"]);
        // The ledger's has none, as if it had ended before it was known.
        assert_eq!(round(&mut told, &[1], &[None]), ["+1!1000"]);
    }
}
