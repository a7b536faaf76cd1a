//! What a task waits on.

mod judge;

use std::{fmt, sync::Arc};

use crate::{AwaitStack, Branch, Frame, Nanos, Origin, SiteId, State, TaskSeq};

/// Stands for a [`Wait`] where waits are interned. Meaningful only beside the table or the
/// update that it came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaitId(pub u32);

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $name:literal;)*) => {
        /// What the innermost future of a task waits on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum WaitKind {
            $($(#[$doc])* $variant,)*
        }

        impl WaitKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The words for it in filters, tables and JSON.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The name as a filter takes it: in quotes where it has a space.
            pub(crate) fn written(self) -> &'static str {
                let quoted = match self { $(Self::$variant => concat!("\"", $name, "\"")),* };
                if self.name().contains(' ') { quoted } else { self.name() }
            }
        }
    };
}

kinds! {
    /// A message of an mpsc channel.
    MpscRecv "mpsc recv";
    /// Room in an mpsc channel.
    MpscSend "mpsc send";
    /// The value of a oneshot channel.
    OneshotRecv "oneshot recv";
    /// A message of a broadcast channel.
    BroadcastRecv "broadcast recv";
    /// Another value in a watch channel.
    WatchChanged "watch changed";
    /// A notification, such as that of a `CancellationToken`.
    Notify "notify";
    /// The guard of a mutex.
    Mutex "mutex";
    /// A guard that reads.
    RwLockRead "rwlock read";
    /// The guard that writes.
    RwLockWrite "rwlock write";
    /// A permit.
    Semaphore "semaphore";
    /// The others at a barrier.
    Barrier "barrier";
    /// The end of another task.
    Join "join";
    /// An instant.
    Sleep "sleep";
    /// Bytes, or a datagram.
    IoRead "io read";
    /// Room for bytes, or an established connection.
    IoWrite "io write";
    /// An incoming connection.
    Accept "accept";
    /// A signal of the operating system.
    Signal "signal";
    /// The end of a child process.
    Process "process";
    /// Several of these, whichever comes first, or all of them.
    Select "select";
    /// No waker is registered anywhere: nothing can wake the task.
    Nothing "nothing";
    /// Not one of these, or it cannot be told which.
    Unknown "unknown";
}

/// What a task waits on, and the calls that led there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wait {
    /// What the innermost future is.
    pub kind: WaitKind,
    /// The program's own call that waits.
    pub place: Option<Frame>,
    /// The calls that led there.
    pub stack: AwaitStack,
}

impl Wait {
    /// Judges a stack by its frames.
    ///
    /// Several leaves are a `select`, unless they are of one kind and at one place, such as the
    /// sends of a `join_all`. The timer of a timeout does not count beside what it limits.
    ///
    /// Takes some tens of microseconds: for each stack once, where they are interned, and not for
    /// each task.
    #[must_use]
    pub fn new(stack: AwaitStack) -> Self {
        let (kind, place) = judged(&stack.branches);
        Self {
            kind,
            place: place.cloned(),
            stack,
        }
    }

    /// What each branch waits on: of a `select`, all that can end it. A deadline, such as that of
    /// a timeout, counts as a sleep.
    ///
    /// Judges anew: some tens of microseconds.
    pub fn leaves(&self) -> impl Iterator<Item = WaitKind> {
        let branches = self.stack.branches.iter();
        branches.map(|branch| judge::leaf(&branch.frames).kind)
    }
}

fn judged(branches: &[Branch]) -> (WaitKind, Option<&Frame>) {
    let leaves = branches.iter().map(|branch| {
        let leaf = judge::leaf(&branch.frames);
        (leaf, place(&branch.frames))
    });
    let leaves: Vec<_> = leaves.collect();
    let counts = |leaf: &judge::Leaf| !leaf.is_aside;
    let any_counts = leaves.iter().any(|(leaf, _)| counts(leaf));
    let mut counted = leaves
        .iter()
        .filter(|(leaf, _)| counts(leaf) || !any_counts);
    let Some(&(first, place)) = counted.next() else {
        return (WaitKind::Nothing, None);
    };
    let spot = place.map(Spot::of);
    let alike = counted.all(|(leaf, place)| leaf.kind == first.kind && place.map(Spot::of) == spot);
    let kind = if alike { first.kind } else { WaitKind::Select };
    (kind, place)
}

/// The program's own innermost call; without one, as in a task of a library's, the library's.
fn place(frames: &[Frame]) -> Option<&Frame> {
    let of_user = frames.iter().find(|frame| frame.origin() == Origin::User);
    of_user.or_else(|| {
        frames.iter().find(|frame| {
            let code = frame.code();
            code.origin == Origin::Library && !code.is_primitive()
        })
    })
}

/// What makes two places one: a line of the source, or a function where no line is known. Each
/// instance of a generic function has a name of its own, but the line is the same.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Spot {
    Line(Arc<str>, u32, u32),
    Function(Arc<str>),
}

impl Spot {
    pub(crate) fn of(frame: &Frame) -> Self {
        if frame.line == 0 {
            Self::Function(frame.function.clone())
        } else {
            Self::Line(frame.file.clone(), frame.line, frame.column)
        }
    }
}

/// `mpsc recv · pool.rs:88 Pool::next_job`, or `nothing`.
impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.name();
        match &self.place {
            Some(place) => f.pad(&format!("{kind} · {}", place.brief())),
            None => f.pad(kind),
        }
    }
}

/// The tasks that wait alike, at one instant. Those whose stack was not captured are together by
/// state and site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitStats {
    /// What they wait on: of stacks that count as alike here the one with the lowest number.
    /// `None` where it was not captured.
    pub wait: Option<WaitId>,
    /// What they are doing: idle, unless `wait` is `None`.
    pub state: State,
    /// Where the oldest of them was spawned.
    pub site: SiteId,
    /// How many they are.
    pub count: u64,
    /// The longest time in `state` among them: the longest current wait of idle ones.
    pub oldest: Option<Nanos>,
    /// The median time in `state` among them, within an eighth.
    pub median: Option<Nanos>,
    /// Bytes of the futures of those alive.
    pub bytes: u64,
    /// The first of them, oldest first, up to [`WaitStats::SAMPLE`].
    pub sample: Vec<TaskSeq>,
}

impl WaitStats {
    /// How many tasks a sample has at most.
    pub const SAMPLE: usize = 8;
}
