//! Attacks an agent's port, until its standard input ends; then says how often it did what.
//!
//! `besieger ADDRESS ATTACK...`, by the names of [`Attack`].

mod connects;
mod frames;
mod raw;

use std::{
    io::{self, Read},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use connects::Flood;
use loiter_tests::siege::Attack;
use loiter_wire::v1::{Query, WatchTasksRequest, loiter_client::LoiterClient};
use tokio::{runtime, time};
use tonic::transport::Endpoint;

/// Connections of each attack that has some for long.
const EACH: usize = 8;
/// Clients that read nothing, and streams of each.
const SLOW: (usize, usize) = (32, 4);
/// Before a connection that was closed is made anew.
const PAUSE: time::Duration = time::Duration::from_millis(50);

/// How often something was tried.
type Count = Arc<AtomicU64>;

fn main() {
    let mut args = std::env::args().skip(1);
    let address: SocketAddr = args
        .next()
        .and_then(|arg| arg.parse().ok())
        .expect("an address");
    let attacks: Vec<_> = args
        .map(|arg| Attack::named(&arg).expect("an attack"))
        .collect();
    let counts: Vec<(Attack, Count)> = attacks
        .iter()
        .map(|attack| (*attack, Count::default()))
        .collect();
    // Connects take what a thread can do.
    let (floods, others): (Vec<_>, Vec<_>) = counts
        .iter()
        .cloned()
        .partition(|(attack, _)| flood(*attack).is_some());
    for some in [floods, others] {
        thread::spawn(move || lead(some, address));
    }
    let _ = io::stdin().read_to_end(&mut Vec::new());
    for (attack, count) in counts {
        println!("{} {}", attack.name(), count.load(Relaxed));
    }
    println!("end");
}

fn lead(attacks: Vec<(Attack, Count)>, address: SocketAddr) {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        for (attack, count) in attacks {
            begin(attack, address, &count);
        }
        std::future::pending::<()>().await;
    });
}

fn begin(attack: Attack, address: SocketAddr, count: &Count) {
    let times = match attack {
        Attack::Connects | Attack::Greetings => 1,
        Attack::HalfOpen => 64,
        Attack::SlowReaders => SLOW.0,
        _ => EACH,
    };
    for number in 0..times {
        let count = count.clone();
        tokio::spawn(async move {
            if let Some(flood) = flood(attack) {
                return connects::run(address, flood, &count).await;
            }
            loop {
                // However it ends, it is tried again.
                let _ = match attack {
                    Attack::SlowReaders => read_slowly(address, &count).await,
                    _ => raw::run(attack, address, number, &count).await,
                };
                time::sleep(PAUSE).await;
            }
        });
    }
}

/// Of connections that are no sooner there than others come.
const fn flood(attack: Attack) -> Option<Flood> {
    match attack {
        Attack::Connects => Some(Flood {
            at_a_time: 10,
            greets: false,
        }),
        Attack::Greetings => Some(Flood {
            at_a_time: 2,
            greets: true,
        }),
        _ => None,
    }
}

/// Asks for as much as there is and reads nothing of it, until the agent has enough.
async fn read_slowly(address: SocketAddr, count: &Count) -> io::Result<()> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).map_err(io::Error::other)?;
    // So that little is taken unread.
    let endpoint = endpoint
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(64 * 1024);
    let channel = endpoint.connect().await.map_err(io::Error::other)?;
    let mut streams = Vec::new();
    for _ in 0..SLOW.1 {
        let mut client = LoiterClient::new(channel.clone());
        let request = WatchTasksRequest {
            query: Some(Query {
                filter: "all".to_owned(),
                limit: 10_000,
                ..Query::default()
            }),
            interval_ms: 50,
        };
        count.fetch_add(1, Relaxed);
        // Some are not let in.
        streams.extend(client.watch_tasks(request.clone()).await.ok());
        let small = WatchTasksRequest {
            query: Some(Query {
                limit: 300,
                ..Query::default()
            }),
            ..request
        };
        count.fetch_add(1, Relaxed);
        streams.extend(client.watch_tasks(small).await.ok());
    }
    if streams.is_empty() {
        return Ok(());
    }
    // Longer than the agent puts up with it.
    time::sleep(time::Duration::from_secs(45)).await;
    Ok(())
}
