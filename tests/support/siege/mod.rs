//! A service whose agent is attacked while others look at it as they should.

mod attack;
mod clients;
mod service;

pub use attack::{Attack, Attacks};
pub use clients::{Clients, Served};
pub use service::{Inside, Service};
