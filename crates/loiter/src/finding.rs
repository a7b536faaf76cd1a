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

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use loiter_model::{
    Nanos,
    finding::{Advice, Headline, Markdown},
    query::Labels,
};
pub use loiter_model::{
    WaitKind,
    finding::{Certainty, Finding, FindingKind},
};
use tokio::sync::broadcast;
use tokio_stream::{
    Stream, StreamExt,
    wrappers::{BroadcastStream, errors::BroadcastStreamRecvError},
};

/// Changes that a reader may be behind before it misses some.
const BACKLOG: usize = 256;

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

impl Found {
    /// Puts a finding into words. `at`: now, from the agent's start.
    pub(crate) fn new(finding: Finding, labels: &impl Labels, at: Nanos) -> Self {
        let text = |id| Some(labels.name(id)?.to_string());
        let wait = finding.wait.and_then(|id| labels.wait(id));
        let advice = Advice::of(finding.kind, wait.as_ref().map(|wait| wait.kind));
        Self {
            headline: Headline {
                finding: &finding,
                labels,
                at,
            }
            .to_string(),
            markdown: Markdown {
                finding: &finding,
                labels,
                at,
            }
            .to_string(),
            site: finding
                .site
                .and_then(|id| Some(labels.site(id)?.to_string())),
            name: finding.name.and_then(text),
            scope: finding.scope.and_then(text),
            wait: wait.as_ref().map(|wait| wait.kind),
            waits_on: wait.map(|wait| wait.to_string()),
            cause: advice.cause,
            cure: advice.cure,
            finding,
        }
    }
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
    Changes(BroadcastStream::new(sender().subscribe()))
}

/// A stream of changes, see [`findings`]. It holds 256 of them for a slow reader.
#[derive(Debug)]
pub struct Changes(BroadcastStream<Change>);

impl Changes {
    /// The next change. There is always a next one, so it is never `None`; the `Option` is that
    /// of a stream. Dropping the future loses nothing.
    pub async fn recv(&mut self) -> Option<Change> {
        self.next().await
    }
}

impl Stream for Changes {
    type Item = Change;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Change>> {
        let next = Pin::new(&mut self.0).poll_next(cx);
        next.map(|next| {
            next.map(|received| match received {
                Ok(change) => change,
                Err(BroadcastStreamRecvError::Lagged(missed)) => Change::Missed(missed),
            })
        })
    }
}

/// Tells every reader.
pub(crate) fn tell(change: Change) {
    // Nobody may be there to read it.
    let _ = sender().send(change);
}

/// There is one agent a process, and whoever wants to read may come before it.
fn sender() -> &'static broadcast::Sender<Change> {
    static SENDER: OnceLock<broadcast::Sender<Change>> = OnceLock::new();
    SENDER.get_or_init(|| broadcast::channel(BACKLOG).0)
}
