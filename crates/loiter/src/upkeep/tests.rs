//! Every part panics once, in a program that ends when one of its own panics reaches its hook. The
//! program goes on, its log says so once, and the agent answers as before.
#![cfg(all(tokio_unstable, not(loom), not(miri)))]

#[path = "../../tests/agent/support/mod.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "shared with the tests of the agent"
)]
mod support;

use std::{future::pending, io, net::SocketAddr, panic, process, time::Duration};

use loiter_wire::v1;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{self, timeout},
};
use tonic::Code;

use self::support::{Client, PATIENCE, Program, connect, message, query, update_where, wait_until};
use super::{
    Part,
    inject::{self, MESSAGE},
};
use crate::{Builder, inspect};

/// How every line about a panic begins.
const SAID: &str = "a bug in the agent, of which the program takes no harm: ";
/// What the program's hook says before it ends the process.
const HOOK: &str = "the program's own hook was called";
/// Tasks of one site that are too many.
const CROWD: u64 = 20;
/// The name of the task that waits in the program.
const WAITING: &str = "waits";

/// A program with an agent of which one part can be broken, as a client sees it.
struct Broken {
    program: Program,
    address: SocketAddr,
    client: Client,
    part: Part,
}

/// The program's side of it: cues of two words.
async fn play(mut cues: support::Cues) {
    panic::set_hook(Box::new(|_| {
        eprintln!("{HOOK}");
        process::exit(1);
    }));
    let log = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(false)
        .finish();
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("agent.sock");
    println!("socket {}", socket.display());
    support::listen(
        Builder::new()
            .name("broken")
            .max_alive_at_site(CROWD - 1)
            .listen_unix(&socket)
            .with_subscriber(log),
    );
    drop(named(WAITING));
    loop {
        let cue = cues.next().await;
        let (act, what) = cue.split_once(' ').expect("two words");
        match act {
            "break" => {
                let part = Part::ALL
                    .into_iter()
                    .find(|part| part.name().replace(' ', "-") == what);
                inject::arm(part.expect("a part"), 1);
                println!("armed ");
            }
            "spawn" => {
                drop(named(what));
                println!("spawned ");
            }
            "sleep" => {
                let sleep = time::sleep(Duration::from_secs(3600));
                drop(crate::task::Builder::new().name(what).spawn(sleep));
                println!("spawned ");
            }
            // More of them at one site than are allowed: a finding.
            "crowd" => {
                for _ in 0..CROWD {
                    let spawned = match what {
                        "first" => crate::spawn(pending::<()>()),
                        _ => crate::spawn(pending::<()>()),
                    };
                    drop(spawned);
                }
            }
            "ask" => {
                let answer = inspect::tasks(what, 10).await;
                println!(
                    "answer {}",
                    answer.map_or_else(
                        |error| error.to_string(),
                        |update| update.matched.to_string()
                    )
                );
            }
            other => panic!("no such cue: {other}"),
        }
    }
}

fn named(name: &str) -> io::Result<tokio::task::JoinHandle<()>> {
    crate::task::Builder::new().name(name).spawn(pending())
}

impl Broken {
    async fn new(mut program: Program, part: Part) -> Self {
        let address = program.address();
        let client = connect(address).await;
        let mut broken = Self {
            program,
            address,
            client,
            part,
        };
        broken.answers().await;
        broken
    }

    /// Has the part panic when it comes by the next time.
    fn arm(&mut self) {
        self.program
            .cue(&format!("break {}", self.part.name().replace(' ', "-")));
        self.program.told("armed ");
    }

    async fn spawn(&mut self, name: &str) {
        self.program.cue(&format!("spawn {name}"));
        self.program.told("spawned ");
    }

    fn ask(&mut self) -> String {
        self.program.cue(&format!("ask name:{WAITING}"));
        self.program.told("answer ")
    }

    async fn target(&mut self) -> Result<String, tonic::Status> {
        let asked = timeout(PATIENCE, self.client.get_target(v1::GetTargetRequest {})).await;
        Ok(asked.expect("in time")?.into_inner().name)
    }

    /// Waits until the log says that the part panicked.
    async fn wait_for_log(&self) {
        self.program
            .wait_for_stderr(&format!("{SAID}{} panicked at ", self.part.does()))
            .await;
    }

