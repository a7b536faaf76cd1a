//! What can be wrong with a file.

use std::io;

use loiter_wire::BadMessage;

/// What makes no sense in a block whose checksum is right: its writer was not a recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damage(pub(crate) &'static str);

impl Damage {
    pub(crate) const TOO_SHORT: Self = Self("less than it says");
}

/// Why a file, or a part of it, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is something else.
    #[error("it is no recording; `loiter record -o FILE` writes one")]
    NotARecording,
    /// It is of a later version.
    #[error(
        "it was written by a newer `loiter` (format {0}, this one reads {read}); update this one",
        read = crate::format::VERSION
    )]
    Version(u8),
    /// There is not one whole block of what makes a recording.
    #[error("it is cut off before the first thing that was recorded")]
    Empty,
    /// Something in it makes no sense.
    #[error("it is damaged at byte {offset}: {problem}")]
    Damaged {
        /// Where the block begins.
        offset: u64,
        /// What is wrong there.
        problem: String,
    },
    /// It holds more than a recording may.
    #[error("it holds more than this `loiter` reads: {0}")]
    TooLarge(String),
    /// The operating system does not give it.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// What is wrong inside a block, before it is said which one.
#[derive(Debug)]
pub(crate) struct Problem(pub(crate) String);

impl Problem {
    pub(crate) fn at(self, offset: u64) -> ReadError {
        ReadError::Damaged {
            offset,
            problem: self.0,
        }
    }
}

impl From<Damage> for Problem {
    fn from(damage: Damage) -> Self {
        Self(damage.0.to_owned())
    }
}

impl From<BadMessage> for Problem {
    fn from(bad: BadMessage) -> Self {
        Self(format!("it holds {}", bad.what))
    }
}

impl From<prost::DecodeError> for Problem {
    fn from(error: prost::DecodeError) -> Self {
        Self(error.to_string())
    }
}
