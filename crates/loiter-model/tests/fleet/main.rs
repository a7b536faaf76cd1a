//! What is known of many targets.

mod any_order;
mod doubles;
mod findings;
mod lost;
mod sites;
mod support;
