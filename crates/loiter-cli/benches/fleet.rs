//! What it costs to watch a great many targets.
//!
//! `cargo bench -p loiter-cli --bench fleet` (a number behind `--` for another one than 200). Linux
//! only. So many servers answer as agents do, once a second, on threads of their own; one thread
//! watches them all, with a connection each, and merges what they say as often as the UI does.
//! CPU time is what the operating system accounts to that thread.

#[path = "scale/proc.rs"]
#[expect(dead_code, reason = "the other bench has the rest")]
mod proc;
#[path = "../../../tests/support/process.rs"]
#[expect(unreachable_pub, reason = "a library has it, too")]
mod process;

use std::{net::SocketAddr, pin::Pin, sync::mpsc, thread, time::Duration};

use futures_util::StreamExt;
use loiter_cli::fleet::{Entry, Message, Place, Watch, WatchOptions};
use loiter_model::{
    Nanos, Target, Teller, Thresholds, Tier,
    fleet::{Fleet, News},
    query::Sort,
};
use loiter_wire::v1::{
    self,
    loiter_server::{Loiter, LoiterServer},
};
use proc::{CpuClock, resident};
use tokio::{net::TcpListener, runtime, time};
use tokio_stream::{Stream, wrappers::IntervalStream};
use tonic::{Request, Response, Status, transport::Server};

/// Targets, unless the command line says otherwise.
const TARGETS: usize = 200;
/// Sites that each target has: more than are asked for.
const SITES: u32 = 100;
/// Findings that each target has.
const FINDINGS: u32 = 5;
/// How long figures are taken over.
const STEADY: Duration = Duration::from_secs(20);
/// Until all must have been attached to.
const PATIENCE: Duration = Duration::from_secs(60);
/// The name of the thread that watches.
const WATCHER: &str = "fleet";
/// A goal: the share of a core for 200 targets at an update a second each.
const GOAL: f64 = 0.20;

fn main() {
    let mut numbers = std::env::args().filter_map(|arg| arg.parse().ok());
    let targets = numbers.next().unwrap_or(TARGETS);
    let addresses = serve(targets);
    let before = resident();
    let (attached, is_attached) = mpsc::channel();
    thread::Builder::new()
        .name(WATCHER.to_owned())
        .spawn(move || watch(&addresses, &attached))
        .expect("a thread");
    let took = is_attached.recv_timeout(PATIENCE);
    let took = took.expect("all are attached to");
    // What is done once is over.
    thread::sleep(Duration::from_secs(2));
    let cpu = CpuClock::of_thread(std::process::id(), WATCHER).over(|| thread::sleep(STEADY));
    let bytes = resident().saturating_sub(before);
    println!(
        "| targets | attached to all after | CPU | goal at {TARGETS} | memory, servers included |"
    );
    println!("| --- | --- | --- | --- | --- |");
    println!(
        "| {targets} | {took:.1?} | {:.1}% of a core | {:.0}% | {} MiB |",
        cpu * 100.0,
        GOAL * 100.0,
        bytes >> 20
    );
}

/// Watches until the process ends. Tells how long it took to hear from all.
fn watch(addresses: &[SocketAddr], attached: &mpsc::Sender<Duration>) {
    let entries = addresses.iter().map(|address| {
        let place = address.to_string().parse::<Place>();
        Entry::new(place.expect("an address"))
    });
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let start = time::Instant::now();
        let mut watch = Watch::start(entries.collect(), WatchOptions::default());
        let mut fleet = Fleet::new();
        let mut frame = time::interval(Duration::from_millis(250));
        let mut all = Some(attached);
        loop {
            tokio::select! {
                message = watch.next() => {
                    if let Message::News { news: News::Lost { reason }, .. } = &message {
                        eprintln!("a target was lost: {reason}");
                    }
                    message.tell(&mut fleet);
                }
                _ = frame.tick() => {
                    let summary = fleet.summary();
                    let rows = (fleet.sites(Sort::default()), fleet.findings());
                    std::hint::black_box(rows);
                    if summary.answering == addresses.len() as u64
                        && let Some(all) = all.take()
                    {
                        let _ = all.send(start.elapsed());
                    }
                }
            }
        }
    });
}

/// Starts so many servers.
fn serve(targets: usize) -> Vec<SocketAddr> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let mut addresses = Vec::new();
            for target in 0..targets {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                addresses.push(listener.local_addr().expect("a bound port"));
                let connections = tokio_stream::wrappers::TcpListenerStream::new(listener);
                let service = LoiterServer::new(Agent(target as u64));
                let server = Server::builder().add_service(service);
                tokio::spawn(server.serve_with_incoming(connections));
            }
            sender.send(addresses).expect("somebody waits for them");
            std::future::pending::<()>().await;
        });
    });
    receiver.recv().expect("servers")
}

/// Says the same again and again.
struct Agent(u64);

