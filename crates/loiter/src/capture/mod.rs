//! How what tokio tells reaches the table.

mod fields;
mod resource_fields;
mod resources;
mod span;
mod subscriber;

pub(crate) use subscriber::LoiterSubscriber;

#[cfg(test)]
mod inner_tests;
#[cfg(all(test, tokio_unstable))]
mod resource_tests;
#[cfg(all(test, tokio_unstable))]
mod tests;
