//! Tokens: who has one, and what its holder may.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use console_api::instrument::{
    InstrumentRequest, PauseRequest, instrument_client::InstrumentClient,
};
use loiter::Builder;
use loiter_wire::v1::{self, loiter_client::LoiterClient};
use tonic::{Code, Request, transport::Endpoint};

use crate::{
    Files,
    client::{ask, ask_over, plain, with},
    listen_aloud,
    support::{Cues, Program, listen, query, wait_until},
};

const PROBING: &str = "probing-0123456789abcdef";
const LOOKING: &str = "looking-0123456789abcdef";
const OTHER: &str = "other-0123456789abcdef";

/// A question whose answers are small.
fn few() -> v1::WatchTasksRequest {
    let mut request = query("");
    if let Some(query) = &mut request.query {
        query.limit = 10;
    }
    request
}

/// An agent that has both tokens from files.
fn guarded(files: &Files, program: impl AsyncFnOnce(Cues) + Send) -> Program {
    files.put("probing", PROBING);
    files.put("looking", LOOKING);
    let (probing, looking) = (files.text("probing"), files.text("looking"));
    let variables = [
        ("LOITER_TOKEN_FILE", &*probing),
        ("LOITER_READ_TOKEN_FILE", &*looking),
        ("LOITER_UNIX_SOCKET", "none"),
    ];
    Program::start_with(&variables, program)
}

async fn play(_: Cues) {
    listen_aloud(Builder::new().name("guarded"));
}

/// Ends the program, whose log must tell of no secret.
fn log_of(program: Program) -> String {
    let log = program.finish();
    for secret in [PROBING, LOOKING, OTHER] {
        assert!(!log.contains(secret), "{log}");
    }
    log
}

#[tokio::test]
async fn whoever_has_a_token_is_answered() {
    let files = Files::new();
    let mut program = guarded(&files, async |cues| play(cues).await);
    let endpoint = plain(program.address());
    for token in [PROBING, LOOKING] {
        let name = ask(&endpoint, Some(token)).await.expect("it is known");
        assert_eq!(name, "guarded");
    }
    program
        .wait_for_stderr("with the token in line 1 of the read token file; may look")
        .await;
    let log = log_of(program);
    let attached = "INFO loiter::audit: attached: 127.0.0.1:";
    assert_eq!(log.matches(attached).count(), 2, "{log}");
    assert!(
        log.contains("with the token in line 1 of the token file; may look and probe"),
        "{log}"
    );
}

/// As behind something that has one connection for all that come by it.
#[tokio::test]
async fn each_token_of_a_connection_is_told_of_once() {
    let files = Files::new();
    let mut program = guarded(&files, async |cues| play(cues).await);
    let channel = plain(program.address()).connect().await;
    let channel = channel.expect("it listens");
    for token in [PROBING, LOOKING, PROBING, LOOKING] {
        let name = ask_over(channel.clone(), Some(token)).await;
        assert_eq!(name.expect("it is known"), "guarded");
    }
    for told in [
        "with the token in line 1 of the token file; may look and probe",
        "with the token in line 1 of the read token file; may look",
    ] {
        program.wait_for_stderr(told).await;
    }
    let log = log_of(program);
    assert_eq!(log.matches("attached: ").count(), 2, "{log}");
}

#[tokio::test]
async fn whoever_has_none_or_a_wrong_one_is_not() {
    let files = Files::new();
    let mut program = guarded(&files, async |cues| play(cues).await);
    let endpoint = plain(program.address());
    let attached = endpoint.connect().await.expect("it listens");
    ask_over(attached.clone(), Some(LOOKING))
        .await
        .expect("it is known");
    for (token, says) in [
        (None, "--token-file"),
        (Some(OTHER), "none of the agent's"),
        (Some(&PROBING[1..]), "none of the agent's"),
        (Some(""), "none of the agent's"),
    ] {
        let refused = ask(&endpoint, token).await.expect_err("it is not");
        let status = refused.status();
        assert_eq!(status.code(), Code::Unauthenticated, "{status}");
        assert!(status.message().contains(says), "{status}");
        // Whoever was there is served on.
        ask_over(attached.clone(), Some(LOOKING))
            .await
            .expect("it is known");
    }
    // On a connection on which a good one was sent as well, and for whatever is asked.
    let mut client = LoiterClient::new(attached.clone());
    let refused = client.watch_tasks(query("")).await.expect_err("no token");
    assert_eq!(refused.code(), Code::Unauthenticated);
    let mut twice = Request::new(v1::GetTargetRequest {});
    for token in [OTHER, PROBING] {
        let value = format!("Bearer {token}").parse().expect("ASCII");
        twice.metadata_mut().append("authorization", value);
    }
    let refused = client
        .get_target(twice)
        .await
        .expect_err("one of them is wrong");
    assert_eq!(refused.code(), Code::Unauthenticated);
    let mut console = InstrumentClient::new(attached);
    let refused = console.watch_updates(InstrumentRequest {}).await;
    assert_eq!(refused.expect_err("no token").code(), Code::Unauthenticated);

    program
        .wait_for_stderr("WARN loiter::audit: refused: 127.0.0.1:")
        .await;
    log_of(program);
}

