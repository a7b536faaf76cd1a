//! axum with an agent: `cargo run -p loiter --example axum`, then `loiter` in another terminal.
//!
//! What the handlers spawn, they spawn through loiter; each request is a scope, so that whatever it
//! leaves behind says where it came from. axum's own tasks, one a connection, are seen in a program
//! that is built with `--cfg tokio_unstable`.

use std::{env, error::Error, time::Duration};

use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use tokio::{net::TcpListener, time};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    loiter::init();
    let service = Router::new()
        .route("/order", get(order))
        .layer(middleware::from_fn(in_scope));
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, service).await?;
    Ok(())
}

/// `loiter tasks scope:/order` shows what the requests for it have left behind.
async fn in_scope(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    loiter::scope(path, next.run(request)).await
}

async fn order() -> &'static str {
    let mail = loiter::task::Builder::new().name("mail");
    match mail.spawn(time::sleep(Duration::from_secs(30))) {
        Ok(_) => "a mail will be sent",
        Err(_) => "no mail will be sent",
    }
}
