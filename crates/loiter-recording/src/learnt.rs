//! What tasks wait on, as it came to be known: some bytes a task.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use loiter_model::{
    Nanos, TaskSeq, Wait, WaitId,
    update::{LabelSet, LearntWait},
};
use loiter_wire::v1;
use prost::Message;

use crate::{
    Damage, Waits,
    error::Problem,
    guard,
    varint::{Column, put, put_difference},
};

/// Waits of one block at most: each is some bytes in a file and 24 in memory.
pub(crate) const MOST: usize = 1 << 16;
/// Waits whose stacks are remembered: as many as an agent tells apart.
const MOST_KNOWN: usize = 1 << 14;

/// What was told and is not written yet.
#[derive(Debug, Default)]
pub(crate) struct Learnt {
    waits: VecDeque<LearntWait>,
    is_sorted: bool,
    /// What the stream of events told of waits, each once.
    known: HashMap<WaitId, Arc<Wait>>,
    /// Those that a reader knows who began at the last keyframe.
    said: HashSet<WaitId>,
}

impl Learnt {
    /// Takes what a batch of events told.
    pub(crate) fn add(&mut self, waits: Vec<LearntWait>, labels: &LabelSet) {
        if self.known.len() > MOST_KNOWN {
            self.known.clear();
        }
        let told = labels.waits.iter();
        self.known
            .extend(told.map(|(id, wait)| (*id, wait.clone())));
        self.is_sorted &= waits.is_empty();
        self.waits.extend(waits);
    }

    /// A keyframe begins: a reader may begin here, too.
    pub(crate) fn keyframe(&mut self) {
        self.said.clear();
    }

    /// These are in another block.
    pub(crate) fn say(&mut self, labels: &LabelSet) {
        self.said.extend(labels.waits.keys());
    }

    /// The first of those that were learnt up to this time, as many as fit into a block.
    pub(crate) fn take(&mut self, until: Nanos) -> Option<Waits> {
        if !std::mem::replace(&mut self.is_sorted, true) {
            self.waits.make_contiguous().sort_by_key(|learnt| learnt.at);
        }
        let count = self.waits.partition_point(|learnt| learnt.at <= until);
        let waits: Vec<_> = self.waits.drain(..count.min(MOST)).collect();
        if waits.is_empty() {
            return None;
        }
        let mut labels = LabelSet::default();
        for learnt in &waits {
            if self.said.insert(learnt.wait)
                && let Some(wait) = self.known.get(&learnt.wait)
            {
                labels.waits.insert(learnt.wait, wait.clone());
            }
        }
        Some(Waits { waits, labels })
    }

    /// What goes on in another file: what the stream of events will not tell again.
    pub(crate) fn go_on(&self) -> Self {
        Self {
            known: self.known.clone(),
            ..Self::default()
        }
    }
}

/// A block's body.
pub(crate) fn encode(waits: &Waits) -> Vec<u8> {
    let labels = v1::Labels::from(&waits.labels).encode_to_vec();
    let mut body = Vec::with_capacity(labels.len() + 8 * waits.waits.len() + 16);
    put(&mut body, waits.waits.len() as u64);
    put(&mut body, labels.len() as u64);
    body.extend(labels);
    let mut last = waits.waits.first().map_or(0, |first| first.at.0);
    for learnt in &waits.waits {
        put(&mut body, learnt.at.0 - last);
        last = learnt.at.0;
    }
    let mut last = 0;
    for learnt in &waits.waits {
        put_difference(&mut body, learnt.task.get(), last);
        last = learnt.task.get();
    }
    for learnt in &waits.waits {
        put(&mut body, u64::from(learnt.wait.0));
    }
    body
}

