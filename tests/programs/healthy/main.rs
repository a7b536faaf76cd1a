//! Correct programs under load, about which there is nothing to be said: `healthy NAME`. Without
//! a name, the names.
//!
//! Each is a server with its clients in one process, so that the clients' tasks are looked at,
//! too. They have what makes false alarms: connections that are kept alive and say nothing for
//! long, workers without work, listeners for a shutdown that does not come, tickers.

mod axum_service;
mod chat;
mod pool;
mod pubsub;
mod streaming;

use std::{io, pin::Pin, time::Duration};

type Running = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;
type Program = (&'static str, fn() -> Running);

/// The programs by their names.
const ALL: &[Program] = &[
    ("axum", || Box::pin(axum_service::run())),
    ("chat", || Box::pin(chat::run())),
    ("pool", || Box::pin(pool::run())),
    ("pubsub", || Box::pin(pubsub::run())),
    ("streaming", || Box::pin(streaming::run())),
];

fn main() -> io::Result<()> {
    let Some(name) = std::env::args().nth(1) else {
        let names: Vec<_> = ALL.iter().map(|(name, _)| *name).collect();
        return print(&names.join("\n"));
    };
    let program = ALL.iter().find(|(known, _)| *known == name);
    let (_, run) =
        program.ok_or_else(|| io::Error::other(format!("no program is called {name}")))?;
    let agent = loiter::Builder::new()
        .listen(([127, 0, 0, 1], 0))
        .name(format!("healthy-{name}"))
        .try_init()
        .map_err(io::Error::other)?;
    let address = agent.wait_listening(Duration::from_secs(60));
    let address = address.ok_or_else(|| io::Error::other("the agent is switched off"))?;
    print(&format!("listening on {address}"))?;
    tokio::runtime::Runtime::new()?.block_on(run())
}

fn print(text: &str) -> io::Result<()> {
    io::Write::write_all(&mut io::stdout(), format!("{text}\n").as_bytes())
}

/// Spawns a task with a name.
#[track_caller]
fn spawn<F>(name: &str, future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    loiter::task::Builder::new()
        .name(name)
        .spawn(future)
        .expect("no task is refused while its runtime runs")
}

/// Lets something happen at a pace, each time after another pause.
async fn pause(number: u64) {
    tokio::time::sleep(Duration::from_millis(20 + number * 37 % 400)).await;
}
