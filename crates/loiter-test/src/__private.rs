//! What the attribute macro writes refers to this. No part of the interface.

pub use tokio;

use crate::{LeakCheck, agent, check::Judge};

/// The check of a test, by its module and its name.
pub fn check(module: &str, name: &str) -> LeakCheck {
    // As the harness calls it: without the crate.
    let test = match module.split_once("::") {
        Some((_, module)) => format!("{module}::{name}"),
        None => name.to_owned(),
    };
    LeakCheck::named(test)
}

/// The same, with a tracing subscriber for the process.
pub fn subscribe<S>(subscriber: impl FnOnce() -> S)
where
    S: tracing_core::Subscriber + Send + Sync,
{
    agent::start_with(subscriber);
}

/// Runs a test.
pub async fn run<F: Future>(
    check: LeakCheck,
    any_panic: bool,
    test: F,
    is_failure: fn(&F::Output) -> bool,
) -> F::Output {
    let judge = Judge {
        is_failure,
        any_panic,
    };
    check.judge(test, judge).await
}

/// What a test returned.
#[derive(Debug)]
pub struct Output<'a, T>(pub &'a T);

impl<T, E> Output<'_, Result<T, E>> {
    /// Whether the test has failed.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.0.is_err()
    }
}

/// Of any other type: the test has not failed. Methods of a type itself go before those of a
/// trait.
pub trait Otherwise {
    /// Whether the test has failed.
    fn is_failure(&self) -> bool {
        false
    }
}

impl<T> Otherwise for Output<'_, T> {}
