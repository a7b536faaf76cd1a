//! Every environment variable: it wins over what the program says.

use std::time::Duration;

use loiter::{Builder, InitError, Lint};

use crate::{
    lints::{check_hints, have_hints},
    options::{
        check_interval, check_ledger, check_limits, check_max_tasks, finish_tasks, get_stuck,
        spawn_waiting, target,
    },
    support::{PATIENCE, Program, connect, free_address, listen},
};

/// An hour is what no test waits for.
const HOUR: Duration = Duration::from_secs(3600);

/// Each variable has a test below, but for that of stacks, which `tests/spawned` is about, those of
/// findings, which have `tests/findings`, that of the Unix socket, which is in `tests/console`,
/// those of who may look, which are in `tests/doors`, those of OpenTelemetry, which are in
/// `tests/otlp`, and that of resources, which is beside them.
#[test]
fn these_are_all() {
    let names: Vec<_> = loiter::ENV.iter().map(|variable| variable.name).collect();
    assert_eq!(
        names,
        [
            "LOITER_ENABLED",
            "LOITER_LISTEN",
            "LOITER_UNIX_SOCKET",
            "LOITER_TLS_CERT",
            "LOITER_TLS_KEY",
            "LOITER_TLS_CLIENT_CA",
            "LOITER_TOKEN_FILE",
            "LOITER_READ_TOKEN_FILE",
            "LOITER_TOKEN",
            "LOITER_ALLOW_INSECURE",
            "LOITER_REDACT",
            "LOITER_OTLP",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_HEADERS",
            "OTEL_METRIC_EXPORT_INTERVAL",
            "OTEL_SERVICE_NAME",
            "OTEL_RESOURCE_ATTRIBUTES",
            "LOITER_NAME",
            "LOITER_BLOCKED_AFTER",
            "LOITER_HOGGING_AFTER",
            "LOITER_STARVED_AFTER",
            "LOITER_ALLOW_LINTS",
            "LOITER_SELF_WAKES_PERCENT",
            "LOITER_NEVER_YIELDED_AFTER",
            "LOITER_LARGE_FUTURE_BYTES",
            "LOITER_CAPTURE_STACKS",
            "LOITER_RESOURCES",
            "LOITER_REPORT_FINDINGS",
            "LOITER_MAX_ALIVE",
            "LOITER_MAX_ALIVE_AT_SITE",
            "LOITER_PUBLISH_INTERVAL",
            "LOITER_MAX_TASKS",
            "LOITER_LEDGER",
        ]
    );
}

#[tokio::test]
async fn enabled_false_is_no_agent() {
    let program = Program::start_with(&[("LOITER_ENABLED", "false")], async |_| {
        let log = crate::options::Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .finish();
        let agent = Builder::new()
            .listen(([127, 0, 0, 1], 0))
            .with_subscriber(subscriber)
            .try_init()
            .expect("nothing to fail");
        assert_eq!(agent.wait_listening(PATIENCE), None);
        assert_eq!(agent.local_addr(), None);
        // The program's own subscriber is in place.
        tracing::info!("paid");
        assert!(log.text().contains("paid"));
        // There is no agent, so there cannot be two.
        let again = Builder::new().try_init();
        assert!(again.is_ok(), "{again:?}");
        let taken = Builder::new()
            .with_subscriber(tracing_subscriber::registry())
            .try_init();
        assert!(
            matches!(taken, Err(InitError::SubscriberTaken)),
            "{taken:?}"
        );
    });
    program.finish();
}

#[tokio::test]
async fn listen_wins() {
    let address = free_address();
    let text = address.to_string();
    // `listen` asks for any port.
    let mut program = Program::start_with(&[("LOITER_LISTEN", &text)], async |_| {
        listen(Builder::new());
    });
    assert_eq!(program.address(), address);
    connect(address).await;
}

#[tokio::test]
async fn name_wins() {
    let mut program = Program::start_with(&[("LOITER_NAME", "checkout-7")], async |_| {
        listen(Builder::new().name("checkout"));
    });
    let target = target(&mut program.client().await).await;
    assert_eq!(target.name, "checkout-7");
}

#[tokio::test]
async fn the_limits_win() {
    let variables = [
        ("LOITER_BLOCKED_AFTER", "30ms"),
        ("LOITER_HOGGING_AFTER", "40ms"),
        ("LOITER_STARVED_AFTER", "1h"),
    ];
    let mut program = Program::start_with(&variables, async |_| {
        listen(
            Builder::new()
                .blocked_after(HOUR)
                .hogging_after(HOUR)
                .starved_after(Duration::from_millis(1)),
        );
        get_stuck().await;
    });
    check_limits(&mut program.client().await).await;
}

