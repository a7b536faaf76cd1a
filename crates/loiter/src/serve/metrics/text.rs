//! The census in the words of Prometheus and OpenMetrics.

use std::fmt;

use loiter_model::{
    Distribution,
    metric::{Metric, MetricKind, MetricUnit},
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text, text},
    metrics::MetricType,
    registry::{Registry, Unit},
};

use super::Format;
use crate::publish::{Census, Cut, Number, seconds};

/// All metrics of the table with the census's numbers.
pub(super) fn write(census: Census, format: Format) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Figures(census)));
    let mut written = String::new();
    match format {
        Format::OpenMetrics => text::encode(&mut written, &registry)?,
        Format::Prometheus => prometheus_text::encode(&mut written, &registry)?,
    }
    Ok(written)
}

#[derive(Debug)]
struct Figures(Census);

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for metric in Metric::ALL {
            self.encode_metric(metric, &mut encoder)?;
        }
        Ok(())
    }
}

impl Figures {
    fn encode_metric(&self, metric: &Metric, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = format!("{}.", metric.help);
        let unit = metric.unit.map(unit_of);
        let mut family = Family {
            metric,
            encoder: encoder.encode_descriptor(
                metric.stem,
                &help,
                unit.as_ref(),
                type_of(metric.kind),
            )?,
        };
        (self.0).numbers(metric, |labels, number| family.write(labels, &number))
    }
}

/// The numbers of one metric, as they are written.
struct Family<'a> {
    metric: &'a Metric,
    encoder: MetricEncoder<'a>,
}

impl Family<'_> {
    fn write(&mut self, values: &[&str], number: &Number<'_>) -> fmt::Result {
        match *number {
            Number::Gauge(value) => self.gauge(values, value),
            Number::Count(count) => self.counter(values, count),
            Number::Total(total) => self.counter_of(values, total),
            Number::Durations(durations) => self.histogram(values, durations),
            Number::Info => self.info(values),
        }
    }

    /// Writes one number with these values of its labels.
    fn one(
        &mut self,
        values: &[&str],
        write: impl FnOnce(&mut MetricEncoder<'_>) -> fmt::Result,
    ) -> fmt::Result {
        if values.is_empty() {
            return write(&mut self.encoder);
        }
        let labels = labelled(self.metric, values);
        write(&mut self.encoder.encode_family(&labels)?)
    }

    fn gauge(&mut self, values: &[&str], value: f64) -> fmt::Result {
        self.one(values, |encoder| encoder.encode_gauge(&value))
    }

    fn counter(&mut self, values: &[&str], value: u64) -> fmt::Result {
        self.one(values, |encoder| {
            encoder.encode_counter::<NoLabelSet, _, u64>(&value, None)
        })
    }

    fn counter_of(&mut self, values: &[&str], value: f64) -> fmt::Result {
        self.one(values, |encoder| {
            encoder.encode_counter::<NoLabelSet, _, f64>(&value, None)
        })
    }

    fn histogram(&mut self, values: &[&str], durations: &Distribution) -> fmt::Result {
        let MetricKind::Histogram(bounds) = self.metric.kind else {
            return Err(fmt::Error);
        };
        let Cut { counts, sum } = Cut::at(bounds, durations);
        let bounds = bounds.iter().map(|bound| seconds(*bound));
        let buckets: Vec<_> = bounds.chain([f64::INFINITY]).zip(counts).collect();
        let count = durations.count();
        self.one(values, |encoder| {
            encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
        })
    }

    fn info(&mut self, values: &[&str]) -> fmt::Result {
        let labels = labelled(self.metric, values);
        self.encoder.encode_info(&labels)
    }
}

/// The labels of a metric with these values.
fn labelled<'a>(metric: &Metric, values: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let labels = metric.labels.iter().copied();
    labels.zip(values.iter().copied()).collect()
}

fn type_of(kind: MetricKind) -> MetricType {
    match kind {
        MetricKind::Gauge => MetricType::Gauge,
        MetricKind::Counter => MetricType::Counter,
        MetricKind::Histogram(_) => MetricType::Histogram,
        MetricKind::Info => MetricType::Info,
    }
}