#[tokio::test]
async fn whoever_may_only_look_does_not_probe() {
    let files = Files::new();
    let mut program = guarded(&files, async |cues| play(cues).await);
    let channel = plain(program.address())
        .connect()
        .await
        .expect("it listens");
    let mut client = LoiterClient::new(channel.clone());
    let capture = v1::CaptureStacksRequest::default;
    let refused = client.capture_stacks(with(Some(LOOKING), capture())).await;
    let refused = refused.expect_err("it may only look");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    assert!(refused.message().contains("may only look"), "{refused}");
    let mut console = InstrumentClient::new(channel);
    let refused = console.pause(with(Some(LOOKING), PauseRequest {})).await;
    assert_eq!(
        refused.expect_err("others would see it").code(),
        Code::PermissionDenied
    );

    // Everything else is for it, too.
    let watch = client.watch_tasks(with(Some(LOOKING), query(""))).await;
    let first = watch.expect("it may look").into_inner().message().await;
    assert!(first.expect("an update").is_some());
    let captured = client.capture_stacks(with(Some(PROBING), capture())).await;
    captured.expect("it may probe");
    program.wait_for_stderr("this token may only look").await;
    log_of(program);
}

#[tokio::test]
async fn a_token_is_exchanged_while_the_program_runs() {
    let files = Files::new();
    let mut program = guarded(&files, async |cues| play(cues).await);
    let endpoint = plain(program.address());
    let channel = endpoint.connect().await.expect("it listens");
    let mut client = LoiterClient::new(channel);
    let watch = client.watch_tasks(with(Some(PROBING), query(""))).await;
    let mut watch = watch.expect("it is known").into_inner();
    watch.message().await.expect("an update");
    let looking = endpoint.connect().await.expect("it listens");

    // Both are good while it is exchanged.
    files.put("probing", &format!("{PROBING}\n{OTHER}\n"));
    wait_until("the new one", async || {
        ask(&endpoint, Some(OTHER)).await.ok()
    })
    .await;
    ask(&endpoint, Some(PROBING))
        .await
        .expect("it is good still");
    watch.message().await.expect("an update");

    files.put("probing", OTHER);
    wait_until("the old one's end", async || {
        ask(&endpoint, Some(PROBING)).await.err()
    })
    .await;
    // Whoever came with it has to go, at any moment, and nobody else.
    wait_until("the stream's end", async || watch.message().await.err()).await;
    ask(&endpoint, Some(OTHER)).await.expect("it is good");
    ask_over(looking, Some(LOOKING))
        .await
        .expect("it is as good as before");
    program
        .wait_for_stderr("what it came in with is good no more")
        .await;
    let log = log_of(program);
    let took_over = "INFO loiter: took over new credentials";
    assert_eq!(log.matches(took_over).count(), 2, "{log}");
}

/// As when a task that hangs holds what the log is written with: just then one wants to look.
#[tokio::test]
async fn who_does_not_take_what_is_said_is_not_waited_for() {
    let files = Files::new();
    let mut program = guarded(&files, async |mut cues| {
        static STUCK: AtomicBool = AtomicBool::new(false);
        let writer = || {
            while STUCK.load(Relaxed) {
                thread::park();
            }
            std::io::stderr()
        };
        let log = tracing_subscriber::fmt().with_writer(writer).finish();
        listen(Builder::new().name("guarded").with_subscriber(log));
        cues.next().await;
        STUCK.store(true, Relaxed);
        println!("stuck ");
        cues.next().await;
    });
    let endpoint = plain(program.address());
    let name = ask(&endpoint, Some(PROBING)).await;
    assert_eq!(name.expect("it is known"), "guarded");
    program.cue("get stuck");
    program.told("stuck ");
    for token in [OTHER, PROBING, OTHER] {
        files.put("probing", token);
        let name = wait_until("the new one", async || {
            ask(&endpoint, Some(token)).await.ok()
        });
        assert_eq!(name.await, "guarded");
    }
}

#[tokio::test]
async fn a_file_that_is_no_good_changes_nothing() {
    let files = Files::new();
    let mut program = guarded(&files, async |cues| play(cues).await);
    let endpoint = plain(program.address());
    files.put("probing", "too short");
    program
        .wait_for_stderr("what was read before goes on to count")
        .await;
    ask(&endpoint, Some(PROBING)).await.expect("it is good");
    files.put("probing", OTHER);
    wait_until("the new one", async || {
        ask(&endpoint, Some(OTHER)).await.ok()
    })
    .await;
    let log = log_of(program);
    assert_eq!(log.matches("WARN loiter: no tokens: ").count(), 1, "{log}");
}

