//! What the application's own subscriber sees: the same as without the agent.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use tokio::runtime;
use tracing_core::{
    Dispatch, Event, Interest, LevelFilter, Metadata, Subscriber, dispatcher,
    span::{Attributes, Current, Id, Record},
};
use tracing_subscriber::{fmt::MakeWriter, prelude::*};

use super::{LoiterSubscriber, span::Span};
use crate::{clock::Clock, table::Table};

fn wrapped(inner: impl Subscriber + Send + Sync) -> Dispatch {
    let table = Arc::new(Table::new(Clock::start(), 1000, 10));
    Dispatch::new(LoiterSubscriber::new(table, Some(Box::new(inner))))
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("text")
    }
}

/// A program that uses spans and events in every way, inside and outside tasks.
fn program() {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    tracing::info!("outside");
    tracing::debug!("too fine");
    runtime.block_on(async {
        let request = tracing::info_span!("request", id = 7, late = tracing::field::Empty);
        request.record("late", 8);
        let other = tracing::info_span!("other");
        other.follows_from(&request);
        let child = tracing::warn_span!(parent: &request, "child");
        let root = tracing::info_span!(parent: None, "root");
        let task = tokio::spawn(async move {
            tracing::info!("in a task");
            let _entered = child.enter();
            tracing::warn!(target: "elsewhere", answer = 42, "in a span in a task");
            let current = tracing::Span::current();
            root.in_scope(|| tracing::info!("in a root"));
            tracing::error!(parent: &current, "with a parent");
            let quiet = tracing::trace_span!("quiet");
            quiet.in_scope(|| tracing::info!("in a span that is off"));
        });
        task.await.expect("no panic");
        drop((request, other));
    });
}

fn fmt_to(written: &Written, filter: &str) -> impl Subscriber + Send + Sync + use<> {
    let spans = tracing_subscriber::fmt::format::FmtSpan::FULL;
    tracing_subscriber::registry()
        .with(
            tracing_subscriber::fmt::layer()
                .with_writer(written.clone())
                .with_ansi(false)
                .without_time()
                .with_span_events(spans),
        )
        .with(tracing_subscriber::EnvFilter::new(filter))
}

/// The busy and idle times of closed spans differ from run to run.
fn without_times(text: &str) -> String {
    text.lines()
        .map(|line| line.split("time.busy").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_fmt_layer_writes_the_same() {
    for filter in [
        "info",
        "warn,elsewhere=info",
        "off",
        "debug",
        "info,[request]=trace",
        "trace,tokio=off,runtime=off,mio=off",
    ] {
        let (with, without) = (Written::default(), Written::default());
        dispatcher::with_default(&Dispatch::new(fmt_to(&without, filter)), program);
        dispatcher::with_default(&wrapped(fmt_to(&with, filter)), program);
        assert_eq!(
            without_times(&with.text()),
            without_times(&without.text()),
            "with the filter {filter}"
        );
        assert_eq!(filter == "off", without.text().is_empty());
    }
}

fn plain<S>(written: &Written) -> impl tracing_subscriber::Layer<S> + use<S>
where
    S: Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .with_writer(written.clone())
        .with_ansi(false)
        .without_time()
}

#[test]
fn layers_with_filters_of_their_own_write_the_same() {
    let run = |wrap: bool| {
        let (all, warnings) = (Written::default(), Written::default());
        let subscriber = tracing_subscriber::registry()
            .with(plain(&all).with_filter(LevelFilter::INFO))
            .with(plain(&warnings).with_filter(LevelFilter::WARN));
        let dispatch = if wrap {
            wrapped(subscriber)
        } else {
            Dispatch::new(subscriber)
        };
        dispatcher::with_default(&dispatch, program);
        (all.text(), warnings.text())
    };
    let (all, warnings) = run(true);
    assert_eq!((all.clone(), warnings.clone()), run(false));
    assert!(warnings.contains("in a span in a task") && all.len() > warnings.len());
}

#[test]
fn the_wrapped_subscriber_can_be_reached() {
    let dispatch = wrapped(tracing_subscriber::registry());
    assert!(dispatch.is::<LoiterSubscriber>());
    assert!(
        dispatch
            .downcast_ref::<tracing_subscriber::Registry>()
            .is_some()
    );
    assert!(dispatch.downcast_ref::<Odd>().is_none());
}

/// Says "yes" to everything but hints that it wants warnings only, and numbers its spans so
/// that they look like the agent's own.
#[derive(Default)]
struct Odd {
    log: Mutex<Vec<String>>,
    last: AtomicU64,
}

impl Odd {
    fn note(&self, text: String) {
        self.log.lock().expect("not poisoned").push(text);
    }
}

/// Ids that the agent could have given out.
const LOOKS_LIKE_OURS: u64 = 1 << 50;

impl Subscriber for Odd {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::always()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let id = LOOKS_LIKE_OURS | (self.last.fetch_add(1, Relaxed) + 1);
        let parent = attributes.parent().map(Id::into_u64);
        self.note(format!(
            "new {} {id} {parent:?}",
            attributes.metadata().name()
        ));
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.note(format!(
            "{} follows {}",
            span.into_u64(),
            follows.into_u64()
        ));
    }

    fn event(&self, event: &Event<'_>) {
        self.note(format!("event {}", event.metadata().level()));
    }

    fn enter(&self, span: &Id) {
        self.note(format!("enter {}", span.into_u64()));
    }

    fn exit(&self, span: &Id) {
        self.note(format!("exit {}", span.into_u64()));
    }

    fn try_close(&self, span: Id) -> bool {
        self.note(format!("close {}", span.into_u64()));
        true
    }

    fn current_span(&self) -> Current {
        Current::none()
    }
}

