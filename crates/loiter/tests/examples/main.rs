//! The examples, as programs that are run, asked for something, and looked at. Cargo builds them
//! with all tests of the package; before this one by itself, `cargo build -p loiter --examples`.
#![cfg(all(feature = "agent", not(loom)))]

#[path = "../agent/support/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "shared with the agent's other tests"
)]
mod support;

use std::{
    env,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tonic::transport::Endpoint;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use support::{PATIENCE, connect, free_address, query, update_where, wait_until};

/// A running example, killed when dropped.
struct Example {
    child: Child,
    service: SocketAddr,
    agent: SocketAddr,
}

impl Example {
    fn start(name: &str) -> Self {
        let agent = free_address();
        let mut command = Command::new(path(name));
        for variable in loiter::ENV {
            command.env_remove(variable.name);
        }
        let mut child = command
            .arg("127.0.0.1:0")
            .env("LOITER_LISTEN", agent.to_string())
            .env("LOITER_UNIX_SOCKET", "none")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}: build the examples first"));
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("it runs");
        let address = line.trim().strip_prefix("listening on ");
        let service = address.and_then(|address| address.parse().ok());
        Self {
            child,
            service: service.unwrap_or_else(|| panic!("{name} says {line}")),
            agent,
        }
    }

    /// Asks for a page, and does not wait for it.
    async fn ask(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.service).await.expect("it listens");
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it is open");
        stream
    }

    /// Asks for a page.
    async fn get(&self, path: &str) -> String {
        let mut stream = self.ask(path).await;
        let mut answer = String::new();
        let read = timeout(PATIENCE, stream.read_to_string(&mut answer)).await;
        read.expect("in time").expect("no reset");
        answer
    }

    /// Waits until the agent shows a task.
    async fn shows(&self, filter: &str) {
        let mut client = connect(self.agent).await;
        update_where(&mut client, query(filter), |update| {
            !update.tasks.is_empty()
        })
        .await;
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Beside this test's folder, as Cargo has it.
fn path(name: &str) -> PathBuf {
    let test = env::current_exe().expect("this program");
    let profile = test
        .parent()
        .and_then(|deps| deps.parent())
        .expect("deps in a folder");
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    profile.join("examples").join(file)
}

#[tokio::test]
async fn axum() {
    let example = Example::start("axum");
    assert!(example.get("/order").await.ends_with("a mail will be sent"));
    example
        .shows("site:examples/axum.rs name:mail scope:/order")
        .await;
}

#[tokio::test]
async fn hyper() {
    let example = Example::start("hyper");
    assert!(example.get("/").await.ends_with("done\n"));
    let _waits = example.ask("/slow").await;
    example
        .shows("site:examples/hyper.rs name:connection")
        .await;
}

#[tokio::test]
async fn actix() {
    let example = Example::start("actix");
    assert!(example.get("/order").await.ends_with("a mail will be sent"));
    example
        .shows("site:examples/actix.rs name:mail kind:local")
        .await;
}

#[tokio::test]
async fn tonic() {
    let example = Example::start("tonic");
    let endpoint = Endpoint::from_shared(format!("http://{}", example.service));
    let channel = endpoint.expect("an address").connect().await;
    let mut client = HealthClient::new(channel.expect("it listens"));
    wait_until("a service that is well", async || {
        let service = "shop".to_owned();
        let asked = client.check(HealthCheckRequest { service }).await.ok()?;
        (asked.into_inner().status == 1).then_some(())
    })
    .await;
    example.shows("site:examples/tonic.rs name:checks").await;
}
