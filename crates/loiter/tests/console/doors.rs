//! The Unix socket, which leads to the same services as the port.
#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use console_api::instrument::instrument_client::InstrumentClient;
use hyper_util::rt::TokioIo;
use loiter::Builder;
use loiter_wire::v1::{self, loiter_client::LoiterClient};
use tokio::net::UnixStream;
use tonic::{
    codegen::Service,
    transport::{Channel, Endpoint, Uri},
};

use crate::{
    client::{State, watch},
    support::{Program, wait_until},
    tasks::{often, spawn},
};

/// Connects as tokio-console does when it is given `file://localhost/PATH`.
async fn channel(path: &Path) -> Option<Channel> {
    let path = path.to_owned();
    let endpoint = Endpoint::from_static("http://localhost");
    endpoint.connect_with_connector(Dial(path)).await.ok()
}

struct Dial(std::path::PathBuf);

impl Service<Uri> for Dial {
    type Response = TokioIo<UnixStream>;
    type Error = std::io::Error;
    type Future = tonic::codegen::BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let path = self.0.clone();
        Box::pin(async move { Ok(TokioIo::new(UnixStream::connect(path).await?)) })
    }
}

/// Starts an agent and says where its socket is.
async fn listen(builder: Builder) {
    let agent = builder
        .listen(([127, 0, 0, 1], 0))
        .try_init()
        .expect("the agent starts");
    spawn("waiter", std::future::pending::<()>());
    let path = wait_until("a socket", async || agent.unix_socket()).await;
    println!("socket {}", path.display());
}

#[tokio::test]
async fn both_protocols_are_spoken_on_the_usual_socket() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime = folder.path().to_str().expect("text");
    let mut program = Program::start_with(&[("XDG_RUNTIME_DIR", runtime)], async |_| {
        listen(often().name("my/app")).await;
    });
    let path = program.told("socket ");
    let expected = folder.path().join("loiter");
    let expected = expected.join(format!("my-app-{}.sock", program.pid()));
    assert_eq!(Path::new(&path), expected);
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&expected), 0o600);
    assert_eq!(mode(&folder.path().join("loiter")), 0o700);

    let channel = channel(&expected).await.expect("somebody listens");
    let mut native = LoiterClient::new(channel.clone());
    let target = native.get_target(v1::GetTargetRequest {}).await;
    assert_eq!(target.expect("an answer").into_inner().name, "my/app");
    let mut console = InstrumentClient::new(channel);
    let mut screen = watch(&mut console).await;
    screen.until_is("waiter", State::Idle).await;
    drop((screen, console, native));
    program.finish();
    assert!(!expected.exists(), "it goes with the process");
}

#[tokio::test]
async fn what_a_killed_process_left_is_removed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime = folder.path().to_str().expect("text");
    let variables = [("XDG_RUNTIME_DIR", runtime)];
    let start = || Program::start_with(&variables, async |_| listen(often()).await);
    let mut killed = start();
    let left = killed.told("socket ");
    let mut other = start();
    let others = other.told("socket ");
    drop(killed);
    assert!(Path::new(&left).exists());
    let mut next = start();
    next.told("socket ");
    assert!(!Path::new(&left).exists());
    assert!(
        channel(Path::new(&others)).await.is_some(),
        "somebody listens there"
    );
    next.finish();
    other.finish();
}

#[tokio::test]
async fn a_folder_of_somebody_else_is_not_used() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    // What somebody could plant who knows where the folder will be.
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("loiter")).expect("a link");
    let runtime = folder.path().to_str().expect("text");
    let variables = [("XDG_RUNTIME_DIR", runtime), ("TMPDIR", runtime)];
    let mut program = Program::start_with(&variables, async |_| listen(often()).await);
    // Among the temporary files it is free.
    let path = program.told("socket ");
    assert!(path.starts_with(&format!("{runtime}/loiter-")), "{path}");
    assert_eq!(fs::read_dir(elsewhere.path()).expect("there").count(), 0);
    program.finish();
}

#[tokio::test]
async fn the_program_and_its_environment_say_where_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("chosen.sock");
    let text = path.to_str().expect("text").to_owned();
    let variables = [("LOITER_UNIX_SOCKET", text.as_str())];
    let mut program = Program::start_with(&variables, async |_| {
        listen(often().listen_unix("/nowhere/at/all.sock")).await;
    });
    assert_eq!(Path::new(&program.told("socket ")), path);
    program.finish();
}

#[tokio::test]
async fn none_is_no_socket() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime = folder.path().to_str().expect("text");
    let variables = [("XDG_RUNTIME_DIR", runtime), ("LOITER_UNIX_SOCKET", "none")];
    let program = Program::start_with(&variables, async |_| {
        crate::support::listen(often().listen_unix("nowhere.sock"));
    });
    program.finish();
    assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 0);
    assert!(!Path::new("nowhere.sock").exists());
}

#[tokio::test]
async fn a_path_in_use_is_waited_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("taken.sock");
    let other = tokio::net::UnixListener::bind(&path).expect("a free path");
    let text = path.to_str().expect("text").to_owned();
    let variables = [("LOITER_UNIX_SOCKET", text.as_str())];
    let mut program = Program::start_with(&variables, async |_| listen(often()).await);
    let warning = format!("loiter: cannot listen on {text}");
    program.wait_for_stderr(&warning).await;
    drop(other);
    assert_eq!(program.told("socket "), text);
    program.finish();
}
