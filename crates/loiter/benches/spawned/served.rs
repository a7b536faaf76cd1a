//! What the clients of a service notice while ten thousand of its tasks are asked what they wait
//! on, and how long it takes until they are shown.
//!
//! Each round is a new process, so that it has a first time: the one that reads the program's
//! debug info. After it, times with a capture and times without take turns under the same load;
//! before each, every task waits anew, as a known wait is not asked about again.

use std::{
    fmt,
    ops::Range,
    thread,
    time::{Duration, Instant},
};

use loiter_wire::v1::{self, loiter_client::LoiterClient};
use tokio::runtime;
use tonic::transport::Channel;

use super::{
    load::{Load, RATE, Sample},
    quantile,
    service::{BODY, NAME, Service, TASKS},
};

const ROUNDS: usize = 7;
/// Captures of a round after the first one, and as many times without.
const CAPTURES: usize = 5;
/// After all tasks ran: whatever that delayed is over.
const SETTLE: Duration = Duration::from_millis(200);
/// Before the first capture: connections are made, code has run.
const WARM_UP: Duration = Duration::from_secs(1);
/// What counts as all of them: one may be on its way back to its wait.
const ALL: u64 = TASKS as u64 * 999 / 1000;

/// What was measured in one process.
struct Round {
    quiet: Latency,
    captured: Latency,
    first_capture: Latency,
    /// Until all were captured and shown, in milliseconds.
    first_took: f64,
    took: f64,
}

/// Of requests, in microseconds.
#[derive(Clone, Copy)]
struct Latency {
    p50: f64,
    p99: f64,
}

/// Prints it.
pub(crate) fn report() {
    let rounds: Vec<Round> = (0..ROUNDS).map(|_| round()).collect();
    println!(
        "\nan axum server under {RATE} requests a second, {TASKS} other tasks of one site in it; \
         medians of {ROUNDS} processes\n\n\
         | | p50 | p99 | p99 in one process |\n| --- | --: | --: | --: |"
    );
    let quiet = row("nothing is asked", &rounds, |round| round.quiet);
    let captured = row("all are captured and shown merged", &rounds, |round| {
        round.captured
    });
    let first = row("the same, the first time", &rounds, |round| {
        round.first_capture
    });
    println!(
        "\np99 with a capture / without: {:.2} ({} in one process), the first time {:.2}; goal 1.10",
        captured / quiet,
        Spread::of(&rounds, |round| round.captured.p99 / round.quiet.p99),
        first / quiet,
    );
    let first_took = Spread::of(&rounds, |round| round.first_took);
    let took = Spread::of(&rounds, |round| round.took);
    println!(
        "captured, symbolized and shown merged in {:.0} ms the first time ({:.0} ms at worst), \
         {:.0} ms later; goal 2000 ms",
        first_took.median, first_took.most, took.median,
    );
}

/// Prints it; the p99.
fn row(name: &str, rounds: &[Round], latency: fn(&Round) -> Latency) -> f64 {
    let p50 = Spread::of(rounds, |round| latency(round).p50).median;
    let p99 = Spread::of(rounds, |round| latency(round).p99);
    println!(
        "| {name} | {p50:.0} µs | {:.0} µs | {p99:.0} µs |",
        p99.median
    );
    p99.median
}

fn round() -> Round {
    let mut service = Service::start();
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut client = runtime.block_on(async {
        let url = format!("http://{}", service.agent);
        let endpoint = Channel::from_shared(url).expect("a URL");
        LoiterClient::new(endpoint.connect().await.expect("it listens"))
    });
    let mut capture = || {
        let started = Instant::now();
        runtime.block_on(capture_and_show(&mut client));
        started..Instant::now()
    };

    let load = Load::start(service.http, BODY);
    thread::sleep(WARM_UP);
    let first = capture();
    let (mut quiet, mut captured) = (Vec::new(), Vec::new());
    for turn in 0..CAPTURES {
        let mut with_capture = |service: &mut Service| {
            wait_anew(service);
            captured.push(capture());
        };
        let mut without = |service: &mut Service| {
            wait_anew(service);
            let started = Instant::now();
            thread::sleep(length(&first));
            quiet.push(started..Instant::now());
        };
        // Neither always comes first.
        if turn % 2 == 0 {
            with_capture(&mut service);
            without(&mut service);
        } else {
            without(&mut service);
            with_capture(&mut service);
        }
    }
    let samples = load.stop();
    let mut took: Vec<f64> = captured.iter().map(millis).collect();
    Round {
        quiet: Latency::of(&samples, &quiet),
        captured: Latency::of(&samples, &captured),
        first_took: millis(&first),
        first_capture: Latency::of(&samples, &[first]),
        took: quantile(&mut took, 0.5),
    }
}

fn wait_anew(service: &mut Service) {
    service.renew_waits();
    thread::sleep(SETTLE);
}

/// Asks all that wait, then for the answer that shows them in one row.
async fn capture_and_show(client: &mut LoiterClient<Channel>) {
    let filter = format!("name:{NAME}");
    let request = v1::CaptureStacksRequest {
        filter: filter.clone(),
        limit: TASKS as u64,
        timeout_ms: 30_000,
        ..Default::default()
    };
    let reply = client.capture_stacks(request).await.expect("an answer");
    let reply = reply.into_inner();
    assert!(reply.captured >= ALL, "most are not captured: {reply:?}");

    let request = v1::WatchTasksRequest {
        query: Some(v1::Query {
            filter,
            group: v1::Group::Stack.into(),
            limit: 100,
            ..Default::default()
        }),
        interval_ms: 0,
    };
    let updates = client.watch_tasks(request).await.expect("an answer");
    let update = updates.into_inner().message().await.expect("no error");
    let update = update.expect("an answer");
    let merged = update.waits.iter().filter(|row| row.wait.is_some());
    let merged = merged.map(|row| row.count).max();
    assert!(
        merged >= Some(ALL),
        "they are not merged: {:?}",
        update.waits
    );
    let labels = update.labels.expect("what the stacks are");
    let is_here = |frame: &v1::Frame| frame.file.ends_with("service.rs") && frame.line > 0;
    assert!(
        labels.frames.values().any(is_here),
        "no symbols: {labels:?}"
    );
}

impl Latency {
    /// Of the requests that were due in one of these times.
    fn of(samples: &[Sample], times: &[Range<Instant>]) -> Self {
        let due_then = |sample: &&Sample| times.iter().any(|time| time.contains(&sample.due));
        let mut micros: Vec<f64> = samples
            .iter()
            .filter(due_then)
            .map(|sample| sample.latency.as_nanos() as f64 / 1000.0)
            .collect();
        Self {
            p50: quantile(&mut micros, 0.5),
            p99: quantile(&mut micros, 0.99),
        }
    }
}

/// A figure of all rounds.
struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    fn of(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> Self {
        let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
        let [least, median, most] = [0.0, 0.5, 1.0].map(|share| quantile(&mut figures, share));
        Self {
            least,
            median,
            most,
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = f.precision().unwrap_or(2);
        write!(f, "{:.places$} to {:.places$}", self.least, self.most)
    }
}

fn length(time: &Range<Instant>) -> Duration {
    time.end - time.start
}

fn millis(time: &Range<Instant>) -> f64 {
    length(time).as_secs_f64() * 1000.0
}
