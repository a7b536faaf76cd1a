//! Whoever answers at an endpoint.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::FutureExt;
use loiter_model::{
    ResourceSeq, Target, TaskSeq, Thresholds,
    finding::RuleSettings,
    query::{Filter, Group, ResourceQuery, SiteQuery, TaskQuery, WaitQuery},
    update::{
        CaptureOutcome, EventBatch, FindingsUpdate, ResourceDetail, ResourcesUpdate, SitesUpdate,
        TaskDetail, TasksUpdate, WaitsUpdate,
    },
};

use super::{Answer, Console, Credentials, Endpoint, Native, Source, SourceError, Updates};

/// An agent or a console-subscriber, whichever answers. It is found out anew whenever the target
/// is asked for, as one service may be replaced by another.
pub struct Attached {
    native: Arc<Native>,
    console: Arc<Console>,
    found: Mutex<Option<Arc<dyn Source>>>,
}

impl Attached {
    /// Talks to whatever is at `endpoint`, which is not contacted before the first question.
    #[must_use]
    pub fn new(endpoint: Endpoint, credentials: Credentials) -> Self {
        Self {
            native: Arc::new(Native::new(endpoint.clone(), credentials.clone())),
            console: Arc::new(Console::new(endpoint, credentials)),
            found: Mutex::default(),
        }
    }

    /// Finds out who answers. An agent may serve tokio-console, too, so it is asked first.
    async fn find(&self) -> Result<(Target, Arc<dyn Source>), SourceError> {
        let (target, found): (_, Arc<dyn Source>) = match self.native.target().await {
            Err(SourceError::NotLoiter { .. }) => {
                (self.console.target().await?, self.console.clone())
            }
            target => {
                let target = target?;
                // An agent has taken its place.
                self.console.leave();
                (target, self.native.clone())
            }
        };
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        Ok((target, found))
    }

    /// Who answered last.
    async fn found(&self) -> Result<Arc<dyn Source>, SourceError> {
        let found = self
            .found
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match found {
            Some(found) => Ok(found),
            None => Ok(self.find().await?.1),
        }
    }
}

impl Source for Attached {
    fn target(&self) -> Answer<'_, Target> {
        async { Ok(self.find().await?.0) }.boxed()
    }

    fn watch_tasks(
        &self,
        query: TaskQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<TasksUpdate>> {
        async move { self.found().await?.watch_tasks(query, interval).await }.boxed()
    }

    fn watch_sites(
        &self,
        query: SiteQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<SitesUpdate>> {
        async move { self.found().await?.watch_sites(query, interval).await }.boxed()
    }

    fn watch_waits(
        &self,
        group: Group,
        query: WaitQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<WaitsUpdate>> {
        async move {
            self.found()
                .await?
                .watch_waits(group, query, interval)
                .await
        }
        .boxed()
    }

    fn watch_findings(
        &self,
        settings: RuleSettings,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<FindingsUpdate>> {
        async move { self.found().await?.watch_findings(settings, interval).await }.boxed()
    }

    fn capture_stacks(&self, filter: Filter, thresholds: Thresholds) -> Answer<'_, CaptureOutcome> {
        async move { self.found().await?.capture_stacks(filter, thresholds).await }.boxed()
    }

    fn watch_task(
        &self,
        seq: TaskSeq,
        thresholds: Thresholds,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<TaskDetail>> {
        async move {
            self.found()
                .await?
                .watch_task(seq, thresholds, interval)
                .await
        }
        .boxed()
    }

    fn watch_resources(
        &self,
        query: ResourceQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<ResourcesUpdate>> {
        async move { self.found().await?.watch_resources(query, interval).await }.boxed()
    }

    fn watch_resources_and_ops(
        &self,
        query: ResourceQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<ResourcesUpdate>> {
        async move {
            self.found()
                .await?
                .watch_resources_and_ops(query, interval)
                .await
        }
        .boxed()
    }

    fn watch_events(&self, filter: Filter) -> Answer<'_, Updates<EventBatch>> {
        async move { self.found().await?.watch_events(filter).await }.boxed()
    }

    fn watch_resource(
        &self,
        seq: ResourceSeq,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<ResourceDetail>> {
        async move { self.found().await?.watch_resource(seq, interval).await }.boxed()
    }
}
