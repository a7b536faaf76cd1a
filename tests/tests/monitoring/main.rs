//! What collects figures and profiles of a fleet, and the demo service: with Prometheus and Go as
//! Debian has them (`apt-get install prometheus golang-go`).
#![cfg(unix)]

mod peers;

use loiter_tests::Loiter;

/// The binary under test.
const LOITER: Loiter = Loiter::at(env!("CARGO_BIN_EXE_loiter-under-test"));
