//! The whole of loiter, over real processes, sockets and terminals. It takes a Unix: signals, a
//! shell, `stty`.
#![cfg(unix)]

mod check;
mod config;
mod console;
mod demo;
mod diff;
mod doors;
mod export;
mod fleet;
mod fleet_names;
mod hostile;
mod ls;
mod programs;
mod record;
mod replaced;
mod restart;
mod snapshot;
mod stacks;
mod tasks;
mod ui;
mod ui_findings;
mod ui_options;
mod ui_waits;
mod usage;

use std::sync::OnceLock;

use loiter_tests::{Loiter, Program};

const LOITER: Loiter = Loiter::at(env!("CARGO_BIN_EXE_loiter-under-test"));

/// A demo service that every test may look at and none may harm. It ends with this process.
struct Shared {
    program: Program,
    address: String,
}

fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let program = LOITER.demo();
        let address = program.address();
        Shared { program, address }
    })
}