/// Reads a block's body, which begins at this time.
pub(crate) fn decode(body: &[u8], first_at: u64) -> Result<Waits, Problem> {
    let mut left = Column::new(body);
    let count = length(&mut left)?;
    let labels = length(&mut left)?;
    let labels = left.bytes(labels)?;
    if labels.len() > guard::LONGEST_MESSAGE {
        return Err(Damage("labels that are too long").into());
    }
    let labels = v1::Labels::decode(labels)?;
    guard::ensure_few_frames(Some(&labels))?;
    if count > MOST {
        return Err(Damage("more waits than a block may have").into());
    }
    let mut times = Vec::with_capacity(count);
    let mut at = first_at;
    for _ in 0..count {
        at = at
            .checked_add(left.number()?)
            .ok_or(Damage("a time beyond all times"))?;
        times.push(Nanos(at));
    }
    let mut tasks = Vec::with_capacity(count);
    let mut last = 0;
    for _ in 0..count {
        last = left.difference(last)?;
        tasks.push(TaskSeq::new(last).ok_or(Damage("a wait of no task"))?);
    }
    let mut waits = Vec::with_capacity(count);
    for (at, task) in times.into_iter().zip(tasks) {
        let wait = WaitId(left.small()?);
        waits.push(LearntWait { at, task, wait });
    }
    match left.is_over() {
        true => Ok(Waits {
            waits,
            labels: labels.try_into()?,
        }),
        false => Err(Damage("more than it says").into()),
    }
}

fn length(left: &mut Column<'_>) -> Result<usize, Damage> {
    usize::try_from(left.number()?).map_err(|_| Damage::TOO_SHORT)
}

#[cfg(test)]
mod tests {
    use loiter_model::{AwaitStack, StackSource, WaitKind};
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn learnt(at: u64, task: u64, wait: u32) -> LearntWait {
        LearntWait {
            at: Nanos(at),
            task: TaskSeq::new(task).expect("above zero"),
            wait: WaitId(wait),
        }
    }

    fn labels(ids: &[u32]) -> LabelSet {
        let wait = Arc::new(Wait {
            kind: WaitKind::Unknown,
            place: None,
            stack: AwaitStack {
                branches: Vec::new(),
                source: StackSource::Probed,
            },
        });
        LabelSet {
            waits: ids.iter().map(|id| (WaitId(*id), wait.clone())).collect(),
            ..LabelSet::default()
        }
    }

    fn said(waits: Option<Waits>) -> (Vec<u64>, Vec<u32>) {
        let waits = waits.expect("some");
        let mut ids: Vec<_> = waits.labels.waits.keys().map(|id| id.0).collect();
        ids.sort_unstable();
        (waits.waits.iter().map(|it| it.at.0).collect(), ids)
    }

    #[test]
    fn each_stack_is_said_once_after_a_keyframe() {
        let mut told = Learnt::default();
        told.add(vec![learnt(9, 1, 5), learnt(3, 2, 6)], &labels(&[5, 6]));
        told.add(vec![learnt(4, 3, 5)], &LabelSet::default());
        assert_eq!(said(told.take(Nanos(4))), (vec![3, 4], vec![5, 6]));
        assert_eq!(said(told.take(Nanos(20))), (vec![9], vec![]));
        assert_eq!(told.take(Nanos(20)), None);

        told.keyframe();
        told.say(&labels(&[6]));
        told.add(
            vec![learnt(30, 1, 5), learnt(31, 1, 6)],
            &LabelSet::default(),
        );
        assert_eq!(said(told.take(Nanos(40))), (vec![30, 31], vec![5]));

        let mut next = told.go_on();
        next.add(vec![learnt(50, 1, 5)], &LabelSet::default());
        assert_eq!(said(next.take(Nanos(60))), (vec![50], vec![5]));
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let whole = encode(&Waits {
            waits: vec![learnt(5, 7, 1), learnt(6, 8, 1)],
            labels: labels(&[1]),
        });
        assert!(decode(&whole, 5).is_ok());
        for length in 0..whole.len() {
            assert!(decode(&whole[..length], 5).is_err(), "{length}");
        }
        let longer = [&whole[..], &[0]].concat();
        assert!(decode(&longer, 5).is_err());
        assert!(decode(&whole, u64::MAX).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(rows in vec((0..1_u64 << 40, 1..u64::MAX, any::<u32>()), 0..50)) {
            let mut waits: Vec<_> = rows
                .into_iter()
                .map(|(at, task, wait)| learnt(at, task, wait))
                .collect();
            waits.sort_by_key(|learnt| learnt.at);
            let waits = Waits { waits, labels: labels(&[3]) };
            let first = waits.waits.first().map_or(0, |learnt| learnt.at.0);
            let read = decode(&encode(&waits), first).map_err(|_| "refused");
            prop_assert_eq!(read, Ok(waits));
        }

        #[test]
        fn nothing_panics(body in vec(any::<u8>(), 0..200), first: u64) {
            let _ = decode(&body, first);
        }
    }
}
