//! A service and the client that looks at it.

use std::{
    fmt,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use loiter_tests::{Loiter, Program, Terminal, free_address, tokio_console_terminal};

use crate::process::{cpu_seconds, resident_mib};

/// How long the first row may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long is measured.
const MEASURED: Duration = Duration::from_secs(20);
/// For the spawned tasks to spread over their second, and for a client to settle.
const SETTLING: Duration = Duration::from_secs(5);
/// A task's row has where it was spawned.
const ROW: &str = "shapes.rs";

const LOITER: Loiter = Loiter::at(env!("CARGO_BIN_EXE_loiter-under-test"));

/// What is in the service.
#[derive(Clone, Copy)]
enum Server {
    Agent,
    ConsoleSubscriber,
}

/// What looks at it.
#[derive(Clone, Copy)]
enum Client {
    Loiter,
    TokioConsole,
}

/// The one and the other.
#[derive(Clone, Copy)]
pub(crate) struct Pair {
    server: Server,
    client: Client,
}

/// Each client with each server.
pub(crate) const PAIRS: [Pair; 4] = [
    Pair::of(Server::ConsoleSubscriber, Client::TokioConsole),
    Pair::of(Server::Agent, Client::Loiter),
    Pair::of(Server::ConsoleSubscriber, Client::Loiter),
    Pair::of(Server::Agent, Client::TokioConsole),
];

/// What was measured of one pair. CPU in percent of a core, memory in MiB; `None` of a client
/// that never drew a row or of a process that is gone.
pub(crate) struct Figures {
    pair: Pair,
    tasks: usize,
    first_row: Option<Duration>,
    service_alone_cpu: Option<f64>,
    service_cpu: Option<f64>,
    service_mib: Option<f64>,
    client_cpu: Option<f64>,
    client_mib: Option<f64>,
}

impl Pair {
    const fn of(server: Server, client: Client) -> Self {
        Self { server, client }
    }

    /// Runs both for a while.
    pub(crate) fn measure(self, tasks: usize) -> Figures {
        let service = self.service(tasks);
        let address = service.address();
        let pid = service.pid();
        thread::sleep(SETTLING);
        let [service_alone_cpu] = cpu_over(MEASURED, [pid]);
        let started = Instant::now();
        let client = self.client(&address);
        let first_row = wait_for_row(&client, started);
        thread::sleep(SETTLING);
        let [service_cpu, client_cpu] = cpu_over(MEASURED, [pid, client.pid()]);
        Figures {
            pair: self,
            tasks,
            first_row,
            service_alone_cpu,
            service_cpu,
            service_mib: resident_mib(pid),
            client_cpu,
            client_mib: resident_mib(client.pid()),
        }
    }

    fn service(self, tasks: usize) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shapes"));
        command.args(["many-tasks", "--count", &tasks.to_string()]);
        if let Server::ConsoleSubscriber = self.server {
            command.arg("--console");
            command.env("TOKIO_CONSOLE_BIND", free_address().to_string());
        }
        Program::start(command)
    }

    fn client(self, address: &str) -> Terminal {
        match self.client {
            Client::Loiter => LOITER.terminal(&[address]),
            Client::TokioConsole => tokio_console_terminal(&[&format!("http://{address}")]),
        }
    }
}

/// How long it took until a task was on the screen.
fn wait_for_row(client: &Terminal, started: Instant) -> Option<Duration> {
    while started.elapsed() < PATIENCE {
        if client.contents().contains(ROW) {
            return Some(started.elapsed());
        }
        thread::sleep(Duration::from_millis(20));
    }
    None
}

/// The share of a core that each process takes meanwhile.
fn cpu_over<const N: usize>(time: Duration, pids: [u32; N]) -> [Option<f64>; N] {
    let (started, before) = (Instant::now(), pids.map(cpu_seconds));
    thread::sleep(time);
    let after = pids.map(cpu_seconds);
    let elapsed = started.elapsed().as_secs_f64();
    std::array::from_fn(|which| Some((after[which]? - before[which]?) / elapsed * 100.0))
}

impl Figures {
    pub(crate) const HEADINGS: &'static str = "\
| tasks | service | client | first row | service alone, CPU | service, CPU | service, memory | client, CPU | client, memory |
| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |";
}

/// A row of a Markdown table.
impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: Option<f64>| share.map_or("–".to_owned(), |x| format!("{x:.1} %"));
        let mib = |mib: Option<f64>| mib.map_or("–".to_owned(), |x| format!("{x:.0} MiB"));
        let server = match self.pair.server {
            Server::Agent => "loiter",
            Server::ConsoleSubscriber => "console-subscriber",
        };
        let client = match self.pair.client {
            Client::Loiter => "loiter",
            Client::TokioConsole => "tokio-console",
        };
        let first_row = self.first_row.map_or_else(
            || format!("never in {} s", PATIENCE.as_secs()),
            |time| format!("{:.2} s", time.as_secs_f64()),
        );
        write!(
            f,
            "| {} | {server} | {client} | {first_row} | {} | {} | {} | {} | {} |",
            self.tasks,
            percent(self.service_alone_cpu),
            percent(self.service_cpu),
            mib(self.service_mib),
            percent(self.client_cpu),
            mib(self.client_mib),
        )
    }
}
