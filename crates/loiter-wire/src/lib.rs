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

pub use convert::{BadMessage, BadQuery, BadRules, Question, read_rules};
