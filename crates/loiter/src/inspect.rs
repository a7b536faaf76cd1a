//! Questions to this process's own agent, without a port: for `loiter-test`.
//!
//! The agent's thread answers them, so a runtime that is stuck can be looked at. The futures need
//! no runtime around them.

use std::time::Duration;

use loiter_model::{
    Thresholds, Tier,
    query::{Filter, FilterError, Sort, TaskColumn, TaskQuery, Window},
    update::{CaptureOutcome, TasksUpdate},
};
use tokio::runtime::Handle;

use crate::publish::errand::{self, NoAnswer};

/// Why the agent has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No agent was started in this process.
    #[error("this process has no loiter agent: call loiter::init, and leave LOITER_ENABLED alone")]
    NoAgent,
    /// The agent panicked while it looked for the answer.
    #[error("the agent panicked over the question, see its log")]
    Panicked,
    /// The filter does not parse.
    #[error("in the filter: {0}")]
    Filter(#[from] FilterError),
    /// Tasks are never asked.
    #[error(
        "the agent was told never to ask its tasks what they wait on (LOITER_CAPTURE_STACKS, \
         Builder::capture_stacks)"
    )]
    Off,
}

impl From<NoAnswer> for Error {
    fn from(none: NoAnswer) -> Self {
        match none {
            NoAnswer::NoAgent => Self::NoAgent,
            NoAnswer::Panicked => Self::Panicked,
        }
    }
}

/// The tasks that a filter lets through, the oldest first, `limit` at most. O(tasks).
///
/// # Errors
/// [`Error::NoAgent`], [`Error::Panicked`], [`Error::Filter`].
pub async fn tasks(filter: &str, limit: u64) -> Result<TasksUpdate, Error> {
    let filter = filter.parse()?;
    errand::run(move |desk| async move {
        let query = oldest_first(filter, limit, desk.thresholds());
        desk.answers.tasks(&query).await
    })
    .await
    .map_err(Error::from)
}

/// Like [`tasks`], with no more about waits and endings than is known already: reads no symbols,
/// which takes up to seconds the first time. O(tasks).
///
/// # Errors
/// [`Error::NoAgent`], [`Error::Panicked`], [`Error::Filter`].
pub async fn tasks_as_known(filter: &str, limit: u64) -> Result<TasksUpdate, Error> {
    let filter = filter.parse()?;
    errand::run(move |desk| async move {
        let query = oldest_first(filter, limit, desk.thresholds());
        desk.answers.tasks_as_known(&query).await
    })
    .await
    .map_err(Error::from)
}

fn oldest_first(filter: Filter, limit: u64, thresholds: Thresholds) -> TaskQuery {
    TaskQuery {
        filter,
        sort: Sort {
            column: TaskColumn::Seq,
            descending: false,
        },
        window: Window { offset: 0, limit },
        thresholds,
    }
}

/// Asks the tasks that a filter lets through what they wait on, and waits until all have
/// answered or the time is up.
///
/// # Errors
/// [`Error::NoAgent`], [`Error::Panicked`], [`Error::Filter`], [`Error::Off`].
pub async fn capture(filter: &str, timeout: Duration) -> Result<CaptureOutcome, Error> {
    let filter: Filter = filter.parse()?;
    errand::run(move |desk| async move {
        let limits: Thresholds = desk.thresholds();
        if desk.never_asks() {
            return Err(Error::Off);
        }
        Ok(desk
            .looks
            .capture(&filter, &limits, u64::MAX, timeout)
            .await)
    })
    .await
    .unwrap_or_else(|none| Err(none.into()))
}

/// Tasks alive by tokio's own count, over the runtimes that the agent knows; `None` when it knows
/// none.
///
/// # Errors
/// [`Error::NoAgent`], [`Error::Panicked`].
pub async fn runtime_tasks() -> Result<Option<u64>, Error> {
    errand::run(|desk| async move { desk.answers.runtime_tasks() })
        .await
        .map_err(Error::from)
}

/// Tasks of the agent's own that are alive: those for its clients come and go.
///
/// # Errors
/// [`Error::NoAgent`], [`Error::Panicked`].
pub async fn own_tasks() -> Result<usize, Error> {
    errand::run(|_| async { Handle::current().metrics().num_alive_tasks() })
        .await
        .map_err(Error::from)
}

/// How much of this process the agent can see.
///
/// # Errors
/// [`Error::NoAgent`], [`Error::Panicked`].
pub async fn tier() -> Result<Tier, Error> {
    errand::run(|desk| async move { desk.tier() })
        .await
        .map_err(Error::from)
}
