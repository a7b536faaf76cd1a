//! Peers that are not what they should be.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    pin::Pin,
    sync::Arc,
    thread,
};

use loiter_wire::v1::{
    EventBatch, GetTargetRequest, Overview, Target, TaskDetail, TasksUpdate, Thresholds, Tier,
    Totals, WatchEventsRequest, WatchTaskRequest, WatchTasksRequest,
    loiter_server::{Loiter, LoiterServer},
};
use tokio_stream::{Stream, StreamExt, wrappers::TcpListenerStream};
use tonic::{Request, Response, Status, transport::Server};

use crate::Watched;

/// A server that answers every connection with the same bytes.
#[derive(Debug)]
pub struct FakeServer {
    address: SocketAddr,
}

impl FakeServer {
    /// Starts one. It lives as long as the tests.
    ///
    /// # Panics
    /// When there is no port.
    #[must_use]
    pub fn start(answer: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || reply(stream, answer));
            }
        });
        Self { address }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

/// Answers the first packet, then reads on to the end: hanging up on what is unread would reset
/// the connection, and the client might never see the answer.
fn reply(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    let _ = stream.read(&mut [0; 1024])?;
    stream.write_all(answer)?;
    stream.shutdown(Shutdown::Write)?;
    io::copy(&mut stream, &mut io::sink()).map(drop)
}

/// What a service streams.
pub type Updates<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// An agent that says what a test wants it to, and remembers what it was asked
/// first. Beside its target and, mostly, its tasks it knows no method.
#[derive(Clone, Debug)]
pub struct FakeAgent {
    target: Target,
    answer: Answer,
    asked: Arc<Watched<Option<WatchTasksRequest>>>,
}

/// What it says when it is asked for its tasks.
#[derive(Clone, Debug)]
enum Answer {
    /// It does not know the method.
    Unknown,
    /// Said once; the connection then stays open, as a real one would.
    Update(Box<TasksUpdate>),
    /// What comes of this.
    Stream(fn(WatchTasksRequest) -> Updates<TasksUpdate>),
}

impl FakeAgent {
    /// What an agent says of a program with nothing special about it.
    #[must_use]
    pub fn target() -> Target {
        Target {
            name: "fake".to_owned(),
            pid: 1,
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            run_id: 1,
            tier: Tier::EveryTask.into(),
            thresholds: Some(Thresholds {
                blocked_after_ns: 10_000_000_000,
                hogging_after_ns: 1_000_000_000,
                starved_after_ns: 100_000_000,
                lints: None,
            }),
            max_tasks: 1024,
            ..Target::default()
        }
    }

    /// An update of a program without tasks.
    #[must_use]
    pub fn no_tasks() -> TasksUpdate {
        TasksUpdate {
            overview: Some(Overview {
                totals: Some(Totals::default()),
                ..Overview::default()
            }),
            ..TasksUpdate::default()
        }
    }

    /// One that is asked for its tasks in vain: an agent of another version.
    #[must_use]
    pub fn of_another_version() -> Self {
        Self::answering(Self::target(), Answer::Unknown)
    }

    /// One that always answers with this update.
    #[must_use]
    pub fn saying(target: Target, update: TasksUpdate) -> Self {
        Self::answering(target, Answer::Update(Box::new(update)))
    }

    /// One that answers with a stream of its own for each question.
    #[must_use]
    pub fn streaming(stream: fn(WatchTasksRequest) -> Updates<TasksUpdate>) -> Self {
        Self::answering(Self::target(), Answer::Stream(stream))
    }

    fn answering(target: Target, answer: Answer) -> Self {
        Self {
            target,
            answer,
            asked: Arc::default(),
        }
    }

    /// It as a service of a server.
    #[must_use]
    pub fn service(&self) -> LoiterServer<Self> {
        LoiterServer::new(self.clone())
    }

    /// Starts it and tells where it listens. It lives as long as the tests.
    ///
    /// # Panics
    /// When there is no port.
    #[must_use]
    pub fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket for tokio");
        let address = listener.local_addr().expect("a bound port");
        let service = self.service();
        let serve = async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let connections = TcpListenerStream::new(listener);
            let server = Server::builder().add_service(service);
            server
                .serve_with_incoming(connections)
                .await
                .map_err(std::io::Error::other)
        };
        thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?
                .block_on(serve)
        });
        address.to_string()
    }

    /// Waits until it has been asked for tasks and gives the question.
    ///
    /// # Panics
    /// When it is not.
    #[must_use]
    pub fn wait_for_question(&self) -> WatchTasksRequest {
        self.asked
            .wait(Option::clone)
            .expect("it is asked for tasks")
    }
}

#[tonic::async_trait]
impl Loiter for FakeAgent {
    type WatchTasksStream = Updates<TasksUpdate>;
    type WatchTaskStream = Updates<TaskDetail>;
    type WatchEventsStream = Updates<EventBatch>;
    type WatchFindingsStream = Updates<loiter_wire::v1::FindingsUpdate>;
    type WatchResourcesStream = Updates<loiter_wire::v1::ResourcesUpdate>;
    type WatchResourceStream = Updates<loiter_wire::v1::ResourceDetail>;

    async fn get_target(&self, _: Request<GetTargetRequest>) -> Result<Response<Target>, Status> {
        Ok(Response::new(self.target.clone()))
    }

    async fn watch_tasks(
        &self,
        request: Request<WatchTasksRequest>,
    ) -> Result<Response<Self::WatchTasksStream>, Status> {
        let request = request.into_inner();
        self.asked.update(|asked| {
            asked.get_or_insert_with(|| request.clone());
        });
        let updates = match &self.answer {
            Answer::Unknown => return Err(unknown()),
            Answer::Update(update) => {
                let update = TasksUpdate::clone(update);
                Box::pin(tokio_stream::once(Ok(update)).chain(tokio_stream::pending()))
            }
            Answer::Stream(stream) => stream(request),
        };
        Ok(Response::new(updates))
    }

    async fn watch_task(
        &self,
        _: Request<WatchTaskRequest>,
    ) -> Result<Response<Self::WatchTaskStream>, Status> {
        Err(unknown())
    }

    async fn watch_events(
        &self,
        _: Request<WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        Err(unknown())
    }

    async fn watch_findings(
        &self,
        _: Request<loiter_wire::v1::WatchFindingsRequest>,
    ) -> Result<Response<Self::WatchFindingsStream>, Status> {
        Err(unknown())
    }

    async fn watch_resources(
        &self,
        _: Request<loiter_wire::v1::WatchResourcesRequest>,
    ) -> Result<Response<Self::WatchResourcesStream>, Status> {
        Err(unknown())
    }

    async fn watch_resource(
        &self,
        _: Request<loiter_wire::v1::WatchResourceRequest>,
    ) -> Result<Response<Self::WatchResourceStream>, Status> {
        Err(unknown())
    }

    async fn capture_stacks(
        &self,
        _: Request<loiter_wire::v1::CaptureStacksRequest>,
    ) -> Result<Response<loiter_wire::v1::CaptureStacksReply>, Status> {
        Err(unknown())
    }
}

fn unknown() -> Status {
    Status::unimplemented("another version")
}
