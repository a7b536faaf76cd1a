//! A filter made ready for very many tasks.

use super::{
    Filter, Labels, TaskColumn,
    by_id::ById,
    filter::{Comparison, How, Place, Test},
    text::{fold_into, folded, site_texts, wait_texts},
    vocabulary::Choice,
};
use crate::{Site, State, Task, Thresholds, Wait};

/// Says the same as [`Filter::matches`] in a few nanoseconds.
///
/// Choices fold into one set each, and what texts say of a site or a name is worked out once
/// for each site and name.
pub(crate) struct Matcher {
    states: u8,
    kinds: u8,
    endings: u8,
    warns: u8,
    /// Of each of these sets a task must have a lint. It may have several at once, so the sets
    /// do not fold into one.
    lints: Vec<u8>,
    /// It must have none of these.
    no_lints: u8,
    /// Whether tasks without a name pass, and whether those with one do.
    named: [bool; 2],
    numbers: Vec<NumberTest>,
    texts: Vec<TextTest>,
    /// Bit `i` is set when `texts[i]` must be found, and unset when it must not.
    wanted: u64,
    /// Bit `i` is set when `texts[i]` is found in the site or its function.
    sites: ById<u64>,
    /// Bit `i` is set when `texts[i]` is found in the name.
    names: ById<u64>,
    /// Bit `i` is set when `texts[i]` is found in the scope.
    scopes: ById<u64>,
    /// Bit `i` is set when `texts[i]` is found in the wait.
    waits: ById<u64>,
    buffer: String,
}

struct NumberTest {
    column: TaskColumn,
    negated: bool,
    comparison: Comparison,
    /// Apart from `more`, since there is nearly always one only.
    value: u64,
    more: Box<[u64]>,
}

struct TextTest {
    place: Place,
    how: How,
    folded: Box<[String]>,
}

impl Matcher {
    pub(crate) fn new(filter: &Filter) -> Self {
        let alive = !(1 << State::Ended as u8);
        let mut matcher = Self {
            states: if filter.wants_ended() { u8::MAX } else { alive },
            kinds: u8::MAX,
            endings: u8::MAX,
            warns: u8::MAX,
            lints: Vec::new(),
            no_lints: 0,
            named: [true; 2],
            numbers: Vec::new(),
            texts: Vec::new(),
            wanted: 0,
            sites: ById::default(),
            names: ById::default(),
            scopes: ById::default(),
            waits: ById::default(),
            buffer: String::new(),
        };
        for term in &filter.terms {
            matcher.add(term.negated, &term.test);
        }
        matcher
    }

    fn add(&mut self, negated: bool, test: &Test) {
        match test {
            // `named` leaves out tasks without a name, `-named` those with one.
            Test::Named => self.named[usize::from(negated)] = false,
            Test::Choice(choice, members) => {
                let set = match choice {
                    Choice::State => &mut self.states,
                    Choice::Kind => &mut self.kinds,
                    Choice::Ending => &mut self.endings,
                    Choice::Warn => &mut self.warns,
                    Choice::Lint => {
                        match negated {
                            true => self.no_lints |= members,
                            false => self.lints.push(*members),
                        }
                        return;
                    }
                };
                *set &= if negated { !members } else { *members };
            }
            Test::Number(column, comparison, values) => {
                let Some((&value, more)) = values.split_first() else {
                    return;
                };
                self.numbers.push(NumberTest {
                    column: *column,
                    negated,
                    comparison: *comparison,
                    value,
                    more: more.into(),
                });
            }
            Test::Text(place, how, texts) => {
                self.wanted |= u64::from(!negated) << self.texts.len();
                self.texts.push(TextTest {
                    place: *place,
                    how: *how,
                    folded: texts.iter().map(|text| folded(text)).collect(),
                });
            }
        }
    }

