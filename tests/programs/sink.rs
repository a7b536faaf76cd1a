//! Accepts connections, reads what comes and throws it away: what an attack costs the machine
//! whoever it is led against.

use std::time::Duration;

use tokio::{
    io::{copy, sink},
    net::TcpListener,
    time::timeout,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (mut stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let _ = timeout(Duration::from_secs(10), copy(&mut stream, &mut sink())).await;
        });
    }
}
