//! Tasks that come and go.

use std::{path::Path, time::Duration};

use loiter_tests::soak::{growth_kib, read_symbols, soak};

/// What may come and go with them. Were four words kept for each, it would be more.
const MOST_GROWTH_KIB: i64 = 2 * 1024;

#[test]
fn memory_does_not_grow_with_tasks_that_ended() {
    let churn = Path::new(env!("CARGO_BIN_EXE_churn"));
    let windows = soak(churn, 20_000, Duration::from_secs(12), read_symbols);
    let spawned: f64 = windows.iter().map(|window| window.spawned).sum();
    assert!(spawned > 0.0, "{windows:?}");
    assert!(growth_kib(&windows) < MOST_GROWTH_KIB, "{windows:?}");
}
