//! What a native source says of the peers one may meet.

use std::net::SocketAddr;

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use loiter_model::{
    Nanos, TaskSeq, Thresholds,
    finding::RuleSettings,
    query::{Filter, Sort, TaskColumn, TaskQuery, Window},
    update::{FindingsUpdate, TasksUpdate},
};
use loiter_wire::v1::{self, loiter_server::Loiter};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tonic::{Request, Response, Status, transport::Server};

use super::{Credentials, Endpoint, Native, Source, SourceError, Updates};

fn native(address: SocketAddr) -> Native {
    let endpoint = address.to_string().parse::<Endpoint>().expect("it is one");
    Native::new(endpoint, Credentials::default())
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

/// A server that answers whatever it is sent with the same bytes.
async fn answering(answer: &'static [u8]) -> Native {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((mut peer, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = peer.read(&mut request).await;
            let _ = peer.write_all(answer).await;
        }
    });
    native(address)
}

async fn serving(agent: Agent) -> Native {
    let (listener, address) = listen().await;
    let incoming = stream::unfold(listener, |listener| async move {
        let peer = listener.accept().await.map(|(peer, _)| peer);
        Some((peer, listener))
    });
    let service = v1::loiter_server::LoiterServer::new(agent);
    tokio::spawn(
        Server::builder()
            .add_service(service)
            .serve_with_incoming(incoming),
    );
    native(address)
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

async fn watch(native: &Native) -> Result<Updates<TasksUpdate>, SourceError> {
    native.watch_tasks(query(), None).await
}

async fn refusal(native: &Native) -> SourceError {
    match watch(native).await {
        Ok(_) => panic!("it answered"),
        Err(error) => error,
    }
}

/// Answers `WatchTasks`, `WatchTask` and `WatchFindings` as the test wants.
#[derive(Clone)]
pub(super) struct Agent {
    refuses: Option<fn() -> Status>,
    findings: Option<v1::FindingsUpdate>,
    updates: Vec<Result<v1::TasksUpdate, fn() -> Status>>,
}

type Answers<T> = BoxStream<'static, Result<T, Status>>;

#[tonic::async_trait]
impl Loiter for Agent {
    type WatchTasksStream = Answers<v1::TasksUpdate>;
    type WatchTaskStream = Answers<v1::TaskDetail>;
    type WatchEventsStream = Answers<v1::EventBatch>;
    type WatchFindingsStream = Answers<v1::FindingsUpdate>;
    type WatchResourcesStream = Answers<v1::ResourcesUpdate>;
    type WatchResourceStream = Answers<v1::ResourceDetail>;

    async fn get_target(
        &self,
        _: Request<v1::GetTargetRequest>,
    ) -> Result<Response<v1::Target>, Status> {
        let target = v1::Target {
            name: "demo".to_owned(),
            pid: 7,
            tier: v1::Tier::EveryTask.into(),
            thresholds: Some(Thresholds::default().into()),
            ..v1::Target::default()
        };
        Ok(Response::new(target))
    }

    async fn watch_tasks(
        &self,
        _: Request<v1::WatchTasksRequest>,
    ) -> Result<Response<Self::WatchTasksStream>, Status> {
        if let Some(refusal) = self.refuses {
            return Err(refusal());
        }
        let updates = self.updates.clone().into_iter();
        let updates = updates.map(|update| update.map_err(|status| status()));
        Ok(Response::new(stream::iter(updates).boxed()))
    }

    async fn watch_task(
        &self,
        _: Request<v1::WatchTaskRequest>,
    ) -> Result<Response<Self::WatchTaskStream>, Status> {
        Err(Status::not_found(""))
    }

    async fn watch_events(
        &self,
        _: Request<v1::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn watch_findings(
        &self,
        request: Request<v1::WatchFindingsRequest>,
    ) -> Result<Response<Self::WatchFindingsStream>, Status> {
        let Some(update) = self.findings.clone() else {
            return Err(Status::unimplemented(""));
        };
        let rules = request.into_inner().rules.unwrap_or_default();
        let limits = rules.thresholds.unwrap_or_default();
        // So that the test sees what arrived.
        let update = v1::FindingsUpdate {
            scans: limits.blocked_after_ns,
            ..update
        };
        Ok(Response::new(stream::iter([Ok(update)]).boxed()))
    }

    async fn capture_stacks(
        &self,
        _: Request<v1::CaptureStacksRequest>,
    ) -> Result<Response<v1::CaptureStacksReply>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn watch_resources(
        &self,
        _: Request<v1::WatchResourcesRequest>,
    ) -> Result<Response<Self::WatchResourcesStream>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn watch_resource(
        &self,
        _: Request<v1::WatchResourceRequest>,
    ) -> Result<Response<Self::WatchResourceStream>, Status> {
        Err(Status::unimplemented(""))
    }
}

impl Agent {
    fn refusing(status: fn() -> Status) -> Self {
        Self {
            refuses: Some(status),
            findings: None,
            updates: Vec::new(),
        }
    }

    pub(super) fn sending(updates: Vec<Result<v1::TasksUpdate, fn() -> Status>>) -> Self {
        Self {
            refuses: None,
            findings: None,
            updates,
        }
    }
}

fn update() -> v1::TasksUpdate {
    TasksUpdate {
        matched: 3,
        ..TasksUpdate::default()
    }
    .into()
}

#[tokio::test]
async fn nobody_listens() {
    let (listener, address) = listen().await;
    drop(listener);
    let error = native(address).target().await.expect_err("nobody listens");
    assert!(
        matches!(error, SourceError::Unreachable { .. }),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(
        text.contains(&address.to_string()) && text.contains("refused"),
        "{text}"
    );
}

#[tokio::test]
async fn a_name_that_does_not_exist() {
    let endpoint = "no-such-host.invalid:6669".parse().expect("it is one");
    let error = Native::new(endpoint, Credentials::default())
        .target()
        .await
        .expect_err("no such host");
    assert!(
        matches!(error, SourceError::Unreachable { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn something_else_listens() {
    for answer in [
        &b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"[..],
        b"-ERR unknown command\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ] {
        let native = answering(answer).await;
        let error = native.target().await.expect_err("it is no agent");
        assert!(matches!(error, SourceError::NotLoiter { .. }), "{error:?}");
        let error = refusal(&native).await;
        assert!(matches!(error, SourceError::NotLoiter { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_grpc_server_of_another_kind() {
    let (listener, address) = listen().await;
    let incoming = stream::unfold(listener, |listener| async move {
        let peer = listener.accept().await.map(|(peer, _)| peer);
        Some((peer, listener))
    });
    let none = tonic::service::Routes::default();
    tokio::spawn(
        Server::builder()
            .add_routes(none)
            .serve_with_incoming(incoming),
    );
    let native = native(address);
    let error = native.target().await.expect_err("it is no agent");
    assert!(matches!(error, SourceError::NotLoiter { .. }), "{error:?}");
    let error = refusal(&native).await;
    assert!(matches!(error, SourceError::NotLoiter { .. }), "{error:?}");
    let findings = native.watch_findings(RuleSettings::default(), None).await;
    let error = findings.err().expect("it is no agent");
    assert!(matches!(error, SourceError::NotLoiter { .. }), "{error:?}");
}

#[tokio::test]
async fn an_agent_answers() {
    let native = serving(Agent::sending(vec![Ok(update())])).await;
    let target = native.target().await.expect("it answers");
    assert_eq!((target.name.as_str(), target.pid), ("demo", 7));
    let mut updates = watch(&native).await.expect("it answers");
    let first = updates
        .next()
        .await
        .expect("an update")
        .expect("a right one");
    assert_eq!(first.matched, 3);
    assert!(updates.next().await.is_none());
}

#[tokio::test]
async fn what_an_agent_refuses_is_said_in_our_words() {
    type Is = fn(&SourceError) -> bool;
    let cases: [(fn() -> Status, Is); 4] = [
        (
            || Status::invalid_argument("no column `x`"),
            |error| *error == SourceError::BadQuery("no column `x`".to_owned()),
        ),
        (
            || Status::resource_exhausted("16 are open"),
            |error| matches!(error, SourceError::Busy { reason, .. } if reason == "16 are open"),
        ),
        (
            || Status::unimplemented(""),
            |error| matches!(error, SourceError::WrongProtocol { .. }),
        ),
        (
            || Status::internal("oops"),
            |error| matches!(error, SourceError::Lost { reason, .. } if reason == "oops"),
        ),
    ];
    for (status, is) in cases {
        let native = serving(Agent::refusing(status)).await;
        let error = refusal(&native).await;
        assert!(is(&error), "{error:?}");
    }
}

#[tokio::test]
async fn an_agent_says_what_is_wrong_by_the_rules_it_is_given() {
    let native = serving(Agent {
        findings: Some(FindingsUpdate::default().into()),
        ..Agent::sending(Vec::new())
    })
    .await;
    let settings = RuleSettings {
        thresholds: Thresholds {
            blocked_after: Nanos(7),
            ..Thresholds::default()
        },
        ..RuleSettings::default()
    };
    let updates = native.watch_findings(settings, None).await;
    let mut updates = updates.expect("it answers");
    let update = updates
        .next()
        .await
        .expect("an update")
        .expect("a right one");
    assert_eq!(update.scans, 7);
}

#[tokio::test]
async fn an_agent_without_findings_is_older_and_answers_the_rest() {
    let native = serving(Agent::sending(vec![Ok(update())])).await;
    let findings = native.watch_findings(RuleSettings::default(), None).await;
    let error = findings.err().expect("it has none");
    assert!(matches!(error, SourceError::TooOld { .. }), "{error:?}");
    assert!(!error.may_pass());
    let text = error.to_string();
    assert!(
        text.contains("older than this `loiter`: no findings"),
        "{text}"
    );
    assert!(watch(&native).await.is_ok());
}

#[tokio::test]
async fn a_forgotten_task_is_named() {
    let native = serving(Agent::sending(Vec::new())).await;
    let seq = TaskSeq::new(17).expect("not zero");
    let watched = native.watch_task(seq, Thresholds::default(), None).await;
    assert_eq!(watched.err(), Some(SourceError::NoSuchTask(17)));
}

#[tokio::test]
async fn a_stream_that_breaks_ends_with_why() {
    let lost: fn() -> Status = || Status::unavailable("shutting down");
    let native = serving(Agent::sending(vec![Ok(update()), Err(lost)])).await;
    let mut updates = watch(&native).await.expect("it answers");
    assert!(updates.next().await.is_some_and(|update| update.is_ok()));
    let error = updates.next().await.and_then(Result::err);
    assert!(
        matches!(&error, Some(SourceError::Lost { reason, .. }) if reason == "shutting down"),
        "{error:?}"
    );
    assert!(updates.next().await.is_none());
}

#[tokio::test]
async fn a_message_that_makes_no_sense_is_another_version() {
    let task = v1::Task {
        seq: 0,
        ..v1::Task::default()
    };
    let wrong = v1::TasksUpdate {
        tasks: vec![task],
        ..update()
    };
    let native = serving(Agent::sending(vec![Ok(wrong)])).await;
    let mut updates = watch(&native).await.expect("it answers");
    let error = updates.next().await.and_then(Result::err);
    assert!(
        matches!(error, Some(SourceError::WrongProtocol { .. })),
        "{error:?}"
    );
}

/// Like a stopped process: the system still accepts, nobody answers.
#[tokio::test]
async fn a_peer_that_says_nothing_is_no_other_kind_of_server() {
    let (listener, address) = listen().await;
    let native = native(address);
    let error = native.target().await.expect_err("nobody answers");
    assert!(
        matches!(error, SourceError::Unreachable { .. }),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("no answer within 5 s"),
        "{error}"
    );
    drop(listener);
}

#[tokio::test]
async fn a_peer_that_hangs_up_is_lost() {
    let native = answering(b"").await;
    let error = native.target().await.expect_err("it hangs up");
    assert!(matches!(error, SourceError::Lost { .. }), "{error:?}");
}
