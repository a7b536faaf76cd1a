//! What changes about findings, as log records of OpenTelemetry.

use std::time::SystemTime;

use loiter_model::finding::Certainty;
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, any_value::Value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs, SeverityNumber},
    resource::v1::Resource,
};

use super::{
    metrics::unix,
    resource::{attribute, scope, text},
};
use crate::finding::{Change, Found};

/// Records as they are sent.
pub(super) fn batch(log_records: Vec<LogRecord>, resource: Resource) -> ResourceLogs {
    ResourceLogs {
        resource: Some(resource),
        scope_logs: vec![ScopeLogs {
            scope: Some(scope()),
            log_records,
            ..ScopeLogs::default()
        }],
        ..ResourceLogs::default()
    }
}

/// A change as a record.
pub(super) fn of(change: &Change, now: SystemTime) -> LogRecord {
    match change {
        Change::New(found) => record("new", found, now),
        Change::Surer(found) => record("surer", found, now),
        Change::Back(found) => record("back", found, now),
        Change::Gone(found) => record("gone", found, now),
        Change::Missed(changes) => missed(*changes, now),
    }
}

/// Of changes that nobody will hear of.
pub(super) fn missed(changes: u64, now: SystemTime) -> LogRecord {
    let body = format!("{changes} changes of findings were left out");
    said(SeverityNumber::Warn, body, now)
}

fn record(change: &str, found: &Found, now: SystemTime) -> LogRecord {
    let finding = &found.finding;
    let severity = match finding.certainty {
        _ if change == "gone" => SeverityNumber::Info,
        Certainty::Proved | Certainty::Suspected => SeverityNumber::Warn,
        Certainty::Watch => SeverityNumber::Info,
    };
    let count = finding.count.try_into().unwrap_or(i64::MAX);
    let known = [
        ("loiter.change", Some(change)),
        ("loiter.finding.kind", Some(finding.kind.name())),
        ("loiter.finding.certainty", Some(finding.certainty.name())),
        ("loiter.site", found.site.as_deref()),
        ("loiter.task.name", found.name.as_deref()),
        ("loiter.scope", found.scope.as_deref()),
        ("loiter.waits_on", found.waits_on.as_deref()),
        ("loiter.finding.cause", Some(found.cause)),
        ("loiter.finding.cure", Some(found.cure)),
    ];
    let mut attributes = vec![attribute("loiter.finding.tasks", Value::IntValue(count))];
    attributes.extend(
        known
            .into_iter()
            .filter_map(|(key, value)| Some(attribute(key, text(value?)))),
    );
    LogRecord {
        attributes,
        ..said(severity, found.headline.clone(), now)
    }
}

fn said(severity: SeverityNumber, body: String, now: SystemTime) -> LogRecord {
    LogRecord {
        time_unix_nano: unix(now),
        observed_time_unix_nano: unix(now),
        severity_number: severity.into(),
        severity_text: match severity {
            SeverityNumber::Warn => "WARN",
            _ => "INFO",
        }
        .to_owned(),
        body: Some(AnyValue {
            value: Some(Value::StringValue(body)),
        }),
        event_name: "loiter.finding".to_owned(),
        ..LogRecord::default()
    }
}

/// What a record says, in a word or two.
#[cfg(test)]
pub(super) fn body(record: &LogRecord) -> &str {
    match record.body.as_ref().and_then(|body| body.value.as_ref()) {
        Some(Value::StringValue(text)) => text,
        other => panic!("{other:?}"),
    }
}
