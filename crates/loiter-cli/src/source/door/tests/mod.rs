//! Real servers with real certificates, and what a client says of each refusal.

pub(crate) mod peer;
pub(crate) mod pki;

use std::{fs, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::rustls::version;

use self::{
    peer::{Guard, Tls, agent, serve, serve_plainly},
    pki::{Ca, Pair, Valid},
};
use super::*;
use crate::source::{Attached, Native, Source};

/// What trusts a CA, and shows nothing.
pub(crate) fn trusting(ca: &Ca) -> Credentials {
    Credentials {
        ca: Some(ca.ca_file().into()),
        ..Credentials::default()
    }
}

/// The same with a client certificate, which is in a file of its own beside its key.
fn showing(ca: &Ca, pair: &Pair) -> Credentials {
    Credentials {
        cert: Some(ca.file("me.pem", &pair.cert).into()),
        key: Some(ca.file("me.key", &pair.key).into()),
        ..trusting(ca)
    }
}

fn endpoint(text: &str) -> Endpoint {
    text.parse().expect(text)
}

/// With TLS, by name.
pub(crate) fn by_name(address: SocketAddr) -> Endpoint {
    endpoint(&format!("https://localhost:{}", address.port()))
}

/// What comes of asking who is there.
async fn ask(endpoint: &Endpoint, credentials: &Credentials) -> Result<String, SourceError> {
    let native = Native::new(endpoint.clone(), credentials.clone());
    Ok(native.target().await?.name)
}

async fn fault(endpoint: &Endpoint, credentials: &Credentials) -> Fault {
    match ask(endpoint, credentials).await {
        Err(SourceError::Door {
            endpoint: named,
            fault,
        }) => {
            assert_eq!(named, endpoint.to_string());
            fault
        }
        other => panic!("no fault: {other:?}"),
    }
}

#[tokio::test]
async fn an_agent_is_reached_by_each_name_of_its_certificate() {
    let ca = Ca::new();
    let pair = ca.server(&["localhost", "127.0.0.1"]);
    let address = serve(Tls::new(pair), agent()).await;
    let by_address = endpoint(&format!("https://{address}"));
    for endpoint in [by_name(address), by_address] {
        let answer = ask(&endpoint, &trusting(&ca)).await;
        assert_eq!(answer.expect("it answers"), "demo", "{endpoint}");
    }
    // The name need not lead there: one of its addresses is given.
    let elsewhere = ca.server(&["db.internal"]);
    let address = serve(Tls::new(elsewhere), agent()).await;
    let endpoint = endpoint(&format!("https://db.internal:{}", address.port()));
    let answer = ask(&endpoint.at(address.ip()), &trusting(&ca)).await;
    assert_eq!(answer.expect("it answers"), "demo");
    // Nor does it have to be in the address.
    let named = Credentials {
        server_name: Some("db.internal".to_owned()),
        ..trusting(&ca)
    };
    let answer = ask(&by_name(address), &named).await;
    assert_eq!(answer.expect("it answers"), "demo");
}

#[tokio::test]
async fn a_server_that_is_not_to_be_trusted_is_told_from_others() {
    let (ca, other, namesake) = (Ca::called("one"), Ca::called("other"), Ca::called("one"));
    let trusting = trusting(&ca);
    let ca_file = trusting.ca.clone().expect("it is there");
    let untrusted = || Fault::Untrusted {
        ca: Some(ca_file.path().to_owned()),
    };
    for (pair, expected, words) in [
        (other.server(&["localhost"]), untrusted(), "no CA in"),
        (namesake.server(&["localhost"]), untrusted(), "no CA in"),
        (
            ca.server(&["db-3", "127.0.0.1"]),
            Fault::WrongName {
                name: "localhost".to_owned(),
                names: vec!["db-3".to_owned(), "127.0.0.1".to_owned()],
            },
            "not for `localhost`, but for db-3, 127.0.0.1",
        ),
        (ca.own.clone(), Fault::OfCa, "that of a CA"),
    ] {
        let address = serve(Tls::new(pair), agent()).await;
        let fault = fault(&by_name(address), &trusting).await;
        assert_eq!(fault, expected);
        assert!(fault.to_string().contains(words), "{fault}");
    }
    for (valid, words) in [
        (Valid::Before, "days ago; have it renewed"),
        (Valid::Later, "only in"),
    ] {
        let pair = ca.issue(&["localhost"], valid);
        let address = serve(Tls::new(pair), agent()).await;
        let fault = fault(&by_name(address), &trusting).await;
        assert!(fault.to_string().contains(words), "{fault}");
    }
}

#[tokio::test]
async fn a_ca_of_ones_own_takes_the_place_of_the_systems() {
    let ca = Ca::new();
    let address = serve(Tls::new(ca.server(&["localhost"])), agent()).await;
    let fault = fault(&by_name(address), &Credentials::default()).await;
    assert!(
        matches!(fault, Fault::Untrusted { ca: None } | Fault::NoSystemCas),
        "{fault:?}"
    );
    assert!(fault.to_string().contains("by `--ca FILE`"), "{fault}");
}

#[tokio::test]
async fn a_client_certificate_is_shown_or_asked_for_or_refused() {
    let (ca, other, namesake) = (Ca::called("one"), Ca::called("other"), Ca::called("one"));
    for version in [&version::TLS12, &version::TLS13] {
        let tls = Tls {
            version,
            ..Tls::for_clients_of(ca.server(&["localhost"]), &ca)
        };
        let endpoint = by_name(serve(tls, agent()).await);
        let me = ca.issue(&["me"], Valid::Now);
        let answer = ask(&endpoint, &showing(&ca, &me)).await;
        assert_eq!(answer.expect("it answers"), "demo");

        // In one file, as some keep it.
        let both = format!("{}{}", me.key, me.cert);
        let together = Credentials {
            cert: Some(ca.file("both.pem", &both).into()),
            ..trusting(&ca)
        };
        let answer = ask(&endpoint, &together).await;
        assert_eq!(answer.expect("it answers"), "demo");

        assert_eq!(
            fault(&endpoint, &trusting(&ca)).await,
            Fault::CertificateRequired
        );
        for (pair, words) in [
            (other.issue(&["me"], Valid::Now), "LOITER_TLS_CLIENT_CA"),
            (namesake.issue(&["me"], Valid::Now), "LOITER_TLS_CLIENT_CA"),
            (ca.issue(&["me"], Valid::Before), "expired"),
        ] {
            let fault = fault(&endpoint, &showing(&ca, &pair)).await;
            assert!(
                matches!(fault, Fault::CertificateRefused { .. }),
                "{fault:?}"
            );
            let text = fault.to_string();
            assert!(text.contains("me.pem") && text.contains(words), "{text}");
        }
    }
}

#[tokio::test]
async fn tls_and_its_absence_are_told_apart() {
    let ca = Ca::new();
    let address = serve_plainly(agent()).await;
    let wrong = by_name(address);
    let fault_at_plain = fault(&wrong, &trusting(&ca)).await;
    let instead = format!("localhost:{}", address.port());
    assert_eq!(fault_at_plain, Fault::NoTls { instead });

    let address = serve(Tls::new(ca.server(&["localhost"])), agent()).await;
    let wrong = endpoint(&format!("localhost:{}", address.port()));
    let instead = by_name(address).to_string();
    assert_eq!(
        fault(&wrong, &trusting(&ca)).await,
        Fault::OnlyTls { instead }
    );
    // Whoever else may be there is not looked for in vain.
    let attached = Attached::new(wrong, trusting(&ca));
    let error = attached.target().await.expect_err("it is locked");
    assert!(error.to_string().contains("write `https://"), "{error}");
    assert!(error.may_pass());
}

#[tokio::test]
async fn who_hangs_up_or_says_nothing_is_no_riddle() {
    let ca = Ca::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((mut peer, _)) = listener.accept().await {
            let _ = peer.read(&mut [0; 4096]).await;
            let _ = peer.shutdown().await;
        }
    });
    let instead = format!("localhost:{}", address.port());
    let hung_up = fault(&by_name(address), &trusting(&ca)).await;
    assert_eq!(hung_up, Fault::HungUp { instead });

    // A door that closes once TLS has begun, and does not say why.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let acceptor = Tls::new(ca.server(&["localhost"])).acceptor();
    tokio::spawn(async move {
        while let Ok((peer, _)) = listener.accept().await {
            drop(acceptor.accept(peer).await);
        }
    });
    let me = ca.issue(&["me"], Valid::Now);
    for (credentials, words) in [
        (trusting(&ca), "it may want a client certificate"),
        (showing(&ca, &me), "me.pem"),
    ] {
        let fault = fault(&by_name(address), &credentials).await;
        assert!(matches!(fault, Fault::HungUpLater { .. }), "{fault:?}");
        assert!(fault.to_string().contains(words), "{fault}");
    }

    // Like a stopped process: the system still accepts, nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = silent.local_addr().expect("it is bound");
    let fault = fault(&by_name(address), &trusting(&ca)).await;
    let text = fault.to_string();
    assert!(text.contains("no answer within 3 s"), "{text}");
}

