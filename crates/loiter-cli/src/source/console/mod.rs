//! A console-subscriber over `rs.tokio.console.instrument.Instrument`, as tokio-console asks it.
//!
//! It pushes everything it has at once, and then what has changed: [`translate`] keeps a picture
//! of that, which answers the questions.

mod details;
#[cfg(fuzzing)]
mod draw;
mod histogram;
mod session;
#[cfg(test)]
mod tests;
mod translate;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::FutureExt;
use loiter_model::{
    ResourceSeq, Target, TaskSeq, Thresholds,
    finding::RuleSettings,
    query::{Filter, Group, ResourceQuery, SiteQuery, TaskQuery, WaitQuery},
    update::{
        CaptureOutcome, FindingsUpdate, ResourceDetail, ResourcesUpdate, SitesUpdate, TaskDetail,
        TasksUpdate, WaitsUpdate,
    },
};

#[cfg(fuzzing)]
pub use draw::draw;

use self::{session::Session, translate::Translator};
use super::{Answer, Credentials, Endpoint, Live, Source, SourceError, Updates, door::Door};

/// A service with a console-subscriber in it.
///
/// Of what its tasks wait on, who spawned or woke them and how they ended it tells nothing.
pub struct Console {
    door: Door,
    session: Mutex<Option<Session>>,
}

impl Console {
    /// Talks to the console-subscriber at `endpoint`, which is not contacted before the first
    /// question.
    #[must_use]
    pub fn new(endpoint: Endpoint, credentials: Credentials) -> Self {
        Self {
            door: Door::new(endpoint, credentials),
            session: Mutex::default(),
        }
    }

    /// Ends the connection.
    pub(super) fn leave(&self) {
        *self.session() = None;
    }

    fn session(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that is there, or a new one.
    async fn connected(&self) -> Result<Session, SourceError> {
        let former = {
            let mut session = self.session();
            match &*session {
                Some(open) if open.live().end().is_none() => return Ok(open.clone()),
                _ => session.take(),
            }
        };
        // The same process has the same tasks, and these keep their numbers.
        let translator = former.map_or_else(Translator::default, Session::into_translator);
        let session = Session::open(&self.door, translator).await?;
        *self.session() = Some(session.clone());
        Ok(session)
    }

    async fn live(&self) -> Result<Live, SourceError> {
        Ok(self.connected().await?.live().clone())
    }
}

impl Source for Console {
    fn target(&self) -> Answer<'_, Target> {
        async { Ok(self.connected().await?.target()) }.boxed()
    }

    fn watch_tasks(
        &self,
        query: TaskQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<TasksUpdate>> {
        async move { Ok(self.live().await?.tasks(query, interval)) }.boxed()
    }

    fn watch_sites(
        &self,
        query: SiteQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<SitesUpdate>> {
        async move { Ok(self.live().await?.sites(query, interval)) }.boxed()
    }

    fn watch_waits(
        &self,
        group: Group,
        query: WaitQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<WaitsUpdate>> {
        async move { Ok(self.live().await?.waits(group, query, interval)) }.boxed()
    }

    fn watch_findings(
        &self,
        settings: RuleSettings,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<FindingsUpdate>> {
        async move { Ok(self.live().await?.findings(settings, interval)) }.boxed()
    }

    fn capture_stacks(&self, _: Filter, _: Thresholds) -> Answer<'_, CaptureOutcome> {
        async {
            Err(SourceError::CannotTell {
                endpoint: self.door.endpoint().to_string(),
                what:
                    "what tasks wait on: console-subscriber does not know it, loiter's agent does"
                        .to_owned(),
            })
        }
        .boxed()
    }

    fn watch_task(
        &self,
        seq: TaskSeq,
        _: Thresholds,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<TaskDetail>> {
        async move { Ok(self.connected().await?.task(seq, interval).await) }.boxed()
    }

    fn watch_resources(
        &self,
        query: ResourceQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<ResourcesUpdate>> {
        async move { Ok(self.live().await?.resources(query, interval)) }.boxed()
    }

    fn watch_resources_and_ops(
        &self,
        query: ResourceQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<ResourcesUpdate>> {
        async move { Ok(self.live().await?.resources_and_ops(query, interval)) }.boxed()
    }

    fn watch_resource(
        &self,
        seq: ResourceSeq,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<ResourceDetail>> {
        async move { Ok(self.live().await?.resource(seq, interval)) }.boxed()
    }
}
