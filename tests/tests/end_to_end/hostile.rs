//! Peers that are slow, broken or up to no good, on either side.

use std::{
    collections::BTreeMap,
    io::Write,
    net::{Shutdown, TcpStream},
    thread,
};

use loiter_tests::{FakeAgent, PATIENCE, Program, wait_until};
use loiter_wire::v1::{
    Kind, Labels, Overview, Query, Site, State, Target, Task, TasksUpdate, Totals,
    WatchEventsRequest, WatchTaskRequest, WatchTasksRequest, loiter_client::LoiterClient,
};
use tonic::transport::Endpoint;

use crate::LOITER;

/// How much the service may grow while it holds on to what nobody reads.
const MOST_GROWTH_KIB: u64 = 32 * 1024;

fn assert_serves(service: &mut Program, address: &str) {
    assert!(service.is_running());
    let tasks = LOITER.tasks(&[address, "--filter", "name:blocked-send"]);
    assert_eq!(tasks["matched"], 1, "{tasks}");
}

/// The same garbage in every run.
fn garbage(bytes: usize) -> Vec<u8> {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        // xorshift64
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as u8
    };
    (0..bytes).map(|_| next()).collect()
}

#[test]
fn garbage_on_the_port_does_not_matter_to_the_service() {
    let mut service = LOITER.demo();
    let address = service.address();
    for (connection, garbage) in garbage(8 * 128 * 1024).chunks(128 * 1024).enumerate() {
        let mut stream = TcpStream::connect(&address).expect("the port is open");
        // Half of it gets past the greeting of HTTP/2.
        if connection % 2 == 0 {
            let _ = stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        }
        // It is right to hang up in the middle of it.
        let _ = stream.write_all(garbage);
        let _ = stream.shutdown(Shutdown::Both);
    }
    assert_serves(&mut service, &address);
}

#[test]
fn a_megabyte_of_garbage_on_one_connection_does_not_matter_either() {
    let mut service = LOITER.demo();
    let address = service.address();
    let garbage = garbage(1024 * 1024);
    // Alone, behind the greeting of HTTP/2, and as the payload of a frame that is one of it.
    let greeting = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    for beginning in [&b""[..], greeting, &[&greeting[..], &settings].concat()] {
        let mut stream = TcpStream::connect(&address).expect("the port is open");
        let _ = stream.write_all(beginning);
        let _ = stream.write_all(&garbage);
        let _ = stream.shutdown(Shutdown::Write);
        // It hangs up: a reset is that as well.
        let _ = stream.set_read_timeout(Some(PATIENCE));
        let ended = std::io::copy(&mut stream, &mut std::io::sink());
        let timed_out = |error: &std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
        assert!(!ended.is_err_and(|error| timed_out(&error)), "it goes on");
        assert_serves(&mut service, &address);
    }
}

#[test]
fn silent_connections_leave_room_for_others() {
    let mut service = LOITER.demo();
    let address = service.address();
    let silent: Vec<TcpStream> = (0..200)
        .filter_map(|_| TcpStream::connect(&address).ok())
        .collect();
    drop(silent);
    wait_until("an answer after a flood of connections", || {
        let finished = LOITER.run(&["tasks", &address]);
        (finished.code == Some(0)).then_some(())
    });
    assert_serves(&mut service, &address);
}

