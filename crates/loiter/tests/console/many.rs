//! More tasks than fit into a message, and clients that take their time.

use std::{
    future::pending,
    time::{Duration, SystemTime},
};

use tonic::transport::Endpoint;

use crate::{
    client::{connect, connect_with, text, time, watch},
    support::{Program, listen},
    tasks::{often, spawn},
};

#[tokio::test]
async fn a_hundred_thousand_tasks_arrive_in_pieces() {
    const TASKS: usize = 100_000;
    let mut program = Program::start(async |_| {
        listen(often());
        let name = "a task among a great many others";
        for _ in 0..TASKS {
            spawn(name, pending::<()>());
        }
        println!("spawned ");
    });
    let address = program.address();
    program.told("spawned ");
    let mut console = connect(address).await;
    let mut screen = watch(&mut console).await;
    let is_one = |name: Option<String>| name.is_some_and(|name| name.starts_with("a task among"));
    let mut pieces = 0;
    // The client refuses what is larger than 4 MiB.
    loop {
        screen.update().await;
        pieces += 1;
        let tasks = screen.tasks.values();
        let arrived = tasks.filter(|(task, _)| is_one(text(task, "task.name")));
        if arrived.count() == TASKS {
            break;
        }
    }
    assert!((4..100).contains(&pieces), "{pieces}");
    assert_eq!(screen.dropped, 0);
    program.finish();
}

#[tokio::test]
async fn a_slow_client_gets_the_present() {
    const TASKS: usize = 5_000;
    let mut program = Program::start(async |_| {
        listen(often());
        for _ in 0..TASKS {
            let ticks = async {
                let mut ticks = tokio::time::interval(Duration::from_millis(50));
                loop {
                    ticks.tick().await;
                }
            };
            spawn("", ticks);
        }
        println!("spawned ");
    });
    let address = program.address();
    program.told("spawned ");
    // Each has a connection of its own, so that neither waits for the other.
    let little = |endpoint: Endpoint| endpoint.initial_stream_window_size(65_535);
    let mut slow = watch(&mut connect_with(address, little).await).await;
    slow.update().await;
    let mut quick = watch(&mut connect(address).await).await;
    for _ in 0..25 {
        quick.update().await;
    }
    let reads_again = SystemTime::now();
    let mut late = 0;
    loop {
        let update = slow.update().await;
        if time(update.now.expect("a time")) >= reads_again {
            break;
        }
        late += 1;
    }
    // One in the agent's hand, one on its way, one that it was about to read.
    assert!(late <= 3, "{late} of some 25 were kept for it");
    assert!(slow.tasks.len() >= TASKS);
    program.finish();
}
