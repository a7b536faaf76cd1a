//! Which tokens let in, and what their holders may. Pure.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
};

use subtle::ConstantTimeEq;

use super::{Refusal, Rights};
use crate::builder::{Token, TokenError};

/// Tokens of one file at most: one, or two while it is exchanged, or one a person.
const MOST: usize = 64;

/// All tokens that are good at present.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Tokens(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    token: Token,
    known: Known,
}

/// A token that was recognised. Tells nothing of what it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct Known {
    pub(super) rights: Rights,
    /// Its place among those of the same rights, from 1: the line of its file.
    number: u32,
    /// Tells it from one that is in its place later.
    print: u64,
}

impl Tokens {
    /// Takes one up. One that is there already lets its holder do the less of both.
    pub(super) fn add(&mut self, token: Token, rights: Rights, key: &RandomState) {
        if let Some(same) = self.0.iter_mut().find(|entry| entry.token == token) {
            same.known.rights = same.known.rights.min(rights);
            return;
        }
        let alike = self.0.iter().filter(|entry| entry.known.rights == rights);
        let known = Known {
            rights,
            number: alike.count() as u32 + 1,
            print: key.hash_one(token.as_bytes()),
        };
        self.0.push(Entry { token, known });
    }

    /// Takes up those of a file: one a line.
    pub(super) fn add_lines(
        &mut self,
        text: &str,
        rights: Rights,
        key: &RandomState,
    ) -> Result<(), String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut count = 0;
        for line in lines {
            count += 1;
            let token = line
                .parse()
                .map_err(|error: TokenError| error.to_string())?;
            self.add(token, rights, key);
        }
        match count {
            0 => Err("there is no token in it".to_owned()),
            1..=MOST => Ok(()),
            _ => Err(format!("there are more than {MOST} tokens in it")),
        }
    }

    /// Whose token it is that a request comes with: the value of its header `authorization`, if it
    /// has one. Takes as long for a token that is nearly right as for any other.
    pub(super) fn recognise(&self, header: Option<&[u8]>) -> Result<Known, Refusal> {
        let sent = bearer(header.ok_or(Refusal::NoToken)?).ok_or(Refusal::NoToken)?;
        let mut known = None;
        for entry in &self.0 {
            if entry.token.as_bytes().ct_eq(sent).into() {
                known = Some(entry.known);
            }
        }
        known.ok_or(Refusal::WrongToken)
    }

    /// Whether it would be recognised again.
    pub(super) fn has(&self, known: Known) -> bool {
        self.0
            .iter()
            .any(|entry| entry.known.print == known.print && entry.known.rights == known.rights)
    }
}

/// What stands behind the word `Bearer`.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    const SCHEME: &[u8] = b"bearer ";
    let (scheme, token) = header.split_at_checked(SCHEME.len())?;
    scheme
        .eq_ignore_ascii_case(SCHEME)
        .then(|| token.trim_ascii())
}

/// `token 2 of those that may probe`.
impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let may = match self.rights {
            Rights::Look => "may only look",
            Rights::Probe => "may probe",
        };
        write!(f, "token {} of those that {may}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBING: &str = "0123456789abcdef";
    const READING: &str = "fedcba9876543210";

    fn tokens() -> Tokens {
        let (mut tokens, key) = (Tokens::default(), RandomState::new());
        let lines = format!("{PROBING}\n\n  another-one-for-bob \n");
        tokens.add_lines(&lines, Rights::Probe, &key).expect("good");
        tokens.add_lines(READING, Rights::Look, &key).expect("good");
        tokens
    }

    fn shown(header: &str) -> Result<String, Refusal> {
        let known = tokens().recognise(Some(header.as_bytes()));
        known.map(|known| known.to_string())
    }

    #[test]
    fn a_token_is_recognised_whole_and_behind_its_word() {
        let first = Ok("token 1 of those that may probe".to_owned());
        assert_eq!(shown(&format!("Bearer {PROBING}")), first);
        assert_eq!(shown(&format!("bearer  {PROBING} ")), first);
        let second = Ok("token 2 of those that may probe".to_owned());
        assert_eq!(shown("Bearer another-one-for-bob"), second);
        let reading = Ok("token 1 of those that may only look".to_owned());
        assert_eq!(shown(&format!("Bearer {READING}")), reading);
        for header in [
            format!("Bearer {PROBING}0"),
            format!("Bearer {}", &PROBING[1..]),
            format!("Bearer {PROBING}, {READING}"),
            "Bearer ".to_owned(),
        ] {
            assert_eq!(shown(&header), Err(Refusal::WrongToken), "{header}");
        }
        for header in ["", "Bearer", PROBING, "Basic bG9pdGVyOmxvaXRlcg=="] {
            assert_eq!(shown(header), Err(Refusal::NoToken), "{header}");
        }
        let none = tokens().recognise(None);
        assert_eq!(none, Err(Refusal::NoToken));
    }

    #[test]
    fn one_that_is_in_both_files_may_only_look() {
        let (mut tokens, key) = (Tokens::default(), RandomState::new());
        for rights in [Rights::Probe, Rights::Look, Rights::Probe] {
            tokens.add_lines(PROBING, rights, &key).expect("good");
        }
        let header = format!("Bearer {PROBING}");
        let known = tokens.recognise(Some(header.as_bytes())).expect("known");
        assert_eq!(known.rights, Rights::Look);
    }

    #[test]
    fn one_is_the_same_after_it_was_read_again_and_no_other_is() {
        let key = RandomState::new();
        let read = |text: &str| {
            let mut tokens = Tokens::default();
            tokens.add_lines(text, Rights::Probe, &key).expect("good");
            tokens
        };
        let header = format!("Bearer {PROBING}");
        let known = read(PROBING)
            .recognise(Some(header.as_bytes()))
            .expect("known");
        assert!(read(&format!("{READING}\n{PROBING}")).has(known));
        assert!(!read(READING).has(known));
    }

    #[test]
    fn a_file_without_a_good_token_is_none() {
        let read = |text: &str| {
            let mut tokens = Tokens::default();
            tokens.add_lines(text, Rights::Probe, &RandomState::new())
        };
        let many: Vec<_> = (0..=MOST).map(|n| format!("{PROBING}{n}")).collect();
        for (text, reason) in [
            ("\n \n", "no token"),
            ("short", "16 characters"),
            ("0123456789 abcdef", "visible"),
            (many.join("\n").as_str(), "more than 64"),
        ] {
            let error = read(text).expect_err("no good");
            assert!(error.contains(reason), "{error}");
        }
        let debug = format!("{:?}", tokens());
        assert!(
            !debug.contains(PROBING) && !debug.contains("bob"),
            "{debug}"
        );
    }
}
