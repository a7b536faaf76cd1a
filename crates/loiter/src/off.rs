//! What stands where the agent does in a program that is built without it (the feature `agent`):
//! nothing, in the shape of each of its parts that public items are made of. Those items, with
//! their documentation, are the same ones either way.

use std::{
    io::{self, Write},
    net::SocketAddr,
    panic::Location,
    path::PathBuf,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use loiter_model::Kind;
use tokio_stream::Stream;

use crate::{Agent, Builder, InitError, finding::Change, task::About};

/// For [`Builder::init`]: nothing is read or checked, and the program's own subscriber installed.
pub(crate) fn init(builder: Builder) {
    if let Err(error) = builder.without_agent() {
        // Not with `eprintln!`, which panics when nothing can be written.
        let _ = writeln!(io::stderr(), "loiter: {error}");
    }
}

/// The same for [`Builder::try_init`].
pub(crate) fn try_init(builder: Builder) -> Result<Agent, InitError> {
    builder.without_agent()
}

/// An agent: there is none.
pub(crate) enum Core {}

impl Core {
    pub(crate) fn listened_on(&self) -> Option<SocketAddr> {
        match *self {}
    }

    pub(crate) fn listened_at(&self) -> Option<PathBuf> {
        match *self {}
    }

    pub(crate) fn wait_listening(&self, _: Duration) -> Option<SocketAddr> {
        match *self {}
    }
}

/// Changes of findings: none ever comes.
#[derive(Debug)]
pub(crate) struct Feed;

impl Feed {
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Stream for Feed {
    type Item = Change;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Change>> {
        Poll::Pending
    }
}

/// What its spawner says of a task, to nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    pub(crate) expect_idle: bool,
    pub(crate) may_be_part: bool,
}

/// The future itself is what tokio is given.
#[inline(always)]
pub(crate) fn wrap<F: Future>(future: F, _: Kind, _: &About<'_>) -> F {
    future
}

#[inline(always)]
pub(crate) fn wrap_at<F: Future>(
    future: F,
    _: Kind,
    _: &About<'_>,
    _: &'static Location<'static>,
) -> F {
    future
}

/// And the function.
#[inline(always)]
pub(crate) fn blocking<F, R>(function: F, _: &About<'_>) -> F
where
    F: FnOnce() -> R + Send + 'static,
{
    function
}

/// How a wrapped future is watched: not.
#[derive(Debug)]
pub(crate) struct Watch;

impl Watch {
    #[inline(always)]
    pub(crate) fn of(_: Kind, _: &About<'_>, _size: usize, _: &'static Location<'static>) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn poll<F: Future>(
        &mut self,
        future: Pin<&mut F>,
        context: &mut Context<'_>,
        _size: usize,
    ) -> Poll<F::Output> {
        future.poll(context)
    }
}

/// The label of a scope, which nothing is put into.
#[derive(Debug)]
pub(crate) struct Label;

impl Label {
    /// Not even makes a text of it.
    #[inline(always)]
    pub(crate) fn new(_: impl Into<String>) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn enter(&mut self) -> Inside {
        Inside
    }
}

/// A poll of a future in a scope.
pub(crate) struct Inside;
