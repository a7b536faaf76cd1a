//! Tells the program of new findings: its tracing subscriber and its callbacks.
//!
//! Both are the program's own code, which may wait for a lock that a stuck task holds. So they
//! run on a thread of their own: the agent's can be asked about the stuck task all the same. It is
//! for nothing else, as callbacks may take their time.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use loiter_model::{Nanos, finding::Certainty};

use super::rate::Rate;
use crate::{
    agent::Core,
    aside::Aside,
    finding::{Change, Found},
    notice,
    upkeep::{self, Part},
};

/// Decides what to report.
pub(super) struct Reports {
    core: Arc<Core>,
    rate: Rate,
    aside: Aside,
}

enum Report {
    Found {
        found: Arc<Found>,
        /// Through tracing, too.
        said: bool,
    },
    LeftOut(u64),
}

impl Reports {
    pub(super) fn new(core: Arc<Core>) -> Self {
        Self {
            core,
            rate: Rate::default(),
            aside: Aside::new("loiter-findings"),
        }
    }

    /// Reports what is new or surer.
    pub(super) fn take(&mut self, change: &Change, at: Nanos) {
        let (Change::New(found) | Change::Surer(found)) = change else {
            return;
        };
        let said = self.says() && self.rate.admits(at);
        if !said && self.core.config.on_finding.is_empty() {
            return;
        }
        let found = found.clone();
        if !self.hand_over(Report::Found { found, said }) && said {
            self.rate.leave_out();
        }
    }

    /// Says how many were left out, when it is time to.
    pub(super) fn settle(&mut self, at: Nanos) {
        if let Some(left_out) = self.rate.settle(at) {
            self.hand_over(Report::LeftOut(left_out));
        }
    }

    /// Whether somebody is to hear of it through tracing.
    fn says(&self) -> bool {
        self.core.config.report_findings && self.core.through_tracing
    }

    /// Whether there was room for it.
    fn hand_over(&self, report: Report) -> bool {
        let core = self.core.clone();
        self.aside.call(move || {
            upkeep::once_here(Part::Reports, || {
                upkeep::may_panic(Part::Reports);
                upkeep::of_the_program(|| tell(&core, report));
            });
        })
    }
}

fn tell(core: &Core, report: Report) {
    match report {
        Report::Found { found, said } => {
            if said {
                say(&found);
            }
            call_back(core, &found);
        }
        Report::LeftOut(left_out) => say_left_out(left_out),
    }
}

fn call_back(core: &Core, found: &Found) {
    for callback in &core.config.on_finding.0 {
        if catch_unwind(AssertUnwindSafe(|| callback(found))).is_err() {
            let message = "a callback given to Builder::on_finding panicked";
            notice::at_once(core.through_tracing, message);
        }
    }
}

/// A subscriber of the program's may panic as a callback may; tracing's own panics nobody hears.
fn say(found: &Found) {
    macro_rules! event {
        ($level:ident) => {
            tracing::$level!(
                target: "loiter::finding",
                kind = found.finding.kind.name(),
                certainty = found.finding.certainty.name(),
                count = found.finding.count,
                site = found.site.as_deref(),
                wait = found.waits_on.as_deref(),
                cure = found.cure,
                "{}",
                found.headline
            )
        };
    }
    let _ = catch_unwind(AssertUnwindSafe(|| match found.finding.certainty {
        Certainty::Proved | Certainty::Suspected => event!(warn),
        Certainty::Watch => event!(info),
    }));
}

fn say_left_out(left_out: u64) {
    let _ = catch_unwind(|| {
        tracing::warn!(
            target: "loiter::finding",
            left_out,
            "{left_out} further findings in the last minute: `loiter` shows them all"
        );
    });
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing_core::{Dispatch, dispatcher};

    use super::say_left_out;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_was_left_out_is_said() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .finish();
        dispatcher::with_default(&Dispatch::new(subscriber), || say_left_out(7));
        let text = String::from_utf8(log.0.lock().expect("no panic").clone()).expect("text");
        let expected = "WARN loiter::finding: 7 further findings in the last minute";
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("left_out=7"), "{text}");
    }
}
