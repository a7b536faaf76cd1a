//! Mutual TLS: whose certificate lets in.

use std::net::SocketAddr;

use loiter::Builder;
use loiter_wire::v1::loiter_client::LoiterClient;
use tonic::Code;

use crate::{
    Files,
    authority::{Authority, Caller, For, NAME, Pair},
    client::{ask, ask_over, with},
    listen_aloud,
    support::{Program, query, wait_until},
};

const TOKEN: &str = "token-0123456789abcdef";

/// Who issues for servers, who for clients, and the files of an agent.
struct Scene {
    servers: Authority,
    clients: Authority,
    files: Files,
}

impl Scene {
    fn new() -> Self {
        let scene = Self {
            servers: Authority::new("servers"),
            clients: Authority::new("clients"),
            files: Files::new(),
        };
        let pair = scene.servers.issue(NAME, For::Server);
        scene.files.put("key", &pair.key);
        scene.files.put("cert", &pair.cert);
        scene.files.put("ca", &scene.clients.pem);
        scene
    }

    fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("LOITER_TLS_CERT", self.files.text("cert")),
            ("LOITER_TLS_KEY", self.files.text("key")),
            ("LOITER_TLS_CLIENT_CA", self.files.text("ca")),
        ]
    }

    fn with<'a>(&'a self, pair: &'a Pair) -> Caller<'a> {
        Caller {
            trusts: &self.servers,
            calls: NAME,
            shows: Some(pair),
        }
    }

    fn without(&self) -> Caller<'_> {
        Caller {
            trusts: &self.servers,
            calls: NAME,
            shows: None,
        }
    }
}

fn texts<'a>(variables: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    let texts = variables.iter().map(|(name, value)| (*name, &**value));
    texts.collect()
}

/// On all addresses, which needs no permission here.
async fn everywhere(program: &mut Program) -> SocketAddr {
    let port = program.told("everywhere ").parse().expect("a port");
    SocketAddr::from(([127, 0, 0, 1], port))
}

#[tokio::test]
async fn only_a_good_certificate_lets_in() {
    let scene = Scene::new();
    let variables = scene.variables();
    let mut program = Program::start_with(&texts(&variables), async |_| {
        let log = tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .finish();
        let builder = Builder::new()
            .listen(([0, 0, 0, 0], 0))
            .with_subscriber(log);
        let agent = builder.name("mutual").try_init().expect("it is guarded");
        let address = agent.wait_listening(crate::support::PATIENCE);
        println!("everywhere {}", address.expect("it listens").port());
    });
    let address = everywhere(&mut program).await;
    let good = scene.clients.issue("alice.test", For::Client);
    let attached = scene
        .with(&good)
        .at(address)
        .connect()
        .await
        .expect("it is good");
    let name = ask_over(attached.clone(), None).await.expect("it is good");
    assert_eq!(name, "mutual");
    program
        .wait_for_stderr("with the certificate of alice.test; may look and probe")
        .await;

    let others = Authority::new("others");
    let wrong = others.issue("alice.test", For::Client);
    let expired = scene.clients.issue("alice.test", For::ExpiredClient);
    let server = scene.clients.issue("alice.test", For::Server);
    for (caller, reason) in [
        (scene.without(), "peer sent no certificates"),
        (scene.with(&wrong), "UnknownIssuer"),
        (scene.with(&expired), "certificate expired"),
        (
            scene.with(&server),
            "certificate does not allow extended key usage",
        ),
    ] {
        let refused = ask(&caller.at(address), None).await;
        refused.expect_err(reason).reason();
        program.wait_for_stderr(reason).await;
        ask_over(attached.clone(), None)
            .await
            .expect("others are served");
    }
    let again = ask(&scene.with(&good).at(address), None).await;
    again.expect("and whoever comes");
    let log = program.finish();
    assert_eq!(
        log.matches("WARN loiter::audit: refused: 127.0.0.1:")
            .count(),
        4,
        "{log}"
    );
}

