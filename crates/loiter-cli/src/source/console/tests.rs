//! A console-subscriber as one may meet it, over a real connection.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use console_api::{
    Field, Id, PollStats, field,
    instrument::{
        InstrumentRequest, PauseRequest, PauseResponse, ResumeRequest, ResumeResponse,
        State as WireState, StateRequest, TaskDetailsRequest, Update,
        instrument_server::{Instrument, InstrumentServer},
    },
    tasks::{
        DurationHistogram, Stats, Task as WireTask, TaskDetails, TaskUpdate,
        task_details::PollTimesHistogram,
    },
};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use hdrhistogram::{
    Histogram,
    serialization::{Serializer, V2Serializer},
};
use loiter_model::{
    TaskSeq, Teller, Thresholds,
    query::{Filter, Sort, TaskColumn, TaskQuery, Window},
    update::TasksUpdate,
};
use prost_types::Timestamp;
use tokio::net::TcpListener;
use tonic::{Request, Response, Status, transport::Server};

use crate::source::{Attached, Console, Credentials, Endpoint, Source, SourceError, Updates};

type Answers<T> = BoxStream<'static, Result<T, Status>>;

/// Sends what a test wants, and then nothing, or ends.
#[derive(Clone, Default)]
struct Peer {
    updates: Vec<Update>,
    ends: bool,
    details: Option<TaskDetails>,
    connections: Arc<AtomicUsize>,
}

#[tonic::async_trait]
impl Instrument for Peer {
    type WatchUpdatesStream = Answers<Update>;
    type WatchTaskDetailsStream = Answers<TaskDetails>;
    type WatchStateStream = Answers<WireState>;

    async fn watch_updates(
        &self,
        _: Request<InstrumentRequest>,
    ) -> Result<Response<Self::WatchUpdatesStream>, Status> {
        self.connections.fetch_add(1, Relaxed);
        let updates = stream::iter(self.updates.clone().into_iter().map(Ok));
        let updates = match self.ends {
            true => updates.boxed(),
            false => updates.chain(stream::pending()).boxed(),
        };
        Ok(Response::new(updates))
    }

    async fn watch_task_details(
        &self,
        request: Request<TaskDetailsRequest>,
    ) -> Result<Response<Self::WatchTaskDetailsStream>, Status> {
        assert_eq!(request.into_inner().id, Some(Id { id: 7 }));
        match self.details.clone() {
            Some(details) => {
                let details = stream::iter([Ok(details)]).chain(stream::pending());
                Ok(Response::new(details.boxed()))
            }
            None => Err(Status::not_found("no such task")),
        }
    }

    /// As in servers before there was such a thing.
    async fn watch_state(
        &self,
        _: Request<StateRequest>,
    ) -> Result<Response<Self::WatchStateStream>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn pause(&self, _: Request<PauseRequest>) -> Result<Response<PauseResponse>, Status> {
        panic!("it would pause other clients")
    }

    async fn resume(&self, _: Request<ResumeRequest>) -> Result<Response<ResumeResponse>, Status> {
        panic!("nothing was paused")
    }
}

async fn serving(peer: Peer) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address: SocketAddr = listener.local_addr().expect("it is bound");
    let incoming = stream::unfold(listener, |listener| async move {
        let peer = listener.accept().await.map(|(peer, _)| peer);
        Some((peer, listener))
    });
    let service = InstrumentServer::new(peer).max_encoding_message_size(usize::MAX);
    tokio::spawn(
        Server::builder()
            .add_service(service)
            .serve_with_incoming(incoming),
    );
    address.to_string().parse().expect("an address")
}

fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 0 })
}

/// So many tasks, with names of some length, idle since they were polled at 1001 s.
fn first(count: u64, name: &str) -> Update {
    let stats = Stats {
        created_at: at(1000),
        poll_stats: Some(PollStats {
            polls: 2,
            first_poll: at(1001),
            last_poll_started: at(1001),
            last_poll_ended: at(1001),
            busy_time: None,
        }),
        ..Stats::default()
    };
    let task = |id| WireTask {
        id: Some(Id { id }),
        fields: vec![Field {
            metadata_id: None,
            name: Some(field::Name::StrName("task.name".to_owned())),
            value: Some(field::Value::StrVal(name.to_owned())),
        }],
        ..WireTask::default()
    };
    Update {
        now: at(1010),
        task_update: Some(TaskUpdate {
            new_tasks: (7..7 + count).map(task).collect(),
            stats_update: (7..7 + count).map(|id| (id, stats)).collect(),
            dropped_events: 0,
        }),
        ..Update::default()
    }
}

fn query() -> TaskQuery {
    TaskQuery {
        filter: Filter::default(),
        sort: Sort::by(TaskColumn::Idle),
        window: Window {
            offset: 0,
            limit: 10,
        },
        thresholds: Thresholds::default(),
    }
}

