//! The words of the filter language: one table for the parser, its messages, the reference and
//! completion.

use super::{
    ReferenceRow, TaskColumn,
    filter::{Place, Test},
};
use crate::{Condition, Ending, Kind, Lint, State, Task, Thresholds, WaitKind};

/// A word that a condition on its value can follow.
pub(super) struct Field {
    /// For a number the name of its column.
    pub(super) name: &'static str,
    /// Other spellings that people try.
    aliases: &'static [&'static str],
    pub(super) values: Values,
    /// As it is written, for the reference.
    syntax: &'static str,
    pub(super) meaning: &'static str,
}

impl Field {
    /// Its name and the operator that usually follows, as the reference has it.
    pub(super) fn with_operator(&self) -> &'static str {
        let end = self.name.len() + 1;
        &self.syntax[..end]
    }
}

/// What a field is compared with.
#[derive(Clone, Copy)]
pub(super) enum Values {
    Choice(Choice),
    Number(TaskColumn, Unit),
    Text(Place),
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// `30s`.
    Time,
    /// `10k` is 10,000.
    Count,
    /// `10k` is 10,240.
    Bytes,
    /// `12`.
    Id,
}

impl Unit {
    /// What `k` multiplies by.
    pub(super) const fn step(self) -> u64 {
        match self {
            Self::Bytes => 1024,
            _ => 1000,
        }
    }
}

/// A property with few values, each a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    State,
    Kind,
    Ending,
    Warn,
    Lint,
}

/// The member of tasks that have no value of a choice: alive ones have no ending. It is in no
/// written set, only in the complement of one.
const NO_MEMBER: u8 = 1 << 7;

impl Choice {
    /// The field's name.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Kind => "kind",
            Self::Ending => "ending",
            Self::Warn => "warn",
            Self::Lint => "lint",
        }
    }

    /// The values' words; the index of a word is that of its member's bit.
    pub(super) fn words(self) -> Vec<&'static str> {
        match self {
            Self::State => State::ALL.iter().map(|state| state.name()).collect(),
            Self::Kind => Kind::ALL.iter().map(|kind| kind.name()).collect(),
            Self::Ending => Ending::ALL.map(ending_word).to_vec(),
            Self::Warn => Condition::ALL.iter().map(|warn| warn.name()).collect(),
            Self::Lint => Lint::ALL.iter().map(|lint| lint.name()).collect(),
        }
    }

    /// Every member that has a word.
    pub(super) fn any(self) -> u8 {
        (1 << self.words().len()) - 1
    }

    /// The set that a word stands for.
    pub(super) fn members(self, word: &str) -> Option<u8> {
        if word.eq_ignore_ascii_case("any") || word.eq_ignore_ascii_case("all") {
            return Some(self.any());
        }
        let index = self.words().iter().position(|name| is_word(name, word))?;
        Some(1 << index)
    }

    /// A set as it is written.
    pub(super) fn words_of(self, members: u8) -> String {
        if members == self.any() {
            return "any".to_owned();
        }
        let words = self.words();
        let named = words.iter().enumerate();
        let members = named.filter(|(index, _)| members & (1 << index) != 0);
        members.map(|(_, word)| *word).collect::<Vec<_>>().join(",")
    }

    /// A task's member; of lints, of which it may have several or none, all of them.
    #[inline]
    pub(super) fn member(self, task: &Task, limits: &Thresholds) -> u8 {
        match self {
            Self::State => 1 << task.state as u8,
            Self::Kind => 1 << task.kind as u8,
            Self::Ending => task.ending.map_or(NO_MEMBER, |ending| 1 << ending as u8),
            Self::Warn => task
                .condition(limits)
                .map_or(NO_MEMBER, |condition| 1 << condition as u8),
            Self::Lint => task.lints(limits).bits(),
        }
    }
}

/// A word that is a term by itself.
pub(super) struct Flag {
    pub(super) name: &'static str,
    means: FlagMeans,
    pub(super) meaning: &'static str,
}

enum FlagMeans {
    Named,
    One(Choice, u8),
    Any(Choice),
}

impl Flag {
    pub(super) fn test(&self) -> Test {
        match self.means {
            FlagMeans::Named => Test::Named,
            FlagMeans::One(choice, index) => Test::Choice(choice, 1 << index),
            FlagMeans::Any(choice) => Test::Choice(choice, choice.any()),
        }
    }
}

macro_rules! fields {
    ($($name:literal [$($alias:literal),*] $values:expr, $syntax:literal $meaning:literal;)*) => {
        /// Every field, in the reference's order.
        pub(super) const FIELDS: &[Field] = &[$(Field {
            name: $name,
            aliases: &[$($alias),*],
            values: $values,
            syntax: $syntax,
            meaning: $meaning,
        }),*];
    };
}

const fn choice(choice: Choice) -> Values {
    Values::Choice(choice)
}

const fn number(column: TaskColumn, unit: Unit) -> Values {
    Values::Number(column, unit)
}

