//! An agent over `loiter.v1`.

use std::{sync::OnceLock, time::Duration};

use futures_util::{FutureExt, StreamExt, stream};
use loiter_model::{
    ResourceSeq, Target, TaskSeq, Thresholds,
    finding::RuleSettings,
    query::{Filter, Group, ResourceQuery, SiteQuery, TaskQuery, WaitQuery},
    update::{
        CaptureOutcome, EventBatch, FindingsUpdate, ResourceDetail, ResourcesUpdate, SitesUpdate,
        TaskDetail, TasksUpdate, WaitsUpdate,
    },
};
use loiter_wire::{
    BadMessage,
    v1::{self, loiter_client::LoiterClient},
};
use tonic::{Response, Status, Streaming};

use super::{
    Answer, Credentials, Endpoint, Source, SourceError, Updates,
    connect::{self, ANSWER_TIMEOUT, in_time},
    door::{Door, Line},
    status,
};

/// Far above any window a terminal can show; a hostile peer must not fill our memory.
const MAX_MESSAGE: usize = 16 << 20;

/// A service with loiter's agent in it.
pub struct Native {
    door: Door,
    // Made when first asked, as it must be inside a runtime. It connects again by itself when
    // it is used after a connection was lost.
    client: OnceLock<LoiterClient<Line>>,
}

impl Native {
    /// Talks to the agent at `endpoint`, which is not contacted before the first question.
    #[must_use]
    pub fn new(endpoint: Endpoint, credentials: Credentials) -> Self {
        Self {
            door: Door::new(endpoint, credentials),
            client: OnceLock::new(),
        }
    }

    /// Where the agent listens.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        self.door.endpoint()
    }

    fn client(&self) -> Result<LoiterClient<Line>, SourceError> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let line = connect::line(&self.door)?;
        let client = LoiterClient::new(line).max_decoding_message_size(MAX_MESSAGE);
        Ok(self.client.get_or_init(|| client).clone())
    }

    /// Waits for the beginning of an answer and says in our words why there is none.
    async fn answer<T>(
        &self,
        method: &'static str,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, SourceError> {
        let status = match in_time(self.endpoint(), ANSWER_TIMEOUT, call).await? {
            Ok(response) => return Ok(response.into_inner()),
            Err(status) => status,
        };
        // A gRPC server of another kind refuses every method, an agent of another version only
        // some; every agent knows this one.
        if status::is_unimplemented(&status) && method != status::GET_TARGET {
            self.target().await?;
        }
        Err(status::explain(&status, &self.door, method))
    }

    /// The answers to a query, whatever its rows are.
    fn watch<T>(&self, query: v1::Query, interval: Option<Duration>) -> Answer<'_, Updates<T>>
    where
        T: TryFrom<v1::TasksUpdate, Error = BadMessage> + Send + 'static,
    {
        let request = v1::WatchTasksRequest {
            query: Some(query),
            interval_ms: millis(interval),
        };
        async move {
            let mut client = self.client()?;
            let call = client.watch_tasks(request);
            let messages = self.answer("WatchTasks", call).await?;
            Ok(self.updates(messages, "WatchTasks"))
        }
        .boxed()
    }

    /// The messages of a stream in the words of the model. An error ends it.
    fn updates<M, T>(&self, messages: Streaming<M>, method: &'static str) -> Updates<T>
    where
        M: Send + 'static,
        T: TryFrom<M, Error = BadMessage> + Send + 'static,
    {
        let door = self.door.clone();
        let updates = stream::unfold(Some(messages), move |messages| {
            let door = door.clone();
            async move {
                let mut messages = messages?;
                match messages.message().await {
                    Ok(None) => None,
                    Ok(Some(message)) => match T::try_from(message) {
                        Ok(update) => Some((Ok(update), Some(messages))),
                        Err(bad) => Some((Err(status::bad_message(&bad, door.endpoint())), None)),
                    },
                    Err(status) => Some((Err(status::explain_late(&status, &door, method)), None)),
                }
            }
        });
        updates.boxed()
    }
}

impl Native {
    fn resources(
        &self,
        request: v1::WatchResourcesRequest,
    ) -> Answer<'_, Updates<ResourcesUpdate>> {
        async move {
            let mut client = self.client()?;
            let call = client.watch_resources(request);
            let messages = self.answer("WatchResources", call).await?;
            Ok(self.updates(messages, "WatchResources"))
        }
        .boxed()
    }
}

