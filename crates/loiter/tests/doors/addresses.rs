//! Addresses that others can reach, and what is wrong at the start.

use std::net::SocketAddr;

use loiter::{Builder, InitError};

use crate::{
    Files,
    client::{ask, plain},
    support::{PATIENCE, Program, free_address, wait_until},
};

const TOKEN: &str = "token-0123456789abcdef";

fn beyond() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 0))
}

#[tokio::test]
async fn beyond_loopback_it_says_what_is_missing() {
    let program = Program::start(async |_| {
        let refused = Builder::new().listen(beyond()).try_init();
        let Err(error @ InitError::NotLoopback(_)) = refused else {
            panic!("{refused:?}");
        };
        let error = error.to_string();
        for way_out in [
            "LOITER_TLS_CERT and LOITER_TLS_KEY",
            "LOITER_TOKEN_FILE",
            "LOITER_TLS_CLIENT_CA",
            "LOITER_ALLOW_INSECURE=true",
            "ssh -L",
        ] {
            assert!(error.contains(way_out), "{error}");
        }
        let refused = Builder::new().listen(beyond()).token(TOKEN).try_init();
        let Err(error @ InitError::NoTls(_)) = refused else {
            panic!("{refused:?}");
        };
        assert!(error.to_string().contains("LOITER_TLS_CERT"), "{error}");
        #[cfg(feature = "tls")]
        {
            let builder = Builder::new().listen(beyond()).tls("/cert.pem", "/key.pem");
            let refused = builder.try_init();
            let Err(error @ InitError::NoAuthentication(_)) = refused else {
                panic!("{refused:?}");
            };
            assert!(error.to_string().contains("LOITER_TOKEN_FILE"), "{error}");
            let refused = Builder::new().client_ca("/ca.pem").try_init();
            let Err(error @ InitError::Incomplete { .. }) = refused else {
                panic!("{refused:?}");
            };
            assert!(error.to_string().contains("LOITER_TLS_CERT"), "{error}");
        }
    });
    program.finish();
}

#[tokio::test]
async fn it_can_be_allowed_and_is_said() {
    let variables = [("LOITER_ALLOW_INSECURE", "true")];
    let mut program = Program::start_with(&variables, async |_| {
        let agent = Builder::new().listen(beyond()).name("open").try_init();
        let address = agent.expect("allowed").wait_listening(PATIENCE);
        println!("open {}", address.expect("it listens").port());
    });
    let port: u16 = program.told("open ").parse().expect("a port");
    let name = ask(&plain(([127, 0, 0, 1], port).into()), None).await;
    assert_eq!(name.expect("open to all"), "open");
    let said = program.finish();
    assert!(said.contains("is allowed explicitly"), "{said}");
    assert!(said.contains("can look into this program"), "{said}");
}

#[tokio::test]
async fn a_token_that_is_no_good_is_not_shown() {
    let variables = [("LOITER_TOKEN", "hunter2")];
    let program = Program::start_with(&variables, async |_| {
        let error = Builder::new().try_init().expect_err("too short");
        eprintln!("{error} {error:?}");
        let error = Builder::new().token("hunter2").try_init();
        eprintln!("{error:?}");
    });
    let said = program.finish();
    assert!(
        said.contains("LOITER_TOKEN is `(not shown)`: a token has 16"),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
}

#[cfg(unix)]
#[tokio::test]
async fn init_opens_no_port_when_it_cannot_be_said_who_may_look() {
    let files = Files::new();
    let address = free_address();
    let (listen, socket) = (address.to_string(), files.text("agent.sock"));
    let mut wrong = vec![
        ("LOITER_TOKEN_FILE", "not-absolute"),
        ("LOITER_TOKEN", "short"),
        ("LOITER_TLS_CERT", "not-absolute"),
        ("LOITER_ALLOW_INSECURE", "perhaps"),
        ("LOITER_REDACT", "everything"),
    ];
    if cfg!(feature = "tls") {
        wrong.push(("LOITER_TLS_CLIENT_CA", "/ca.pem"));
    }
    for (name, value) in wrong {
        let variables = [
            ("LOITER_LISTEN", &*listen),
            ("LOITER_UNIX_SOCKET", &*socket),
            (name, value),
        ];
        let program = Program::start_with(&variables, async |_| loiter::init());
        program.wait_for_stderr("no port was opened").await;
        let endpoint = format!("unix:{socket}");
        let endpoint = tonic::transport::Endpoint::from_shared(endpoint).expect("a path");
        wait_until("the socket", async || ask(&endpoint, None).await.ok()).await;
        let refused = ask(&plain(address), None).await;
        refused.expect_err(name).reason();
        let said = program.finish();
        assert!(said.contains(name), "{said}");
    }
}

#[cfg(not(feature = "tls"))]
#[tokio::test]
async fn without_tls_built_in_it_says_which_feature_is_missing() {
    let program = Program::start_with(&[("LOITER_TLS_CERT", "/cert.pem")], async |_| {
        let error = Builder::new().try_init().expect_err("there is no TLS");
        assert!(error.to_string().contains("`tls-ring`"), "{error}");
    });
    program.finish();
}