#[tokio::test]
async fn the_limits_of_the_lints_win() {
    let variables = [
        ("LOITER_ALLOW_LINTS", "lost-waker"),
        ("LOITER_SELF_WAKES_PERCENT", "20%"),
        ("LOITER_NEVER_YIELDED_AFTER", "30ms"),
        ("LOITER_LARGE_FUTURE_BYTES", "700"),
    ];
    let mut program = Program::start_with(&variables, async |_| {
        listen(
            Builder::new()
                .allow_lints([Lint::LargeFuture])
                .self_wakes_percent(100)
                .never_yielded_after(HOUR)
                .large_future_bytes(0),
        );
        have_hints().await;
    });
    check_hints(&mut program.client().await).await;
}

#[tokio::test]
async fn publish_interval_wins() {
    let mut program = Program::start_with(&[("LOITER_PUBLISH_INTERVAL", "300ms")], async |_| {
        listen(Builder::new().publish_interval(HOUR));
    });
    check_interval(&mut program.client().await).await;
}

#[tokio::test]
async fn max_tasks_wins() {
    let mut program = Program::start_with(&[("LOITER_MAX_TASKS", "3")], async |_| {
        listen(Builder::new().max_tasks(1000));
        spawn_waiting(5);
    });
    check_max_tasks(&mut program.client().await).await;
}

#[tokio::test]
async fn ledger_wins() {
    let mut program = Program::start_with(&[("LOITER_LEDGER", "2")], async |_| {
        listen(Builder::new().ledger(1000));
        finish_tasks(5).await;
    });
    check_ledger(&mut program.client().await).await;
}

#[tokio::test]
async fn a_value_that_makes_no_sense_is_named() {
    // A name may be anything. What is a secret is not shown, whether it makes sense or not.
    let names = ["LOITER_NAME", "OTEL_SERVICE_NAME"];
    let secrets = [
        "LOITER_TOKEN",
        // Somebody may write one of these where its path should be.
        "LOITER_TOKEN_FILE",
        "LOITER_READ_TOKEN_FILE",
        "LOITER_TLS_KEY",
        "OTEL_EXPORTER_OTLP_HEADERS",
    ];
    let others = loiter::ENV.iter().filter(|variable| {
        let concerns_it = cfg!(feature = "otlp") || !variable.name.starts_with("OTEL_");
        concerns_it && !names.contains(&variable.name)
    });
    for variable in others {
        let program = Program::start_with(&[(variable.name, "nonsense")], async |_| {
            let started = Builder::new().listen_nowhere().try_init();
            match started {
                Ok(_) => eprintln!("it starts"),
                Err(error) => eprintln!("{error}"),
            }
        });
        let said = program.finish();
        let value = match secrets.contains(&variable.name) {
            true => "(not shown)",
            false => "nonsense",
        };
        let start = format!("the environment variable {} is `{value}`: ", variable.name);
        assert!(said.contains(&start), "{said}");
        // It may make sense to others.
        let is_of_others = variable.name.starts_with("OTEL_");
        assert_eq!(said.contains("it starts"), is_of_others, "{said}");
    }
}

#[tokio::test]
async fn init_leaves_out_what_makes_no_sense() {
    let address = free_address().to_string();
    let variables = [
        ("LOITER_LISTEN", address.as_str()),
        ("LOITER_LEDGER", "many"),
        ("LOITER_NAME", "checkout"),
    ];
    let program = Program::start_with(&variables, async |_| loiter::init());
    let mut client = connect(address.parse().expect("an address")).await;
    assert_eq!(target(&mut client).await.name, "checkout");
    let said = program.finish();
    assert!(
        said.contains("loiter: the environment variable LOITER_LEDGER is `many`"),
        "{said}"
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn init_does_not_mind_when_its_warnings_cannot_be_written() {
    let address = free_address().to_string();
    let variables = [
        ("LOITER_LISTEN", address.as_str()),
        ("LOITER_LEDGER", "many"),
        ("LOITER_NAME", "checkout"),
    ];
    let program = Program::start_unheard(&variables, async |_| loiter::init());
    let mut client = connect(address.parse().expect("an address")).await;
    assert_eq!(target(&mut client).await.name, "checkout");
    program.finish();
}

#[tokio::test]
async fn init_says_what_makes_no_sense_through_the_subscriber_it_is_given() {
    let variables = [
        ("LOITER_LISTEN", "0.0.0.0:0"),
        ("LOITER_LEDGER", "many"),
        ("LOITER_BLOCKED_AFTER", "soon"),
    ];
    let program = Program::start_with(&variables, async |_| {
        let subscriber = tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .finish();
        Builder::new().with_subscriber(subscriber).init();
    });
    let said = program.finish();
    for warning in [
        "the environment variable LOITER_LEDGER is `many`",
        "the environment variable LOITER_BLOCKED_AFTER is `soon`",
        "will not listen on 0.0.0.0:0",
    ] {
        assert!(said.contains(&format!(" WARN loiter: {warning}")), "{said}");
        assert_eq!(said.matches(warning).count(), 1, "{said}");
    }
}
