//! Where tasks are read from: one trait, so that the UI and the commands ask an agent and
//! anything else that knows tasks in the same words.

mod attached;
mod connect;
mod console;
mod credentials;
mod door;
mod endpoint;
mod error;
mod local;
mod native;
mod open;
mod place;
mod recording;
mod status;
#[cfg(test)]
mod tests;

use std::time::Duration;

use futures_util::{future::BoxFuture, stream::BoxStream};
use loiter_model::{
    ResourceSeq, Target, TaskSeq, Thresholds,
    finding::RuleSettings,
    query::{Filter, Group, ResourceQuery, SiteQuery, TaskQuery, WaitQuery},
    update::{
        CaptureOutcome, EventBatch, FindingsUpdate, ResourceDetail, ResourcesUpdate, SitesUpdate,
        TaskDetail, TasksUpdate, WaitsUpdate,
    },
};

pub use attached::Attached;
pub use console::Console;
#[cfg(fuzzing)]
pub use console::draw;
pub use credentials::{CredentialFile, Credentials, ParseTokenError, Token, TokenFrom};
pub use door::{Fault, Part};
pub use endpoint::{Endpoint, ParseEndpointError};
pub use error::SourceError;
pub use local::{Canvas, Live};
pub use native::Native;
pub use open::{open, open_at};
pub use place::{ParseWhereError, Where};
pub use recording::{
    At, Go, Moment, ParseAtError, Player, Reading, Recorded, Reel, open_recording,
};

/// Updates until the watcher drops the stream or an error ends it.
pub type Updates<T> = BoxStream<'static, Result<T, SourceError>>;

/// A pending answer of a source.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, SourceError>>;

/// Something that answers questions about the tasks of one target.
///
/// A source connects when it is first asked, and again when it is asked after a connection was
/// lost; it never retries by itself. Whoever asks decides when to ask again.
///
/// `interval` is how often a watch should answer; `None` leaves it to the source. The first
/// answer comes at once.
pub trait Source: Send + Sync {
    /// What process this is, and how much of it can be seen.
    fn target(&self) -> Answer<'_, Target>;

    /// Answers a query with a row a task, at once and then every interval.
    fn watch_tasks(
        &self,
        query: TaskQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<TasksUpdate>>;

    /// Answers a query with a row a site, at once and then every interval.
    fn watch_sites(
        &self,
        query: SiteQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<SitesUpdate>>;

    /// Answers a query with a row for the tasks that wait alike, at once and then every interval.
    fn watch_waits(
        &self,
        group: Group,
        query: WaitQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<WaitsUpdate>>;

    /// Says what is wrong by these rules, at once and then every interval. The rules remember
    /// what they have seen for as long as the stream lasts: some need to see a task twice.
    ///
    /// [`SourceError::TooOld`] of a source that knows no findings.
    fn watch_findings(
        &self,
        settings: RuleSettings,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<FindingsUpdate>>;

    /// Finds out what the idle tasks of a filter wait on, as far as the source can: it has each
    /// of them polled once. The updates after the answer say it.
    fn capture_stacks(&self, filter: Filter, thresholds: Thresholds) -> Answer<'_, CaptureOutcome>;

    /// Looks at one task closely. The stream ends after the update that shows the task ended, but
    /// for a recording: there, time may go back.
    fn watch_task(
        &self,
        seq: TaskSeq,
        thresholds: Thresholds,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<TaskDetail>>;

    /// Answers a query with a row a resource, at once and then every interval.
    ///
    /// [`SourceError::CannotTell`] of a source that knows no resources.
    fn watch_resources(
        &self,
        query: ResourceQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<ResourcesUpdate>>;

    /// The same with the operations on the rows, as far as one answer has room for them, for whoever
    /// keeps everything; without them from a source that does not know any.
    fn watch_resources_and_ops(
        &self,
        query: ResourceQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<ResourcesUpdate>> {
        self.watch_resources(query, interval)
    }

    /// Looks at one resource closely. The stream ends after the update that shows it ended.
    fn watch_resource(
        &self,
        seq: ResourceSeq,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<ResourceDetail>>;

    /// Tells everything that happens to the tasks of a filter from now on, one by one.
    ///
    /// [`SourceError::CannotTell`] of a source that knows only how its tasks are.
    fn watch_events(&self, filter: Filter) -> Answer<'_, Updates<EventBatch>> {
        let _ = filter;
        let error = SourceError::CannotTell {
            endpoint: "this target".to_owned(),
            what: "what happens to its tasks, only how they are".to_owned(),
        };
        Box::pin(std::future::ready(Err(error)))
    }
}
