//! A line on the terminal that says how far a check is.

use std::io::{self, Write};

use loiter_cli::text;
use loiter_model::Nanos;

use super::report::counted;

/// Shorter checks are over before anybody wonders.
const LONG: Nanos = Nanos::from_secs(3);
/// Cells of the bar.
const WIDTH: usize = 20;
/// Characters of a program's name at most: the line must fit into one of the terminal.
const NAME: usize = 20;
/// Back to the beginning of the line, and all of it cleared.
const CLEAR: &str = "\r\x1b[K";

/// The line, which goes when this is dropped.
pub(super) struct Progress {
    name: String,
    total: Nanos,
    is_shown: bool,
}

impl Progress {
    /// Of a check that takes `total`. Without a terminal nothing is ever shown.
    pub(super) fn new(name: &str, total: Nanos, is_terminal: bool) -> Self {
        Self {
            name: text::clean(name).chars().take(NAME).collect(),
            total,
            is_shown: is_terminal && total >= LONG,
        }
    }

    /// Writes the line anew. That it may fail matters to nobody.
    pub(super) fn show(&self, elapsed: Nanos, findings: usize) {
        if self.is_shown {
            let line = line(&self.name, elapsed.min(self.total), self.total, findings);
            let _ = write!(io::stderr(), "{CLEAR}{line}");
            let _ = io::stderr().flush();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(io::stderr(), "{CLEAR}");
        }
    }
}

fn line(name: &str, elapsed: Nanos, total: Nanos, findings: usize) -> String {
    let done = u128::from(elapsed.0) * WIDTH as u128 / u128::from(total.0.max(1));
    let done = usize::try_from(done).unwrap_or(WIDTH).min(WIDTH);
    let bar = "#".repeat(done) + &"-".repeat(WIDTH - done);
    let seconds = |nanos: Nanos| nanos.0 / Nanos::from_secs(1).0;
    let findings = counted(findings);
    let (elapsed, total) = (seconds(elapsed), seconds(total));
    format!("{name} [{bar}] {elapsed} of {total} s, {findings}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills() {
        let line = |elapsed, findings| {
            let (elapsed, total) = (Nanos::from_secs(elapsed), Nanos::from_secs(30));
            line("checkout", elapsed, total, findings)
        };
        assert_eq!(
            line(0, 0),
            "checkout [--------------------] 0 of 30 s, 0 findings"
        );
        assert_eq!(
            line(15, 1),
            "checkout [##########----------] 15 of 30 s, 1 finding"
        );
        assert_eq!(
            line(30, 12),
            "checkout [####################] 30 of 30 s, 12 findings"
        );
    }

    #[test]
    fn it_is_shown_only_on_a_terminal_and_when_it_takes_long() {
        let is_shown = |seconds, is_terminal| {
            Progress::new("checkout", Nanos::from_secs(seconds), is_terminal).is_shown
        };
        // A shown one would write to the terminal of the tests.
        assert!(!is_shown(30, false));
        assert!(!is_shown(1, true));
    }
}
