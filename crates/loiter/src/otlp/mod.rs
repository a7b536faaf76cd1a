//! Sends figures and findings to a collector, by the protocol of OpenTelemetry.
//!
//! Everything is done on the agent's thread, and nothing there waits for the collector but what
//! sends to it. Figures are cumulative, so that those that did not get through are in the next ones;
//! changes of findings wait in a queue with an end.

mod collector;
mod health;
mod logs;
mod metrics;
mod pauses;
mod queue;
mod resource;
#[cfg(feature = "tls")]
mod tls;

use std::{sync::Arc, time::SystemTime};

use collector::{Collector, Failure};
use opentelemetry_proto::tonic::collector::{
    logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse},
    metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse},
};
use pauses::Pauses;
use prost::Message as _;
use queue::Queue;
use tokio::time::{self, Duration, Instant};

use crate::{
    agent::Core,
    finding,
    publish::Answers,
    upkeep::{self, Part},
};

/// From a change of a finding until it is sent, with others that come meanwhile.
const GATHERING: Duration = Duration::from_secs(1);

/// Sends the program's figures, for ever.
pub(crate) async fn figures(core: Arc<Core>, answers: Arc<Answers>) {
    let Some(collector) = Collector::of(&core, "/v1/metrics") else {
        return;
    };
    let resource = resource::of(&core);
    let interval = core.config.otlp.interval;
    let mut pauses = Pauses::from(interval);
    let mut pause = interval;
    loop {
        time::sleep(pause).await;
        upkeep::may_panic(Part::Otlp);
        let census = answers.census().await;
        let metrics = metrics::of(&census, resource.clone(), SystemTime::now());
        let request = ExportMetricsServiceRequest {
            resource_metrics: vec![metrics],
        };
        let answer = collector.send(request.encode_to_vec()).await;
        pause = match &answer {
            Ok(_) | Err(Failure::Refused(_)) => pauses.none(),
            Err(Failure::Away { wait, .. }) => pauses.next(*wait),
        };
        let rejected = |answer: &[u8]| {
            let answer = ExportMetricsServiceResponse::decode(answer).ok()?;
            let part = answer.partial_success?;
            Some((part.rejected_data_points, part.error_message))
        };
        collector.note(answer, rejected);
    }
}

/// Sends what changes about the program's findings, for ever.
pub(crate) async fn findings(core: Arc<Core>) {
    let Some(collector) = Collector::of(&core, "/v1/logs") else {
        return;
    };
    let resource = resource::of(&core);
    let mut changes = finding::findings();
    let mut queue = Queue::default();
    let mut pauses = Pauses::from(GATHERING);
    loop {
        match changes.recv().await {
            Some(change) => queue.push(logs::of(&change, SystemTime::now())),
            None => return,
        }
        let mut pause = GATHERING;
        while !queue.is_empty() {
            let until = Instant::now() + pause;
            while let Ok(Some(change)) = time::timeout_at(until, changes.recv()).await {
                queue.push(logs::of(&change, SystemTime::now()));
            }
            let request = ExportLogsServiceRequest {
                resource_logs: vec![logs::batch(queue.all(), resource.clone())],
            };
            let answer = collector.send(request.encode_to_vec()).await;
            pause = match &answer {
                Ok(_) | Err(Failure::Refused(_)) => {
                    queue.clear();
                    pauses.none()
                }
                Err(Failure::Away { wait, .. }) => pauses.next(*wait),
            };
            let rejected = |answer: &[u8]| {
                let answer = ExportLogsServiceResponse::decode(answer).ok()?;
                let part = answer.partial_success?;
                Some((part.rejected_log_records, part.error_message))
            };
            collector.note(answer, rejected);
        }
    }
}
