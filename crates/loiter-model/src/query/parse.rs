//! The filter language, as text.

use std::ops::Range;

use super::{
    filter::{Comparison, Filter, How, Place, Term, Test},
    suggest::nearest,
    vocabulary::{self, Choice, FIELDS, FLAGS, Field, Unit, Values},
};
use crate::Nanos;

/// Filters come from clients, and texts are searched for in every name.
const MAX_BYTES: usize = 4096;
/// A scan keeps a bit a term.
pub(super) const MAX_TERMS: usize = 64;

/// Why a text is not a filter, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// Bytes of the text that are wrong, from one character's first to another's last; empty
    /// where something is missing, as at the end of an unfinished text.
    pub span: Range<usize>,
    /// What is wrong and what may stand there.
    pub message: String,
}

/// A row of the language's reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReferenceRow {
    /// What one writes.
    pub syntax: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// The language's reference: help, README and the parser's messages are made from it.
pub const REFERENCE: &[ReferenceRow] = &vocabulary::REFERENCE;

pub(super) fn filter(text: &str) -> Result<Filter, FilterError> {
    if text.len() > MAX_BYTES {
        return Err(too_long(text));
    }
    let mut parser = Parser { text, at: 0 };
    let mut terms = Vec::new();
    loop {
        parser.skip_spaces();
        if parser.rest().is_empty() {
            break;
        }
        let start = parser.at;
        terms.push(parser.term()?);
        if terms.len() > MAX_TERMS {
            let message = format!("a filter has at most {MAX_TERMS} terms");
            return Err(error(start..parser.at, message));
        }
    }
    let filter = Filter { terms };
    // It must be possible to send it on.
    if filter.to_string().len() > MAX_BYTES {
        return Err(too_long(text));
    }
    Ok(filter)
}

/// Whether a text can stand as a term without quotes.
pub(super) fn is_bare_text(text: &str) -> bool {
    let mut parser = Parser { text, at: 0 };
    let test = Test::Text(Place::Anywhere, How::Part, vec![text.to_owned()]);
    !text.is_empty()
        && parser.term()
            == Ok(Term {
                negated: false,
                test,
            })
        && parser.rest().is_empty()
}

/// Whether a text can stand as a value without quotes. After a colon another one would make a
/// path of it.
pub(super) fn is_bare_value(text: &str) -> bool {
    !text.is_empty() && !text.starts_with(['"', ':']) && !text.contains(ends_value)
}

fn ends_value(c: char) -> bool {
    c == ',' || c.is_whitespace()
}

