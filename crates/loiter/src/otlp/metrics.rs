//! The census as metrics of OpenTelemetry.

use std::{convert::Infallible, time::SystemTime};

use loiter_model::{
    Distribution, Nanos,
    metric::{Metric, MetricKind, MetricUnit},
};
use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    metrics::v1::{
        AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric as Told,
        NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, metric::Data, number_data_point,
    },
    resource::v1::Resource,
};

use super::resource::{attribute, scope, text};
use crate::publish::{Census, Cut, Number, seconds};

/// All metrics of the table with the census's numbers.
pub(super) fn of(census: &Census, resource: Resource, now: SystemTime) -> ResourceMetrics {
    let times = Times {
        start: census.started_unix.0,
        now: unix(now),
    };
    let metrics = Metric::ALL.iter();
    ResourceMetrics {
        resource: Some(resource),
        scope_metrics: vec![ScopeMetrics {
            scope: Some(scope()),
            metrics: metrics.map(|metric| told(census, metric, times)).collect(),
            ..ScopeMetrics::default()
        }],
        ..ResourceMetrics::default()
    }
}

/// Since the epoch, in nanoseconds.
pub(super) fn unix(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos() as u64)
}

#[derive(Clone, Copy)]
struct Times {
    /// Since when it is counted.
    start: u64,
    now: u64,
}

/// The name and the unit are such that Prometheus makes of both what it is told at `/metrics`.
fn told(census: &Census, metric: &Metric, times: Times) -> Told {
    Told {
        name: match metric.kind {
            MetricKind::Info => metric.name(),
            _ => metric.stem.to_owned(),
        },
        description: metric.help.to_owned(),
        unit: metric.unit.map_or("", unit).to_owned(),
        data: Some(data(census, metric, times)),
        ..Told::default()
    }
}

fn data(census: &Census, metric: &Metric, times: Times) -> Data {
    match metric.kind {
        MetricKind::Gauge | MetricKind::Info => Data::Gauge(Gauge {
            data_points: numbers(census, metric, times),
        }),
        MetricKind::Counter => Data::Sum(Sum {
            data_points: numbers(census, metric, times),
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
            is_monotonic: true,
        }),
        MetricKind::Histogram(bounds) => {
            let mut data_points = Vec::new();
            each(census, metric, |attributes, number| {
                if let Number::Durations(durations) = number {
                    data_points.push(histogram(attributes, bounds, durations, times));
                }
            });
            Data::Histogram(Histogram {
                data_points,
                aggregation_temporality: AggregationTemporality::Cumulative.into(),
            })
        }
    }
}

fn numbers(census: &Census, metric: &Metric, times: Times) -> Vec<NumberDataPoint> {
    use number_data_point::Value;

    let start = match metric.kind {
        MetricKind::Counter => times.start,
        _ => 0,
    };
    let mut points = Vec::new();
    each(census, metric, |attributes, number| {
        let value = match number {
            Number::Gauge(value) | Number::Total(value) => Value::AsDouble(value),
            Number::Count(count) => Value::AsInt(count.try_into().unwrap_or(i64::MAX)),
            Number::Info => Value::AsInt(1),
            Number::Durations(_) => return,
        };
        points.push(NumberDataPoint {
            attributes,
            start_time_unix_nano: start,
            time_unix_nano: times.now,
            value: Some(value),
            ..NumberDataPoint::default()
        });
    });
    points
}

fn histogram(
    attributes: Vec<KeyValue>,
    bounds: &[Nanos],
    durations: &Distribution,
    times: Times,
) -> HistogramDataPoint {
    let Cut { counts, sum } = Cut::at(bounds, durations);
    HistogramDataPoint {
        attributes,
        start_time_unix_nano: times.start,
        time_unix_nano: times.now,
        count: durations.count(),
        sum: Some(sum),
        bucket_counts: counts,
        explicit_bounds: bounds.iter().map(|bound| seconds(*bound)).collect(),
        ..HistogramDataPoint::default()
    }
}

fn each(census: &Census, metric: &Metric, mut tell: impl FnMut(Vec<KeyValue>, Number<'_>)) {
    let told = census.numbers(metric, |values, number| {
        let labels = metric.labels.iter().zip(values);
        let attributes = labels.map(|(label, value)| attribute(label, text(value)));
        tell(attributes.collect(), number);
        Ok::<_, Infallible>(())
    });
    let Ok(()) = told;
}

/// In the words of UCUM.
const fn unit(unit: MetricUnit) -> &'static str {
    match unit {
        MetricUnit::Seconds => "s",
        MetricUnit::Bytes => "By",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_metric_of_the_table_is_told() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(7);
        let census = Census {
            started_unix: Nanos::from_secs(3),
            ..Census::default()
        };
        let all = of(&census, Resource::default(), now);
        let metrics = &all.scope_metrics[0].metrics;
        assert_eq!(metrics.len(), Metric::ALL.len());
        for (told, metric) in metrics.iter().zip(Metric::ALL) {
            let data = told.data.as_ref().expect("some");
            let (points, cumulative) = match data {
                Data::Gauge(gauge) => (&gauge.data_points, false),
                Data::Sum(sum) => {
                    assert!(sum.is_monotonic);
                    (&sum.data_points, true)
                }
                Data::Histogram(histogram) => {
                    assert!(matches!(metric.kind, MetricKind::Histogram(_)));
                    assert_eq!(
                        histogram.aggregation_temporality(),
                        AggregationTemporality::Cumulative
                    );
                    continue;
                }
                other => panic!("{other:?}"),
            };
            assert_eq!(
                cumulative,
                metric.kind == MetricKind::Counter,
                "{}",
                told.name
            );
            for point in points {
                assert_eq!(point.time_unix_nano, 7_000_000_000);
                let start = if cumulative { 3_000_000_000 } else { 0 };
                assert_eq!(point.start_time_unix_nano, start);
            }
        }
    }
}