#[tokio::test]
async fn a_file_that_is_no_good_is_named_with_its_option() {
    let ca = Ca::new();
    let address = serve(Tls::new(ca.server(&["localhost"])), agent()).await;
    let me = ca.issue(&["me"], Valid::Now);
    let other = ca.issue(&["other"], Valid::Now);
    let missing = ca.ca_file().with_file_name("missing.pem");
    let file = |name: &str, content: &str| Some(ca.file(name, content).into());
    let locked = me.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    for (credentials, words) in [
        (
            Credentials {
                ca: Some(missing.into()),
                ..Credentials::default()
            },
            ["missing.pem (`--ca`)", "No such file"],
        ),
        (
            Credentials {
                ca: file("key.pem", &me.key),
                ..Credentials::default()
            },
            ["key.pem (`--ca`)", "no certificate"],
        ),
        (
            Credentials {
                cert: file("empty.pem", ""),
                ..trusting(&ca)
            },
            ["empty.pem (`--cert`)", "no certificate"],
        ),
        (
            Credentials {
                key: file("other.key", &other.key),
                ..showing(&ca, &me)
            },
            ["other.key (`--key`)", "is it the key of"],
        ),
        (
            Credentials {
                key: file("no.key", &me.cert),
                ..showing(&ca, &me)
            },
            ["no.key (`--key`)", "no private key"],
        ),
        (
            Credentials {
                key: file("locked.key", &locked),
                ..showing(&ca, &me)
            },
            ["locked.key (`--key`)", "passphrase"],
        ),
        (
            Credentials {
                token: Some(TokenFrom::File(ca.file("empty.token", "\n").into())),
                ..trusting(&ca)
            },
            ["empty.token (`--token-file`)", "it is empty"],
        ),
    ] {
        let error = ask(&by_name(address), &credentials).await;
        let error = error.expect_err("a file is no good").to_string();
        for words in words {
            assert!(error.contains(words), "no `{words}` in {error}");
        }
    }
}