#[tokio::test]
async fn the_ca_of_clients_is_exchanged_while_the_program_runs() {
    let scene = Scene::new();
    let variables = scene.variables();
    let mut program =
        Program::start_with(&texts(&variables), async |_| listen_aloud(Builder::new()));
    let address = program.address();
    let next = Authority::new("next");
    let (old, new) = (
        scene.clients.issue("alice.test", For::Client),
        next.issue("alice.test", For::Client),
    );
    let (before, after) = (scene.with(&old).at(address), scene.with(&new).at(address));
    let open = async |endpoint: &tonic::transport::Endpoint| {
        let channel = endpoint.connect().await.expect("it is good");
        let stream = LoiterClient::new(channel).watch_tasks(query("")).await;
        stream.expect("it is good").into_inner()
    };
    let mut watch = open(&before).await;
    watch.message().await.expect("an update");

    // Both are good for a time.
    scene
        .files
        .put("ca", &format!("{}{}", scene.clients.pem, next.pem));
    wait_until("the new one", async || ask(&after, None).await.ok()).await;
    ask(&before, None).await.expect("it is good still");
    watch.message().await.expect("an update");
    let mut stays = open(&after).await;

    scene.files.put("ca", &next.pem);
    wait_until("the old one's end", async || ask(&before, None).await.err()).await;
    wait_until("the stream's end", async || watch.message().await.err()).await;
    stays.message().await.expect("an update");
    program
        .wait_for_stderr("what it came in with is good no more")
        .await;
}

#[tokio::test]
async fn where_there_are_tokens_as_well_both_are_needed() {
    let scene = Scene::new();
    scene.files.put("looking", TOKEN);
    let mut variables = scene.variables().to_vec();
    variables.push(("LOITER_READ_TOKEN_FILE", scene.files.text("looking")));
    let mut program = Program::start_with(&texts(&variables), async |_| {
        listen_aloud(Builder::new().name("both"));
    });
    let address = program.address();
    let pair = scene.clients.issue("alice.test", For::Client);
    let channel = scene
        .with(&pair)
        .at(address)
        .connect()
        .await
        .expect("it is good");
    let refused = ask_over(channel.clone(), None)
        .await
        .expect_err("there is no token");
    assert_eq!(refused.status().code(), Code::Unauthenticated);
    let refused = ask(&scene.without().at(address), Some(TOKEN)).await;
    refused.expect_err("there is no certificate").reason();
    assert_eq!(
        ask_over(channel.clone(), Some(TOKEN)).await.expect("both"),
        "both"
    );
    let capture = loiter_wire::v1::CaptureStacksRequest::default();
    let capture = LoiterClient::new(channel)
        .capture_stacks(with(Some(TOKEN), capture))
        .await;
    let refused = capture.expect_err("the token says what it may");
    assert_eq!(refused.code(), Code::PermissionDenied);
    let both = "with the certificate of alice.test and the token in line 1 of the read token file";
    program.wait_for_stderr(both).await;
    let log = program.finish();
    assert!(!log.contains(TOKEN), "{log}");
}

#[tokio::test]
async fn the_holders_of_one_certificate_leave_connections_to_others() {
    let scene = Scene::new();
    let variables = scene.variables();
    let mut program =
        Program::start_with(&texts(&variables), async |_| listen_aloud(Builder::new()));
    let address = program.address();
    let [alice, bob] =
        ["alice.test", "bob.test"].map(|name| scene.clients.issue(name, For::Client));
    let endpoint = scene.with(&alice).at(address);
    let mut attached = Vec::new();
    let refused = loop {
        let channel = endpoint.connect().await.expect("TLS begins");
        match ask_over(channel.clone(), None).await {
            Ok(_) => attached.push(channel),
            Err(refused) => break refused,
        }
    };
    refused.reason();
    assert_eq!(attached.len(), 64);
    program
        .wait_for_stderr("it has as many connections as one client may have")
        .await;
    ask(&scene.with(&bob).at(address), None)
        .await
        .expect("somebody else");
    for channel in attached {
        ask_over(channel, None)
            .await
            .expect("those who are there are served on");
    }
    ask(&endpoint, None).await.expect("there is room again");
}
