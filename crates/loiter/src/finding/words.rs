//! A finding in words.

use loiter_model::{
    Nanos,
    finding::{Advice, Finding, Headline, Markdown},
    query::Labels,
};

use super::Found;

impl Found {
    /// Puts a finding into words. `at`: now, from the agent's start.
    pub(crate) fn new(finding: Finding, labels: &impl Labels, at: Nanos) -> Self {
        let text = |id| Some(labels.name(id)?.to_string());
        let wait = finding.wait.and_then(|id| labels.wait(id));
        let advice = Advice::of(finding.kind, wait.as_ref().map(|wait| wait.kind));
        Self {
            headline: Headline {
                finding: &finding,
                labels,
                at,
            }
            .to_string(),
            markdown: Markdown {
                finding: &finding,
                labels,
                at,
            }
            .to_string(),
            site: finding
                .site
                .and_then(|id| Some(labels.site(id)?.to_string())),
            name: finding.name.and_then(text),
            scope: finding.scope.and_then(text),
            wait: wait.as_ref().map(|wait| wait.kind),
            waits_on: wait.map(|wait| wait.to_string()),
            cause: advice.cause,
            cure: advice.cure,
            finding,
        }
    }
}
