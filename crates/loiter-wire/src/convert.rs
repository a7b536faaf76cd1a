//! Between messages and the model.

/// A message that the protocol does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the peer sent {what}")]
pub struct BadMessage {
    /// What is wrong with it.
    pub what: String,
}
