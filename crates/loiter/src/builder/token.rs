//! Bearer tokens, as they are written.

use std::{fmt, str::FromStr};

/// Characters of a token at least: 16 random ones cannot be guessed.
const SHORTEST: usize = 16;
/// Characters of one at most.
const LONGEST: usize = 1024;

/// A secret that lets its holder in. Never shown, whoever prints what holds it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(Box<str>);

/// What is wrong with a token. Says nothing of what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error(
        "a token has {SHORTEST} characters at least, so that nobody can guess it: \
         `openssl rand -hex 32` makes one"
    )]
    Short,
    #[error("a token has {LONGEST} characters at most")]
    Long,
    #[error("a token is made of visible ASCII characters")]
    NotVisible,
}

impl FromStr for Token {
    type Err = TokenError;

    /// Blanks around it do not count.
    fn from_str(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::NotVisible);
        }
        match text.len() {
            ..SHORTEST => Err(TokenError::Short),
            SHORTEST..=LONGEST => Ok(Self(text.into())),
            _ => Err(TokenError::Long),
        }
    }
}

impl Token {
    /// Only to be compared with what a client sends.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(not shown)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_guessed_or_sent_by_no_header_is_no_token() {
        let read = |text: &str| text.parse::<Token>().map(|_| ());
        assert_eq!(read("  0123456789abcdef\n"), Ok(()));
        assert_eq!(read(&"x".repeat(LONGEST)), Ok(()));
        assert_eq!(read("0123456789abcde"), Err(TokenError::Short));
        assert_eq!(read(" "), Err(TokenError::Short));
        assert_eq!(read(&"x".repeat(LONGEST + 1)), Err(TokenError::Long));
        for text in [
            "0123456789 abcdef",
            "0123456789äbcdef",
            "0123456789\nabcdef",
        ] {
            assert_eq!(read(text), Err(TokenError::NotVisible), "{text}");
        }
    }

    #[test]
    fn one_is_never_shown() {
        let token: Token = "0123456789abcdef".parse().expect("a good one");
        assert_eq!(format!("{token:?}"), "Token(not shown)");
        assert_eq!(token.as_bytes(), b"0123456789abcdef");
    }
}