const fn text(place: Place) -> Values {
    Values::Text(place)
}

fields! {
    "idle" [] number(TaskColumn::Idle, Unit::Time),
        "idle>30s" "waiting now, for longer than this; also ns, us, ms, m, h, d";
    "busy" [] number(TaskColumn::Busy, Unit::Time),
        "busy>1s" "time inside polls, in all";
    "scheduled" ["sched"] number(TaskColumn::Scheduled, Unit::Time),
        "scheduled>100ms" "time woken and waiting for a worker, in all";
    "total-idle" ["waited"] number(TaskColumn::TotalIdle, Unit::Time),
        "total-idle>1h" "time waiting, in all";
    "total" ["age"] number(TaskColumn::Total, Unit::Time),
        "total>1m30s" "time since its spawn, or from spawn to end";
    "ended-for" [] number(TaskColumn::EndedFor, Unit::Time),
        "ended-for<6s" "time since its end; ended tasks only";
    "longest-poll" ["max-poll"] number(TaskColumn::LongestPoll, Unit::Time),
        "longest-poll>=10ms" "its longest poll";
    "polls" [] number(TaskColumn::Polls, Unit::Count),
        "polls>10k" "how often it was polled; also M, G";
    "wakes" [] number(TaskColumn::Wakes, Unit::Count),
        "wakes:1" "how often it was woken";
    "self-wakes" [] number(TaskColumn::SelfWakes, Unit::Count),
        "self-wakes>1k" "how often it woke itself inside its own poll";
    "wakers" [] number(TaskColumn::Wakers, Unit::Count),
        "wakers:0" "clones of its waker that exist now";
    "size" [] number(TaskColumn::Size, Unit::Bytes),
        "size>16k" "bytes of its future; k is 1024";
    "seq" [] number(TaskColumn::Seq, Unit::Id),
        "seq:12" "the agent's number of the task";
    "tokio-id" ["id"] number(TaskColumn::TokioId, Unit::Id),
        "tokio-id:12" "tokio's id of the task";
    "parent" [] number(TaskColumn::Parent, Unit::Id),
        "parent:12" "spawned inside the task of this number";
    "woken-by" [] number(TaskColumn::WokenBy, Unit::Id),
        "woken-by:12" "woken last inside the task of this number";
    "name" [] text(Place::Name),
        "name:worker" "a part of its name";
    "scope" [] text(Place::Scope),
        "scope:checkout" "a part of the scope that it was spawned in";
    "site" [] text(Place::Site),
        "site:pool.rs:88" "a part of the place where it was spawned; `site=` for all of it";
    "fn" ["function"] text(Place::Function),
        "fn:resolve" "a part of the name of a blocking task's function";
    "wait" ["waits-on"] text(Place::Wait),
        "wait:\"mpsc recv\"" "a part of what it waits on and where; `wait=` for all of it or the kind";
    "state" [] choice(Choice::State),
        "state:idle,running" "running, scheduled, idle or ended; any: alive and ended tasks";
    "kind" [] choice(Choice::Kind),
        "kind:blocking" "task, local, blocking or block_on";
    "ending" [] choice(Choice::Ending),
        "ending:panicked" "finished, cancelled, panicked or unknown; ended tasks only";
    "warn" [] choice(Choice::Warn),
        "warn:blocked" "blocked, hogging or starved; any of them: any";
    "lint" ["lints"] choice(Choice::Lint),
        "lint:self-wakes" "a hint: self-wakes, lost-waker, never-yielded, …; any of them: any";
}

macro_rules! flags {
    ($($name:literal $means:expr, $meaning:literal;)*) => {
        /// Every flag, in the reference's order.
        pub(super) const FLAGS: &[Flag] = &[$(Flag {
            name: $name,
            means: $means,
            meaning: $meaning,
        }),*];
    };
}

const fn state(state: State) -> FlagMeans {
    FlagMeans::One(Choice::State, state as u8)
}

const fn ending(ending: Ending) -> FlagMeans {
    FlagMeans::One(Choice::Ending, ending as u8)
}

const fn warn(condition: Condition) -> FlagMeans {
    FlagMeans::One(Choice::Warn, condition as u8)
}

flags! {
    "warn" FlagMeans::Any(Choice::Warn), "blocked, hogging or starved";
    "blocked" warn(Condition::Blocked), "idle beyond the threshold";
    "hogging" warn(Condition::Hogging), "in one poll beyond the threshold";
    "starved" warn(Condition::Starved), "waiting for a worker beyond the threshold";
    "lint" FlagMeans::Any(Choice::Lint), "has a lint: a hint on it";
    "running" state(State::Running), "inside a poll";
    "scheduled" state(State::Scheduled), "woken and waiting for a worker";
    "idle" state(State::Idle), "waiting";
    "ended" state(State::Ended), "ended, as far as remembered";
    "finished" ending(Ending::Finished), "ended by returning";
    "cancelled" ending(Ending::Cancelled), "ended by an abort, or with its runtime";
    "panicked" ending(Ending::Panicked), "ended by a panic";
    "all" FlagMeans::Any(Choice::State), "alive and ended tasks";
    "named" FlagMeans::Named, "has a name";
}

