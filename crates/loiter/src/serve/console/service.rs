//! The calls: checks requests, opens streams.

use std::sync::Arc;

use loiter_model::TaskSeq;
use loiter_wire::console::{
    PauseRequest, PauseResponse, ResumeRequest, ResumeResponse, State, TaskDetails, Update,
    WatchStateRequest, WatchTaskDetailsRequest, WatchUpdatesRequest, instrument_server::Instrument,
};
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

use super::{
    super::{
        pace::Pace,
        stream::{Streams, Updates, stream},
        watch_task::Watched,
    },
    details, feed,
    tempo::{self, Tempo},
};
use crate::{agent::Core, publish::Pump};

/// Clients that are kept up to date at a time: of each it is remembered what it was told of every
/// task.
const MOST_CLIENTS: usize = 8;

/// What every stream needs.
pub(in super::super) struct Console {
    core: Arc<Core>,
    pump: Arc<Pump>,
    streams: Streams,
    clients: Arc<Semaphore>,
    tempo: Arc<Tempo>,
}

impl Console {
    pub(super) fn new(core: Arc<Core>, pump: Arc<Pump>, streams: Streams) -> Self {
        Self {
            core,
            pump,
            streams,
            clients: Arc::new(Semaphore::new(MOST_CLIENTS)),
            tempo: Arc::default(),
        }
    }

    fn pace(&self) -> Pace {
        self.streams.pace(0, self.core.config.publish_interval)
    }
}

#[tonic::async_trait]
impl Instrument for Console {
    type WatchUpdatesStream = Updates<Update>;

    async fn watch_updates(
        &self,
        request: Request<WatchUpdatesRequest>,
    ) -> Result<Response<Self::WatchUpdatesStream>, Status> {
        let client = self.clients.clone().try_acquire_owned().map_err(|_| {
            Status::resource_exhausted(format!(
                "{MOST_CLIENTS} clients of this kind are attached already; close another one"
            ))
        })?;
        let seat = self.streams.open(request.extensions())?;
        let (core, tempo, pace) = (self.core.clone(), self.tempo.clone(), self.pace());
        Ok(stream(seat, |updates| async move {
            let attached = tempo.attach();
            feed::feed(&core, &tempo, &pace, &updates).await;
            drop((attached, client));
        }))
    }

    type WatchTaskDetailsStream = Updates<TaskDetails>;

    async fn watch_task_details(
        &self,
        request: Request<WatchTaskDetailsRequest>,
    ) -> Result<Response<Self::WatchTaskDetailsStream>, Status> {
        let id = request.get_ref().id.map_or(0, |id| id.id);
        let Some(seq) = TaskSeq::new(id) else {
            return Err(Status::invalid_argument("the id of a task is missing"));
        };
        let seat = self.streams.open(request.extensions())?;
        let watched = Watched::start(self.core.table.clone(), &self.pump, seq)?;
        let (core, tempo, pace) = (self.core.clone(), self.tempo.clone(), self.pace());
        Ok(stream(seat, |updates| async move {
            details::feed(watched, &core, &tempo, &pace, &updates).await;
        }))
    }

    type WatchStateStream = Updates<State>;

    async fn watch_state(
        &self,
        request: Request<WatchStateRequest>,
    ) -> Result<Response<Self::WatchStateStream>, Status> {
        let seat = self.streams.open(request.extensions())?;
        let tempo = self.tempo.clone();
        Ok(stream(seat, |updates| async move {
            tempo::feed(&tempo, &updates).await;
        }))
    }

    async fn pause(&self, _: Request<PauseRequest>) -> Result<Response<PauseResponse>, Status> {
        self.tempo.pause();
        Ok(Response::new(PauseResponse {}))
    }

    async fn resume(&self, _: Request<ResumeRequest>) -> Result<Response<ResumeResponse>, Status> {
        self.tempo.resume();
        Ok(Response::new(ResumeResponse {}))
    }
}
