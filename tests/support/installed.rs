//! Peers that come with the operating system.

use std::process::{Command, Stdio};

/// A command of a program that must be installed, in a package of Debian's.
///
/// # Panics
/// When it is not there: the message names the package. Tests install nothing.
#[must_use]
pub fn installed(program: &str, package: &str) -> Command {
    let there = Command::new("which")
        .arg(program)
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    assert!(
        there,
        "this test needs `{program}`: apt-get install {package}"
    );
    Command::new(program)
}