#[test]
fn a_client_that_never_reads_costs_bounded_memory() {
    let mut service = LOITER.demo();
    let address = service.address();
    let document = LOITER.tasks(&[&address, "--filter", "name:busy-loop"]);
    let busy = document["tasks"][0]["seq"].as_u64().expect("a number");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    // Kept open, never read.
    let streams = runtime.block_on(async {
        let mut streams = Vec::new();
        for _ in 0..4 {
            let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("a URI");
            let mut client = LoiterClient::new(endpoint.connect_lazy());
            let events = client.watch_events(WatchEventsRequest::default()).await;
            let tasks = client
                .watch_tasks(WatchTasksRequest {
                    query: Some(Query {
                        filter: "all".to_owned(),
                        limit: 10_000,
                        ..Query::default()
                    }),
                    interval_ms: 50,
                })
                .await;
            // The one that makes most events.
            let task = client
                .watch_task(WatchTaskRequest {
                    seq: busy,
                    interval_ms: 50,
                    thresholds: None,
                })
                .await;
            streams.push((
                client,
                events.expect("a stream of events"),
                tasks.expect("a stream of tasks"),
                task.expect("a stream of one task"),
            ));
        }
        streams
    });
    let at = |document: serde_json::Value| document["at_ns"].as_u64().expect("a time");
    let since = at(LOITER.tasks(&[&address]));
    // The program's debug info comes into memory for a while whenever stacks are read, which is
    // no growth: it shall be in the first figure, too.
    assert_eq!(LOITER.run(&["stacks", &address]).code, Some(0));
    let before = service.memory_kib();
    // The agent's own clock says that it has gone on for long enough.
    wait_until("fifteen seconds of the agent's time", || {
        let now = at(LOITER.tasks(&[&address, "--limit", "1"]));
        (now > since + 15_000_000_000).then_some(())
    });
    assert_serves(&mut service, &address);
    if let (Some(before), Some(after)) = (before, service.memory_kib()) {
        assert!(
            after < before + MOST_GROWTH_KIB,
            "from {before} to {after} KiB"
        );
    }
    drop(streams);
}

/// A target whose texts would clear the screen, if they were let through.
fn hostile() -> (Target, TasksUpdate) {
    let evil = "\u{1b}[2J\u{9b}31mevil\r\n".to_owned();
    let target = Target {
        name: format!("target {evil}"),
        host: evil.clone(),
        ..FakeAgent::target()
    };
    let task = Task {
        seq: 1,
        name: Some(0),
        kind: Kind::Task.into(),
        site: 0,
        state: State::Idle.into(),
        ..Task::default()
    };
    let site = Site {
        file: format!("src/{evil}.rs"),
        line: 1,
        column: 1,
        function: evil.clone(),
    };
    let update = TasksUpdate {
        overview: Some(Overview {
            totals: Some(Totals {
                alive: 1,
                idle: 1,
                ..Totals::default()
            }),
            ..Overview::default()
        }),
        matched: 1,
        tasks: vec![task],
        labels: Some(Labels {
            names: BTreeMap::from([(0, format!("task {evil}"))]),
            sites: BTreeMap::from([(0, site)]),
            ..Labels::default()
        }),
        ..TasksUpdate::default()
    };
    (target, update)
}

#[test]
fn nothing_from_the_wire_steers_the_terminal() {
    let (target, update) = hostile();
    let address = FakeAgent::saying(target, update).start();
    for args in [
        ["tasks", &address, "--table"],
        ["tasks", &address, "--json"],
    ] {
        let finished = LOITER.run(&args);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(finished.stdout.contains("evil"), "{finished:?}");
        let steers = |c: char| c.is_control() && c != '\n';
        assert!(!finished.stdout.contains(steers), "{finished:?}");
    }
    let terminal = LOITER.terminal(&[&address]);
    // Let through, `[2J` would clear the screen instead of standing on it.
    terminal.wait_for("the names as text", |screen| {
        let contents = screen.contents();
        contents.contains("connected") && contents.matches("[2J").count() >= 4
    });
}

#[test]
fn a_peer_that_sends_nonsense_is_no_agent() {
    let (target, mut update) = hostile();
    // No task has this number.
    update.tasks[0].seq = 0;
    let address = FakeAgent::saying(target, update).start();
    let finished = LOITER.run(&["tasks", &address]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
}

#[test]
fn a_stream_that_is_given_up_at_once_leaves_nothing_behind() {
    let mut service = LOITER.demo();
    let address = service.address();
    // More than the agent serves at a time.
    let clients: Vec<_> = (0..100)
        .map(|_| {
            let address = address.clone();
            thread::spawn(move || LOITER.run(&["tasks", &address, "--limit", "1"]).code)
        })
        .collect();
    for client in clients {
        // Some are turned away, none hangs.
        let code = client.join().expect("the client does not panic");
        assert!(matches!(code, Some(0 | 2)), "{code:?}");
    }
    assert_serves(&mut service, &address);
}
