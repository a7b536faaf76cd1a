//! Makes a check and draws the consequences.

use std::{
    sync::{Arc, MutexGuard, PoisonError, atomic::Ordering::Relaxed},
    thread,
};

use loiter::inspect::Error;

use super::{Cleanup, LeakCheck};
use crate::{
    look::{Extent, Rules},
    report::{About, LeakReport, Trouble},
    settle::{self, Left},
};

impl LeakCheck {
    pub(super) fn check_options(&self) -> Result<(), LeakReport> {
        self.made.store(true, Relaxed);
        let unfit = match (self.cleanup_slot().is_some(), self.check_on_failure) {
            (true, _) => "cleanup",
            (false, true) => "check_on_failure",
            (false, false) => return Ok(()),
        };
        let trouble = Trouble::UnfitOption(unfit);
        Err(LeakReport::of_trouble(&self.about(&self.rules), trouble))
    }

    pub(super) async fn find_any(&self, rules: Rules) -> Result<(), LeakReport> {
        self.made.store(true, Relaxed);
        let about = self.about(&rules);
        let rules = Arc::new(for_this_task(rules));
        let left = settle::settled(rules, self.timeout).await;
        self.report(&about, left)
    }

    pub(super) fn find_any_blocking(&self) -> Result<(), LeakReport> {
        self.made.store(true, Relaxed);
        let about = self.about(&self.rules);
        let rules = for_this_task(self.rules.clone());
        self.report(&about, settle::settle(&rules, self.timeout))
    }

    pub(super) fn report(
        &self,
        about: &About,
        left: Result<Option<Left>, Error>,
    ) -> Result<(), LeakReport> {
        let blind = |reason: String| LeakReport::of_trouble(about, Trouble::Blind(reason));
        if let Some(reason) = &self.blind {
            return Err(blind(reason.clone()));
        }
        match left {
            Ok(None) => Ok(()),
            Ok(Some(left)) => Err(LeakReport::of_leaks(about, &left)),
            Err(error) => Err(blind(error.to_string())),
        }
    }

    pub(super) fn about(&self, rules: &Rules) -> About {
        About {
            test: self.name.clone(),
            label: match &rules.extent {
                Extent::Process { .. } => None,
                Extent::Scope { label, .. } => Some(label.clone()),
            },
            timeout: self.timeout,
        }
    }

    pub(super) fn clean_up(&self, code: i32) {
        let cleanup = self.cleanup_slot().take();
        if let Some(cleanup) = cleanup {
            cleanup(code);
        }
    }

    fn cleanup_slot(&self) -> MutexGuard<'_, Option<Cleanup>> {
        self.cleanup.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a test that fails by itself.
    pub(super) fn print(&self, report: &LeakReport) {
        report.append_json();
        eprintln!("{report}");
        self.clean_up(1);
        report.warn_of_hanging();
    }

    pub(super) fn fail(&self, report: &LeakReport) {
        // A second panic would end the process.
        if thread::panicking() {
            return self.print(report);
        }
        report.append_json();
        self.clean_up(1);
        report.warn_of_hanging();
        panic!("{report}");
    }
}

/// Rules for the task in which they are asked for: it is none of those that are left over.
fn for_this_task(rules: Rules) -> Rules {
    Rules {
        // A text is all that tokio tells of an id.
        itself: tokio::task::try_id().and_then(|id| id.to_string().parse().ok()),
        ..rules
    }
}