#[tokio::test]
async fn the_port_is_not_open_before_there_is_a_token() {
    let files = Files::new();
    let path = files.text("probing");
    let variables = [("LOITER_TOKEN_FILE", &*path)];
    let mut program = Program::start_with(&variables, async |_| {
        listen_aloud(Builder::new().name("late"))
    });
    program
        .wait_for_stderr("the agent's port stays closed")
        .await;
    files.put("probing", PROBING);
    let endpoint = plain(program.address());
    ask(&endpoint, None).await.expect_err("it is guarded");
    let name = ask(&endpoint, Some(PROBING)).await.expect("it is known");
    assert_eq!(name, "late");
    log_of(program);
}

#[cfg(unix)]
#[tokio::test]
async fn this_user_needs_none_on_the_unix_socket() {
    let files = Files::new();
    files.put("looking", LOOKING);
    let (looking, socket) = (files.text("looking"), files.text("agent.sock"));
    let variables = [
        ("LOITER_READ_TOKEN_FILE", &*looking),
        ("LOITER_UNIX_SOCKET", &*socket),
    ];
    let mut program = Program::start_with(&variables, async |_| {
        listen_aloud(Builder::new().name("mine"));
    });
    let refused = ask(&plain(program.address()), None).await;
    refused.expect_err("the port is guarded");
    let endpoint = Endpoint::from_shared(format!("unix:{socket}")).expect("a path");
    let channel = wait_until("the socket", async || endpoint.connect().await.ok()).await;
    // One that is sent all the same does not count.
    for token in [None, Some(OTHER)] {
        let name = ask_over(channel.clone(), token).await.expect("this user");
        assert_eq!(name, "mine");
    }
    let mut client = LoiterClient::new(channel);
    let captured = client
        .capture_stacks(v1::CaptureStacksRequest::default())
        .await;
    captured.expect("this user may probe");
    program.wait_for_stderr("attached: user ").await;
    let log = log_of(program);
    assert!(
        log.contains("with no credentials; may look and probe"),
        "{log}"
    );
}

#[tokio::test]
async fn one_can_be_in_the_environment_or_in_the_program() {
    let variables = [("LOITER_TOKEN", PROBING)];
    let mut program = Program::start_with(&variables, async |_| {
        let builder = Builder::new().name("by value").token(OTHER);
        let shown = format!("{builder:?}");
        assert!(!shown.contains(OTHER), "{shown}");
        listen(builder);
    });
    let endpoint = plain(program.address());
    ask(&endpoint, None).await.expect_err("it is guarded");
    // The environment wins.
    ask(&endpoint, Some(OTHER))
        .await
        .expect_err("it is another one");
    let name = ask(&endpoint, Some(PROBING)).await.expect("it is known");
    assert_eq!(name, "by value");
    log_of(program);
}

#[tokio::test]
async fn the_holders_of_one_token_leave_streams_to_others() {
    let files = Files::new();
    let mut program = guarded(&files, async |cues| play(cues).await);
    let endpoint = plain(program.address());
    let mut streams = Vec::new();
    let refused = loop {
        let channel = endpoint.connect().await.expect("it listens");
        let mut client = LoiterClient::new(channel);
        let mut refused = None;
        for _ in 0..3 {
            match client.watch_tasks(with(Some(LOOKING), few())).await {
                Ok(stream) => streams.push(stream),
                Err(status) => refused = Some(status),
            }
        }
        if let Some(refused) = refused {
            break refused;
        }
    };
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    assert!(refused.message().contains("its token"), "{refused}");
    assert_eq!(streams.len(), 128);
    let channel = endpoint.connect().await.expect("it listens");
    let mut client = LoiterClient::new(channel);
    let watch = client.watch_tasks(with(Some(PROBING), few())).await;
    watch.expect("another token");
    log_of(program);
}

#[tokio::test]
async fn the_holders_of_one_token_leave_connections_to_others() {
    let files = Files::new();
    let mut program = guarded(&files, async |cues| play(cues).await);
    let endpoint = plain(program.address());
    let mut attached = Vec::new();
    let refused = loop {
        let channel = endpoint.connect().await.expect("it listens");
        match ask_over(channel.clone(), Some(LOOKING)).await {
            Ok(_) => attached.push(channel),
            Err(refused) => break refused,
        }
    };
    let status = refused.status();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert_eq!(attached.len(), 64);
    ask(&endpoint, Some(PROBING)).await.expect("another token");
    for channel in attached {
        let name = ask_over(channel, Some(LOOKING)).await;
        assert_eq!(name.expect("they are served on"), "guarded");
    }
    wait_until("there is room again", async || {
        ask(&endpoint, Some(LOOKING)).await.ok()
    })
    .await;
    program
        .wait_for_stderr("all with this token together")
        .await;
    log_of(program);
}