fn unit_of(unit: MetricUnit) -> Unit {
    match unit {
        MetricUnit::Seconds => Unit::Seconds,
        MetricUnit::Bytes => Unit::Bytes,
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use loiter_model::{
        Kind, Nanos, Tier,
        finding::{Certainty, FindingKind},
    };

    use super::*;
    use crate::publish::AtSite;

    fn census() -> Census {
        let mut poll = Distribution::default();
        poll.add(Nanos::from_millis(3), 2);
        poll.add(Nanos::from_secs(40), 1);
        let site = AtSite {
            alive: BTreeMap::from([(Kind::Task, [1, 0, 41]), (Kind::Blocking, [0; 3])]),
            blocked: 5,
            spawned: 50,
            ended: [6, 1, 1, 0, 0],
            oldest_idle: Nanos::from_millis(1500),
            poll,
            ..AtSite::default()
        };
        Census {
            sites: BTreeMap::from([("src/a \"b\"\\c.rs:1:2".into(), site)]),
            findings: BTreeMap::from([((FindingKind::NoWaker, Certainty::Proved), (1, 12))]),
            runtime_tasks: Some(43),
            cpu: Some(Duration::from_millis(250)),
            panics: vec![("pump", 2)],
            tier: Some(Tier::EveryTask),
            ..Census::default()
        }
    }

    fn lines(format: Format) -> Vec<String> {
        let text = write(census(), format).expect("it can be written");
        text.lines().map(str::to_owned).collect()
    }

    #[track_caller]
    fn assert_has(lines: &[String], wanted: &str) {
        assert!(
            lines.iter().any(|line| line == wanted),
            "no {wanted} in\n{}",
            lines.join("\n")
        );
    }

    #[test]
    fn every_metric_is_written_in_the_order_of_the_table() {
        for format in [Format::Prometheus, Format::OpenMetrics] {
            let lines = lines(format);
            let types = lines.iter().filter_map(|line| line.strip_prefix("# TYPE "));
            let names: Vec<_> = types.filter_map(|line| line.split(' ').next()).collect();
            let expected = Metric::ALL.iter().map(|metric| match format {
                Format::Prometheus => metric.name(),
                Format::OpenMetrics => {
                    let name = metric.name();
                    let name = name.strip_suffix("_total").unwrap_or(&name);
                    name.strip_suffix("_info").unwrap_or(name).to_owned()
                }
            });
            assert_eq!(names, expected.collect::<Vec<_>>());
        }
    }

    #[test]
    fn numbers_have_their_labels() {
        for format in [Format::Prometheus, Format::OpenMetrics] {
            let lines = lines(format);
            for wanted in [
                r#"loiter_tasks{site="src/a \"b\"\\c.rs:1:2",kind="task",state="idle"} 41.0"#,
                r#"loiter_tasks{site="src/a \"b\"\\c.rs:1:2",kind="blocking",state="idle"} 0.0"#,
                r#"loiter_tasks_blocked{site="src/a \"b\"\\c.rs:1:2"} 5.0"#,
                r#"loiter_task_oldest_idle_seconds{site="src/a \"b\"\\c.rs:1:2"} 1.5"#,
                r#"loiter_tasks_spawned_total{site="src/a \"b\"\\c.rs:1:2"} 50"#,
                r#"loiter_tasks_ended_total{site="src/a \"b\"\\c.rs:1:2",reason="panicked"} 1"#,
                r#"loiter_findings{kind="no waker",certainty="proved"} 1.0"#,
                r#"loiter_finding_tasks{kind="no waker",certainty="proved"} 12.0"#,
                r#"loiter_findings{kind="hogging",certainty="proved"} 0.0"#,
                "loiter_runtime_tasks 43.0",
                "loiter_agent_cpu_seconds_total 0.25",
                r#"loiter_agent_panics_total{part="pump"} 2"#,
            ] {
                assert_has(&lines, wanted);
            }
            let build = format!(
                "loiter_build_info{{version=\"{}\",sees=\"every_task\"}} 1",
                env!("CARGO_PKG_VERSION")
            );
            assert_has(&lines, &build);
        }
    }

    #[test]
    fn a_histogram_adds_up() {
        let lines = lines(Format::Prometheus);
        let site = r#"site="src/a \"b\"\\c.rs:1:2""#;
        for (le, count) in [("0.001", 0), ("0.01", 2), ("10", 2), ("+Inf", 3)] {
            let line = format!("loiter_task_poll_seconds_bucket{{{site},le=\"{le}\"}} {count}");
            assert_has(&lines, &line);
        }
        assert_has(
            &lines,
            &format!("loiter_task_poll_seconds_count{{{site}}} 3"),
        );
        let sum = format!("loiter_task_poll_seconds_sum{{{site}}} ");
        let sum = lines.iter().find_map(|line| line.strip_prefix(&sum));
        let sum: f64 = sum.expect("a sum").parse().expect("a number");
        assert!((sum - 40.006).abs() < 40.006 / 16.0, "{sum}");
    }

    #[test]
    fn only_openmetrics_has_an_end() {
        assert_eq!(
            lines(Format::OpenMetrics).last().map(String::as_str),
            Some("# EOF")
        );
        let prometheus = lines(Format::Prometheus).join("\n");
        assert!(!prometheus.contains("# EOF") && !prometheus.contains("# UNIT"));
    }
}
