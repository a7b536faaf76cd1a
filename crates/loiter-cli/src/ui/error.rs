//! Why there is no UI.

use std::io;

/// Why the UI could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum UiError {
    /// Standard output is no terminal.
    #[error("standard output is no terminal; the one-shot commands print to anything")]
    NotATerminal,
    /// The terminal does not do what it should.
    #[error("cannot use the terminal: {0}; is TERM set for it?")]
    Terminal(#[from] io::Error),
    /// A part of the program panicked; its message is on the terminal.
    #[error("the UI stopped after a panic (its message is above); please report it")]
    Panicked,
}