impl Source for Native {
    fn target(&self) -> Answer<'_, Target> {
        async move {
            let mut client = self.client()?;
            let call = client.get_target(v1::GetTargetRequest {});
            let target = self.answer(status::GET_TARGET, call).await?;
            Target::try_from(target).map_err(|bad| status::bad_message(&bad, self.endpoint()))
        }
        .boxed()
    }

    fn watch_tasks(
        &self,
        query: TaskQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<TasksUpdate>> {
        self.watch(v1::Query::from(&query), interval)
    }

    fn watch_sites(
        &self,
        query: SiteQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<SitesUpdate>> {
        self.watch(v1::Query::from(&query), interval)
    }

    fn watch_waits(
        &self,
        group: Group,
        query: WaitQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<WaitsUpdate>> {
        self.watch(v1::Query::from((group, &query)), interval)
    }

    fn watch_findings(
        &self,
        settings: RuleSettings,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<FindingsUpdate>> {
        let request = v1::WatchFindingsRequest {
            rules: Some((&settings).into()),
            interval_ms: millis(interval),
        };
        async move {
            let mut client = self.client()?;
            let call = client.watch_findings(request);
            let messages = self.answer(status::WATCH_FINDINGS, call).await?;
            Ok(self.updates(messages, status::WATCH_FINDINGS))
        }
        .boxed()
    }

    fn capture_stacks(&self, filter: Filter, thresholds: Thresholds) -> Answer<'_, CaptureOutcome> {
        let request = v1::CaptureStacksRequest {
            filter: filter.to_string(),
            thresholds: Some(thresholds.into()),
            // The agent knows best what it and its service can bear.
            limit: 0,
            timeout_ms: 0,
        };
        async move {
            let mut client = self.client()?;
            let call = client.capture_stacks(request);
            let reply = self.answer("CaptureStacks", call).await?;
            Ok(reply.into())
        }
        .boxed()
    }

    fn watch_task(
        &self,
        seq: TaskSeq,
        thresholds: Thresholds,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<TaskDetail>> {
        let request = v1::WatchTaskRequest {
            seq: seq.get(),
            interval_ms: millis(interval),
            thresholds: Some(thresholds.into()),
        };
        async move {
            let mut client = self.client()?;
            let call = client.watch_task(request);
            match self.answer("WatchTask", call).await {
                Ok(messages) => Ok(self.updates(messages, "WatchTask")),
                Err(SourceError::NoSuchTask(_)) => Err(SourceError::NoSuchTask(seq.get())),
                Err(error) => Err(error),
            }
        }
        .boxed()
    }

    fn watch_events(&self, filter: Filter) -> Answer<'_, Updates<EventBatch>> {
        let request = v1::WatchEventsRequest {
            filter: filter.to_string(),
        };
        async move {
            let mut client = self.client()?;
            let call = client.watch_events(request);
            let messages = self.answer("WatchEvents", call).await?;
            Ok(self.updates(messages, "WatchEvents"))
        }
        .boxed()
    }

    fn watch_resources(
        &self,
        query: ResourceQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<ResourcesUpdate>> {
        self.resources(v1::WatchResourcesRequest {
            query: Some((&query).into()),
            interval_ms: millis(interval),
            with_ops: false,
        })
    }

    fn watch_resources_and_ops(
        &self,
        query: ResourceQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<ResourcesUpdate>> {
        self.resources(v1::WatchResourcesRequest {
            query: Some((&query).into()),
            interval_ms: millis(interval),
            with_ops: true,
        })
    }

    fn watch_resource(
        &self,
        seq: ResourceSeq,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<ResourceDetail>> {
        let request = v1::WatchResourceRequest {
            seq: seq.get(),
            interval_ms: millis(interval),
        };
        async move {
            let mut client = self.client()?;
            let call = client.watch_resource(request);
            match self.answer(status::WATCH_RESOURCE, call).await {
                Ok(messages) => Ok(self.updates(messages, status::WATCH_RESOURCE)),
                Err(SourceError::NoSuchResource(_)) => Err(SourceError::NoSuchResource(seq.get())),
                Err(error) => Err(error),
            }
        }
        .boxed()
    }
}

/// On the wire 0 leaves the interval to the agent, so the shortest one is 1.
fn millis(interval: Option<Duration>) -> u32 {
    interval.map_or(0, |interval| {
        u32::try_from(interval.as_millis())
            .unwrap_or(u32::MAX)
            .max(1)
    })
}
