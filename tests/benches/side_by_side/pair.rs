//! A service and the client that looks at it.

use std::{
    fmt,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use loiter_tests::{
    Loiter, PATIENCE, Program, Server, Terminal, cpu_seconds, memory_kib, tokio_console_terminal,
};

/// How long is measured.
const MEASURED: Duration = Duration::from_secs(20);
/// For the spawned tasks to spread over their second, and for a client to settle.
const SETTLING: Duration = Duration::from_secs(5);
/// A task's row has where it was spawned.
const ROW: &str = "shapes.rs";

const LOITER: Loiter = Loiter::at(env!("CARGO_BIN_EXE_loiter-under-test"));

/// What looks at a service.
#[derive(Clone, Copy)]
enum Client {
    Loiter,
    TokioConsole,
}

/// What is in a service, and what looks at it.
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

/// What was measured of one pair. CPU in percent of a core, memory in KiB; `None` of a client
/// that never drew a row or of a process that is gone.
pub(crate) struct Figures {
    pair: Pair,
    tasks: usize,
    first_row: Option<Duration>,
    service_alone_cpu: Option<f64>,
    service_cpu: Option<f64>,
    service_kib: Option<u64>,
    client_cpu: Option<f64>,
    client_kib: Option<u64>,
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
            service_kib: memory_kib(pid),
            client_cpu,
            client_kib: memory_kib(client.pid()),
        }
    }

    fn service(self, tasks: usize) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shapes"));
        command.args(["many-tasks", "--count", &tasks.to_string()]);
        self.server.start(command)
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
    client.look_for(|screen| screen.contents().contains(ROW).then(|| started.elapsed()))
}

/// The share of a core that each process takes meanwhile.
fn cpu_over<const N: usize>(time: Duration, pids: [u32; N]) -> [Option<f64>; N] {
    let seconds = |pid| cpu_seconds(format!("/proc/{pid}/stat").as_ref());
    let (started, before) = (Instant::now(), pids.map(seconds));
    thread::sleep(time);
    let after = pids.map(seconds);
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
        let mib = |kib: Option<u64>| match kib {
            Some(kib) => format!("{:.0} MiB", kib as f64 / 1024.0),
            None => "–".to_owned(),
        };
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
            mib(self.service_kib),
            percent(self.client_cpu),
            mib(self.client_kib),
        )
    }
}