/// Longest spelling of a prefix first.
const OPERATORS: [(&str, Operator); 7] = [
    (">=", Operator::Compare(Comparison::AtLeast)),
    ("<=", Operator::Compare(Comparison::AtMost)),
    ("!=", Operator::IsNot),
    (">", Operator::Compare(Comparison::Above)),
    ("<", Operator::Compare(Comparison::Below)),
    ("=", Operator::Is),
    (":", Operator::Has),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Has,
    Is,
    IsNot,
    Compare(Comparison),
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Goes on by a literal, if it is there.
    fn take(&mut self, literal: &str) -> bool {
        let is_there = self.rest().starts_with(literal);
        if is_there {
            self.at += literal.len();
        }
        is_there
    }

    /// Goes on to a character of this kind or to the end, and gives what was passed.
    fn take_until(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn term(&mut self) -> Result<Term, FilterError> {
        let negated = self.take("-") || self.take("!");
        if self.rest().is_empty() || self.rest().starts_with(char::is_whitespace) {
            return Err(self.missing("what does not hold is missing, such as `-blocked`"));
        }
        if self.rest().starts_with('"') {
            let text = self.quoted()?;
            self.end_of_quoted(false)?;
            let test = Test::Text(Place::Anywhere, How::Part, vec![text]);
            return Ok(Term { negated, test });
        }
        let start = self.at;
        let word = self.take_until(char::is_whitespace);
        let Some((name, spelling, operator)) = split(word) else {
            let test = match vocabulary::flag(word) {
                Some(flag) => flag.test(),
                None => Test::Text(Place::Anywhere, How::Part, vec![word.to_owned()]),
            };
            return Ok(Term { negated, test });
        };
        let name_span = start..start + name.len();
        let operator_span = name_span.end..name_span.end + spelling.len();
        self.at = operator_span.end;
        if name.is_empty() {
            let message = format!("a field is missing before `{spelling}`, such as `idle>30s`");
            return Err(error(operator_span, message));
        }
        let field = known_field(name, name_span)?;
        let test = match field.values {
            Values::Choice(choice) => self.choice(field, choice, operator, operator_span)?,
            Values::Text(place) => self.texts(field, place, operator, operator_span)?,
            Values::Number(column, unit) => {
                let comparison = match operator {
                    Operator::Compare(comparison) => comparison,
                    _ => Comparison::Equal,
                };
                let one = comparison != Comparison::Equal;
                let expected = missing_number(unit);
                let values = self.values(one, &expected, |text, span| number(text, span, unit))?;
                Test::Number(column, comparison, values)
            }
        };
        Ok(Term {
            // `a!=1` is `-a:1`.
            negated: negated != (operator == Operator::IsNot),
            test,
        })
    }

    fn choice(
        &mut self,
        field: &Field,
        choice: Choice,
        operator: Operator,
        span: Range<usize>,
    ) -> Result<Test, FilterError> {
        let words = one_of(choice);
        if let Operator::Compare(_) = operator {
            let name = field.name;
            let message = format!("`{name}` is not greater or less; write `{name}:` and {words}");
            return Err(error(span, message));
        }
        let expected = format!("a value is missing: {words}");
        let members = self.values(false, &expected, |text, span| {
            choice.members(text).ok_or_else(|| {
                let name = field.name;
                let meant = did_you_mean(text, choice.words());
                error(span, format!("`{text}` is no {name}; {meant}{words}"))
            })
        })?;
        let members = members.into_iter().fold(0, |all, members| all | members);
        Ok(Test::Choice(choice, members))
    }

    fn texts(
        &mut self,
        field: &Field,
        place: Place,
        operator: Operator,
        span: Range<usize>,
    ) -> Result<Test, FilterError> {
        let name = field.name;
        let how = match operator {
            Operator::Has => How::Part,
            Operator::Is | Operator::IsNot => How::Whole,
            Operator::Compare(_) => {
                let message = format!(
                    "`{name}` is a text; write `{name}:` for a part of it, `{name}=` for all of it"
                );
                return Err(error(span, message));
            }
        };
        let expected = format!("a text is missing after `{name}`");
        let texts = self.values(false, &expected, |text, _| Ok(text.to_owned()))?;
        Ok(Test::Text(place, how, texts))
    }

    /// One value or more, separated by commas. `expected` says what is missing where none is.
    fn values<T>(
        &mut self,
        one: bool,
        expected: &str,
        read: impl Fn(&str, Range<usize>) -> Result<T, FilterError>,
    ) -> Result<Vec<T>, FilterError> {
        let mut values = Vec::new();
        loop {
            let start = self.at;
            if self.rest().starts_with('"') {
                let text = self.quoted()?;
                self.end_of_quoted(true)?;
                values.push(read(&text, start..self.at)?);
            } else {
                let text = self.take_until(ends_value);
                if text.is_empty() {
                    return Err(self.missing(expected));
                }
                values.push(read(text, start..self.at)?);
            }
            let comma = self.at..self.at + 1;
            if !self.take(",") {
                return Ok(values);
            }
            if one {
                let message = "only one value can be compared with; `:` takes several".to_owned();
                return Err(error(comma, message));
            }
        }
    }

    /// A text in quotes, in which two quotes stand for one.
    fn quoted(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        self.take("\"");
        let mut text = String::new();
        loop {
            text.push_str(self.take_until(|c| c == '"'));
            if !self.take("\"") {
                return Err(self.missing("the closing quote is missing"));
            }
            if !self.take("\"") {
                break;
            }
            text.push('"');
        }
        if text.is_empty() {
            let message = "nothing is between the quotes".to_owned();
            return Err(error(start..self.at, message));
        }
        Ok(text)
    }

    fn end_of_quoted(&self, in_list: bool) -> Result<(), FilterError> {
        match self.rest().chars().next() {
            None => Ok(()),
            Some(c) if c.is_whitespace() || (in_list && c == ',') => Ok(()),
            Some(c) => Err(error(
                self.at..self.at + c.len_utf8(),
                "a space is missing after the closing quote; write \"\" for a quote inside"
                    .to_owned(),
            )),
        }
    }

    fn missing(&self, message: &str) -> FilterError {
        error(self.at..self.at, message.to_owned())
    }
}

/// Splits a word into field, spelling of the operator, and operator. `None` when the word is a
/// text: what stands before the operator is not of a field's shape, as in `src/pool.rs:88`, or
/// the operator is the `::` of a path.
fn split(word: &str) -> Option<(&str, &'static str, Operator)> {
    let (name, spelling, operator) = word.char_indices().find_map(|(at, _)| {
        let (name, rest) = word.split_at(at);
        let (spelling, operator) = OPERATORS.iter().find(|(text, _)| rest.starts_with(text))?;
        Some((name, *spelling, *operator))
    })?;
    if operator == Operator::Has && (name.is_empty() || word[name.len()..].starts_with("::")) {
        return None;
    }
    let is_field = name
        .bytes()
        .all(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_'));
    is_field.then_some((name, spelling, operator))
}

fn known_field(name: &str, span: Range<usize>) -> Result<&'static Field, FilterError> {
    if let Some(field) = vocabulary::field(name) {
        return Ok(field);
    }
    if let Some(flag) = vocabulary::flag(name) {
        let name = flag.name;
        let message = format!("`{name}` stands alone: write `{name}` or `-{name}`");
        return Err(error(span, message));
    }
    let names = || FIELDS.iter().map(|field| field.name);
    let hint = match nearest(name, names().chain(FLAGS.iter().map(|flag| flag.name))) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("there are {}.", names().collect::<Vec<_>>().join(", ")),
    };
    let message = format!("there is no field `{name}`; {hint} A text to search for goes in quotes");
    Err(error(span, message))
}

