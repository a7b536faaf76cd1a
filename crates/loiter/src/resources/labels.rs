//! The few words that tokio uses for resources, a number each: `Mutex`, `permits`, `ms`.

use std::sync::{Arc, OnceLock};

use crate::text::cut;

/// Words at most. tokio 1.54 has some fifty; what comes beyond is one and the same.
const MOST: usize = 255;
/// Bytes of a word that are kept.
const LONGEST: usize = 128;

/// A word's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(u8);

impl Label {
    /// No word at all.
    pub(super) const NONE: Self = Self(0);
    /// A word beyond the last number.
    const OTHER: Self = Self(u8::MAX);
}

/// Every word met so far, without a lock: what is told of a lock must not wait for another one.
#[derive(Debug)]
pub(super) struct Labels([OnceLock<Arc<str>>; MOST - 1]);

impl Default for Labels {
    fn default() -> Self {
        Self([const { OnceLock::new() }; MOST - 1])
    }
}

impl Labels {
    /// The number of a word. Compares it with those met before, O(words); allocates for a new
    /// one.
    pub(super) fn of(&self, word: &str) -> Label {
        if word.is_empty() {
            return Label::NONE;
        }
        let word = cut(word, LONGEST);
        for (number, place) in (1..=u8::MAX).zip(&self.0) {
            if &**place.get_or_init(|| word.into()) == word {
                return Label(number);
            }
        }
        Label::OTHER
    }

    /// The word of a number.
    pub(super) fn word(&self, label: Label) -> Arc<str> {
        let index = usize::from(label.0).checked_sub(1);
        let known = index.and_then(|index| self.0.get(index)?.get().cloned());
        known.unwrap_or_else(|| match label {
            Label::NONE => "".into(),
            _ => "other".into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_one_number() {
        let labels = Labels::default();
        let (mutex, permits) = (labels.of("Mutex"), labels.of("permits"));
        assert_ne!(mutex, permits);
        assert_eq!(labels.of("Mutex"), mutex);
        assert_eq!(&*labels.word(mutex), "Mutex");
        assert_eq!(&*labels.word(permits), "permits");
        assert_eq!(&*labels.word(labels.of("")), "");
    }

    #[test]
    fn there_is_an_end_to_words() {
        let labels = Labels::default();
        for n in 0..1000 {
            labels.of(&format!("word {n}"));
        }
        assert_eq!(&*labels.word(labels.of("word 0")), "word 0");
        assert_eq!(&*labels.word(labels.of("word 999")), "other");
        let long = "ä".repeat(LONGEST);
        let labels = Labels::default();
        assert_eq!(labels.word(labels.of(&long)).len(), LONGEST);
        assert_eq!(labels.of(&long), labels.of(&long));
    }
}
