//! What tasks wait on. Frames are written once a message: thousands of stacks have most of their
//! calls in common.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use loiter_model::{
    AwaitStack, Branch, Frame, Nanos, SiteId, StackSource, Wait, WaitId, WaitKind, WaitStats,
    update::CaptureOutcome,
};

use super::{BadMessage, seqs, task};
use crate::v1;

type Frames = BTreeMap<u32, v1::Frame>;

/// Frames that are numbered in the order in which they are first met.
#[derive(Default)]
struct Numbering<'a> {
    numbers: HashMap<&'a Frame, u32>,
}

impl<'a> Numbering<'a> {
    fn number(&mut self, frame: &'a Frame) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(frame).or_insert(next)
    }

    fn wait(&mut self, wait: &'a Wait) -> v1::Wait {
        let branches = wait.stack.branches.iter();
        v1::Wait {
            kind: wire_kind(wait.kind).into(),
            branches: branches
                .map(|branch| v1::Branch {
                    frames: branch
                        .frames
                        .iter()
                        .map(|frame| self.number(frame))
                        .collect(),
                })
                .collect(),
            place: wait.place.as_ref().map(|place| self.number(place)),
            source: match wait.stack.source {
                StackSource::Probed => v1::StackSource::Probed,
                StackSource::Sampled => v1::StackSource::Sampled,
            }
            .into(),
        }
    }
}

/// Waits and the frames they consist of, as `Labels` has them.
pub(super) fn wire_waits<'a>(
    waits: impl IntoIterator<Item = (&'a WaitId, &'a Arc<Wait>)>,
) -> (BTreeMap<u32, v1::Wait>, Frames) {
    let mut numbering = Numbering::default();
    let waits = waits
        .into_iter()
        .map(|(id, wait)| (id.0, numbering.wait(wait)))
        .collect();
    let frames = numbering.numbers.into_iter();
    let frames = frames
        .map(|(frame, number)| (number, frame.into()))
        .collect();
    (waits, frames)
}

/// The reverse of [`wire_waits`].
pub(super) fn waits(
    waits: BTreeMap<u32, v1::Wait>,
    frames: Frames,
) -> Result<HashMap<WaitId, Arc<Wait>>, BadMessage> {
    // Their texts are shared by every stack.
    let frames: HashMap<u32, Frame> = frames
        .into_iter()
        .map(|(number, frame)| (number, frame.into()))
        .collect();
    waits
        .into_iter()
        .map(|(id, message)| Ok((WaitId(id), Arc::new(wait(message, &frames)?))))
        .collect()
}

fn wait(wait: v1::Wait, frames: &HashMap<u32, Frame>) -> Result<Wait, BadMessage> {
    let frame = |field, number: u32| {
        let problem = "which is not in `Labels.frames`";
        let frame = frames.get(&number).cloned();
        frame.ok_or_else(|| BadMessage::value(field, number, problem))
    };
    let branches = wait.branches.into_iter().map(|branch| {
        let numbers = branch.frames.into_iter();
        let frames = numbers.map(|number| frame("Branch.frames", number));
        Ok(Branch {
            frames: frames.collect::<Result<_, _>>()?,
        })
    });
    Ok(Wait {
        kind: kind(wait.kind),
        place: wait
            .place
            .map(|number| frame("Wait.place", number))
            .transpose()?,
        stack: AwaitStack {
            branches: branches.collect::<Result<_, _>>()?,
            source: match v1::StackSource::try_from(wait.source) {
                Ok(v1::StackSource::Probed) => StackSource::Probed,
                // A source that only newer peers know promises nothing.
                Ok(v1::StackSource::Sampled | v1::StackSource::Unspecified) | Err(_) => {
                    StackSource::Sampled
                }
            },
        },
    })
}

impl From<&Frame> for v1::Frame {
    fn from(frame: &Frame) -> Self {
        Self {
            function: (*frame.function).to_owned(),
            file: (*frame.file).to_owned(),
            line: frame.line,
            column: frame.column,
        }
    }
}

impl From<v1::Frame> for Frame {
    fn from(frame: v1::Frame) -> Self {
        Self {
            function: frame.function.into(),
            file: frame.file.into(),
            line: frame.line,
            column: frame.column,
        }
    }
}

macro_rules! kinds {
    ($($here:ident $there:ident;)*) => {
        fn wire_kind(kind: WaitKind) -> v1::WaitKind {
            match kind {
                $(WaitKind::$here => v1::WaitKind::$there,)*
            }
        }

        /// A kind that only newer peers know is an unknown one.
        fn kind(value: i32) -> WaitKind {
            match v1::WaitKind::try_from(value) {
                $(Ok(v1::WaitKind::$there) => WaitKind::$here,)*
                Ok(v1::WaitKind::Unspecified) | Err(_) => WaitKind::Unknown,
            }
        }
    };
}

kinds! {
    MpscRecv MpscRecv;
    MpscSend MpscSend;
    OneshotRecv OneshotRecv;
    BroadcastRecv BroadcastRecv;
    WatchChanged WatchChanged;
    Notify Notify;
    Mutex Mutex;
    RwLockRead RwlockRead;
    RwLockWrite RwlockWrite;
    Semaphore Semaphore;
    Barrier Barrier;
    Join Join;
    Sleep Sleep;
    IoRead IoRead;
    IoWrite IoWrite;
    Accept Accept;
    Signal Signal;
    Process Process;
    Select Select;
    Nothing Nothing;
    Unknown Unknown;
}

impl From<WaitStats> for v1::WaitStats {
    fn from(stats: WaitStats) -> Self {
        Self {
            wait: stats.wait.map(|id| id.0),
            state: task::wire_state(stats.state).into(),
            site: stats.site.0,
            count: stats.count,
            oldest_ns: stats.oldest.map(|oldest| oldest.0),
            median_ns: stats.median.map(|median| median.0),
            bytes: stats.bytes,
            sample: stats.sample.iter().map(|seq| seq.get()).collect(),
        }
    }
}

impl TryFrom<v1::WaitStats> for WaitStats {
    type Error = BadMessage;

    fn try_from(stats: v1::WaitStats) -> Result<Self, BadMessage> {
        Ok(Self {
            wait: stats.wait.map(WaitId),
            state: task::state("WaitStats.state", stats.state)?,
            site: SiteId(stats.site),
            count: stats.count,
            oldest: stats.oldest_ns.map(Nanos),
            median: stats.median_ns.map(Nanos),
            bytes: stats.bytes,
            sample: seqs("WaitStats.sample", stats.sample)?,
        })
    }
}

impl From<CaptureOutcome> for v1::CaptureStacksReply {
    fn from(outcome: CaptureOutcome) -> Self {
        Self {
            matched: outcome.matched,
            captured: outcome.captured,
            not_idle: outcome.not_idle,
            not_watched: outcome.not_watched,
            timed_out: outcome.timed_out,
            over_limit: outcome.over_limit,
        }
    }
}

impl From<v1::CaptureStacksReply> for CaptureOutcome {
    fn from(reply: v1::CaptureStacksReply) -> Self {
        Self {
            matched: reply.matched,
            captured: reply.captured,
            not_idle: reply.not_idle,
            not_watched: reply.not_watched,
            timed_out: reply.timed_out,
            over_limit: reply.over_limit,
        }
    }
}
