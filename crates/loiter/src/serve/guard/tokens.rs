//! Which tokens let in, and what their holders may. Pure.

use std::{
    fmt,
    hash::{BuildHasher, Hash, Hasher, RandomState},
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
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Known {
    pub(super) rights: Rights,
    /// Tells it from others.
    print: u64,
    /// Where it was read, which may change.
    source: Source,
    /// The line of its file, from 1.
    line: u32,
}

/// Where tokens are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    TokenFile,
    ReadTokenFile,
    /// The program, or its environment.
    Setting,
}

impl Source {
    fn rights(self) -> Rights {
        match self {
            Self::TokenFile | Self::Setting => Rights::Probe,
            Self::ReadTokenFile => Rights::Look,
        }
    }
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        (self.print, self.rights) == (other.print, other.rights)
    }
}

impl Eq for Known {}

impl Hash for Known {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.print, self.rights).hash(state);
    }
}

impl Tokens {
    /// Takes up the one that is set.
    pub(super) fn add_set(&mut self, token: Token, key: &RandomState) {
        self.add(token, Source::Setting, 1, key);
    }

    /// One that is there already lets its holder do the less of both.
    fn add(&mut self, token: Token, source: Source, line: u32, key: &RandomState) {
        let rights = source.rights();
        if let Some(same) = self.0.iter_mut().find(|entry| entry.token == token) {
            same.known.rights = same.known.rights.min(rights);
            return;
        }
        let known = Known {
            rights,
            print: key.hash_one(token.as_bytes()),
            source,
            line,
        };
        self.0.push(Entry { token, known });
    }

    /// Takes up those of a file: one a line.
    pub(super) fn add_lines(
        &mut self,
        text: &str,
        source: Source,
        key: &RandomState,
    ) -> Result<(), String> {
        let lines = (1..).zip(text.lines().map(str::trim));
        let mut count = 0;
        for (number, line) in lines.filter(|(_, line)| !line.is_empty()) {
            count += 1;
            // Before it is taken up: that looks at all that are there.
            if count > MOST {
                return Err(format!("there are more than {MOST} tokens in it"));
            }
            let token = line
                .parse()
                .map_err(|error: TokenError| error.to_string())?;
            self.add(token, source, number, key);
        }
        match count {
            0 => Err("there is no token in it".to_owned()),
            _ => Ok(()),
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
        self.0.iter().any(|entry| entry.known == known)
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

/// `the token in line 2 of the token file`.
impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line;
        match self.source {
            Source::TokenFile => write!(f, "the token in line {line} of the token file"),
            Source::ReadTokenFile => write!(f, "the token in line {line} of the read token file"),
            Source::Setting => f.write_str("the token that is set"),
        }
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
        let (probing, reading) = (Source::TokenFile, Source::ReadTokenFile);
        tokens.add_lines(&lines, probing, &key).expect("good");
        tokens.add_lines(READING, reading, &key).expect("good");
        tokens
    }

    fn shown(header: &str) -> Result<String, Refusal> {
        let known = tokens().recognise(Some(header.as_bytes()));
        known.map(|known| known.to_string())
    }

    #[test]
    fn a_token_is_recognised_whole_and_behind_its_word() {
        let first = Ok("the token in line 1 of the token file".to_owned());
        assert_eq!(shown(&format!("Bearer {PROBING}")), first);
        assert_eq!(shown(&format!("bearer  {PROBING} ")), first);
        let second = Ok("the token in line 3 of the token file".to_owned());
        assert_eq!(shown("Bearer another-one-for-bob"), second);
        let reading = Ok("the token in line 1 of the read token file".to_owned());
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
    fn one_that_is_in_both_files_may_only_look_and_is_not_taken_for_another() {
        let (mut tokens, key) = (Tokens::default(), RandomState::new());
        let (probing, reading) = (Source::TokenFile, Source::ReadTokenFile);
        for (text, source) in [
            (PROBING, probing),
            (&format!("{READING}\n{PROBING}"), reading),
            (PROBING, probing),
        ] {
            tokens.add_lines(text, source, &key).expect("good");
        }
        let shown = |token: &str| {
            let header = format!("Bearer {token}");
            let known = tokens.recognise(Some(header.as_bytes())).expect("known");
            assert_eq!(known.rights, Rights::Look);
            known.to_string()
        };
        assert_eq!(shown(PROBING), "the token in line 1 of the token file");
        assert_eq!(shown(READING), "the token in line 1 of the read token file");
    }

    #[test]
    fn one_is_the_same_after_it_was_read_again_and_no_other_is() {
        let key = RandomState::new();
        let read = |text: &str| {
            let mut tokens = Tokens::default();
            tokens
                .add_lines(text, Source::TokenFile, &key)
                .expect("good");
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
            tokens.add_lines(text, Source::TokenFile, &RandomState::new())
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
