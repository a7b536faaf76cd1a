//! A collector of OpenTelemetry, as small as can be.

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    HeaderMap, Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest},
    common::v1::{KeyValue, any_value::Value},
    logs::v1::LogRecord,
    metrics::v1::{metric::Data, number_data_point},
    resource::v1::Resource,
};
use prost::Message as _;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};

/// What it has been sent, and how it answers.
#[derive(Clone, Default)]
pub(crate) struct Collector(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    received: Vec<Received>,
    /// The answers to the next requests; 200 to those after them.
    answers: VecDeque<u16>,
}

/// A request.
#[derive(Clone)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    body: Bytes,
}

impl Collector {
    /// One that answers so at first.
    pub(crate) fn answering(answers: &[u16]) -> Self {
        let collector = Self::default();
        collector.state().answers.extend(answers);
        collector
    }

    /// Takes connections at a free port.
    pub(crate) async fn open(&self) -> SocketAddr {
        self.open_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    pub(crate) async fn open_at(&self, address: SocketAddr) -> SocketAddr {
        let listener = TcpListener::bind(address).await.expect("the port is free");
        let address = listener.local_addr().expect("bound");
        let collector = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(collector.clone().serve(stream));
            }
        });
        address
    }

    /// Answers what comes on a connection.
    pub(crate) async fn serve<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let answer = service_fn(async |request| Ok::<_, Infallible>(self.answer(request).await));
        // Whoever asks may go.
        let _ = http1::Builder::new()
            .serve_connection(TokioIo::new(stream), answer)
            .await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.expect("all of it").to_bytes();
        let mut state = self.state();
        state.received.push(Received {
            path: head.uri.path().to_owned(),
            headers: head.headers,
            body,
        });
        let status = state.answers.pop_front().unwrap_or(200);
        let answer = Response::builder().status(status);
        answer.body(Full::default()).expect("a status")
    }

    /// All that came to this path.
    pub(crate) fn received(&self, path: &str) -> Vec<Received> {
        let state = self.state();
        let those = state.received.iter().filter(|request| request.path == path);
        those.cloned().collect()
    }

    /// Log records of all requests, each time that they came.
    pub(crate) fn records(&self) -> Vec<LogRecord> {
        let requests = self.received("/v1/logs").into_iter();
        requests.flat_map(|request| request.records()).collect()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("no panic with it")
    }
}

impl Received {
    pub(crate) fn records(&self) -> Vec<LogRecord> {
        let request = ExportLogsServiceRequest::decode(&*self.body).expect("log records");
        let resources = request.resource_logs.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_logs);
        scopes.flat_map(|scope| scope.log_records).collect()
    }

    fn metrics(&self) -> ExportMetricsServiceRequest {
        ExportMetricsServiceRequest::decode(&*self.body).expect("metrics")
    }

    /// Whose figures these are.
    pub(crate) fn resource(&self) -> BTreeMap<String, String> {
        let metrics = self.metrics();
        let resource = metrics.resource_metrics[0].resource.as_ref();
        let Resource { attributes, .. } = resource.expect("one");
        attributes.iter().map(label).collect()
    }

    /// The figures, by what Prometheus would call them. It makes of these names, units and types
    /// what its own conventions say.
    pub(crate) fn figures(&self) -> BTreeMap<String, f64> {
        let mut figures = BTreeMap::new();
        let metrics = self.metrics();
        let scopes = metrics
            .resource_metrics
            .iter()
            .flat_map(|all| &all.scope_metrics);
        for metric in scopes.flat_map(|scope| &scope.metrics) {
            let unit = match metric.unit.as_str() {
                "" => "",
                "s" => "_seconds",
                "By" => "_bytes",
                other => panic!("{other}"),
            };
            let name = format!("{}{unit}", metric.name);
            let (points, end) = match metric.data.as_ref().expect("some") {
                Data::Gauge(gauge) => (&gauge.data_points, ""),
                Data::Sum(sum) => (&sum.data_points, "_total"),
                Data::Histogram(histogram) => {
                    for point in &histogram.data_points {
                        let series = |end: &str, le: Option<&str>| {
                            format!("{name}{end}{}", labels(&point.attributes, le))
                        };
                        let mut sum = 0;
                        let bounds = point.explicit_bounds.iter().map(|bound| bound.to_string());
                        let bounds = bounds.chain(["+Inf".to_owned()]);
                        assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
                        for (bound, count) in bounds.zip(&point.bucket_counts) {
                            sum += count;
                            figures.insert(series("_bucket", Some(&bound)), sum as f64);
                        }
                        figures.insert(series("_count", None), point.count as f64);
                        figures.insert(series("_sum", None), point.sum.expect("one"));
                    }
                    continue;
                }
                other => panic!("{other:?}"),
            };
            for point in points {
                let value = match point.value.expect("one") {
                    number_data_point::Value::AsDouble(value) => value,
                    number_data_point::Value::AsInt(value) => value as f64,
                };
                figures.insert(
                    format!("{name}{end}{}", labels(&point.attributes, None)),
                    value,
                );
            }
        }
        figures
    }
}

/// An attribute as text.
pub(crate) fn label(attribute: &KeyValue) -> (String, String) {
    let value = match attribute
        .value
        .as_ref()
        .and_then(|value| value.value.as_ref())
    {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{other:?}"),
    };
    (attribute.key.clone(), value)
}

fn labels(attributes: &[KeyValue], le: Option<&str>) -> String {
    let all = attributes.iter().map(label);
    let all = all.chain(le.map(|le| ("le".to_owned(), le.to_owned())));
    let all: Vec<_> = all
        .map(|(key, value)| format!("{key}=\"{value}\""))
        .collect();
    match all.is_empty() {
        true => String::new(),
        false => format!("{{{}}}", all.join(",")),
    }
}
