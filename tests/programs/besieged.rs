//! An axum service with an agent, as it is in the middle of an attack on the agent's port.
//!
//! `GET /` is what it is there for; `GET /inside` says how many tasks are alive: the agent's own,
//! and the runtime's.

use axum::{Router, routing::get};
use tokio::runtime::Handle;

#[tokio::main(worker_threads = 2)]
async fn main() -> std::io::Result<()> {
    let agent = loiter::Builder::new()
        .listen(([127, 0, 0, 1], 0))
        .no_unix_socket()
        .name("besieged")
        .try_init()
        .expect("the agent starts");
    let agent = agent.wait_listening(std::time::Duration::from_secs(60));
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/inside", get(inside));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("serving on {}", listener.local_addr()?);
    println!("listening on {}", agent.expect("it listens"));
    axum::serve(listener, app).await
}

async fn inside() -> String {
    let own = loiter::inspect::own_tasks()
        .await
        .expect("there is an agent");
    let all = Handle::current().metrics().num_alive_tasks();
    format!("{own} {all}")
}
