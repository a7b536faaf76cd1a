//! Requests at a constant rate, however long the answers take.
//!
//! A request's latency counts from when it was due: one that waits behind a slow answer has
//! waited, too ("coordinated omission" is to leave that out).

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

/// Requests a second, all connections together.
pub(crate) const RATE: u32 = 2_000;
const CONNECTIONS: u32 = 16;
/// No answer takes so long, unless something is broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// One request and its answer.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) due: Instant,
    pub(crate) latency: Duration,
}

/// Connections that each keep asking, from a thread of their own.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    connections: Vec<thread::JoinHandle<Vec<Sample>>>,
}

impl Load {
    /// Asks `server` for `/`, whose answers end with `end`.
    pub(crate) fn start(server: SocketAddr, end: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let started = Instant::now();
        let connect = |number| {
            let first = started + Duration::from_secs(1) * number / RATE;
            let (stop, end) = (stop.clone(), end.as_bytes().to_owned());
            thread::spawn(move || connection(server, first, &end, &stop))
        };
        let connections = (0..CONNECTIONS).map(connect).collect();
        Self { stop, connections }
    }

    pub(crate) fn stop(self) -> Vec<Sample> {
        self.stop.store(true, Relaxed);
        let samples = self.connections.into_iter();
        samples
            .flat_map(|connection| connection.join().expect("every request is answered"))
            .collect()
    }
}

fn connection(server: SocketAddr, first: Instant, end: &[u8], stop: &AtomicBool) -> Vec<Sample> {
    sleep_precisely();
    let mut stream = TcpStream::connect(server).expect("the service listens");
    stream.set_nodelay(true).expect("a TCP socket");
    stream.set_read_timeout(Some(PATIENCE)).expect("some time");
    let mut samples = Vec::new();
    let mut due = first;
    while !stop.load(Relaxed) {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        request(&mut stream, end);
        samples.push(Sample {
            due,
            latency: due.elapsed(),
        });
        due += Duration::from_secs(1) * CONNECTIONS / RATE;
    }
    samples
}

fn request(stream: &mut TcpStream, end: &[u8]) {
    let request = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request).expect("the service runs");
    let mut answer = [0; 1024];
    let mut length = 0;
    while !answer[..length].ends_with(end) {
        let bytes = stream.read(&mut answer[length..]).expect("an answer");
        assert!(bytes > 0, "no such answer");
        length += bytes;
    }
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "another answer");
}

/// Linux may let a thread sleep 50 µs longer than it asked for, which would count as latency.
fn sleep_precisely() {
    #[cfg(target_os = "linux")]
    rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1)).expect("Linux has it");
}
