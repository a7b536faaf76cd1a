//! The tracing subscriber that stands before the application's own.

use std::{
    any::TypeId,
    collections::HashMap,
    ptr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed},
    },
};

use loiter_model::Kind;
use tracing_core::{
    Dispatch, Event, Interest, LevelFilter, Metadata, Subscriber,
    span::{Attributes, Current, Id, Record},
    subscriber::NoSubscriber,
};

use super::{
    fields::{WakerOp, read_spawn, read_waker},
    resources::{self, Told},
    span::Span,
};
use crate::{
    resources::Resources,
    table::{Spawn, Table},
    thread::Thread,
};

/// Takes tokio's task spans and waker events for itself and hands everything else on, so that
/// the application's layers never see, store or pay for them, and see all else as without it.
/// Where resources are tracked, so it does with tokio's spans and events about them.
pub(crate) struct LoiterSubscriber {
    table: Arc<Table>,
    inner: Box<dyn Subscriber + Send + Sync>,
    /// The most verbose level that `inner` wants. The process-wide level must be the most
    /// verbose one for tokio's spans to arrive, so this keeps the promise that `inner` is not
    /// asked about more.
    inner_level: AtomicUsize,
    wakers: Wakers,
    aliases: Aliases,
}

impl LoiterSubscriber {
    /// Stands before `inner`, or before nothing.
    pub(crate) fn new(table: Arc<Table>, inner: Option<Box<dyn Subscriber + Send + Sync>>) -> Self {
        let inner = inner.unwrap_or_else(|| Box::new(NoSubscriber::new()));
        let level = level_number(inner.max_level_hint());
        Self {
            table,
            inner,
            inner_level: AtomicUsize::new(level),
            wakers: Wakers::default(),
            aliases: Aliases::default(),
        }
    }

    /// Whether `inner` may be asked about this callsite: neither beyond its own level, nor for
    /// what the agent's own thread does but for the agent's own words.
    fn concerns_inner(&self, metadata: &Metadata<'_>) -> bool {
        level_number(Some(LevelFilter::from_level(*metadata.level())))
            <= self.inner_level.load(Relaxed)
            && (metadata.target().starts_with("loiter") || !Thread::with(Thread::is_agent))
    }

    /// The id by which `inner` knows a span; `None` if it does not know it.
    fn inner_id(&self, id: &Id) -> Option<Id> {
        match Span::of(id) {
            Span::Inner => Some(id.clone()),
            Span::Alias(number) => self.aliases.original(number),
            Span::Task(_) | Span::Resource(_) | Span::Ignored => None,
        }
    }

    /// What a callsite tells of resources, where they are tracked.
    fn told(&self, metadata: &Metadata<'_>) -> Option<(Told, &Resources)> {
        let resources = self.table.resources()?;
        Some((Told::of(metadata)?, resources))
    }

    /// The id under which a span of `inner` goes.
    fn outer_id(&self, id: Id) -> Id {
        match Span::of(&id) {
            Span::Inner => id,
            _ => self.aliases.alias(id),
        }
    }
}

/// Higher for more verbose levels; no hint stands for the most verbose.
fn level_number(level: Option<LevelFilter>) -> usize {
    match level.and_then(|filter| filter.into_level()) {
        Some(tracing_core::Level::ERROR) => 1,
        Some(tracing_core::Level::WARN) => 2,
        Some(tracing_core::Level::INFO) => 3,
        Some(tracing_core::Level::DEBUG) => 4,
        Some(tracing_core::Level::TRACE) => 5,
        None if level.is_some() => 0,
        None => 5,
    }
}

fn is_task(metadata: &Metadata<'_>) -> bool {
    metadata.is_span()
        && matches!(metadata.target(), "tokio::task" | "tokio::task::blocking")
        && metadata.name() == "runtime.spawn"
}

/// Whether it is a thread of the multi-thread runtime itself, which takes it from the blocking
/// pool: alive and inside a poll for as long as the runtime is, and no task of the program.
fn is_worker(spawn: &Spawn<'_>) -> bool {
    spawn.kind == Kind::Blocking
        && spawn
            .function
            .starts_with("tokio::runtime::scheduler::multi_thread::")
}

/// Whether that thread takes over the worker whose task is about to block in place: any that is not
/// started with its runtime (`Launch::launch`).
fn is_replacement(worker: &Spawn<'_>) -> bool {
    !worker.function.contains("::launch")
}

