//! Leaks and their cures under `loiter check`: each leak is found, with its kind, how sure that
//! is, and the line; of each cure, and of whole programs that are correct, nothing is said.

mod compared;
mod console;
mod healthy;
mod judged;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use loiter_tests::{
    Loiter,
    scenarios::{self, Scenario},
};

/// The binary under test.
pub(crate) const LOITER: Loiter = Loiter::at(env!("CARGO_BIN_EXE_loiter-under-test"));

/// Scenarios that are looked at side by side.
const AT_ONCE: usize = 8;

/// What comes of each scenario, in their order.
pub(crate) fn side_by_side<T: Send>(look: impl Fn(Scenario) -> T + Sync) -> Vec<T> {
    let all = scenarios::all();
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(scenario) = all.get(index) else {
                        return;
                    };
                    let result = look(*scenario);
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results.push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
