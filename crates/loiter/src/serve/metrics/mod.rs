//! `/metrics`: the program in figures, for Prometheus.

mod accept;
mod text;

use std::sync::Arc;

use hyper::body::Bytes;
use tonic::codegen::http::{HeaderMap, header::ACCEPT};

use super::{plain::Reply, shared::Shared};
use crate::publish::Answers;

/// Counting may take this share of the agent's thread: one in so many.
const SHARE: u32 = 10;

/// In which words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// Prometheus's own text, version 0.0.4.
    Prometheus,
    /// OpenMetrics, version 1.0.0.
    OpenMetrics,
}

impl Format {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Answers scrapes.
pub(super) struct Metrics {
    answers: Arc<Answers>,
    prometheus: Shared<Option<Bytes>>,
    open_metrics: Shared<Option<Bytes>>,
}

impl Metrics {
    pub(super) fn new(answers: Arc<Answers>) -> Self {
        Self {
            answers,
            prometheus: Shared::new(SHARE),
            open_metrics: Shared::new(SHARE),
        }
    }

    /// The whole text, in the form that the request's headers ask for.
    pub(super) async fn scrape(&self, headers: &HeaderMap) -> Reply {
        let accepts = headers.get_all(ACCEPT).iter();
        let accepts: Vec<_> = accepts.filter_map(|value| value.to_str().ok()).collect();
        let format = accept::read(&accepts.join(","));
        let shared = match format {
            Format::Prometheus => &self.prometheus,
            Format::OpenMetrics => &self.open_metrics,
        };
        let answers = self.answers.clone();
        let written = shared.get(|| async move {
            let census = answers.census().await;
            text::write(census, format).ok().map(Bytes::from)
        });
        match written.await.flatten() {
            Some(text) => Reply::of(format.content_type(), text),
            None => Reply::failed(),
        }
    }
}
