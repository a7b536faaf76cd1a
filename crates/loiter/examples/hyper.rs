//! hyper with an agent: `cargo run -p loiter --example hyper`, then `loiter` in another terminal.
//!
//! A connection is a task that is spawned through loiter, and so is each stream in it, which hyper
//! spawns by the executor that it is given.

use std::{convert::Infallible, env, error::Error, time::Duration};

use http_body_util::Full;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::{rt::TokioIo, server::conn::auto};
use tokio::{net::TcpListener, time};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    loiter::init();
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let streams = loiter::Executor::new().named("stream");
        loiter::task::Builder::new()
            .name("connection")
            .spawn(async move {
                let serving = auto::Builder::new(streams);
                // Whoever was connected may go at any time.
                let _ = serving
                    .serve_connection(TokioIo::new(stream), service_fn(answer))
                    .await;
            })?;
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path() == "/slow" {
        time::sleep(Duration::from_secs(30)).await;
    }
    Ok(Response::new("done\n".into()))
}
