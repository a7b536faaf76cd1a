//! Checks of the whole process.

use std::sync::atomic::Ordering::Relaxed;

use super::LeakCheck;
use crate::report::LeakReport;

impl LeakCheck {
    /// Checks all tasks of the process, but not the one that this is awaited in. Tasks that were
    /// spawned before the first use of this crate cannot be seen; see [`start`](crate::start).
    ///
    /// # Panics
    /// With the report, when one is left over.
    pub async fn verify(self) {
        match self.find_any(self.rules.clone()).await {
            Ok(()) => self.clean_up(0),
            Err(report) => self.fail(&report),
        }
    }

    /// Like [`verify`](Self::verify), on the thread itself: not to be called on a thread that
    /// tasks need to get on.
    ///
    /// # Panics
    /// With the report, when a task is left over.
    pub fn verify_blocking(self) {
        match self.find_any_blocking() {
            Ok(()) => self.clean_up(0),
            Err(report) => self.fail(&report),
        }
    }

    /// Looks for tasks that are left over in the process, but for the one that this is awaited
    /// in. Can be called again. See [`verify`](Self::verify) for what it cannot see.
    ///
    /// # Errors
    /// The report of those tasks. Or one that says why nothing was checked: there is no agent
    /// ([`Blind`](crate::Trouble::Blind)), or [`cleanup`](Self::cleanup) or
    /// [`check_on_failure`](Self::check_on_failure) is set
    /// ([`UnfitOption`](crate::Trouble::UnfitOption)): the first is never called.
    pub async fn find(&self) -> Result<(), LeakReport> {
        self.check_options()?;
        self.find_any(self.rules.clone()).await
    }

    /// Like [`find`](Self::find), on the thread itself: not to be called on a thread that tasks
    /// need to get on.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn find_blocking(&self) -> Result<(), LeakReport> {
        self.check_options()?;
        self.find_any_blocking()
    }

    /// For the `main` of a test program that has no harness: checks all tasks of the process
    /// before it ends with this exit code, and says which code to end with: 1 in place of 0 when
    /// a task is left over. The report goes to stderr. With another code than 0, it checks only
    /// with [`check_on_failure`](Self::check_on_failure) and keeps the code.
    ///
    /// ```no_run
    /// # fn run_tests() -> i32 { 0 }
    /// fn main() {
    ///     // Before the tests: what is spawned earlier is not seen.
    ///     let check = loiter_test::LeakCheck::new().ignore_named("metrics-*");
    ///     let code = run_tests();
    ///     std::process::exit(check.verify_main(code));
    /// }
    /// ```
    #[must_use = "it is the code to end with"]
    pub fn verify_main(self, code: i32) -> i32 {
        let report = match code == 0 || self.check_on_failure {
            true => self.find_any_blocking().err(),
            false => None,
        };
        self.made.store(true, Relaxed);
        let code = match &report {
            None => code,
            Some(report) => {
                report.append_json();
                eprintln!("{report}");
                if code == 0 { 1 } else { code }
            }
        };
        self.clean_up(code);
        code
    }
}

/// Checks all tasks of the process: [`LeakCheck::verify`] without options.
///
/// # Panics
/// With the report, when one is left over.
#[track_caller]
pub fn verify_none() -> impl Future<Output = ()> + Send {
    LeakCheck::new().verify()
}

/// Looks for tasks that are left over in the process: [`LeakCheck::find`] without options.
///
/// # Errors
/// As [`LeakCheck::find`].
#[track_caller]
pub fn find() -> impl Future<Output = Result<(), LeakReport>> + Send {
    let check = LeakCheck::new();
    async move { check.find().await }
}
