//! A fleet in a few counts.

use super::{FindingCounts, Fleet, Status};

/// Counts over all targets. Tasks and findings are those of targets that answer, each process once;
/// of lost ones only `stale` speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Targets that are known: the sum of the next three.
    pub instances: u64,
    /// Those that were found and have said nothing yet.
    pub connecting: u64,
    /// Those that answer.
    pub answering: u64,
    /// Those that do not.
    pub lost: u64,
    /// Tasks alive.
    pub alive: u64,
    /// Of those, the blocked ones.
    pub blocked: u64,
    /// Of those, the hogging ones.
    pub hogging: u64,
    /// Of those, the starved ones.
    pub starved: u64,
    /// Findings, one counted for each target that has it.
    pub findings: FindingCounts,
    /// Tasks that were alive in targets before they were lost.
    pub stale: u64,
    /// Targets that were forgotten because there were too many.
    pub forgotten: u64,
}

impl Summary {
    pub(super) fn of(fleet: &Fleet) -> Self {
        let mut summary = Self {
            forgotten: fleet.forgotten(),
            ..Self::default()
        };
        for instance in fleet.instances() {
            summary.instances += 1;
            match instance.status() {
                Status::Connecting => summary.connecting += 1,
                Status::Answering => summary.answering += 1,
                Status::Lost { .. } => summary.lost += 1,
            }
        }
        for instance in fleet.processes() {
            if !instance.are_findings_stale() {
                summary.findings.add(instance.finding_counts());
            }
            let Some(totals) = instance.totals() else {
                continue;
            };
            if instance.is_stale() {
                summary.stale = summary.stale.saturating_add(totals.alive);
                continue;
            }
            for (sum, count) in [
                (&mut summary.alive, totals.alive),
                (&mut summary.blocked, totals.blocked),
                (&mut summary.hogging, totals.hogging),
                (&mut summary.starved, totals.starved),
            ] {
                *sum = sum.saturating_add(count);
            }
        }
        summary
    }
}
