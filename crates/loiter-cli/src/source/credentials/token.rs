//! A bearer token.

use std::{fmt, str::FromStr};

/// A secret that says what its bearer may do. It shows nowhere but in the header that it is for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Token(String);

/// Why a text is no token. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseTokenError {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// It would not fit into a header.
    #[error("it is no token: one line of letters, digits and signs without spaces")]
    NotOneWord,
}

impl Token {
    /// The secret itself.
    pub(in crate::source) fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Token {
    type Err = ParseTokenError;

    /// Takes any visible ASCII, after the space around it is taken away: files end with a line
    /// feed.
    fn from_str(text: &str) -> Result<Self, ParseTokenError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ParseTokenError::Empty);
        }
        match text.bytes().all(|byte| byte.is_ascii_graphic()) {
            true => Ok(Self(text.to_owned())),
            false => Err(ParseTokenError::NotOneWord),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word_and_is_not_shown() {
        let token: Token = " c0rrect.horse/=\r\n".parse().expect("a token");
        assert_eq!(token.reveal(), "c0rrect.horse/=");
        assert_eq!(format!("{token:?}"), "Token(…)");
        for (text, error) in [
            ("", ParseTokenError::Empty),
            (" \n", ParseTokenError::Empty),
            ("two words", ParseTokenError::NotOneWord),
            ("two\nlines", ParseTokenError::NotOneWord),
            ("schlüssel", ParseTokenError::NotOneWord),
        ] {
            assert_eq!(text.parse::<Token>(), Err(error));
        }
    }
}
