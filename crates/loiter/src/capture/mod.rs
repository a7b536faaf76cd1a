//! How what tokio tells reaches the table.

mod fields;
mod span;
mod subscriber;

pub(crate) use subscriber::LoiterSubscriber;

#[cfg(test)]
mod inner_tests;
#[cfg(all(test, tokio_unstable))]
mod tests;
