//! The tasks of the program as a profile.

use std::collections::HashSet;

use loiter_model::{
    SiteId,
    finding::{Finding, FindingKind},
};
use loiter_pprof::{Subject, TaskProfile};

use super::{Answers, reading};

impl Answers {
    /// Every task alive, or those of them that the last findings are about. O(tasks), with
    /// breaks.
    pub(crate) async fn profile(&self, subject: Subject) -> TaskProfile {
        // Equal waits shall be one sample.
        reading::waits(&self.core.table).await;
        let mut profile = TaskProfile::new(subject);
        let table = self.table();
        let told = self.last_told().get();
        let sites = whole_sites(&told.findings);
        self.visit_indexed(|_, task| {
            let is_in = match subject {
                Subject::Tasks => true,
                Subject::Leaks => {
                    told.tasks.binary_search(&task.seq).is_ok() || sites.contains(&task.site)
                }
            };
            if is_in {
                profile.add(task, table);
            }
        })
        .await;
        profile
    }
}

/// Sites of which every task is a part of a finding.
fn whole_sites(findings: &[Finding]) -> HashSet<SiteId> {
    let of_all = |finding: &&Finding| {
        matches!(
            finding.kind,
            FindingKind::GrowingSite | FindingKind::TooManyAlive
        )
    };
    findings
        .iter()
        .filter(of_all)
        .filter_map(|finding| finding.site)
        .collect()
}