async fn next(updates: &mut Updates<TasksUpdate>) -> Result<TasksUpdate, SourceError> {
    updates.next().await.expect("it goes on")
}

async fn ask(source: &dyn Source) -> TasksUpdate {
    let updates = source.watch_tasks(query(), None).await;
    let mut updates = updates.expect("it answers");
    next(&mut updates).await.expect("an answer")
}

#[tokio::test]
async fn it_is_found_where_no_agent_answers() {
    let endpoint = serving(Peer {
        updates: vec![first(2, "worker")],
        ..Peer::default()
    })
    .await;
    let source = Attached::new(endpoint, Credentials::default());
    let target = source.target().await.expect("it answers");
    assert_eq!(target.teller, Teller::ConsoleSubscriber);
    assert_eq!(target.uptime.0, 10_000_000_000);
    let update = ask(&source).await;
    assert_eq!((update.matched, update.overview.totals.blocked), (2, 0));
    assert_eq!(update.tasks[0].in_state.0, 9_000_000_000);
    let refused = source.capture_stacks(Filter::default(), Thresholds::default());
    let error = refused.await.expect_err("it cannot be asked");
    assert!(matches!(error, SourceError::CannotTell { .. }), "{error:?}");
}

#[tokio::test]
async fn a_first_message_beyond_what_tokio_console_takes_arrives() {
    let endpoint = serving(Peer {
        updates: vec![first(20_000, &"n".repeat(1_000))],
        ..Peer::default()
    })
    .await;
    let update = ask(&Console::new(endpoint, Credentials::default())).await;
    assert_eq!(update.overview.totals.alive, 20_000);
}

#[tokio::test]
async fn what_changes_is_told_to_every_watcher() {
    let later = Update {
        now: at(1011),
        task_update: Some(TaskUpdate {
            stats_update: HashMap::from([(
                7,
                Stats {
                    created_at: at(1000),
                    dropped_at: at(1011),
                    ..Stats::default()
                },
            )]),
            dropped_events: 5,
            ..TaskUpdate::default()
        }),
        ..Update::default()
    };
    let endpoint = serving(Peer {
        updates: vec![first(2, ""), later],
        ..Peer::default()
    })
    .await;
    let console = Console::new(endpoint, Credentials::default());
    let watch = console.watch_tasks(query(), None).await;
    let mut updates = watch.expect("it answers");
    loop {
        let totals = next(&mut updates).await.expect("an answer").overview.totals;
        if totals.ended == 1 {
            assert_eq!(
                (totals.alive, totals.untracked, totals.remembered),
                (1, 5, 1)
            );
            return;
        }
    }
}

#[tokio::test]
async fn a_stream_that_ends_is_lost_and_read_anew() {
    let peer = Peer {
        updates: vec![first(2, "worker")],
        ends: true,
        ..Peer::default()
    };
    let connections = peer.connections.clone();
    let console = Console::new(serving(peer).await, Credentials::default());
    let run = console.target().await.expect("it answers").run_id;
    let watch = console.watch_tasks(query(), None).await;
    let mut updates = watch.expect("it answers");
    let error = loop {
        match next(&mut updates).await {
            Ok(update) => assert_eq!(update.tasks.len(), 2),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, SourceError::Lost { .. }), "{error:?}");
    assert!(updates.next().await.is_none());
    let before = connections.load(Relaxed);
    // The same process: the same tasks, once each.
    assert_eq!(console.target().await.expect("it answers").run_id, run);
    assert!(connections.load(Relaxed) > before);
    let update = console
        .watch_tasks(query(), None)
        .await
        .expect("it answers")
        .next()
        .await;
    if let Some(Ok(update)) = update {
        let mut seqs: Vec<_> = update.tasks.iter().map(|task| task.seq.get()).collect();
        seqs.sort_unstable();
        assert_eq!(seqs, [1, 2]);
    }
}

#[tokio::test]
async fn nothing_in_it_is_an_empty_picture() {
    let endpoint = serving(Peer {
        updates: vec![Update::default()],
        ..Peer::default()
    })
    .await;
    let update = ask(&Console::new(endpoint, Credentials::default())).await;
    assert_eq!(update.matched, 0);
    let silent = serving(Peer {
        ends: true,
        ..Peer::default()
    });
    let error = Console::new(silent.await, Credentials::default())
        .target()
        .await
        .expect_err("it says nothing");
    assert!(matches!(error, SourceError::Lost { .. }), "{error:?}");
}

