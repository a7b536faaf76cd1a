//! What a check has to say, whatever the form.

use loiter_cli::{coverage, text};
use loiter_model::{
    Nanos, Target, Thresholds,
    finding::{Allow, Certainty},
    update::Overview,
};

use super::union::Seen;
use crate::command::who;

/// Everything that was found, and by what.
#[derive(Debug)]
pub(crate) struct Report {
    /// The program.
    pub(crate) target: Target,
    /// The limits in force.
    pub(crate) thresholds: Thresholds,
    /// The whole program, at the end.
    pub(crate) overview: Overview,
    /// For how long it was watched.
    pub(crate) watched: Nanos,
    /// The certainty from which on a finding fails the check.
    pub(crate) fail_on: Certainty,
    /// The worst first.
    pub(crate) findings: Vec<Seen>,
    /// Further ones, beyond what the agent says at once or of kinds that this `loiter` does not
    /// know.
    pub(crate) omitted: u64,
    /// The entries of the allow file, in its order.
    pub(crate) allow: Vec<Allowed>,
}

/// An entry of the allow file and what it was good for.
#[derive(Debug)]
pub(crate) struct Allowed {
    pub(crate) entry: Allow,
    /// How many tasks it kept silent.
    pub(crate) tasks: u64,
}

/// How loudly a finding is to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// It fails the check.
    Error,
    /// It is suspected or proved.
    Warning,
    /// Worth an eye.
    Note,
}

impl Report {
    /// Whether a finding fails the check.
    pub(crate) fn is_failing(&self, seen: &Seen) -> bool {
        seen.finding.certainty >= self.fail_on
    }

    /// Whether any does.
    pub(crate) fn fails(&self) -> bool {
        self.findings.iter().any(|seen| self.is_failing(seen))
    }

    /// How loudly to say one.
    pub(super) fn level(&self, seen: &Seen) -> Level {
        match seen.finding.certainty {
            _ if self.is_failing(seen) => Level::Error,
            Certainty::Watch => Level::Note,
            Certainty::Suspected | Certainty::Proved => Level::Warning,
        }
    }

    /// How much of the program was seen, in one line.
    fn coverage(&self) -> String {
        let (tier, overview) = (self.target.tier, &self.overview);
        coverage::advice(tier, overview).unwrap_or_else(|| {
            let alive = overview.totals.alive;
            let seen = coverage::coverage(tier, Some(overview));
            format!("visible: {seen}, {alive} alive now")
        })
    }

    /// The entries of the allow file that kept no task silent.
    fn unused(&self) -> impl Iterator<Item = String> {
        let unused = self.allow.iter().filter(|allowed| allowed.tasks == 0);
        unused.map(|Allowed { entry, .. }| {
            let filter = entry.filter.to_string();
            let reason = text::clean(&entry.reason);
            format!("unused allow entry: `{}` ({reason})", text::clean(&filter))
        })
    }

    /// What is to be said beside the findings, the counts last.
    pub(super) fn remarks(&self) -> Vec<String> {
        let mut remarks = vec![self.coverage()];
        if self.omitted > 0 {
            remarks.push(format!(
                "{} further findings are not shown: they are too many, or of kinds that only a \
                 newer `loiter` knows",
                self.omitted
            ));
        }
        remarks.extend(self.unused());
        remarks.push(self.counts());
        remarks
    }

    /// How many there are of what, in one line.
    fn counts(&self) -> String {
        let who = who(&self.target);
        let watched = self.watched;
        if self.findings.is_empty() {
            return format!("{who}: no findings in {watched}");
        }
        let of = |certainty| {
            let findings = self.findings.iter();
            findings
                .filter(|seen| seen.finding.certainty == certainty)
                .count()
        };
        let parts = Certainty::ALL.iter().rev().filter_map(|&certainty| {
            let count = of(certainty);
            (count > 0).then(|| format!("{count} {}", certainty.name()))
        });
        let parts: Vec<String> = parts.collect();
        let failing = self.findings.iter().filter(|seen| self.is_failing(seen));
        let failing = match failing.count() {
            0 => "none fails the check".to_owned(),
            1 => "1 fails the check".to_owned(),
            many => format!("{many} fail the check"),
        };
        let findings = counted(self.findings.len());
        format!(
            "{who}: {findings} in {watched}: {}; {failing}",
            parts.join(", ")
        )
    }
}

/// `1 finding`, `3 findings`.
pub(super) fn counted(findings: usize) -> String {
    match findings {
        1 => "1 finding".to_owned(),
        many => format!("{many} findings"),
    }
}
