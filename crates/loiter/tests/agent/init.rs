//! What can be wrong at the start: an error of `try_init`, a warning of `init`.

use std::net::SocketAddr;

use loiter::{Builder, InitError};
use loiter_wire::v1::Tier;
use tracing_subscriber::prelude::*;

use crate::{
    options::target,
    support::{Program, connect, free_address, listen, query, update_where},
};

#[tokio::test]
async fn there_is_one_agent() {
    let mut program = Program::start(async |_| {
        listen(Builder::new());
        let again = Builder::new().listen(([127, 0, 0, 1], 0)).try_init();
        assert!(matches!(again, Err(InitError::Twice)), "{again:?}");
        loiter::init();
    });
    // The first one is none the worse.
    program.client().await;
    program.finish();
}

#[tokio::test]
async fn an_address_beyond_loopback_is_refused() {
    let program = Program::start(async |_| {
        for address in ["0.0.0.0:0", "192.0.2.1:6669", "[::]:0"] {
            let address: SocketAddr = address.parse().expect("an address");
            let refused = Builder::new().listen(address).try_init();
            match refused {
                Err(InitError::NotLoopback(named)) => assert_eq!(named, address),
                other => panic!("{other:?}"),
            }
        }
        // Nothing has been started.
        listen(Builder::new());
    });
    program.finish();
}

#[tokio::test]
async fn a_taken_subscriber_is_an_error_of_try_init() {
    let program = Program::start(async |_| {
        tracing_subscriber::registry().init();
        for _ in 0..2 {
            let taken = Builder::new().listen(([127, 0, 0, 1], 0)).try_init();
            assert!(
                matches!(taken, Err(InitError::SubscriberTaken)),
                "{taken:?}"
            );
        }
    });
    program.finish();
}

#[tokio::test]
async fn with_a_taken_subscriber_init_runs_and_says_why_it_sees_nothing() {
    let address = free_address();
    let text = address.to_string();
    let program = Program::start_with(&[("LOITER_LISTEN", &text)], async |_| {
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .init();
        loiter::init();
        tokio::spawn(std::future::pending::<()>());
    });
    let mut client = connect(address).await;
    assert_eq!(target(&mut client).await.tier(), Tier::SubscriberTaken);
    let update = update_where(&mut client, query(""), |_| true).await;
    assert_eq!(update.tasks, []);
    // Said where the program's people look.
    program.wait_for_stderr(" WARN loiter: ").await;
    program.wait_for_stderr("with_subscriber").await;
    program.finish();
}

#[tokio::test]
async fn what_is_wrong_twice_is_said_through_the_programs_subscriber() {
    let program = Program::start(async |_| {
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(false);
        listen(Builder::new().with_subscriber(tracing_subscriber::registry().with(layer)));
        loiter::init();
    });
    let said = program.finish();
    let warning = " WARN loiter: this process has a loiter agent already: call init once";
    assert!(said.contains(warning), "{said}");
}

#[tokio::test]
async fn what_is_wrong_twice_is_said_on_stderr_without_a_subscriber() {
    let program = Program::start(async |_| {
        listen(Builder::new());
        loiter::init();
    });
    let said = program.finish();
    let warning = "loiter: this process has a loiter agent already: call init once";
    assert!(said.lines().any(|line| line == warning), "{said}");
}
