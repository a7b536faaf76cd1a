//! All that needs them. `.ci/run` knows these tests by this module's name.

mod dashboard;
mod pprof;
mod prometheus;

use std::io::Write;

use loiter_tests::{Loiter, Program};

use crate::LOITER;

/// A demo service whose tasks are found stuck soon.
fn demo(args: &[&str]) -> Program {
    let args = [&["demo", "--serve", "--listen", "127.0.0.1:0"], args].concat();
    let mut command = LOITER.command(&args);
    command
        .env("LOITER_BLOCKED_AFTER", "2s")
        .env("LOITER_UNIX_SOCKET", "none");
    Program::start(command)
}

/// Asks promtool whether rules are fine, and how many there are.
#[track_caller]
fn check_rules(rules: &str) -> usize {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(rules.as_bytes()).expect("it is written");
    let mut promtool = loiter_tests::installed("promtool", "prometheus");
    promtool.args(["check", "rules"]).arg(file.path());
    let checked = Loiter::finish(promtool);
    assert_eq!(checked.code, Some(0), "{checked:?}\n{rules}");
    // `SUCCESS: 7 rules found`
    let found = checked.stdout.split("SUCCESS: ").nth(1);
    let count = found.and_then(|found| found.split(' ').next()?.parse().ok());
    count.unwrap_or_else(|| panic!("how many rules? {checked:?}"))
}
