//! Answers out of a picture that somebody on this side keeps up to date.

mod live;
mod news;

pub use live::{Canvas, Live};
