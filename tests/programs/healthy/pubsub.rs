//! Publish and subscribe over TCP, as small key-value servers have it: a task a connection, a
//! task that throws out what has expired, and a listener for the shutdown in each.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore, broadcast},
    time,
};

use crate::{pause, spawn};

/// Connections at a time.
const MOST: usize = 64;

#[derive(Default)]
struct Topics {
    senders: Mutex<HashMap<String, broadcast::Sender<String>>>,
    /// Something was published.
    changed: Notify,
}

impl Topics {
    fn sender(&self, topic: &str) -> broadcast::Sender<String> {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || broadcast::channel(32).0;
        senders.entry(topic.to_owned()).or_insert_with(new).clone()
    }

    fn purge(&self) {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        senders.retain(|_, sender| sender.receiver_count() > 0);
    }
}

pub(super) async fn run() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?;
    let topics = Arc::new(Topics::default());
    let (shutdown, _) = broadcast::channel::<()>(1);
    spawn("purge", purge(topics.clone(), shutdown.subscribe()));
    for number in 0..5 {
        spawn("publisher", publish(server, number));
        spawn("subscriber", subscribe(server, format!("topic-{number}")));
        // Of a topic about which nobody ever publishes anything.
        spawn(
            "patient-subscriber",
            subscribe(server, "silence".to_owned()),
        );
    }
    let connections = Arc::new(Semaphore::new(MOST));
    loop {
        let permit = connections.clone().acquire_owned().await;
        let permit = permit.map_err(io::Error::other)?;
        let (stream, _) = listener.accept().await?;
        let (topics, shutdown) = (topics.clone(), shutdown.subscribe());
        spawn("connection", async move {
            let _ = serve(stream, &topics, shutdown).await;
            drop(permit);
        });
    }
}

async fn purge(topics: Arc<Topics>, mut shutdown: broadcast::Receiver<()>) {
    loop {
        tokio::select! {
            () = topics.changed.notified() => topics.purge(),
            () = time::sleep(Duration::from_secs(60)) => topics.purge(),
            _ = shutdown.recv() => return,
        }
    }
}

async fn serve(
    mut stream: TcpStream,
    topics: &Topics,
    mut shutdown: broadcast::Receiver<()>,
) -> io::Result<()> {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    let mut messages: Option<broadcast::Receiver<String>> = None;
    loop {
        tokio::select! {
            line = lines.next_line() => {
                let Some(line) = line? else { return Ok(()) };
                match line.split_once(' ') {
                    Some(("SUBSCRIBE", topic)) => messages = Some(topics.sender(topic).subscribe()),
                    Some((topic, message)) => {
                        let _ = topics.sender(topic).send(message.to_owned());
                        topics.changed.notify_one();
                    }
                    None => return Ok(()),
                }
            }
            message = next(&mut messages) => {
                write.write_all(format!("{message}\n").as_bytes()).await?;
            }
            _ = shutdown.recv() => return Ok(()),
        }
    }
}

/// The next message of a topic; waits for ever without one.
async fn next(messages: &mut Option<broadcast::Receiver<String>>) -> String {
    while let Some(receiver) = messages {
        match receiver.recv().await {
            Ok(message) => return message,
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => *messages = None,
        }
    }
    std::future::pending().await
}

async fn publish(server: SocketAddr, number: u64) -> io::Result<()> {
    for message in 0.. {
        let mut stream = TcpStream::connect(server).await?;
        let line = format!("topic-{} {message}\n", message % 5);
        stream.write_all(line.as_bytes()).await?;
        pause(number * 11 + message).await;
    }
    Ok(())
}

async fn subscribe(server: SocketAddr, topic: String) -> io::Result<()> {
    let (read, mut write) = TcpStream::connect(server).await?.into_split();
    write
        .write_all(format!("SUBSCRIBE {topic}\n").as_bytes())
        .await?;
    let mut lines = BufReader::new(read).lines();
    while lines.next_line().await?.is_some() {}
    Ok(())
}