fn histogram(times: &[u64]) -> Vec<u8> {
    let mut histogram = Histogram::<u64>::new_with_max(1_000_000_000, 2).expect("limits");
    for time in times {
        histogram.record(*time).expect("within the limits");
    }
    let mut bytes = Vec::new();
    V2Serializer::new()
        .serialize(&histogram, &mut bytes)
        .expect("a vector takes everything");
    bytes
}

#[tokio::test]
async fn a_task_is_seen_closely_with_its_histograms_or_without() {
    let details = TaskDetails {
        poll_times_histogram: Some(PollTimesHistogram::Histogram(DurationHistogram {
            raw_histogram: histogram(&[1_000, 2_000]),
            max_value: 1_000_000_000,
            ..DurationHistogram::default()
        })),
        ..TaskDetails::default()
    };
    for (details, polls) in [(Some(details), 2), (None, 0)] {
        let endpoint = serving(Peer {
            updates: vec![first(1, "")],
            details,
            ..Peer::default()
        })
        .await;
        let console = Console::new(endpoint, Credentials::default());
        let task = ask(&console).await.tasks[0];
        let watch = console.watch_task(task.seq, Thresholds::default(), None);
        let mut updates = watch.await.expect("it answers");
        let detail = updates
            .next()
            .await
            .expect("it goes on")
            .expect("an answer");
        assert_eq!((detail.task.seq, detail.poll.count()), (task.seq, polls));
        let other = TaskSeq::new(99).expect("above zero");
        let watch = console.watch_task(other, Thresholds::default(), None);
        let mut updates = watch.await.expect("it answers");
        let error = updates.next().await.and_then(Result::err);
        assert_eq!(error, Some(SourceError::NoSuchTask(99)));
    }
}

#[tokio::test]
async fn one_who_speaks_neither_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let incoming = stream::unfold(listener, |listener| async move {
        let peer = listener.accept().await.map(|(peer, _)| peer);
        Some((peer, listener))
    });
    // Another gRPC service.
    let router = Server::builder().add_routes(tonic::service::Routes::default());
    tokio::spawn(router.serve_with_incoming(incoming));
    let endpoint = address.to_string().parse().expect("an address");
    let error = Attached::new(endpoint, Credentials::default())
        .target()
        .await
        .expect_err("it is neither");
    assert!(matches!(error, SourceError::NotLoiter { .. }), "{error:?}");
    assert!(error.to_string().contains("console-subscriber"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_as_good() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("console.sock");
    let listener = tokio::net::UnixListener::bind(&path).expect("a socket");
    let incoming = stream::unfold(listener, |listener| async move {
        let peer = listener.accept().await.map(|(peer, _)| peer);
        Some((peer, listener))
    });
    let peer = Peer {
        updates: vec![first(3, "")],
        ..Peer::default()
    };
    tokio::spawn(
        Server::builder()
            .add_service(InstrumentServer::new(peer))
            .serve_with_incoming(incoming),
    );
    let endpoint = format!("file://{}", path.display());
    let endpoint = endpoint.parse().expect("an address");
    let source = Attached::new(endpoint, Credentials::default());
    assert_eq!(ask(&source).await.matched, 3);

    let nobody = format!("unix:{}", folder.path().join("nobody.sock").display());
    let nobody = nobody.parse().expect("an address");
    let source = Attached::new(nobody, Credentials::default());
    let error = source.target().await.expect_err("nobody listens");
    assert!(
        matches!(error, SourceError::Unreachable { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("nobody.sock"), "{error}");
}

/// A stock console-subscriber speaks no TLS itself: something before it does.
#[cfg(feature = "tls")]
#[tokio::test]
async fn it_may_stand_behind_a_locked_door() {
    use crate::source::door::tests::{
        by_name,
        peer::{Tls, serve},
        pki::{Ca, Valid},
        trusting,
    };

    let ca = Ca::new();
    let tls = Tls::for_clients_of(ca.server(&["localhost"]), &ca);
    let peer = Peer {
        updates: vec![first(3, "")],
        ..Peer::default()
    };
    let routes = tonic::service::Routes::new(InstrumentServer::new(peer));
    let endpoint = by_name(serve(tls, routes).await);
    let me = ca.issue(&["me"], Valid::Now);
    let credentials = Credentials {
        cert: Some(ca.file("me.pem", &format!("{}{}", me.cert, me.key)).into()),
        ..trusting(&ca)
    };
    let source = Attached::new(endpoint.clone(), credentials);
    let target = source.target().await.expect("it answers");
    assert_eq!(target.teller, Teller::ConsoleSubscriber);
    assert_eq!(ask(&source).await.matched, 3);

    let source = Attached::new(endpoint, trusting(&ca));
    let error = source.target().await.expect_err("it is locked");
    assert!(matches!(error, SourceError::Door { .. }), "{error:?}");
    assert!(error.to_string().contains("`--cert FILE`"), "{error}");
}