/// What holds for the language as a whole.
const GRAMMAR: &[ReferenceRow] = &[
    row(
        "pool",
        "a part of the name, the site or the function; case does not matter",
    ),
    row(
        "\"two words\"",
        "the same, with spaces, or a word that means something else here",
    ),
    row("idle>30s site:pool", "both hold"),
    row("-blocked  !site:pool", "does not hold"),
    row("site:pool,http", "one of them holds"),
    row(
        ": = != < <= > >=",
        "is, is not, below, above; `:` with a text: contains, `=`: is all of",
    ),
];

const fn row(syntax: &'static str, meaning: &'static str) -> ReferenceRow {
    ReferenceRow { syntax, meaning }
}

const ROWS: usize = GRAMMAR.len() + FIELDS.len() + FLAGS.len();

/// Grammar, then fields, then flags.
pub(super) const REFERENCE: [ReferenceRow; ROWS] = {
    let mut rows = [row("", ""); ROWS];
    let mut next = 0;
    let mut index = 0;
    while index < GRAMMAR.len() {
        rows[next] = GRAMMAR[index];
        (index, next) = (index + 1, next + 1);
    }
    index = 0;
    while index < FIELDS.len() {
        rows[next] = row(FIELDS[index].syntax, FIELDS[index].meaning);
        (index, next) = (index + 1, next + 1);
    }
    index = 0;
    while index < FLAGS.len() {
        rows[next] = row(FLAGS[index].name, FLAGS[index].meaning);
        (index, next) = (index + 1, next + 1);
    }
    rows
};

/// The field of a name or alias.
pub(super) fn field(word: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| {
        is_word(field.name, word) || field.aliases.iter().any(|alias| is_word(alias, word))
    })
}

/// The flag of a name.
pub(super) fn flag(word: &str) -> Option<&'static Flag> {
    FLAGS.iter().find(|flag| is_word(flag.name, word))
}

/// The flag that says the same as a test.
pub(super) fn flag_of(test: &Test) -> Option<&'static str> {
    let flag = FLAGS.iter().find(|flag| flag.test() == *test)?;
    Some(flag.name)
}

/// How a column's numbers are written.
pub(super) fn unit_of(column: TaskColumn) -> Unit {
    let unit = FIELDS.iter().find_map(|field| match field.values {
        Values::Number(of, unit) if of == column => Some(unit),
        _ => None,
    });
    unit.unwrap_or(Unit::Id)
}

/// The field that looks for texts there.
pub(super) fn field_of(place: Place) -> &'static str {
    let field = FIELDS
        .iter()
        .find(|field| matches!(field.values, Values::Text(of) if of == place));
    field.map_or("", |field| field.name)
}

/// The kinds of waits as they are written in a filter: in quotes where they have a space.
pub(super) fn wait_kinds() -> Vec<&'static str> {
    WaitKind::ALL.iter().map(|kind| kind.written()).collect()
}

/// A word of the language has no space.
const fn ending_word(ending: Ending) -> &'static str {
    match ending {
        Ending::RuntimeDropped => "runtime-dropped",
        _ => ending.name(),
    }
}

/// Upper and lower case, `_` and `-` are the same in the language's own words, and so is a space
/// in quotes.
fn is_word(word: &str, written: &str) -> bool {
    word.len() == written.len()
        && word.bytes().zip(written.bytes()).all(|(a, b)| {
            a.eq_ignore_ascii_case(&b)
                || (matches!(a, b'-' | b'_') && matches!(b, b'-' | b'_' | b' '))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Column;

    #[test]
    fn a_field_of_a_number_is_named_like_its_column() {
        for field in FIELDS {
            if let Values::Number(column, _) = field.values {
                assert_eq!(field.name, column.name());
            }
            if let Values::Choice(choice) = field.values {
                assert_eq!(field.name, choice.field());
            }
            assert!(field.syntax.starts_with(field.name), "{}", field.syntax);
            assert!(
                field.with_operator().ends_with([':', '>', '<']),
                "{}",
                field.syntax
            );
        }
    }

    #[test]
    fn no_word_has_two_meanings() {
        let names = FIELDS
            .iter()
            .flat_map(|field| field.aliases.iter().chain([&field.name]));
        let mut names: Vec<_> = names.collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn members_are_numbered_as_their_words_are_listed() {
        for (index, state) in State::ALL.into_iter().enumerate() {
            assert_eq!(state as usize, index);
        }
        for (index, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index);
        }
        for (index, ending) in Ending::ALL.into_iter().enumerate() {
            assert_eq!(ending as usize, index);
        }
        for (index, condition) in Condition::ALL.into_iter().enumerate() {
            assert_eq!(condition as usize, index);
        }
        for (index, lint) in Lint::ALL.into_iter().enumerate() {
            assert_eq!(lint as usize, index);
        }
    }
}
