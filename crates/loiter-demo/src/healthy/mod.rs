//! The parts of the service that work as they should: none of their tasks waits for longer than
//! a second.

mod churn;
mod client;
mod local;
mod pool;
mod server;
mod ticker;

use std::{io, sync::Arc};

use tokio::net::TcpListener;

use server::Shop;

/// Starts the server, its clients and everything that runs beside them. With `orders` one of the
/// clients orders, and each order leaks a task.
///
/// # Errors
/// When the operating system gives no port, no thread or no runtime.
pub(crate) async fn spawn_all(orders: bool) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    server::spawn(listener, Arc::new(Shop::open()));
    client::spawn_visitors(address);
    if orders {
        client::spawn_customer(address);
    }
    ticker::spawn();
    churn::spawn();
    local::start()
}
