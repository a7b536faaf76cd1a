//! An agent is set up and started.

use std::{net::SocketAddr, time::Duration};

use loiter::{Agent, Builder, CaptureStacks, InitError, Lint, Redact};
use tracing_core::subscriber::NoSubscriber;

const SECOND: Duration = Duration::from_secs(1);

/// One with everything set that can be.
fn everything() -> Builder {
    let builder = Builder::new()
        .name("shop")
        .listen(SocketAddr::from(([127, 0, 0, 1], 0)))
        .token_file("/tokens")
        .read_token_file("/read-tokens")
        .token("0123456789abcdef")
        .allow_insecure(false)
        .redact([Redact::Scopes])
        .blocked_after(SECOND)
        .hogging_after(SECOND)
        .starved_after(SECOND)
        .allow_lints([Lint::LargeFuture])
        .self_wakes_percent(50)
        .never_yielded_after(SECOND)
        .large_future_bytes(2048)
        .capture_stacks(CaptureStacks::OnDemand)
        .resources(true)
        .for_tests()
        .allow("name:keeper", "it waits by design")
        .max_alive(1000)
        .max_alive_at_site(100)
        .report_findings(false)
        .on_finding(|found| assert!(!found.headline.is_empty()))
        .publish_interval(SECOND)
        .max_tasks(1000)
        .ledger(10)
        .with_subscriber(NoSubscriber::new())
        .no_unix_socket();
    #[cfg(unix)]
    let builder = builder.listen_unix("/run/shop.sock");
    // What a program without the agent calls may be of any of its features.
    #[cfg(any(feature = "vsock", not(feature = "agent")))]
    let builder = builder.listen_vsock(u32::MAX, 6669);
    #[cfg(any(feature = "tls", not(feature = "agent")))]
    let builder = builder.tls("/cert.pem", "/key.pem").client_ca("/ca.pem");
    #[cfg(any(feature = "grpc-web", not(feature = "agent")))]
    let builder = builder.allow_origin("https://console.example");
    #[cfg(any(feature = "otlp", not(feature = "agent")))]
    let builder = builder.otlp("http://127.0.0.1:4318").otlp_interval(SECOND);
    builder.listen_nowhere()
}

#[test]
fn an_agent_is_set_up_once() {
    assert!(format!("{:?}", everything()).contains("subscriber: true"));
    super::start();
    // The second one of a process, and in vain in a program with an agent.
    loiter::init();
    let again = Builder::default().listen_nowhere().try_init();
    match again {
        Err(InitError::Twice) if cfg!(feature = "agent") => {}
        Ok(agent) if cfg!(not(feature = "agent")) => nobody_listens(&agent.clone()),
        other => panic!("{other:?}"),
    }
}

fn nobody_listens(agent: &Agent) {
    assert_eq!(agent.local_addr(), None);
    assert_eq!(agent.unix_socket(), None);
    assert_eq!(agent.wait_listening(Duration::from_secs(3600)), None);
    assert_eq!(format!("{agent:?}"), "Agent { local_addr: None }");
}
