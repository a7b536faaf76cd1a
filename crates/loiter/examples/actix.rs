//! actix-web with an agent: `cargo run -p loiter --example actix`, then `loiter` in another terminal.
//!
//! Each of its workers is a thread with a runtime of its own, whose tasks stay there: so handlers
//! spawn with `loiter::spawn_local`. `loiter::spawn` works as well. actix's own tasks are seen in a
//! program that is built with `--cfg tokio_unstable`.

use std::{env, io, net::TcpListener, time::Duration};

use actix_web::{App, HttpServer, rt::System, web};
use tokio::time;

fn main() -> io::Result<()> {
    loiter::init();
    let address = env::args().nth(1).unwrap_or("127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    System::new().block_on(
        HttpServer::new(|| App::new().route("/order", web::get().to(order)))
            .workers(2)
            .listen(listener)?
            .run(),
    )
}

async fn order() -> &'static str {
    let mail = loiter::task::Builder::new().name("mail");
    match mail.spawn_local(time::sleep(Duration::from_secs(30))) {
        Ok(_) => "a mail will be sent",
        Err(_) => "no mail will be sent",
    }
}
