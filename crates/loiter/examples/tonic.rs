//! tonic with an agent: `cargo run -p loiter --example tonic`, then `loiter` in another terminal.
//!
//! The service tells whether it is well, by what a task finds out that is spawned through loiter.
//! That task waits by design, and says so. tonic's own tasks are seen in a program that is built
//! with `--cfg tokio_unstable`. The agent has a port of its own: it answers even while the service's
//! runtime hangs.

use std::{env, error::Error, time::Duration};

use tokio::{net::TcpListener, time};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic_health::{ServingStatus, server::HealthReporter};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    loiter::init();
    let (reporter, health) = tonic_health::server::health_reporter();
    loiter::task::Builder::new()
        .name("checks")
        .expect_idle()
        .spawn(check(reporter))?;
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    Server::builder()
        .add_service(health)
        .serve_with_incoming(TcpListenerStream::new(listener))
        .await?;
    Ok(())
}

/// Looks once in a while at what the service needs.
async fn check(reporter: HealthReporter) {
    let mut often = time::interval(Duration::from_secs(10));
    loop {
        often.tick().await;
        reporter
            .set_service_status("shop", ServingStatus::Serving)
            .await;
    }
}
