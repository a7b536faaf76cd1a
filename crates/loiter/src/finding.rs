//! What the agent finds wrong, for the program itself: a stream of it, and what is told of each.
//!
//! ```no_run
//! use loiter::finding::Change;
//!
//! # async fn page_somebody(_: &str) {}
//! # async fn example() {
//! let mut findings = loiter::findings();
//! while let Some(change) = findings.recv().await {
//!     if let Change::New(found) = change {
//!         page_somebody(&found.markdown).await;
//!     }
//! }
//! # }
//! ```

#[cfg(feature = "agent")]
mod feed;
#[cfg(feature = "agent")]
mod words;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

pub use loiter_model::{
    WaitKind,
    finding::{Certainty, Finding, FindingKind},
};
use tokio_stream::{Stream, StreamExt};

#[cfg(feature = "agent")]
use self::feed::Feed;
#[cfg(feature = "agent")]
pub(crate) use self::feed::tell;
#[cfg(not(feature = "agent"))]
use crate::off::Feed;

/// Something that is wrong, in words: as it was when it was told of.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Found {
    /// The figures.
    pub finding: Finding,
    /// In one line.
    pub headline: String,
    /// With its evidence, its cause and its cure, to be pasted into an issue.
    pub markdown: String,
    /// Where its tasks were spawned, such as `src/server.rs:10:5`; `None` for what concerns the
    /// whole program.
    pub site: Option<String>,
    /// The name of its tasks, where they all have the same one.
    pub name: Option<String>,
    /// The scope of its tasks, where they all have the same one.
    pub scope: Option<String>,
    /// What its tasks wait on, where they all wait on one thing and that is known.
    pub wait: Option<WaitKind>,
    /// The same with the place in the program, such as `mpsc send · pool.rs:88 next_job`.
    pub waits_on: Option<String>,
    /// The cause, a sentence.
    pub cause: &'static str,
    /// The cure, a sentence.
    pub cure: &'static str,
}

/// What has changed about what is wrong.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Change {
    /// It was not so in the last ten minutes.
    New(Arc<Found>),
    /// It is surer now than it was ever told.
    Surer(Arc<Found>),
    /// It was gone, less than ten minutes ago, and is so again.
    Back(Arc<Found>),
    /// It is so no more.
    Gone(Arc<Found>),
    /// The reader was too slow: so many changes were left out here.
    Missed(u64),
}

/// What changes about what the agent finds wrong, from now on.
///
/// The agent looks about once a second. May be called before the agent is started; without an
/// agent nothing ever comes.
#[must_use]
pub fn findings() -> Changes {
    Changes(Feed::new())
}

/// A stream of changes, see [`findings`]. It holds 256 of them for a slow reader.
#[derive(Debug)]
pub struct Changes(Feed);

impl Changes {
    /// The next change. There is always a next one, so it is never `None`; the `Option` is that
    /// of a stream. Dropping the future loses nothing.
    pub async fn recv(&mut self) -> Option<Change> {
        self.next().await
    }
}

impl Stream for Changes {
    type Item = Change;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Change>> {
        Pin::new(&mut self.0).poll_next(context)
    }
}