fn missing_number(unit: Unit) -> String {
    match unit {
        Unit::Time => "a duration is missing, such as `10s`, `1m30s` or `250ms`",
        Unit::Count => "a number is missing, such as `100`, `10k` or `2M`",
        Unit::Bytes => "a size is missing, such as `512`, `16k` or `1M`",
        Unit::Id => "a task's number is missing, such as `12`",
    }
    .to_owned()
}

fn number(text: &str, span: Range<usize>, unit: Unit) -> Result<u64, FilterError> {
    let number = match unit {
        Unit::Time => match text.parse::<Nanos>() {
            Ok(nanos) => return Ok(nanos.0),
            Err(wrong) => return Err(error(span, wrong.to_string())),
        },
        Unit::Id => text.parse().ok(),
        Unit::Count | Unit::Bytes => scaled(text, unit.step()),
    };
    number.ok_or_else(|| {
        let message = match unit {
            Unit::Time | Unit::Id => {
                format!("`{text}` is no task's number; write for example `12`")
            }
            Unit::Count => format!("`{text}` is no number; write for example `100`, `10k` or `2M`"),
            Unit::Bytes => format!("`{text}` is no size; write for example `512`, `16k` or `1M`"),
        };
        error(span, message)
    })
}

fn scaled(text: &str, step: u64) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" => 1,
        "k" | "K" => step,
        "m" | "M" => step.pow(2),
        "g" | "G" => step.pow(3),
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// `a, b or any`.
fn one_of(choice: Choice) -> String {
    format!("{} or any", choice.words().join(", "))
}

fn did_you_mean(written: &str, words: Vec<&'static str>) -> String {
    match nearest(written, words) {
        Some(word) => format!("did you mean `{word}`? There are "),
        None => "there are ".to_owned(),
    }
}

fn too_long(text: &str) -> FilterError {
    let mut end = MAX_BYTES.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    error(
        end..text.len(),
        format!("a filter has at most {MAX_BYTES} bytes"),
    )
}

fn error(span: Range<usize>, message: String) -> FilterError {
    FilterError { span, message }
}