/// The callsites of waker events, by address: comparing their target's text twice for each
/// clone, drop and wake would show.
#[derive(Default)]
struct Wakers([AtomicPtr<Metadata<'static>>; 4]);

impl Wakers {
    /// Learns a callsite. One copy of tokio has four; those of a second one are recognised by
    /// their target.
    fn learn(&self, metadata: &'static Metadata<'static>) {
        let metadata = ptr::from_ref(metadata).cast_mut();
        for known in &self.0 {
            let place = known.compare_exchange(ptr::null_mut(), metadata, Relaxed, Relaxed);
            if place.is_ok() || place == Err(metadata) {
                return;
            }
        }
    }

    fn contain(&self, metadata: &Metadata<'_>) -> bool {
        let address = ptr::from_ref(metadata).cast::<()>();
        let known = |known: &AtomicPtr<Metadata<'static>>| {
            ptr::eq(known.load(Relaxed).cast_const().cast(), address)
        };
        self.0.iter().any(known) || is_waker(metadata)
    }
}

fn is_waker(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "tokio::task::waker" && metadata.is_event()
}

impl Subscriber for LoiterSubscriber {
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.inner.on_register_dispatch(dispatch);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_waker(metadata) {
            self.wakers.learn(metadata);
        }
        if is_task(metadata) || is_waker(metadata) || self.told(metadata).is_some() {
            return Interest::always();
        }
        // Tracing remembers the answer for all threads. The agent's own thread may be the one
        // that asks first, so who asks must not matter here.
        self.inner_level
            .store(level_number(self.inner.max_level_hint()), Relaxed);
        let level = level_number(Some(LevelFilter::from_level(*metadata.level())));
        if level > self.inner_level.load(Relaxed) {
            return Interest::never();
        }
        self.inner.register_callsite(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_task(metadata)
            || is_waker(metadata)
            || self.told(metadata).is_some()
            || (self.concerns_inner(metadata) && self.inner.enabled(metadata))
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.inner_level
            .store(level_number(self.inner.max_level_hint()), Relaxed);
        Some(LevelFilter::TRACE)
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        if is_task(attributes.metadata()) {
            if Thread::with(Thread::is_agent) {
                return Span::id_of(None);
            }
            return Span::id_of(read_spawn(attributes, |spawn| {
                if !is_worker(spawn) {
                    return self.table.spawn(spawn);
                }
                if is_replacement(spawn) {
                    self.table.worker_given_away();
                }
                // Inside it is outside any task.
                None
            }));
        }
        if let Some((Told::Made(what), resources)) = self.told(attributes.metadata()) {
            return resources::new_span(what, attributes, &self.table, resources);
        }
        if !self.concerns_inner(attributes.metadata()) {
            return Span::id_of(None);
        }
        let id = match attributes.parent().map(|parent| (parent, Span::of(parent))) {
            None | Some((_, Span::Inner)) => self.inner.new_span(attributes),
            // A parent that `inner` does not know by this id.
            Some((parent, _)) => {
                let (metadata, values) = (attributes.metadata(), attributes.values());
                match self.inner_id(parent) {
                    Some(parent) => {
                        let attributes = Attributes::child_of(parent, metadata, values);
                        self.inner.new_span(&attributes)
                    }
                    None => self.inner.new_span(&Attributes::new_root(metadata, values)),
                }
            }
        };
        self.outer_id(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        if let Some(id) = self.inner_id(span) {
            self.inner.record(&id, values);
        }
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        if let (Some(span), Some(follows)) = (self.inner_id(span), self.inner_id(follows)) {
            self.inner.record_follows_from(&span, &follows);
        }
    }

    fn event(&self, event: &Event<'_>) {
        if self.wakers.contain(event.metadata()) {
            if let Some((op, task)) = read_waker(event) {
                match op {
                    WakerOp::Clone => self.table.waker_cloned(task),
                    WakerOp::Drop => self.table.waker_dropped(task),
                    WakerOp::Wake => self.table.woken(task, true),
                    WakerOp::WakeByRef => self.table.woken(task, false),
                }
            }
            return;
        }
        if let Some((told, resources)) = self.told(event.metadata()) {
            return resources::event(told, event, resources);
        }
        // An event with an explicit parent that `inner` does not know (a task's span cannot be
        // got hold of by an application) is handed on as it is: `inner` finds no such span.
        // `event_enabled` is left at its default and asked of `inner` here: a waker event would
        // be recognised twice otherwise.
        if self.concerns_inner(event.metadata()) && self.inner.event_enabled(event) {
            self.inner.event(event);
        }
    }

    fn enter(&self, span: &Id) {
        match Span::of(span) {
            Span::Task(task) => self.table.poll_start(task),
            Span::Resource(at) => {
                if let Some(resources) = self.table.resources() {
                    resources.entered(at, || self.table.clock().now());
                }
            }
            Span::Inner => self.inner.enter(span),
            Span::Alias(_) => {
                if let Some(id) = self.inner_id(span) {
                    self.inner.enter(&id);
                }
            }
            Span::Ignored => {}
        }
    }

    fn exit(&self, span: &Id) {
        match Span::of(span) {
            Span::Task(task) => self.table.poll_end(task),
            Span::Resource(at) => {
                if let Some(resources) = self.table.resources() {
                    resources.left(at, || self.table.clock().now());
                }
            }
            Span::Inner => self.inner.exit(span),
            Span::Alias(_) => {
                if let Some(id) = self.inner_id(span) {
                    self.inner.exit(&id);
                }
            }
            Span::Ignored => {}
        }
    }

    fn clone_span(&self, span: &Id) -> Id {
        match Span::of(span) {
            Span::Task(task) => {
                self.table.span_cloned(task);
                span.clone()
            }
            Span::Resource(at) => {
                if let Some(resources) = self.table.resources() {
                    resources.cloned(at);
                }
                span.clone()
            }
            Span::Ignored => span.clone(),
            Span::Inner | Span::Alias(_) => match self.inner_id(span) {
                // A subscriber may answer with another id.
                Some(id) => {
                    let clone = self.inner.clone_span(&id);
                    if clone == id {
                        span.clone()
                    } else {
                        self.outer_id(clone)
                    }
                }
                None => span.clone(),
            },
        }
    }

    fn try_close(&self, span: Id) -> bool {
        match Span::of(&span) {
            Span::Task(task) => self.table.span_dropped(task),
            Span::Resource(at) => {
                let resources = self.table.resources();
                resources.is_some_and(|resources| resources.dropped(at))
            }
            Span::Ignored => false,
            Span::Inner => self.inner.try_close(span),
            Span::Alias(number) => match self.aliases.original(number) {
                Some(id) => {
                    let closed = self.inner.try_close(id);
                    if closed {
                        self.aliases.forget(number);
                    }
                    closed
                }
                None => false,
            },
        }
    }

    fn current_span(&self) -> Current {
        // Inside a task, the current span is the application's own, as without the agent.
        let current = self.inner.current_span();
        match (current.id(), current.metadata()) {
            (Some(id), Some(metadata)) if Span::of(id) != Span::Inner => {
                Current::new(self.outer_id(id.clone()), metadata)
            }
            _ => current,
        }
    }

    #[allow(unsafe_code)]
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            return Some(std::ptr::from_ref(self).cast());
        }
        // SAFETY: the caller promises to use the pointer only as a `&T` of the type that `id`
        // names, for no longer than `self` lives. `inner` gives pointers into itself under the
        // same rule, and `self` owns it.
        unsafe { self.inner.downcast_raw(id) }
    }
}

