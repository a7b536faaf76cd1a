//! A chat: each client has a task that reads and one that writes, and all listen to one
//! broadcast. Most clients only listen.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::broadcast,
};

use crate::{pause, spawn};

pub(super) async fn run() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?;
    for number in 0..6 {
        spawn("talker", talk(server, number));
        spawn("listener", listen(server));
        spawn("visitor", drop_in(server, number));
    }
    let (room, _) = broadcast::channel(64);
    loop {
        let (stream, _) = listener.accept().await?;
        let (read, write) = stream.into_split();
        let writer = spawn("writer", forward(room.subscribe(), write));
        let room = room.clone();
        spawn("reader", async move {
            receive(read, room).await;
            // Who has hung up is told nothing more.
            writer.abort();
        });
    }
}

async fn receive(read: OwnedReadHalf, room: broadcast::Sender<String>) {
    let mut lines = BufReader::new(read).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let _ = room.send(line);
    }
}

async fn forward(mut room: broadcast::Receiver<String>, mut write: OwnedWriteHalf) {
    loop {
        match room.recv().await {
            Ok(line) => {
                if write
                    .write_all(format!("{line}\n").as_bytes())
                    .await
                    .is_err()
                {
                    return;
                }
            }
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// Says something now and then, and hears what others say.
async fn talk(server: SocketAddr, number: u64) -> io::Result<()> {
    let (read, mut write) = TcpStream::connect(server).await?.into_split();
    spawn("talker's-ear", hear(read));
    for word in 0.. {
        write.write_all(format!("{word}\n").as_bytes()).await?;
        pause(10 * number + word).await;
    }
    Ok(())
}

async fn listen(server: SocketAddr) -> io::Result<()> {
    let (read, _write) = TcpStream::connect(server).await?.into_split();
    hear(read).await
}

async fn hear(read: OwnedReadHalf) -> io::Result<()> {
    let mut lines = BufReader::new(read).lines();
    while lines.next_line().await?.is_some() {}
    Ok(())
}

/// Comes, listens for a while, goes and comes again.
async fn drop_in(server: SocketAddr, number: u64) -> io::Result<()> {
    for visit in 0.. {
        let (read, _write) = TcpStream::connect(server).await?.into_split();
        let ear = spawn("visitor's-ear", hear(read));
        pause(100 + number * 7 + visit).await;
        ear.abort();
    }
    Ok(())
}