    /// The agent does all that it is there for.
    async fn answers(&mut self) {
        wait_until("the agent's name", async || {
            let mut client = connect(self.address).await;
            let target = client.get_target(v1::GetTargetRequest {}).await.ok()?;
            self.client = client;
            (target.into_inner().name == "broken").then_some(())
        })
        .await;
        // Tasks, and a past that is told a second at a time.
        let waiting = format!("name:{WAITING}");
        let is_there = |update: &v1::TasksUpdate| {
            let history = update
                .overview
                .as_ref()
                .map_or(0, |overview| overview.history.len());
            update.matched == 1 && history >= 2
        };
        let update = update_where(&mut self.client, query(&waiting), is_there).await;
        assert_eq!(update.tasks.len(), 1, "{update:?}");
        assert_eq!(update.tasks[0].state(), v1::State::Idle, "{update:?}");
        // What they wait on, in symbols.
        let captured = self.client.capture_stacks(v1::CaptureStacksRequest {
            filter: waiting.clone(),
            ..v1::CaptureStacksRequest::default()
        });
        let captured = captured.await.expect("an answer").into_inner();
        assert_eq!((captured.matched, captured.captured), (1, 1));
        let is_read = |update: &v1::TasksUpdate| {
            let labels = update.labels.as_ref();
            let wait = update.tasks.first().and_then(|task| task.wait);
            wait.zip(labels).is_some_and(|(id, labels)| {
                labels
                    .waits
                    .get(&id)
                    .is_some_and(|wait| wait.kind() == v1::WaitKind::Nothing)
            })
        };
        update_where(&mut self.client, query(&waiting), is_read).await;
        // Events of what happens from now on.
        let events = self
            .client
            .watch_events(v1::WatchEventsRequest::default())
            .await;
        let mut events = events.expect("a stream").into_inner();
        self.spawn("another").await;
        wait_for_spawn(&mut events).await;
        // Findings, by the agent's own look and by the client's.
        let findings = self
            .client
            .watch_findings(v1::WatchFindingsRequest::default())
            .await;
        let mut findings = findings.expect("a stream").into_inner();
        message(&mut findings).await.expect("an answer");
        // The program's own questions.
        assert_eq!(self.ask(), "1");
    }

    /// The agent answers as before, and all that is said of the panic is one line.
    async fn has_recovered(mut self) {
        self.wait_for_log().await;
        self.answers().await;
        let log = self.program.stderr();
        assert!(!log.contains(HOOK), "{log}");
        let mut said = log.lines().filter(|line| line.contains(SAID));
        let line = said.next().expect("it is said");
        assert_eq!(said.next(), None, "{log}");
        assert!(line.contains(" WARN loiter: "), "{line}");
        assert!(line.contains(&format!(": {MESSAGE}; ")), "{line}");
        assert!(line.ends_with(self.part.lost()), "{line}");
    }
}

async fn wait_for_spawn(events: &mut tonic::Streaming<v1::EventBatch>) {
    loop {
        let batch = message(events).await.expect("a stream without an end");
        if batch.kind().any(|kind| kind == v1::EventKind::Spawn) {
            return;
        }
    }
}

/// A row a part: what makes it come by where it panics.
macro_rules! each_part {
    ($($name:ident: $part:ident, $drive:expr;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                let program = Program::start(async |cues| play(cues).await);
                let mut broken = Broken::new(program, Part::$part).await;
                let drive: fn(&mut Broken) -> futures_util::future::LocalBoxFuture<'_, ()> = $drive;
                drive(&mut broken).await;
                broken.has_recovered().await;
            }
        )*

        #[test]
        fn no_part_is_left_out() {
            // With those that have a test of their own, one that nobody can come in by here, and one
            // that only sends.
            let here = [$(Part::$part,)* Part::UnixSocket, Part::Plain, Part::Keys, Part::Vsock, Part::Otlp];
            for part in Part::ALL {
                assert!(here.contains(&part), "{part:?}");
            }
        }
    };
}

/// It comes by of itself.
macro_rules! by_itself {
    () => {
        |broken| Box::pin(async move { broken.arm() })
    };
}

