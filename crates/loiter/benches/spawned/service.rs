//! A real service, in a process of its own: an axum server, and beside it very many tasks of one
//! site that wait for work.

use std::{
    io,
    net::SocketAddr,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use axum::{Router, routing::get};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::TcpListener,
    runtime,
    sync::{Notify, mpsc},
};

/// Says that this process is to be the service.
pub(crate) const FLAG: &str = "--service";
/// What each request is answered with.
pub(crate) const BODY: &str = "hello";
/// The name of the tasks that wait.
pub(crate) const NAME: &str = "worker";
/// How many of them there are.
pub(crate) const TASKS: usize = 10_000;

/// The service as a child process. Ends when dropped.
pub(crate) struct Service {
    child: Child,
    asks: ChildStdin,
    answers: io::BufReader<ChildStdout>,
    pub(crate) agent: SocketAddr,
    pub(crate) http: SocketAddr,
}

impl Service {
    /// Starts it, and waits until all its tasks wait.
    pub(crate) fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .arg(FLAG)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the service starts");
        let asks = child.stdin.take().expect("a pipe");
        let mut answers = io::BufReader::new(child.stdout.take().expect("a pipe"));
        let [agent, http] = [(); 2].map(|()| line(&mut answers).parse().expect("an address"));
        Self {
            child,
            asks,
            answers,
            agent,
            http,
        }
    }

    /// Gives every waiting task some work, and waits until all wait anew: what they wait on is
    /// unknown then.
    pub(crate) fn renew_waits(&mut self) {
        io::Write::write_all(&mut self.asks, b"renew\n").expect("the service runs");
        line(&mut self.answers);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(answers: &mut impl io::BufRead) -> String {
    let mut line = String::new();
    let bytes = answers.read_line(&mut line).expect("text");
    assert!(bytes > 0, "the service has ended");
    line.trim().to_owned()
}

/// Is the service, until its standard input ends.
pub(crate) fn run() {
    let agent = super::start_agent();
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let (crew, http) = runtime.block_on(async {
        let crew = Crew::start();
        crew.all_wait().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let http = listener.local_addr().expect("it is bound");
        tokio::spawn(serve(listener));
        (crew, http)
    });
    println!("{agent}\n{http}");
    for _ask in io::stdin().lines().map_while(Result::ok) {
        runtime.block_on(async {
            crew.give_work().await;
            crew.all_wait().await;
        });
        println!("renewed");
    }
    runtime.shutdown_background();
}

/// Every connection is a task of `loiter::spawn`.
async fn serve(listener: TcpListener) {
    let app = Router::new().route("/", get(|| async { BODY }));
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(app.clone());
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // An error is the client's end.
        loiter::spawn(async { drop(connection.await) });
    }
}

/// The tasks that wait, each for work of its own.
struct Crew {
    work: Vec<mpsc::Sender<()>>,
    done: Arc<Done>,
}

/// How many have nothing to do.
#[derive(Default)]
struct Done {
    tasks: AtomicUsize,
    all: Notify,
}

impl Crew {
    fn start() -> Self {
        let done = Arc::new(Done::default());
        let spawn = |_| {
            let (sender, receiver) = mpsc::channel(1);
            let worker = worker(receiver, done.clone());
            drop(loiter::task::Builder::new().name(NAME).spawn(worker));
            sender
        };
        Self {
            work: (0..TASKS).map(spawn).collect(),
            done,
        }
    }

    async fn give_work(&self) {
        self.done.tasks.store(0, SeqCst);
        for worker in &self.work {
            worker.send(()).await.expect("it waits for work");
        }
    }

    async fn all_wait(&self) {
        self.done.all.notified().await;
    }
}

async fn worker(mut work: mpsc::Receiver<()>, done: Arc<Done>) {
    loop {
        if done.tasks.fetch_add(1, SeqCst) + 1 == TASKS {
            done.all.notify_one();
        }
        if next(&mut work).await.is_none() {
            return;
        }
    }
}

/// One more call in each stack, as in any service.
async fn next(work: &mut mpsc::Receiver<()>) -> Option<()> {
    work.recv().await
}