#[test]
fn a_hint_is_a_promise_and_any_number_is_an_id() {
    /// Shares the log with the test.
    struct Shared(Arc<Odd>);
    impl Subscriber for Shared {
        fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
            self.0.register_callsite(metadata)
        }
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            self.0.enabled(metadata)
        }
        fn max_level_hint(&self) -> Option<LevelFilter> {
            self.0.max_level_hint()
        }
        fn new_span(&self, attributes: &Attributes<'_>) -> Id {
            self.0.new_span(attributes)
        }
        fn record(&self, span: &Id, values: &Record<'_>) {
            self.0.record(span, values);
        }
        fn record_follows_from(&self, span: &Id, follows: &Id) {
            self.0.record_follows_from(span, follows);
        }
        fn event(&self, event: &Event<'_>) {
            self.0.event(event);
        }
        fn enter(&self, span: &Id) {
            self.0.enter(span);
        }
        fn exit(&self, span: &Id) {
            self.0.exit(span);
        }
        fn try_close(&self, span: Id) -> bool {
            self.0.try_close(span)
        }
        fn current_span(&self) -> Current {
            self.0.current_span()
        }
    }

    let odd = Arc::new(Odd::default());
    dispatcher::with_default(&wrapped(Shared(odd.clone())), || {
        let outer = tracing::warn_span!("outer");
        let inner = tracing::error_span!(parent: &outer, "inner");
        inner.follows_from(&outer);
        inner.in_scope(|| tracing::error!("said"));
        tracing::info!("never said");
        drop(outer);
    });
    let (outer, inner) = (LOOKS_LIKE_OURS | 1, LOOKS_LIKE_OURS | 2);
    assert_eq!(
        *odd.log.lock().expect("not poisoned"),
        [
            format!("new outer {outer} None"),
            format!("new inner {inner} Some({outer})"),
            format!("{inner} follows {outer}"),
            format!("enter {inner}"),
            "event ERROR".to_owned(),
            format!("exit {inner}"),
            format!("close {outer}"),
            format!("close {inner}"),
        ]
    );
    assert_ne!(Span::of_bits(LOOKS_LIKE_OURS | 1), Span::Inner);
}
