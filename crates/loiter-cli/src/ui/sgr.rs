//! Colours in the codes that every terminal with colours knows.
//!
//! crossterm writes each colour as one of xterm's 256 (`38;5;3`); a terminal that knows only
//! eight or sixteen reads that as something else, such as blinking.

/// Bytes of a sequence at most; longer ones set no colours.
const LONGEST: usize = 64;

const ESCAPE: u8 = 0x1b;

/// Rewrites what is written to a terminal.
#[derive(Debug, Default)]
pub(super) struct Sgr {
    /// The beginning of a sequence whose end has not been written yet.
    pending: Vec<u8>,
}

impl Sgr {
    /// What to write in place of these bytes.
    pub(super) fn rewrite(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            self.push(byte, &mut out);
        }
        out
    }

    fn push(&mut self, byte: u8, out: &mut Vec<u8>) {
        match (self.pending.len(), byte) {
            (_, ESCAPE) => {
                out.append(&mut self.pending);
                self.pending.push(byte);
            }
            (0, _) => out.push(byte),
            (1, b'[') => self.pending.push(byte),
            (2..LONGEST, b' '..=b'?') => self.pending.push(byte),
            (2.., b'm') => {
                out.extend(colours(&self.pending[2..]));
                self.pending.clear();
            }
            _ => {
                out.append(&mut self.pending);
                out.push(byte);
            }
        }
    }
}

/// The sequence with these parameters, with each of the first 16 colours in its own code.
fn colours(parameters: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(parameters);
    let mut given = text.split(';');
    let mut kept: Vec<String> = Vec::new();
    while let Some(parameter) = given.next() {
        let ground = match parameter {
            "38" => 30,
            "48" => 40,
            // The colour of underlines, which came with those 256.
            "59" => continue,
            _ => {
                kept.push(parameter.to_owned());
                continue;
            }
        };
        let mut rest = given.clone();
        let colour = match (rest.next(), rest.next().map(str::parse::<u16>)) {
            (Some("5"), Some(Ok(colour @ 0..8))) => ground + colour,
            (Some("5"), Some(Ok(colour @ 8..16))) => ground + 60 + colour - 8,
            _ => {
                kept.push(parameter.to_owned());
                kept.extend(given.by_ref().map(str::to_owned));
                break;
            }
        };
        kept.push(colour.to_string());
        given = rest;
    }
    if kept.is_empty() {
        return Vec::new();
    }
    format!("\x1b[{}m", kept.join(";")).into_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rewritten(text: &str) -> String {
        String::from_utf8(Sgr::default().rewrite(text.as_bytes())).expect("UTF-8")
    }

    #[test]
    fn the_first_sixteen_have_their_own_codes() {
        for (written, expected) in [
            ("\x1b[38;5;3mx", "\x1b[33mx"),
            ("\x1b[38;5;9;48;5;0mx", "\x1b[91;40mx"),
            ("\x1b[1;38;5;4;48;5;15m", "\x1b[1;34;107m"),
            ("\x1b[38;5;130m", "\x1b[38;5;130m"),
            ("\x1b[38;2;1;2;3m", "\x1b[38;2;1;2;3m"),
            (
                "\x1b[39;49m\x1b[59m\x1b[0m\x1b[m",
                "\x1b[39;49m\x1b[0m\x1b[m",
            ),
            (
                "\x1b[38;5;3Hé\x1b]0;38;5;3m\x07",
                "\x1b[38;5;3Hé\x1b]0;38;5;3m\x07",
            ),
        ] {
            assert_eq!(rewritten(written), expected, "{written:?}");
        }
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_it_is_cut(
            text in "([a-z\u{1b};\\[]|\u{1b}\\[38;5;[0-9]{1,2}m){0,20}",
            at in 0usize..60,
        ) {
            let whole = rewritten(&text);
            let (first, second) = text.as_bytes().split_at(at.min(text.len()));
            let mut sgr = Sgr::default();
            let mut parts = sgr.rewrite(first);
            parts.extend(sgr.rewrite(second));
            prop_assert_eq!(parts, whole.into_bytes());
        }
    }
}
