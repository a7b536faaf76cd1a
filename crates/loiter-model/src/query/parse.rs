//! The filter language, as text.

use std::ops::Range;

/// Why a text is not a filter, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// Bytes of the text that are wrong; empty at the end of an unfinished text.
    pub span: Range<usize>,
    /// What is wrong and what may stand there.
    pub message: String,
}

/// A row of the language's reference.
#[derive(Clone, Copy, Debug)]
pub struct ReferenceRow {
    /// What one writes.
    pub syntax: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// The language's reference: help, README and the parser's messages are made from it.
pub const REFERENCE: &[ReferenceRow] = &[];
