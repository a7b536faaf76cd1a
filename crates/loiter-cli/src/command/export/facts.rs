//! What is said beside the steps of a trace, in the same words in every format.

use loiter_cli::text;
use loiter_model::{
    Nanos, Wait,
    finding::{Advice, Finding, Headline},
    query::Labels,
};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::trace::{About, TaskLabel, Woken, site_title};

/// A value that has a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Fact {
    Text(String),
    Number(u64),
}

/// Values by their names, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts(pub(super) Vec<(&'static str, Fact)>);

impl Facts {
    /// Adds a text, made fit to be printed anywhere.
    pub(super) fn text(&mut self, name: &'static str, value: &str) {
        let value = text::clean(value).into_owned();
        self.0.push((name, Fact::Text(value)));
    }

    pub(super) fn number(&mut self, name: &'static str, value: u64) {
        self.0.push((name, Fact::Number(value)));
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, fact) in &self.0 {
            map.serialize_entry(name, fact)?;
        }
        map.end()
    }
}

/// Of which process a trace is, and what of it.
pub(super) fn about(about: &About) -> Facts {
    let target = &about.target;
    let mut facts = Facts::default();
    facts.text("program", &target.name);
    facts.number("pid", target.pid.into());
    facts.text("host", &target.host);
    facts.text("teller", target.teller.name());
    facts.text("agent_version", &target.agent_version);
    facts.text("sees", &target.tier.to_string());
    if let Some(missing) = target.teller.silent_about() {
        facts.text("cannot_tell", missing);
    }
    if let Some(remedy) = target.tier.remedy() {
        facts.text("to_see_more", remedy);
    }
    facts.text("filter", &about.filter);
    facts.number("started_unix_ns", target.started_unix.0);
    facts.number("from_ns", about.from.0);
    facts
}

/// What holds for a task from its spawn on.
pub(super) fn task(label: &TaskLabel) -> Facts {
    let mut facts = Facts::default();
    facts.text("kind", label.kind.name());
    facts.text("site", &site_title(label.site.as_deref()));
    if let Some(scope) = &label.scope {
        facts.text("scope", scope);
    }
    if let Some(parent) = label.parent {
        facts.number("parent", parent.get());
    }
    if let Some(id) = label.tokio_id {
        facts.number("tokio_id", id.get());
    }
    facts.number("spawned_at_ns", label.spawned_at.0);
    if let Some(size) = label.size {
        facts.number("size_bytes", size);
    }
    facts
}

/// Where a wake came from.
pub(super) fn woken(woken: Woken) -> Facts {
    let mut facts = Facts::default();
    match woken.by {
        Some(by) => facts.number("woken_by", by.get()),
        None => facts.text("woken_by", "outside of any task"),
    }
    facts
}

/// What is to be said of a stretch at its end: what it waited on, and how much of it was before
/// the trace.
pub(super) fn stretch(since: Nanos, from: Nanos, wait: Option<&Wait>) -> Facts {
    let mut facts = Facts::default();
    if let Some(wait) = wait {
        facts.text("waits_on", &wait.to_string());
    }
    if since < from {
        facts.number("before_the_trace_ns", from.0 - since.0);
    }
    facts
}

/// A while of which nothing is known, and what it is called.
pub(super) fn gap(from: Nanos, to: Nanos, reason: &str) -> (&'static str, Facts) {
    let mut facts = Facts::default();
    facts.text("reason", reason);
    facts.number("for_ns", to.saturating_sub(from).0);
    ("nothing is known", facts)
}

/// A finding, and its first line.
pub(super) fn finding(finding: &Finding, labels: &impl Labels, at: Nanos) -> (String, Facts) {
    let headline = Headline {
        finding,
        labels,
        at,
    };
    let headline = headline.to_string();
    let mut facts = Facts::default();
    facts.text("finding", finding.kind.name());
    facts.text("certainty", finding.certainty.name());
    let sentences = |all: Vec<String>| all.join("; ");
    let evidence = finding.evidence.iter().map(ToString::to_string);
    facts.text("evidence", &sentences(evidence.collect()));
    let doubts = finding.doubts.iter().map(ToString::to_string);
    facts.text("doubts", &sentences(doubts.collect()));
    let wait = finding.wait.and_then(|id| labels.wait(id));
    let advice = Advice::of(finding.kind, wait.map(|wait| wait.kind));
    facts.text("cause", advice.cause);
    facts.text("cure", advice.cure);
    facts.number("tasks", finding.count);
    let sample: Vec<String> = finding.sample.iter().map(ToString::to_string).collect();
    facts.text("sample", &sample.join(" "));
    facts.number("since_ns", finding.since.0);
    let headline = format!(
        "{} ({}): {}",
        finding.kind.name(),
        finding.certainty.name(),
        text::clean(&headline)
    );
    (headline, facts)
}