/// Stand-ins for ids of the wrapped subscriber that look like ours. Never used by
/// `tracing-subscriber`; another subscriber may number its spans as it likes.
#[derive(Default)]
struct Aliases(Mutex<AliasMap>);

#[derive(Default)]
struct AliasMap {
    last: u32,
    original: HashMap<u32, Id>,
    alias: HashMap<Id, u32>,
}

impl Aliases {
    fn alias(&self, original: Id) -> Id {
        let mut map = self.lock();
        if let Some(&number) = map.alias.get(&original) {
            return Span::alias(number);
        }
        let mut number = map.last.wrapping_add(1) & ((1 << crate::table::SEQ_BITS) - 1);
        while map.original.contains_key(&number) {
            number = number.wrapping_add(1) & ((1 << crate::table::SEQ_BITS) - 1);
        }
        map.last = number;
        map.original.insert(number, original.clone());
        map.alias.insert(original, number);
        Span::alias(number)
    }

    fn original(&self, number: u32) -> Option<Id> {
        self.lock().original.get(&number).cloned()
    }

    fn forget(&self, number: u32) {
        let mut map = self.lock();
        if let Some(original) = map.original.remove(&number) {
            map.alias.remove(&original);
        }
    }

    fn lock(&self) -> MutexGuard<'_, AliasMap> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
