//! A dashboard for Grafana: a panel a metric.

use loiter_model::metric::{Metric, MetricKind, MetricUnit};
use serde_json::{Value, json};

/// Of a row of panels, in Grafana's 24 columns.
const WIDTH: usize = 12;
const HEIGHT: usize = 8;
/// Lines of a panel with one for each site.
const MOST_SITES: u32 = 10;
const SELECTED: &str = r#"{job=~"$job",instance=~"$instance"}"#;

/// The dashboard, as Grafana imports it.
pub(super) fn json() -> String {
    let panels: Vec<_> = Metric::ALL.iter().enumerate().map(panel).collect();
    let dashboard = json!({
        "title": "Tokio tasks (loiter)",
        "uid": "loiter-tasks",
        "tags": ["tokio", "loiter"],
        "schemaVersion": 38,
        "editable": true,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [
            {
                "name": "datasource",
                "label": "Data source",
                "type": "datasource",
                "query": "prometheus",
            },
            variable("job", "Job", ""),
            variable("instance", "Instance", r#"{job=~"$job"}"#),
        ]},
        "panels": panels,
    });
    format!("{dashboard:#}\n")
}

/// One that is chosen from what there is.
fn variable(name: &str, label: &str, among: &str) -> Value {
    let query = format!("label_values({}{among}, {name})", Metric::BUILD.name());
    json!({
        "name": name,
        "label": label,
        "type": "query",
        "datasource": source(),
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "multi": true,
        "includeAll": true,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
    })
}

fn source() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

fn panel((index, metric): (usize, &Metric)) -> Value {
    let targets: Vec<_> = questions(metric)
        .into_iter()
        .zip('A'..='Z')
        .map(|((expr, legend), id)| {
            json!({
                "refId": id.to_string(),
                "datasource": source(),
                "expr": expr,
                "legendFormat": legend,
            })
        })
        .collect();
    json!({
        "id": index + 1,
        "title": title(metric),
        "description": format!("{}.\n\n`{}`", metric.help, metric.name()),
        "type": match metric.kind {
            MetricKind::Info => "table",
            _ => "timeseries",
        },
        "datasource": source(),
        "gridPos": {
            "x": index % 2 * WIDTH,
            "y": index / 2 * HEIGHT,
            "w": WIDTH,
            "h": HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": unit(metric), "min": 0}, "overrides": []},
        "targets": targets,
    })
}

/// What it says, without what stands in the description.
fn title(metric: &Metric) -> &'static str {
    let end = metric
        .help
        .find([';', ':', ','])
        .unwrap_or(metric.help.len());
    &metric.help[..end]
}

/// What is asked for a panel, and how a line of the answer is called.
fn questions(metric: &Metric) -> Vec<(String, String)> {
    let name = metric.name();
    let lines = |by: &str, what: String| {
        let legend = format!("{{{{{by}}}}}");
        let expr = match by {
            "site" => format!("topk({MOST_SITES}, {what})"),
            _ => what,
        };
        (expr, legend)
    };
    match metric.kind {
        MetricKind::Histogram(_) => [0.5, 0.99]
            .into_iter()
            .map(|quantile| {
                let rate = format!("rate({name}_bucket{SELECTED}[$__rate_interval])");
                let what = format!("histogram_quantile({quantile}, sum by (le) ({rate}))");
                (what, format!("p{}", quantile * 100.0))
            })
            .collect(),
        MetricKind::Info => {
            let by = metric.labels.join(", ");
            vec![(
                format!("count by (instance, {by}) ({name}{SELECTED})"),
                String::new(),
            )]
        }
        MetricKind::Counter | MetricKind::Gauge => {
            let numbers = match metric.kind {
                MetricKind::Counter => format!("rate({name}{SELECTED}[$__rate_interval])"),
                _ => format!("{name}{SELECTED}"),
            };
            // Grafana reads points in time in milliseconds.
            let numbers = match *metric == Metric::START_TIME {
                true => format!("1000 * {numbers}"),
                false => numbers,
            };
            // Times are not added up.
            let sum = match metric.kind == MetricKind::Gauge
                && metric.unit == Some(MetricUnit::Seconds)
            {
                true => "max",
                false => "sum",
            };
            let by = metric.labels.first().copied().unwrap_or("instance");
            vec![lines(by, format!("{sum} by ({by}) ({numbers})"))]
        }
    }
}

fn unit(metric: &Metric) -> &'static str {
    match (metric.kind, metric.unit) {
        (MetricKind::Counter, Some(MetricUnit::Seconds)) => "percentunit",
        (_, Some(MetricUnit::Seconds)) if *metric == Metric::START_TIME => "dateTimeFromNow",
        (_, Some(MetricUnit::Seconds)) => "s",
        (_, Some(MetricUnit::Bytes)) => "bytes",
        (MetricKind::Counter, None) => "cps",
        (_, None) => "short",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_a_panel_of_its_own() {
        let dashboard: Value = serde_json::from_str(&json()).expect("JSON");
        let panels = dashboard["panels"].as_array().expect("panels");
        assert_eq!(panels.len(), Metric::ALL.len());
        for (panel, metric) in panels.iter().zip(Metric::ALL) {
            let targets = panel["targets"].as_array().expect("targets");
            assert!(!targets.is_empty());
            for target in targets {
                let expr = target["expr"].as_str().expect("PromQL");
                assert!(expr.contains(&metric.name()), "{expr}");
                assert!(expr.contains("$instance"), "{expr}");
            }
        }
    }

    #[test]
    fn panels_do_not_overlap() {
        let places: std::collections::HashSet<_> = Metric::ALL
            .iter()
            .enumerate()
            .map(|metric| panel(metric)["gridPos"].to_string())
            .collect();
        assert_eq!(places.len(), Metric::ALL.len());
    }

    #[test]
    fn a_question_is_as_one_would_ask_it() {
        let ask = |metric| questions(&metric)[0].0.clone();
        assert_eq!(
            ask(Metric::TASKS),
            r#"topk(10, sum by (site) (loiter_tasks{job=~"$job",instance=~"$instance"}))"#
        );
        assert_eq!(
            ask(Metric::AGENT_CPU),
            r#"sum by (instance) (rate(loiter_agent_cpu_seconds_total{job=~"$job",instance=~"$instance"}[$__rate_interval]))"#
        );
        assert_eq!(
            ask(Metric::POLL),
            r#"histogram_quantile(0.5, sum by (le) (rate(loiter_task_poll_seconds_bucket{job=~"$job",instance=~"$instance"}[$__rate_interval])))"#
        );
        assert!(ask(Metric::OLDEST_IDLE).contains("max by (site)"));
    }
}