#[tokio::test]
async fn a_token_is_wanted_or_refused_or_lets_one_in() {
    let ca = Ca::new();
    let guard = Guard::new("correct-horse");
    let pair = ca.server(&["localhost"]);
    let endpoint = by_name(serve(Tls::new(pair), guard.agent()).await);
    let with = |token: Option<TokenFrom>| Credentials {
        token,
        ..trusting(&ca)
    };
    assert_eq!(fault(&endpoint, &with(None)).await, Fault::TokenRequired);
    let value = |text: &str| Some(TokenFrom::Value(text.parse().expect("a token")));
    let answer = ask(&endpoint, &with(value("correct-horse"))).await;
    assert_eq!(answer.expect("it answers"), "demo");

    let refused = fault(&endpoint, &with(value("battery-staple"))).await;
    assert_eq!(refused, Fault::TokenRefused { path: None });
    assert!(refused.to_string().contains("LOITER_ATTACH_TOKEN"));

    let error = ask(&endpoint, &with(value("secret-reader"))).await;
    let error = error.expect_err("it may only look");
    assert!(matches!(error, SourceError::Forbidden { .. }), "{error:?}");
    assert!(!error.may_pass());
    // It has repeated the secret.
    let text = error.to_string();
    assert!(text.contains("`Bearer …` may only look"), "{text}");
}

