//! Prometheus scrapes a fleet: its rules are to fire for the one that leaks.

use std::{
    fs,
    io::{Seek, Write},
    path::Path,
};

use loiter_model::metric::Metric;
use loiter_tests::{Program, free_address, get, installed, wait_until};
use serde_json::Value;

use super::{check_rules, demo};
use crate::LOITER;

/// Services, one of which leaks: four, or `LOITER_FLEET`.
fn fleet() -> usize {
    let wanted = std::env::var("LOITER_FLEET").ok();
    wanted.map_or(4, |wanted| wanted.parse().expect("a number"))
}

/// Rules for people who do not want to wait.
const SOON: [&str; 11] = [
    "alerts",
    "--growth",
    "4",
    "--growth-window",
    "32s",
    "--blocked-for",
    "3s",
    "--hogging-for",
    "3s",
    "--max-alive",
    "35",
];

#[test]
#[ignore = "needs Prometheus and Go: apt-get install prometheus golang-go; run by `.ci/run`, and as ARCHITECTURE.md says"]
fn promtool_has_nothing_to_say_against_the_metrics() {
    let service = demo(&[]);
    let address = service.address();
    let text = wait_until("the metrics", || get(&address, "/metrics"));
    let text = String::from_utf8(text).expect("text");
    for metric in Metric::ALL {
        assert!(text.contains(&metric.name()), "no {}", metric.name());
    }
    let mut input = tempfile::tempfile().expect("a file");
    input.write_all(text.as_bytes()).expect("it is written");
    input.rewind().expect("it is read from its beginning");
    let mut promtool = installed("promtool", "prometheus");
    promtool.args(["check", "metrics"]).stdin(input);
    let checked = promtool.output().expect("it ends");
    let said = [&checked.stdout, &checked.stderr].map(|said| String::from_utf8_lossy(said));
    assert_eq!(
        (checked.status.code(), &*said[0], &*said[1]),
        (Some(0), "", "")
    );
}

#[test]
#[ignore = "needs Prometheus and Go: apt-get install prometheus golang-go; run by `.ci/run`, and as ARCHITECTURE.md says"]
fn promtool_has_nothing_to_say_against_the_rules() {
    for args in [
        &["alerts"][..],
        &["alerts", "--only", "job=~\"a|b\""],
        &SOON,
    ] {
        let printed = LOITER.run(args);
        assert_eq!(printed.code, Some(0), "{printed:?}");
        assert_eq!(check_rules(&printed.stdout), 7);
    }
}

#[test]
#[ignore = "needs Prometheus and Go: apt-get install prometheus golang-go; run by `.ci/run`, and as ARCHITECTURE.md says"]
fn alerts_fire_for_what_leaks_and_not_for_what_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let leaking = demo(&[]);
    let healthy: Vec<_> = (1..fleet()).map(|_| demo(&["--healthy"])).collect();
    let addresses = healthy.iter().map(Program::address);
    let addresses: Vec<_> = addresses.map(|address| format!("'{address}'")).collect();
    let (prometheus, api) = prometheus(folder.path(), &leaking.address(), &addresses.join(", "));

    for (name, of) in [
        ("LoiterTasksBlocked", "no waker"),
        ("LoiterTasksBlocked", "blocked send"),
        ("LoiterTasksHogging", "infinite_loop.rs"),
        ("LoiterTasksStarved", "starved.rs"),
        ("LoiterTasksGrowing", "unacknowledged.rs"),
        ("LoiterTasksTooMany", ""),
        ("LoiterFinding", "busy loop"),
    ] {
        wait_until(&format!("the alert {name} {of}"), || {
            let firing = firing(&ask(&api, "/api/v1/alerts")?, "leaking");
            let mut firing = firing.iter();
            firing
                .any(|(alert, what)| alert == name && what.contains(of))
                .then_some(())
        });
    }
    let alerts = ask(&api, "/api/v1/alerts").expect("it answers");
    let quiet = firing(&alerts, "healthy");
    assert_eq!(quiet, [], "{alerts}");
    // Each was scraped. Not every time: on a machine with more to do, some scrape takes too long.
    let up = ask(&api, "/api/v1/query?query=max_over_time(up[5m])").expect("it answers");
    let up = up["data"]["result"].as_array().expect("a result");
    let values: Vec<_> = up.iter().map(|up| up["value"][1].as_str()).collect();
    assert_eq!(values, vec![Some("1"); fleet()]);
    let alive = ask(&api, "/api/v1/query?query=sum(loiter_tasks)by(job)").expect("it answers");
    let alive = alive["data"]["result"].as_array().expect("a result");
    assert_eq!(alive.len(), 2, "{alive:?}");
    drop((prometheus, leaking, healthy));
}

/// Starts one that scrapes all of them every second. `healthy`: a list in YAML.
fn prometheus(folder: &Path, leaking: &str, healthy: &str) -> (Program, String) {
    let rules = LOITER.run(&SOON);
    assert_eq!(rules.code, Some(0), "{rules:?}");
    fs::write(folder.join("rules.yml"), rules.stdout).expect("it is written");
    let config = format!(
        "global: {{scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 500ms}}\n\
         rule_files: [rules.yml]\n\
         scrape_configs:\n\
         - {{job_name: leaking, static_configs: [{{targets: ['{leaking}']}}]}}\n\
         - {{job_name: healthy, static_configs: [{{targets: [{healthy}]}}]}}\n"
    );
    fs::write(folder.join("prometheus.yml"), config).expect("it is written");
    let api = free_address().to_string();
    let mut command = installed("prometheus", "prometheus");
    command
        .arg(format!(
            "--config.file={}",
            folder.join("prometheus.yml").display()
        ))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join("data").display()
        ))
        .arg(format!("--web.listen-address={api}"))
        .arg("--log.level=warn");
    (Program::start(command), api)
}

/// What Prometheus says there; `None` while it does not.
fn ask(api: &str, path: &str) -> Option<Value> {
    serde_json::from_slice(&get(api, path)?).ok()
}

/// The alerts that fire for a service: the name of each, and its site or kind.
fn firing(alerts: &Value, job: &str) -> Vec<(String, String)> {
    let alerts = alerts["data"]["alerts"].as_array().expect("alerts");
    let of_job = alerts
        .iter()
        .filter(|alert| alert["state"] == "firing" && alert["labels"]["job"] == job);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    of_job
        .map(|alert| {
            let labels = &alert["labels"];
            let what = text(&labels["site"]) + &text(&labels["kind"]);
            (text(&labels["alertname"]), what)
        })
        .collect()
}