    /// Whether the filter lets a task through.
    pub(crate) fn matches(
        &mut self,
        task: &Task,
        limits: &Thresholds,
        labels: &impl Labels,
    ) -> bool {
        // `&` instead of `&&`: a branch on what differs from task to task is often guessed
        // wrong, which costs more than the tests.
        let chosen = (self.states & Choice::State.member(task, limits) != 0)
            & (self.kinds & Choice::Kind.member(task, limits) != 0)
            & (self.endings & Choice::Ending.member(task, limits) != 0)
            & self.named[usize::from(task.name.is_some())];
        let warned = self.warns == u8::MAX || self.warns & Choice::Warn.member(task, limits) != 0;
        let hinted = self.has_right_lints(task, limits);
        let numbers = self.numbers.iter();
        let passes = numbers.fold(true, |all, test| all & test.passes(task, limits));
        (chosen & warned & hinted & passes)
            && (self.texts.is_empty() || self.found(task, labels) == self.wanted)
    }

    fn has_right_lints(&self, task: &Task, limits: &Thresholds) -> bool {
        if self.lints.is_empty() && self.no_lints == 0 {
            return true;
        }
        let lints = Choice::Lint.member(task, limits);
        let sets = self.lints.iter();
        sets.fold(self.no_lints & lints == 0, |all, set| {
            all & (set & lints != 0)
        })
    }

    /// Bit `i` is set when `texts[i]` is found.
    fn found(&mut self, task: &Task, labels: &impl Labels) -> u64 {
        let texts = &self.texts;
        let in_site = self.sites.get_or_make(task.site.0, || {
            labels
                .site(task.site)
                .map_or(0, |site| find_in_site(texts, &site))
        });
        let in_wait = task.wait.map_or(0, |id| {
            self.waits.get_or_make(id.0, || {
                let wait = labels.wait(id);
                wait.map_or(0, |wait| find_in_wait(texts, &wait))
            })
        });
        let buffer = &mut self.buffer;
        let mut find = |id, is_there: fn(Place) -> bool| {
            labels.name(id).map_or(0, |name| {
                fold_into(buffer, &name);
                bits(texts, |test| {
                    is_there(test.place) && test.is_found_in(buffer)
                })
            })
        };
        let in_name = task.name.map_or(0, |id| {
            self.names.get_or_make(id.0, || find(id, Place::in_name))
        });
        let in_scope = task.scope.map_or(0, |id| {
            self.scopes.get_or_make(id.0, || find(id, Place::in_scope))
        });
        in_site | in_wait | in_name | in_scope
    }
}

fn find_in_site(texts: &[TextTest], site: &Site) -> u64 {
    let places = site_texts(site);
    let function = folded(&site.function);
    bits(texts, |test| {
        test.place.in_site() && places.iter().any(|place| test.is_found_in(place))
            || test.place.in_function() && test.is_found_in(&function)
    })
}

fn find_in_wait(texts: &[TextTest], wait: &Wait) -> u64 {
    let places = wait_texts(wait);
    bits(texts, |test| {
        test.place.in_wait() && places.iter().any(|place| test.is_found_in(place))
    })
}

/// A filter has no more terms than there are bits.
fn bits(texts: &[TextTest], is_found: impl Fn(&TextTest) -> bool) -> u64 {
    let tests = texts.iter().enumerate();
    tests.fold(0, |bits, (i, test)| bits | u64::from(is_found(test)) << i)
}

impl TextTest {
    fn is_found_in(&self, place: &str) -> bool {
        self.folded.iter().any(|text| self.how.finds(text, place))
    }
}

impl NumberTest {
    #[inline]
    fn passes(&self, task: &Task, limits: &Thresholds) -> bool {
        let holds = self.column.number(task, limits).is_some_and(|number| {
            self.comparison.holds(number, self.value)
                || self
                    .more
                    .iter()
                    .any(|&value| self.comparison.holds(number, value))
        });
        holds != self.negated
    }
}