#[tokio::test]
async fn a_token_is_read_anew_each_time() {
    let ca = Ca::new();
    let guard = Guard::new("one");
    let endpoint = endpoint(&serve_plainly(guard.agent()).await.to_string());
    let path = ca.file("token", "one\n");
    let credentials = Credentials {
        token: Some(TokenFrom::File(path.clone().into())),
        ..Credentials::default()
    };
    let native = Native::new(endpoint, credentials);
    native.target().await.expect("the first token is good");
    guard.renew("two");
    let error = native.target().await.expect_err("it is out of date");
    let text = error.to_string();
    assert!(text.contains("token (`--token-file`)"), "{text}");
    assert!(!text.contains("one"), "{text}");
    // The agent takes both for a while.
    fs::write(&path, "\n two\r\none\n").expect("a file");
    native.target().await.expect("the second token is good");
}

#[tokio::test]
async fn certificates_are_read_anew_for_each_connection() {
    let (old, new) = (Ca::new(), Ca::new());
    let tls = Tls::for_clients_of(new.server(&["localhost"]), &new);
    let endpoint = by_name(serve(tls, agent()).await);
    let me = old.issue(&["me"], Valid::Now);
    let credentials = showing(&old, &me);
    let native = Native::new(endpoint, credentials);
    let error = native.target().await.expect_err("it has another CA");
    assert!(error.to_string().contains("no CA in"), "{error}");
    old.file("ca.pem", &new.own.cert);
    let error = native.target().await.expect_err("so has the client");
    assert!(error.to_string().contains("me.pem"), "{error}");
    let me = new.issue(&["me"], Valid::Now);
    old.file("me.pem", &me.cert);
    old.file("me.key", &me.key);
    native.target().await.expect("all is new");
}

/// `0.0.0.0` leads to this machine, and nobody can know that it always does.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_token_goes_to_another_machine_unencrypted() {
    let guard = Guard::new("secret");
    let address = serve_plainly(guard.agent()).await;
    let credentials = Credentials {
        token: Some(TokenFrom::Value("secret".parse().expect("a token"))),
        ..Credentials::default()
    };
    let there = endpoint(&format!("0.0.0.0:{}", address.port()));
    let instead = format!("https://{there}");
    assert_eq!(
        fault(&there, &credentials).await,
        Fault::Unencrypted { instead }
    );
    assert_eq!(guard.shown(), None);
    let here = endpoint(&address.to_string());
    ask(&here, &credentials).await.expect("it stays here");
    assert_eq!(guard.shown().as_deref(), Some("Bearer secret"));
}

#[tokio::test]
async fn a_token_that_is_withheld_is_not_sent() {
    let guard = Guard::new("secret");
    let endpoint = endpoint(&serve_plainly(guard.agent()).await.to_string());
    let credentials = Credentials {
        token: Some(TokenFrom::Withheld("./loiter.toml".into())),
        ..Credentials::default()
    };
    let fault = fault(&endpoint, &credentials).await;
    assert!(fault.to_string().contains("./loiter.toml"), "{fault}");
    assert_eq!(guard.shown(), None);
}
