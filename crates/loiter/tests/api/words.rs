//! What a program reads of what it may set, and what is said of mistakes.

use std::{io, net::SocketAddr, thread};

use loiter::{CaptureStacks, ENV, EnvVar, FutureExt as _, InitError, Lint, Redact, finding, task};

#[test]
fn the_environment_is_told_of() {
    for EnvVar {
        name,
        value,
        default,
        meaning,
        ..
    } in ENV
    {
        assert!(
            name.starts_with("LOITER_") || name.starts_with("OTEL_"),
            "{name}"
        );
        assert!(
            !value.is_empty() && !default.is_empty() && !meaning.is_empty(),
            "{name}"
        );
    }
}

#[test]
fn errors_say_what_is_wrong() {
    let address = SocketAddr::from(([0, 0, 0, 0], 6669));
    let error = "state:asleep".parse::<loiter_model::query::Filter>();
    let errors = [
        InitError::Twice,
        InitError::SubscriberTaken,
        InitError::Env {
            name: "LOITER_NAME",
            value: "x".to_owned(),
            reason: "y".to_owned(),
        },
        InitError::Allow {
            filter: "name:".to_owned(),
            error: error.expect_err("no such state"),
        },
        InitError::NotLoopback(address),
        InitError::NoTls(address),
        InitError::NoAuthentication(address),
        InitError::Incomplete {
            set: "a",
            missing: "b",
        },
        InitError::Token("short".to_owned()),
        InitError::Otlp {
            endpoint: "x".to_owned(),
            reason: "y".to_owned(),
        },
        InitError::Thread(io::Error::other("none left")),
    ];
    for error in errors {
        assert!(error.to_string().len() > 5, "{error:?}");
    }
}

#[test]
fn each_choice_has_its_name() {
    let when = [
        CaptureStacks::Blocked,
        CaptureStacks::OnDemand,
        CaptureStacks::Off,
    ];
    assert!(when.contains(&CaptureStacks::default()));
    let what = [
        Redact::TaskNames,
        Redact::Scopes,
        Redact::SitePaths,
        Redact::ResourceAttributes,
        Redact::FindingTexts,
    ];
    assert_eq!(what.map(Redact::name), Redact::ALL.map(Redact::name));
    assert!(format!("{:?}", Lint::SelfWakes).contains("Self"));
}

/// A program may send and share what it could with the agent.
#[test]
fn handles_may_cross_threads() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<loiter::Agent>();
    crosses::<InitError>();
    crosses::<finding::Changes>();
    crosses::<task::Builder<'static>>();
    crosses::<loiter::JoinSet<u8>>();
    crosses::<task::Watched<std::future::Ready<()>>>();
    crosses::<task::Scoped<std::future::Ready<()>>>();
    let future = async {}.watched("moved");
    thread::spawn(move || drop(future))
        .join()
        .expect("no panic");
    fn may_move<T: Unpin>(_: &T) {}
    may_move(&std::future::ready(()).watched("moved"));
    may_move(&loiter::scope("moved", std::future::ready(())));
}
