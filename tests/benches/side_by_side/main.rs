//! loiter and tokio-console side by side, each attached to each kind of service, with tasks of
//! which each wakes about once a second: what both ends cost, and how long one waits for the
//! first row.
//!
//! `cargo bench -p loiter-tests --bench side_by_side [-- COUNT...]`; 1,000, 10,000 and 100,000
//! tasks unless told otherwise. Takes some minutes, and a machine that does nothing else. Linux
//! only, as what processes cost is read from `/proc`.

#[cfg(target_os = "linux")]
mod pair;

#[cfg(target_os = "linux")]
fn main() {
    use pair::{Figures, PAIRS};

    let mut counts: Vec<usize> = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .collect();
    if counts.is_empty() {
        counts = vec![1_000, 10_000, 100_000];
    }
    // Before anything is measured.
    let _ = loiter_tests::tokio_console();
    println!("{}", Figures::HEADINGS);
    for count in counts {
        for pair in PAIRS {
            println!("{}", pair.measure(count));
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("what processes cost is read from /proc, which only Linux has");
}