each_part! {
    thread: Thread, |broken| Box::pin(async move {
        broken.arm();
        // Whoever comes in wakes it.
        drop(TcpStream::connect(broken.address).await);
        broken.wait_for_log().await;
    });
    sampler: Sampler, by_itself!();
    findings: Findings, by_itself!();
    looks: Looks, by_itself!();
    samples: Samples, by_itself!();
    reports: Reports, |broken| Box::pin(async move {
        broken.arm();
        broken.program.cue("crowd first");
        broken.wait_for_log().await;
        // The next one is reported.
        broken.program.cue("crowd second");
        broken.program.wait_for_stderr(" WARN loiter::finding: ").await;
    });
    symbols: Symbols, |broken| Box::pin(async move {
        // What nobody has read yet.
        broken.program.cue("sleep elsewhere");
        broken.program.told("spawned ");
        broken.arm();
        wait_until("its stack", async || {
            let captured = broken.client.capture_stacks(v1::CaptureStacksRequest {
                filter: "name:elsewhere".to_owned(),
                ..v1::CaptureStacksRequest::default()
            });
            let captured = captured.await.expect("an answer").into_inner().captured;
            (captured == 1).then_some(())
        })
        .await;
        // Tried again at once.
        update_where(&mut broken.client, query("name:elsewhere"), |update| {
            update.tasks.first().is_some_and(|task| task.wait.is_some())
        })
        .await;
    });
    pump: Pump, |broken| Box::pin(async move {
        let events = broken.client.watch_events(v1::WatchEventsRequest::default()).await;
        let mut events = events.expect("a stream").into_inner();
        broken.arm();
        broken.spawn("unseen").await;
        broken.wait_for_log().await;
        // The stream goes on, and tells what is missing.
        let lost = async {
            loop {
                broken.spawn("seen").await;
                let batch = message(&mut events).await.expect("a stream without an end");
                if batch.lost > 0 {
                    return;
                }
            }
        };
        timeout(PATIENCE, lost).await.expect("it is told");
    });
    errands: Errands, |broken| Box::pin(async move {
        broken.arm();
        assert_eq!([broken.ask(), broken.ask()], ["1", "1"]);
    });
    errand: Errand, |broken| Box::pin(async move {
        broken.arm();
        assert_eq!(broken.ask(), "the agent panicked over the question, see its log");
        assert_eq!(broken.ask(), "1");
    });
    port: Port, |broken| Box::pin(async move {
        broken.arm();
        drop(TcpStream::connect(broken.address).await.expect("it listens"));
        broken.wait_for_log().await;
        // The door stays open, and whoever was connected is so still.
        drop(TcpStream::connect(broken.address).await.expect("it listens"));
        assert_eq!(broken.target().await.expect("an answer"), "broken");
    });
    connection: Connection, |broken| Box::pin(async move {
        broken.arm();
        let mut stream = TcpStream::connect(broken.address).await.expect("it listens");
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\n").await.expect("it is open");
        let closed = timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await;
        // A reset is an end as well.
        drop(closed.expect("it is closed"));
        assert_eq!(broken.target().await.expect("an answer"), "broken");
    });
    audit: Audit, |broken| Box::pin(async move {
        broken.arm();
        // Whoever comes in is told of.
        connect(broken.address).await.get_target(v1::GetTargetRequest {}).await.expect("an answer");
        broken.wait_for_log().await;
        connect(broken.address).await.get_target(v1::GetTargetRequest {}).await.expect("an answer");
        broken.program.wait_for_stderr("INFO loiter::audit: attached: 127.0.0.1:").await;
    });
    request: Request, |broken| Box::pin(async move {
        broken.arm();
        let status = broken.target().await.expect_err("it panics");
        assert_eq!(status.code(), Code::Internal, "{status}");
        assert_eq!(broken.target().await.expect("an answer"), "broken");
    });
    stream: Stream, |broken| Box::pin(async move {
        broken.arm();
        let stream = broken.client.watch_tasks(query("")).await;
        let mut stream = stream.expect("a stream").into_inner();
        let end = timeout(PATIENCE, stream.message()).await.expect("in time");
        let status = end.expect_err("it panics");
        assert_eq!(status.code(), Code::Internal, "{status}");
    });
}

#[cfg(unix)]
#[tokio::test]
async fn unix_socket() {
    let mut program = Program::start(async |cues| play(cues).await);
    let socket = program.told("socket ");
    let mut broken = Broken::new(program, Part::UnixSocket).await;
    let knock = async || {
        wait_until("the socket", async || {
            tokio::net::UnixStream::connect(&socket).await.ok()
        })
        .await
    };
    drop(knock().await);
    broken.arm();
    drop(knock().await);
    broken.wait_for_log().await;
    drop(knock().await);
    broken.has_recovered().await;
}

#[cfg(any(feature = "metrics", feature = "pprof"))]
#[tokio::test]
async fn plain() {
    let mut broken = Broken::new(Program::start(async |cues| play(cues).await), Part::Plain).await;
    let path = match cfg!(feature = "metrics") {
        true => "/metrics",
        false => "/debug/pprof/goroutine",
    };
    let get = async |address: SocketAddr| {
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it is open");
        let mut answer = Vec::new();
        let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        read.expect("in time").expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    };
    broken.arm();
    let answer = get(broken.address).await;
    assert!(answer.starts_with("HTTP/1.0 500 "), "{answer}");
    let answer = get(broken.address).await;
    assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
    broken.has_recovered().await;
}

