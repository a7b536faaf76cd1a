//! Spawns so many tasks a second, each of which does a little and ends: `churn RATE`.

use std::time::Duration;

use tokio::time::{self, MissedTickBehavior};

/// Times a second at which some are spawned.
const TIMES: u32 = 200;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let rate: u32 = std::env::args()
        .nth(1)
        .and_then(|arg| arg.parse().ok())
        .expect("a rate");
    let agent = loiter::Builder::new()
        .listen(([127, 0, 0, 1], 0))
        .no_unix_socket()
        .name("churn")
        .try_init()
        .expect("the agent starts");
    let agent = agent.wait_listening(Duration::from_secs(60));
    println!("listening on {}", agent.expect("it listens"));
    let mut ticks = time::interval(Duration::from_secs(1) / TIMES);
    // What was missed is not made up for: after a machine has stood still for seconds, that would be
    // hundreds of thousands of tasks at once, and memory that allocators keep.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        for number in 0..rate / TIMES {
            // As services have them: some by tokio, some by the agent, some with names, and of all
            // lengths.
            match number % 4 {
                0 => drop(tokio::spawn(brief())),
                1 => drop(loiter::spawn(brief())),
                2 => drop(
                    loiter::task::Builder::new()
                        .name(&format!("job {}", number % 64))
                        .spawn(brief()),
                ),
                _ => drop(loiter::spawn(time::sleep(Duration::from_millis(
                    number.into(),
                )))),
            }
        }
    }
}

async fn brief() {
    tokio::task::yield_now().await;
}
