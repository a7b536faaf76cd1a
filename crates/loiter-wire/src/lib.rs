//! The `loiter.v1` protocol: generated messages and their conversions to and from the model.
//!
//! A conversion towards the wire always succeeds. A conversion from the wire returns
//! [`BadMessage`] for what the protocol does not allow: peers may be newer, older or hostile.
//! A [`Question`] is what a query asks, or a [`BadQuery`] for the person who wrote it; so are
//! rules and [`BadRules`].

mod convert;

/// The generated messages, client and server of `loiter.v1`.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
pub mod v1 {
    include!("generated/loiter.v1.rs");
}

/// The generated messages and the server of the protocol that `tokio-console` speaks.
#[cfg(feature = "console")]
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
pub mod console {
    include!("generated/rs.tokio.console.instrument.rs");

    /// How many bytes a message is on the wire.
    #[must_use]
    pub fn encoded_len(message: &impl prost::Message) -> usize {
        message.encoded_len()
    }
}

pub use convert::{BadMessage, BadQuery, BadRules, Question, read_resource_query, read_rules};
