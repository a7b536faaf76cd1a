//! `loiter dashboard`: what it asks Prometheus.

use std::fmt::Write;

use serde_json::Value;

use super::check_rules;
use crate::LOITER;

/// Grafana is not needed for that: it replaces its variables and hands the rest on.
#[test]
#[ignore = "needs Prometheus and Go: apt-get install prometheus golang-go; run by `.ci/run`, and as ARCHITECTURE.md says"]
fn prometheus_understands_every_question() {
    let printed = LOITER.run(&["dashboard"]);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let dashboard: Value = serde_json::from_str(&printed.stdout).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let exprs: Vec<_> = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().expect("targets"))
        .map(|target| target["expr"].as_str().expect("PromQL"))
        .map(|expr| {
            expr.replace("$__rate_interval", "1m")
                .replace("$job", ".*")
                .replace("$instance", ".*")
        })
        .collect();
    let mut rules = String::from("groups:\n- name: dashboard\n  rules:\n");
    for (number, expr) in exprs.iter().enumerate() {
        assert!(!expr.contains('$'), "{expr}");
        let expr = Value::from(expr.as_str());
        let _ = write!(rules, "  - record: panel_{number}\n    expr: {expr}\n");
    }
    assert_eq!(check_rules(&rules), exprs.len());
}
