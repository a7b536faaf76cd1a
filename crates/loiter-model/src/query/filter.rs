//! Which tasks a query is about.

use std::fmt;

use super::{
    Labels, TaskColumn, parse,
    text::{folded, site_texts, wait_texts},
    vocabulary::{self, Choice, Unit},
};
use crate::{State, Task, Thresholds};

/// A parsed filter: every term must hold.
///
/// A filter lets only tasks that are alive through, unless a term asks for ended ones: `ended`,
/// `all`, `state:` with `ended` or `any` among its values, `ended-for`, `ending:` or an ending such as
/// `panicked`. A negated term asks for nothing.
///
/// The [`REFERENCE`](super::REFERENCE) has the language; a filter prints as a text that reads
/// back equal.
///
/// ```
/// use loiter_model::query::Filter;
///
/// let filter: Filter = "idle>30s site:pool,http -named".parse()?;
/// assert_eq!(filter.to_string(), "idle>30s site:pool,http -named");
///
/// let error = "idel>30s".parse::<Filter>().expect_err("no such field");
/// assert_eq!(error.span, 0..4);
/// assert!(error.message.contains("did you mean `idle`"));
/// # Ok::<(), loiter_model::query::FilterError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub(super) terms: Vec<Term>,
}

/// One condition of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub(super) negated: bool,
    pub(super) test: Test,
}

/// What a term says of a task, before negation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// It has a name.
    Named,
    /// Its choice is among these members, a bit each.
    Choice(Choice, u8),
    /// A column's number compares so with one of the values. A task without the number fails.
    Number(TaskColumn, Comparison, Vec<u64>),
    /// One of the texts is found there.
    Text(Place, How, Vec<String>),
}

/// How a number is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Comparison {
    #[inline]
    pub(super) const fn holds(self, number: u64, value: u64) -> bool {
        match self {
            Self::Equal => number == value,
            Self::Above => number > value,
            Self::AtLeast => number >= value,
            Self::Below => number < value,
            Self::AtMost => number <= value,
        }
    }
}

/// Where a text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the task's name, its site or its function. Not in what it waits on: that changes from
    /// one moment to the next.
    Anywhere,
    Name,
    Scope,
    Site,
    Function,
    /// In what the task waits on.
    Wait,
}

impl Place {
    pub(super) const fn in_name(self) -> bool {
        matches!(self, Self::Anywhere | Self::Name)
    }

    pub(super) const fn in_scope(self) -> bool {
        matches!(self, Self::Scope)
    }

    pub(super) const fn in_site(self) -> bool {
        matches!(self, Self::Anywhere | Self::Site)
    }

    pub(super) const fn in_function(self) -> bool {
        matches!(self, Self::Anywhere | Self::Function)
    }

    pub(super) const fn in_wait(self) -> bool {
        matches!(self, Self::Wait)
    }
}

/// How a text is looked for; upper and lower case are the same either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// It is a part of what is there.
    Part,
    /// It is all of what is there.
    Whole,
}

impl How {
    /// Whether `text` is found in `place`, both [`folded`].
    pub(super) fn finds(self, text: &str, place: &str) -> bool {
        match self {
            Self::Part => place.contains(text),
            Self::Whole => place == text,
        }
    }
}

impl std::str::FromStr for Filter {
    type Err = parse::FilterError;

    /// Reads a filter; an empty text is one that lets every task alive through.
    ///
    /// # Errors
    /// [`FilterError`](super::FilterError) says which bytes are wrong and what may stand there.
    /// A text (or what a filter would print as) longer than 4 KiB and one of more than 64 terms
    /// are errors too, since filters come from clients.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse::filter(text)
    }
}

impl Filter {
    /// Whether it lets every task alive through, and no other.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether it lets a task through. Looks labels up and folds texts anew every time: for many
    /// tasks use a [`TaskScan`](super::TaskScan).
    #[must_use]
    pub fn matches(&self, task: &Task, limits: &Thresholds, labels: &impl Labels) -> bool {
        (task.state != State::Ended || self.wants_ended())
            && self
                .terms
                .iter()
                .all(|term| term.negated != term.test.holds(task, limits, labels))
    }

    /// Whether it can let an ended task through: only then the ledger is looked at.
    #[must_use]
    pub fn wants_ended(&self) -> bool {
        self.terms
            .iter()
            .any(|term| !term.negated && term.test.asks_for_ended())
    }
}