#[cfg(feature = "otlp")]
#[tokio::test]
async fn otlp() {
    // Where nobody takes it.
    let collector = format!("http://{}", support::free_address());
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.as_str()),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1000"),
    ];
    let program = Program::start_with(&variables, async |cues| play(cues).await);
    let mut broken = Broken::new(program, Part::Otlp).await;
    broken.arm();
    broken.wait_for_log().await;
    broken.has_recovered().await;
}

/// What was read goes on to count, and what comes is read.
#[tokio::test]
async fn keys() {
    const TOKENS: [&str; 2] = ["the-first-of-tokens", "the-second-of-tokens"];
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("token");
    std::fs::write(&path, TOKENS[0]).expect("it is written");
    let variables = [("LOITER_TOKEN_FILE", path.to_str().expect("UTF-8"))];
    let mut program = Program::start_with(&variables, async |cues| play(cues).await);
    let address = program.address();
    let mut client = connect(address).await;
    let with = |token: &str| {
        let value = format!("Bearer {token}").parse().expect("ASCII");
        let mut metadata = tonic::metadata::MetadataMap::new();
        metadata.insert("authorization", value);
        metadata
    };
    let mut watching = client.clone();
    let watch = tonic::Request::from_parts(with(TOKENS[0]), Default::default(), query(""));
    let watch = watching.watch_tasks(watch).await;
    let mut watch = watch.expect("it is known").into_inner();
    let mut ask = async |token: &str| {
        let asked = v1::GetTargetRequest {};
        let request = tonic::Request::from_parts(with(token), Default::default(), asked);
        client.get_target(request).await
    };
    ask(TOKENS[0]).await.expect("it is known");
    program.cue("break keys");
    let said = format!("{SAID}{} panicked at ", Part::Keys.does());
    program.wait_for_stderr(&said).await;
    ask(TOKENS[0]).await.expect("it is known still");
    // It has begun again, and whoever came with what it reads anew may stay.
    program.wait_for_stderr("took over new credentials").await;
    for _ in 0..5 {
        message(&mut watch).await.expect("it goes on");
    }
    ask(TOKENS[0]).await.expect("the connection is there still");
    std::fs::write(&path, TOKENS[1]).expect("it is written");
    let mut client = connect(address).await;
    wait_until("the new one", async || {
        let asked = v1::GetTargetRequest {};
        let request = tonic::Request::from_parts(with(TOKENS[1]), Default::default(), asked);
        client.get_target(request).await.ok()
    })
    .await;
    let log = program.stderr();
    assert_eq!(log.matches(SAID).count(), 1, "{log}");
}

/// The program's own panics are its own.
#[tokio::test]
async fn the_hook_of_the_program_is_called_for_its_own_panics() {
    let program = Program::start(async |mut cues| {
        panic::set_hook(Box::new(|info| {
            if info.to_string().contains("the program's affair") {
                eprintln!("{HOOK}");
            }
        }));
        support::listen(
            Builder::new()
                .on_finding(|_| panic!("the program's affair"))
                .max_alive_at_site(1),
        );
        for _ in 0..2 {
            drop(crate::spawn(pending::<()>()));
        }
        cues.next().await;
        let panicked = tokio::spawn(async { panic!("the program's affair, too") }).await;
        assert!(panicked.is_err());
    });
    let mut program = program;
    connect(program.address()).await;
    program.wait_for_stderr(HOOK).await;
    program.cue("go on");
    let log = program.finish();
    assert_eq!(log.matches(HOOK).count(), 2, "{log}");
    assert!(!log.contains(SAID), "{log}");
}

/// However often it panics: it is said once, and in the end it works.
#[tokio::test]
async fn a_part_that_panics_again_and_again_is_told_of_once() {
    let program = Program::start(async |mut cues| {
        support::listen(Builder::new().name("broken"));
        inject::arm(Part::Sampler, 4);
        wait_until("four panics", async || {
            super::panics()
                .contains(&(Part::Sampler.name(), 4))
                .then_some(())
        })
        .await;
        println!("panicked ");
        cues.next().await;
    });
    let mut program = program;
    let address = program.address();
    program.told("panicked ");
    let mut client = connect(address).await;
    let has_history = |update: &v1::TasksUpdate| {
        update
            .overview
            .as_ref()
            .is_some_and(|overview| overview.history.len() >= 2)
    };
    update_where(&mut client, query(""), has_history).await;
    program.cue("end");
    let log = program.finish();
    assert_eq!(log.matches(SAID).count(), 1, "{log}");
}
