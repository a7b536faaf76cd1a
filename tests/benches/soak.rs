//! 50,000 tasks a second that come and go, and what memory a service with an agent takes as time
//! goes by.
//!
//! `cargo bench -p loiter-tests --bench soak [-- MINUTES]`; 30 minutes unless told otherwise.
//! Linux only, as the memory is read from `/proc`.

use std::{path::Path, time::Duration};

use loiter_tests::soak::{Window, growth_kib, soak};

const RATE: u32 = 50_000;

fn main() {
    let minutes = std::env::args().find_map(|arg| arg.parse::<f64>().ok());
    let time = Duration::from_secs_f64(60.0 * minutes.unwrap_or(30.0));
    let windows = soak(Path::new(env!("CARGO_BIN_EXE_churn")), RATE, time, |_| {});
    println!("{}", Window::HEADINGS);
    for window in &windows {
        println!("{window}");
    }
    let growth = growth_kib(&windows) as f64 / 1024.0;
    println!("\nfrom the second third to the last one: {growth:+.1} MiB");
}