type Updates<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Agent {
    fn overview(&self) -> v1::Overview {
        let totals = v1::Totals {
            alive: 5000 + self.0,
            idle: 5000 + self.0,
            ..v1::Totals::default()
        };
        v1::Overview {
            at_ns: 1_000_000_000_000,
            totals: Some(totals),
            history: (0..120).map(|second| 5000 + second % 7).collect(),
            ..v1::Overview::default()
        }
    }

    fn labels(&self, sites: u32) -> v1::Labels {
        let sites = (0..sites).map(|id| {
            let site = v1::Site {
                file: format!("src/component_{}/worker_{id}.rs", id / 10),
                line: 10 + id,
                column: 9,
                ..v1::Site::default()
            };
            (id, site)
        });
        v1::Labels {
            sites: sites.collect(),
            ..v1::Labels::default()
        }
    }
}

fn again<T: Clone + Send + 'static>(update: T, every: Duration) -> Response<Updates<T>> {
    let ticks = IntervalStream::new(time::interval(every));
    Response::new(Box::pin(ticks.map(move |_| Ok(update.clone()))))
}

fn interval(millis: u32) -> Duration {
    match millis {
        0 => Duration::from_secs(1),
        millis => Duration::from_millis(millis.into()),
    }
}

fn unknown<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("not asked for"))
}

#[tonic::async_trait]
impl Loiter for Agent {
    type WatchTasksStream = Updates<v1::TasksUpdate>;
    type WatchTaskStream = Updates<v1::TaskDetail>;
    type WatchEventsStream = Updates<v1::EventBatch>;
    type WatchFindingsStream = Updates<v1::FindingsUpdate>;
    type WatchResourcesStream = Updates<v1::ResourcesUpdate>;
    type WatchResourceStream = Updates<v1::ResourceDetail>;

    async fn get_target(
        &self,
        _: Request<v1::GetTargetRequest>,
    ) -> Result<Response<v1::Target>, Status> {
        let target = Target {
            name: "service".to_owned(),
            pid: 1,
            host: String::new(),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            run_id: self.0,
            started_unix: Nanos::ZERO,
            uptime: Nanos::ZERO,
            teller: Teller::Agent,
            tier: Tier::EveryTask,
            thresholds: Thresholds::default(),
            max_tasks: 1024,
        };
        Ok(Response::new(target.into()))
    }

    async fn watch_tasks(
        &self,
        request: Request<v1::WatchTasksRequest>,
    ) -> Result<Response<Self::WatchTasksStream>, Status> {
        let request = request.into_inner();
        let limit = request.query.unwrap_or_default().limit;
        let shown = u32::try_from(limit).unwrap_or(SITES).min(SITES);
        let sites = (0..shown).map(|id| v1::SiteStats {
            site: id,
            alive: u64::from(SITES - id),
            idle: u64::from(SITES - id),
            spawned: 1_000_000,
            ended: 999_000,
            spawned_per_sec: 12.5,
            ended_per_sec: 12.5,
            oldest_idle_ns: Some(1_000_000_000),
            median_idle_ns: Some(1_000_000),
            history: (0..120).map(|second| 50 + second % 7).collect(),
            ..v1::SiteStats::default()
        });
        let update = v1::TasksUpdate {
            overview: Some(self.overview()),
            matched: SITES.into(),
            sites: sites.collect(),
            labels: Some(self.labels(shown)),
            ..v1::TasksUpdate::default()
        };
        Ok(again(update, interval(request.interval_ms)))
    }

    async fn watch_findings(
        &self,
        request: Request<v1::WatchFindingsRequest>,
    ) -> Result<Response<Self::WatchFindingsStream>, Status> {
        let findings = (0..FINDINGS).map(|site| v1::Finding {
            kind: v1::FindingKind::BlockedReceive.into(),
            certainty: v1::Certainty::Suspected.into(),
            site: Some(site),
            count: 3 + self.0,
            ..v1::Finding::default()
        });
        let update = v1::FindingsUpdate {
            overview: Some(self.overview()),
            findings: findings.collect(),
            labels: Some(self.labels(FINDINGS)),
            ..v1::FindingsUpdate::default()
        };
        Ok(again(update, interval(request.into_inner().interval_ms)))
    }

    async fn watch_task(
        &self,
        _: Request<v1::WatchTaskRequest>,
    ) -> Result<Response<Self::WatchTaskStream>, Status> {
        unknown()
    }

    async fn watch_events(
        &self,
        _: Request<v1::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        unknown()
    }

    async fn watch_resources(
        &self,
        _: Request<v1::WatchResourcesRequest>,
    ) -> Result<Response<Self::WatchResourcesStream>, Status> {
        unknown()
    }

    async fn watch_resource(
        &self,
        _: Request<v1::WatchResourceRequest>,
    ) -> Result<Response<Self::WatchResourceStream>, Status> {
        unknown()
    }

    async fn capture_stacks(
        &self,
        _: Request<v1::CaptureStacksRequest>,
    ) -> Result<Response<v1::CaptureStacksReply>, Status> {
        unknown()
    }
}
