//! `loiter.v1` as a service: checks requests, opens streams.

use std::{sync::Arc, time::Duration};

use loiter_model::{
    ResourceSeq, TaskSeq,
    query::{Filter, FilterError},
};
use loiter_wire::{Question, read_resource_query, v1};
use tonic::{Request, Response, Status};

use super::{
    MOST_ROWS,
    pace::Pace,
    stream::{Streams, Updates, stream},
    watch_events, watch_findings, watch_resources, watch_task, watch_tasks,
};
use crate::{
    agent::Core,
    builder::CaptureStacks,
    publish::{Answers, Findings, Looks, Pump},
};

/// Tasks that one request asks what they wait on.
const MOST_ASKED: u64 = 10_000;
/// How long they have to answer, unless the client says.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// The longest that a client can wait for them.
const ANSWER_AT_LAST: Duration = Duration::from_secs(60);

/// What every stream needs.
pub(super) struct Service {
    core: Arc<Core>,
    answers: Arc<Answers>,
    looks: Arc<Looks>,
    pump: Arc<Pump>,
    streams: Streams,
}

impl Service {
    pub(super) fn new(
        core: Arc<Core>,
        answers: Arc<Answers>,
        looks: Arc<Looks>,
        pump: Arc<Pump>,
        streams: Streams,
    ) -> Self {
        Self {
            core,
            answers,
            looks,
            pump,
            streams,
        }
    }

    fn pace(&self, interval_ms: u32) -> Pace {
        let usual = self.core.config.publish_interval;
        self.streams.pace(interval_ms, usual)
    }
}

fn read_filter(filter: &str) -> Result<Filter, Status> {
    filter
        .parse()
        .map_err(|error: FilterError| Status::invalid_argument(format!("in the filter: {error}")))
}

#[tonic::async_trait]
impl v1::loiter_server::Loiter for Service {
    async fn get_target(
        &self,
        _: Request<v1::GetTargetRequest>,
    ) -> Result<Response<v1::Target>, Status> {
        Ok(Response::new(self.core.target().into()))
    }

    type WatchTasksStream = Updates<v1::TasksUpdate>;

    async fn watch_tasks(
        &self,
        request: Request<v1::WatchTasksRequest>,
    ) -> Result<Response<Self::WatchTasksStream>, Status> {
        let (_, extensions, request) = request.into_parts();
        let mut query = request.query.unwrap_or_default();
        query.limit = query.limit.min(MOST_ROWS);
        let rows = query.limit;
        let question = Question::read(query, self.core.config.rules.thresholds)
            .map_err(|error| Status::invalid_argument(error.to_string()))?;
        let seat = self.streams.open(&extensions)?.with_rows(rows)?;
        let pace = self.pace(request.interval_ms);
        let answers = self.answers.clone();
        Ok(stream(seat, |updates| async move {
            watch_tasks::feed(&answers, &question, &pace, updates).await;
        }))
    }

    type WatchTaskStream = Updates<v1::TaskDetail>;

    async fn watch_task(
        &self,
        request: Request<v1::WatchTaskRequest>,
    ) -> Result<Response<Self::WatchTaskStream>, Status> {
        let (_, extensions, request) = request.into_parts();
        let Some(seq) = TaskSeq::new(request.seq) else {
            return Err(Status::invalid_argument("task numbers start at 1"));
        };
        let seat = self.streams.open(&extensions)?;
        let pace = self.pace(request.interval_ms);
        let watch = watch_task::Watched::start(self.core.table.clone(), &self.pump, seq)?;
        Ok(stream(seat, |updates| async move {
            watch_task::feed(watch, &pace, updates).await;
        }))
    }

    type WatchEventsStream = Updates<v1::EventBatch>;

    async fn watch_events(
        &self,
        request: Request<v1::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let (_, extensions, request) = request.into_parts();
        let filter = read_filter(&request.filter)?;
        let seat = self.streams.open(&extensions)?.large()?;
        let core = self.core.clone();
        let (watch, batches) = self.pump.watch_all();
        Ok(stream(seat, |updates| async move {
            watch_events::feed(&core, &filter, &watch, batches, updates).await;
            drop(watch);
        }))
    }

    type WatchFindingsStream = Updates<v1::FindingsUpdate>;

    async fn watch_findings(
        &self,
        request: Request<v1::WatchFindingsRequest>,
    ) -> Result<Response<Self::WatchFindingsStream>, Status> {
        let (_, extensions, request) = request.into_parts();
        let settings = watch_findings::settings(request.rules, &self.core.config.rules)?;
        let seat = self.streams.open(&extensions)?;
        let pace = self.pace(request.interval_ms);
        let findings = Findings::new(self.core.clone(), self.answers.clone(), settings);
        Ok(stream(seat, |updates| async move {
            watch_findings::feed(findings, &pace, updates).await;
        }))
    }

    type WatchResourcesStream = Updates<v1::ResourcesUpdate>;

    async fn watch_resources(
        &self,
        request: Request<v1::WatchResourcesRequest>,
    ) -> Result<Response<Self::WatchResourcesStream>, Status> {
        let (_, extensions, request) = request.into_parts();
        let mut query = request.query.unwrap_or_default();
        query.limit = query.limit.min(MOST_ROWS);
        let rows = query.limit;
        let query = read_resource_query(query, self.core.config.rules.thresholds)
            .map_err(|error| Status::invalid_argument(error.to_string()))?;
        let seat = self.streams.open(&extensions)?.with_rows(rows)?;
        let pace = self.pace(request.interval_ms);
        let answers = self.answers.clone();
        Ok(stream(seat, |updates| async move {
            let wanted = (&query, request.with_ops);
            watch_resources::feed(&answers, wanted, &pace, updates).await;
        }))
    }

    type WatchResourceStream = Updates<v1::ResourceDetail>;

    async fn watch_resource(
        &self,
        request: Request<v1::WatchResourceRequest>,
    ) -> Result<Response<Self::WatchResourceStream>, Status> {
        let (_, extensions, request) = request.into_parts();
        let Some(seq) = ResourceSeq::new(request.seq) else {
            return Err(Status::invalid_argument("resource numbers start at 1"));
        };
        let seat = self.streams.open(&extensions)?;
        let pace = self.pace(request.interval_ms);
        let answers = self.answers.clone();
        let Some(first) = answers.resource(seq).await else {
            return Err(Status::not_found(format!("resource {seq} is gone")));
        };
        Ok(stream(seat, |updates| async move {
            watch_resources::feed_one(&answers, first, &pace, updates).await;
        }))
    }

    async fn capture_stacks(
        &self,
        request: Request<v1::CaptureStacksRequest>,
    ) -> Result<Response<v1::CaptureStacksReply>, Status> {
        let (_, extensions, request) = request.into_parts();
        if self.core.config.capture_stacks == CaptureStacks::Off {
            return Err(Status::failed_precondition(
                "the service was told never to ask its tasks what they wait on \
                 (LOITER_CAPTURE_STACKS)",
            ));
        }
        let filter = read_filter(&request.filter)?;
        let limits = request
            .thresholds
            .map_or(self.core.config.rules.thresholds, Into::into);
        let most = match request.limit {
            0 => MOST_ASKED,
            limit => limit.min(MOST_ASKED),
        };
        let timeout = match request.timeout_ms {
            0 => ANSWER_WITHIN,
            millis => Duration::from_millis(u64::from(millis)).min(ANSWER_AT_LAST),
        };
        let _seat = self.streams.open(&extensions)?;
        let outcome = self.looks.capture(&filter, &limits, most, timeout).await;
        Ok(Response::new(outcome.into()))
    }
}
