//! Checks of what one future spawns.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    sync::atomic::Ordering::Relaxed,
    task::Poll,
};

use tokio::runtime::Handle;

use super::LeakCheck;
use crate::{
    label::Label,
    look::{Extent, Rules},
    report::LeakReport,
};

impl LeakCheck {
    /// Runs a future and checks that no task is left over that was spawned inside it, however
    /// deep, by whatever code. Other tasks of the process are none of its business.
    ///
    /// Does not check when the future panics, unless
    /// [`check_on_failure`](Self::check_on_failure) is set; the panic goes on unchanged.
    ///
    /// # Panics
    /// With the report, when a task is left over.
    pub async fn run<F: Future>(self, future: F) -> F::Output {
        self.judge(future, Judge::default()).await
    }

    /// Like [`run`](Self::run), but gives back the report in place of panicking. Can be called
    /// again. A panic of the future goes on unchanged.
    ///
    /// ```
    /// use loiter_test::LeakCheck;
    /// use std::{future::pending, time::Duration};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let check = LeakCheck::new().timeout(Duration::from_millis(50));
    /// let leaves_one = async {
    ///     loiter::spawn(pending::<()>());
    /// };
    /// let ((), found) = check.find_in(leaves_one).await;
    /// let report = found.expect_err("a task is left over");
    /// assert_eq!(report.tasks(), 1);
    /// assert!(report.groups()[0].site.file.ends_with(".rs"));
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn find_in<F: Future>(&self, future: F) -> (F::Output, Result<(), LeakReport>) {
        let rules = self.scope();
        let output = inside(&rules, future).await;
        let found = match self.check_options() {
            Ok(()) => self.find_any(rules).await,
            unfit => unfit,
        };
        (output, found)
    }

    /// Runs a future whose output may itself be a failure.
    pub(crate) async fn judge<F: Future>(self, future: F, judge: Judge<F::Output>) -> F::Output {
        let rules = self.scope();
        let output = match outcome(inside(&rules, future)).await {
            Ok(output) => output,
            Err(panic) => {
                self.after_failure(rules).await;
                resume_unwind(panic)
            }
        };
        if (judge.is_failure)(&output) {
            self.after_failure(rules).await;
            return output;
        }
        match self.find_any(rules).await {
            Ok(()) => self.clean_up(0),
            // Such a test is meant to panic, but not with this.
            Err(report) if judge.any_panic => self.print(&report),
            Err(report) => self.fail(&report),
        }
        output
    }

    /// The rules for a scope of its own, beginning now.
    fn scope(&self) -> Rules {
        let runtime = Handle::try_current().ok();
        Rules {
            extent: Extent::Scope {
                label: Label::unique(&self.name),
                runtime: runtime.map(|runtime| {
                    let alive = runtime.metrics().num_alive_tasks() as u64;
                    (runtime, alive)
                }),
            },
            ..self.rules.clone()
        }
    }

    async fn after_failure(&self, rules: Rules) {
        self.made.store(true, Relaxed);
        let report = match self.check_on_failure {
            true => self.find_any(rules).await.err(),
            false => None,
        };
        match report {
            Some(report) => self.print(&report),
            None => self.clean_up(1),
        }
    }
}

/// What is known of a test's output.
pub(crate) struct Judge<T> {
    /// Whether it is a failure.
    pub(crate) is_failure: fn(&T) -> bool,
    /// Whether the test is meant to panic, no matter with what.
    pub(crate) any_panic: bool,
}

impl<T> Default for Judge<T> {
    fn default() -> Self {
        Self {
            is_failure: |_| false,
            any_panic: false,
        }
    }
}

/// Runs a future in the scope that rules are about.
async fn inside<F: Future>(rules: &Rules, future: F) -> F::Output {
    match &rules.extent {
        Extent::Process { .. } => future.await,
        Extent::Scope { label, .. } => loiter::scope(label.as_str(), future).await,
    }
}

/// Runs a future to its end, which may be a panic. Its remains are gone then.
async fn outcome<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    poll_fn(|context| {
        // A future that panicked is only dropped.
        let poll = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        match poll {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}