impl Test {
    fn asks_for_ended(&self) -> bool {
        match self {
            Self::Choice(Choice::State, members) => members & (1 << State::Ended as u8) != 0,
            Self::Choice(Choice::Ending, _) | Self::Number(TaskColumn::EndedFor, ..) => true,
            _ => false,
        }
    }

    fn holds(&self, task: &Task, limits: &Thresholds, labels: &impl Labels) -> bool {
        match self {
            Self::Named => task.name.is_some(),
            Self::Choice(choice, members) => members & choice.member(task, limits) != 0,
            Self::Number(column, comparison, values) => column
                .number(task, limits)
                .is_some_and(|number| values.iter().any(|&value| comparison.holds(number, value))),
            Self::Text(place, how, texts) => texts
                .iter()
                .any(|text| is_found(&folded(text), *place, *how, task, labels)),
        }
    }
}

fn is_found(text: &str, place: Place, how: How, task: &Task, labels: &impl Labels) -> bool {
    if place.in_name()
        && let Some(name) = task.name.and_then(|id| labels.name(id))
        && how.finds(text, &folded(&name))
    {
        return true;
    }
    if place.in_scope() {
        let scope = task.scope.and_then(|id| labels.name(id));
        return scope.is_some_and(|scope| how.finds(text, &folded(&scope)));
    }
    if place.in_wait() {
        let wait = task.wait.and_then(|id| labels.wait(id));
        return wait.is_some_and(|wait| {
            let texts = wait_texts(&wait);
            texts.iter().any(|place| how.finds(text, place))
        });
    }
    let Some(site) = labels.site(task.site) else {
        return false;
    };
    place.in_site() && site_texts(&site).iter().any(|place| how.finds(text, place))
        || place.in_function() && how.finds(text, &folded(&site.function))
}

/// A text that reads back as an equal filter, in one spelling for each meaning.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, term) in self.terms.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{term}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("-")?;
        }
        self.test.fmt(f)
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(flag) = vocabulary::flag_of(self) {
            return f.write_str(flag);
        }
        match self {
            // It is a flag, so this is not reached.
            Self::Named => f.write_str("named"),
            Self::Choice(choice, members) => {
                write!(f, "{}:{}", choice.field(), choice.words_of(*members))
            }
            Self::Number(column, comparison, values) => {
                let unit = vocabulary::unit_of(*column);
                let operator = match comparison {
                    Comparison::Equal => ":",
                    Comparison::Above => ">",
                    Comparison::AtLeast => ">=",
                    Comparison::Below => "<",
                    Comparison::AtMost => "<=",
                };
                write!(f, "{}{operator}", super::Column::name(*column))?;
                list(f, values, |f, &value| write_number(f, unit, value))
            }
            Self::Text(Place::Anywhere, _, texts) => list(f, texts, |f, text| {
                write_text(f, text, parse::is_bare_text(text))
            }),
            Self::Text(place, how, texts) => {
                let operator = match how {
                    How::Part => ":",
                    How::Whole => "=",
                };
                write!(f, "{}{operator}", vocabulary::field_of(*place))?;
                list(f, texts, |f, text| {
                    write_text(f, text, parse::is_bare_value(text))
                })
            }
        }
    }
}

fn list<T>(
    f: &mut fmt::Formatter<'_>,
    values: &[T],
    mut write: impl FnMut(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            f.write_str(",")?;
        }
        write(f, value)?;
    }
    Ok(())
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str, is_bare: bool) -> fmt::Result {
    if is_bare {
        return f.write_str(text);
    }
    write!(f, "\"{}\"", text.replace('"', "\"\""))
}

/// Exactly, unlike `Nanos`' own way of printing, which is for tables.
fn write_number(f: &mut fmt::Formatter<'_>, unit: Unit, number: u64) -> fmt::Result {
    match unit {
        Unit::Id => write!(f, "{number}"),
        Unit::Count | Unit::Bytes => {
            let step = unit.step();
            let mut number = number;
            let mut suffix = "";
            for larger in ["k", "M", "G"] {
                if number == 0 || !number.is_multiple_of(step) {
                    break;
                }
                number /= step;
                suffix = larger;
            }
            write!(f, "{number}{suffix}")
        }
        Unit::Time if number == 0 => f.write_str("0"),
        Unit::Time => {
            let mut rest = number;
            for (unit, nanos) in crate::nanos::PARTS {
                if rest >= nanos {
                    write!(f, "{}{unit}", rest / nanos)?;
                    rest %= nanos;
                }
            }
            Ok(())
        }
    }
}
