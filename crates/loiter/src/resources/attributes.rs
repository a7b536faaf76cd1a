//! What tokio tells of a resource's or an operation's state.

use std::sync::Arc;

use loiter_model::{Attribute, AttributeValue};

use super::labels::{Label, Labels};

/// Attributes at most. tokio 1.54 has four for a one-shot channel, fewer elsewhere.
const MOST: usize = 16;

/// How an attribute stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(u64),
    Signed(i64),
    Flag(bool),
    Text(Arc<str>),
}

/// How tokio says that an attribute changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Override,
    Add,
    Sub,
}

/// What an event tells of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Update {
    pub(crate) name: &'static str,
    pub(crate) value: Value,
    pub(crate) change: Change,
    /// Empty where none is given.
    pub(crate) unit: UnitText,
}

/// A unit as tokio writes it: `ms`, `bytes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct UnitText {
    bytes: [u8; 8],
    len: u8,
}

impl UnitText {
    /// A longer one is none.
    pub(crate) fn new(text: &str) -> Self {
        let mut unit = Self::default();
        if let Some(place) = unit.bytes.get_mut(..text.len()) {
            place.copy_from_slice(text.as_bytes());
            unit.len = text.len() as u8;
        }
        unit
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl Update {
    /// The count it speaks of; 0 for anything else.
    pub(super) fn count(&self) -> u64 {
        match self.value {
            Value::Number(count) => count,
            Value::Signed(count) => u64::try_from(count).unwrap_or(0),
            Value::Flag(_) | Value::Text(_) => 0,
        }
    }
}

/// An attribute, its words by number.
#[derive(Clone, Debug)]
struct Known {
    name: Label,
    value: Value,
    unit: Label,
}

/// In the order in which they were told first.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes(Vec<Known>);

impl Attributes {
    /// Takes a change in. One that adds to something of another kind than a number replaces it.
    pub(super) fn update(&mut self, name: Label, unit: Label, update: &Update) {
        let Some(known) = self.0.iter_mut().find(|known| known.name == name) else {
            if self.0.len() < MOST {
                let value = update.value.clone();
                self.0.push(Known { name, value, unit });
            }
            return;
        };
        if unit != Label::NONE {
            known.unit = unit;
        }
        known.value = match (&known.value, &update.value, update.change) {
            (Value::Number(now), Value::Number(by), Change::Add) => {
                Value::Number(now.saturating_add(*by))
            }
            (Value::Number(now), Value::Number(by), Change::Sub) => {
                Value::Number(now.saturating_sub(*by))
            }
            (Value::Signed(now), Value::Signed(by), Change::Add) => {
                Value::Signed(now.saturating_add(*by))
            }
            (Value::Signed(now), Value::Signed(by), Change::Sub) => {
                Value::Signed(now.saturating_sub(*by))
            }
            (_, value, _) => value.clone(),
        };
    }

    /// The number that an attribute stands at.
    pub(super) fn number(&self, name: Label) -> Option<u64> {
        let known = self.0.iter().find(|known| known.name == name)?;
        match known.value {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// As the model has them.
    pub(super) fn read(&self, labels: &Labels) -> Vec<Attribute> {
        let read = |known: &Known| Attribute {
            name: labels.word(known.name),
            value: match &known.value {
                Value::Number(number) => AttributeValue::Number(*number),
                Value::Signed(number) => AttributeValue::Signed(*number),
                Value::Flag(flag) => AttributeValue::Flag(*flag),
                Value::Text(text) => AttributeValue::Text(text.clone()),
            },
            unit: (known.unit != Label::NONE).then(|| labels.word(known.unit)),
        };
        self.0.iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(updates: &[(&'static str, Value, Change)]) -> String {
        let (labels, mut attributes) = (Labels::default(), Attributes::default());
        for (name, value, change) in updates {
            let (value, change) = (value.clone(), *change);
            let unit = UnitText::default();
            let update = Update {
                name,
                value,
                change,
                unit,
            };
            attributes.update(labels.of(name), Label::NONE, &update);
        }
        let texts = attributes.read(&labels);
        let texts: Vec<_> = texts.iter().map(ToString::to_string).collect();
        texts.join(" ")
    }

    #[test]
    fn changes_are_counted_as_tokio_says() {
        use Change::{Add, Override, Sub};
        assert_eq!(
            shown(&[
                ("permits", Value::Number(3), Override),
                ("locked", Value::Flag(false), Override),
                ("permits", Value::Number(2), Sub),
                ("locked", Value::Flag(true), Override),
            ]),
            "permits=1 locked=true"
        );
        assert_eq!(
            shown(&[
                ("current_readers", Value::Signed(0), Override),
                ("current_readers", Value::Signed(1), Add),
                ("current_readers", Value::Signed(2), Sub),
            ]),
            "current_readers=-1"
        );
        // tokio tells of no `try_acquire`, so that more may be given back than was taken.
        assert_eq!(shown(&[("permits", Value::Number(1), Sub)]), "permits=1");
        assert_eq!(
            shown(&[
                ("permits", Value::Number(1), Override),
                ("permits", Value::Number(5), Sub),
                ("permits", Value::Number(u64::MAX), Add),
                ("permits", Value::Number(1), Add),
            ]),
            format!("permits={}", u64::MAX)
        );
    }

    #[test]
    fn a_unit_is_short() {
        assert_eq!(UnitText::new("ms").as_str(), "ms");
        assert_eq!(UnitText::new("centuries").as_str(), "");
    }
}
