//! Writing a recording while it is made.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use loiter_model::{
    Nanos,
    finding::FindingKey,
    update::{EventBatch, EventKind, FindingsUpdate, LabelSet},
};
use loiter_wire::v1;
use prost::Message;

use crate::{
    Entry, Gap, Waits,
    events::{self, Encoder},
    format::{
        Blocks, END_MAGIC, EVENTS, FINDINGS, GAP, INDEX, KEYFRAME, KEYFRAME_END, MAGIC,
        MOST_BLOCKS, START, VERSION, WAITS,
    },
    guard::{LONGEST_MESSAGE, MOST_ROWS},
    index::{self, Block},
    labels::Numbers,
    learnt::{self, Learnt},
    rows::Rows,
    waiting::{Next, Told, Waiting},
};

/// Bytes of names in a block of events, from which on it is written.
const MUCH_TEXT: usize = 1 << 20;

/// Writes a recording to `out`, from its beginning.
///
/// Entries are [added](Self::add) as they come, in about the order of time, and written when it is
/// said that nothing earlier will come ([`settle`](Self::settle)). What is not
/// [flushed](Self::flush) may be lost if the process dies, and nothing else: a file without an end
/// is read up to its last whole block.
///
/// ```
/// use loiter_model::{Nanos, update::{Event, EventBatch, EventKind}, TaskSeq};
/// use loiter_recording::{Entry, Recording, Writer};
///
/// let mut writer = Writer::new(Vec::new())?;
/// let event = |at, kind| Event { at: Nanos(at), task: TaskSeq::new(7).unwrap(), kind };
/// let events = vec![event(10, EventKind::PollStart), event(25, EventKind::PollEnd)];
/// writer.add(Entry::Events(EventBatch { events: events.clone(), ..EventBatch::default() }));
/// let file = writer.finish()?;
///
/// let mut recording = Recording::open(std::io::Cursor::new(file))?;
/// assert_eq!(recording.range(), (Nanos(10), Nanos(25)));
/// let Some(Ok(Entry::Events(batch))) = recording.entries(Nanos(0)).next() else { panic!() };
/// assert_eq!(batch.events, events);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    written: u64,
    index: Vec<Block>,
    blocks: Blocks,
    numbers: Numbers,
    waiting: Waiting,
    learnt: Learnt,
    /// Nothing earlier will come.
    settled: Nanos,
    /// The block of events that is being filled, and its labels.
    encoder: Encoder,
    labels: LabelSet,
    text: usize,
    /// Events lost so far, and as the current stream of events counts them.
    lost: u64,
    lost_in_stream: u64,
    findings: BTreeSet<FindingKey>,
}

impl<W: Write> Writer<W> {
    /// Writes the beginning.
    ///
    /// # Errors
    /// Those of `out`, as for the other methods.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(&MAGIC)?;
        out.write_all(&[VERSION])?;
        Ok(Self {
            out,
            written: START,
            index: Vec::new(),
            blocks: Blocks::new(),
            numbers: Numbers::default(),
            waiting: Waiting::default(),
            learnt: Learnt::default(),
            settled: Nanos::ZERO,
            encoder: Encoder::default(),
            labels: LabelSet::default(),
            text: 0,
            lost: 0,
            lost_in_stream: 0,
            findings: BTreeSet::new(),
        })
    }

    /// Bytes written so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Whether it has so many blocks that a reader takes no more.
    pub fn is_full(&self) -> bool {
        // Room for a large keyframe, and for the index.
        self.index.len() >= MOST_BLOCKS - MOST_BLOCKS / 8
    }

    /// Events lost so far, as the batches said.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Takes an entry; it is written by [`settle`](Self::settle).
    ///
    /// Events may be those of an agent's stream: with labels that an earlier batch had, and with
    /// `lost` counted from the stream's beginning.
    pub fn add(&mut self, entry: Entry) {
        match entry {
            Entry::Events(mut batch) => {
                self.numbers.learn(&batch.labels);
                self.lose(&batch);
                self.learnt
                    .add(std::mem::take(&mut batch.waits), &batch.labels);
                self.waiting.events(batch, &mut self.numbers);
            }
            Entry::Waits(Waits { waits, labels }) => self.learnt.add(waits, &labels),
            fact => self.waiting.fact(fact),
        }
    }

    fn lose(&mut self, batch: &EventBatch) {
        let since = match batch.lost >= self.lost_in_stream {
            true => self.lost_in_stream,
            // Another stream.
            false => 0,
        };
        self.lost = self.lost.saturating_add(batch.lost - since);
        self.lost_in_stream = batch.lost;
    }

    /// Writes what was added up to this time, in the order of time: nothing earlier will come. What
    /// comes nevertheless counts as of the time at which it is written. [`Nanos::MAX`] writes all that
    /// was added, and says nothing of what will come.
    pub fn settle(&mut self, until: Nanos) -> io::Result<()> {
        self.waiting.sort();
        if until < Nanos::MAX {
            self.settled = self.settled.max(until);
        }
        while let Some(next) = self.waiting.next(until) {
            match next {
                Next::Event(told) => self.event(told)?,
                Next::Fact(fact) => {
                    self.cut(fact.at())?;
                    self.fact(*fact)?;
                }
            }
        }
        match until {
            Nanos::MAX => self.cut(Nanos::MAX),
            _ => Ok(()),
        }
    }

    /// Hands everything that is settled to `out`, and flushes it.
    pub fn flush(&mut self) -> io::Result<()> {
        self.cut(self.settled)?;
        self.out.flush()
    }

    /// Writes all that was added, and the end.
    pub fn finish(self) -> io::Result<W> {
        Ok(self.finish_counted()?.0)
    }

    /// The same, and says how many bytes it has come to.
    pub fn finish_counted(mut self) -> io::Result<(W, u64)> {
        self.settle(Nanos::MAX)?;
        let at = self.written;
        let index = index::encode(&self.index);
        let range = (Nanos::ZERO, Nanos::ZERO);
        let count = self.index.len();
        let head = self
            .blocks
            .write(&mut self.out, (INDEX, count), range, &index)?;
        let end = [&at.to_le_bytes()[..], &END_MAGIC].concat();
        self.out.write_all(&end)?;
        self.out.flush()?;
        Ok((self.out, at + head.length() + end.len() as u64))
    }

    /// Writes all that was added, and the end, says how many bytes it has come to, and begins another
    /// recording that goes on from here: it knows the labels that a stream of events told before.
    pub fn go_on_in(self, out: W) -> io::Result<(u64, Self)> {
        let mut next = Self::new(out)?;
        next.numbers = self.numbers.clone();
        next.learnt = self.learnt.go_on();
        next.lost_in_stream = self.lost_in_stream;
        Ok((self.finish_counted()?.1, next))
    }

    fn event(&mut self, told: Told) -> io::Result<()> {
        let Told { event, beside } = told;
        if let EventKind::Spawn { site, .. } = event.kind
            && let Some(place) = self.numbers.site(site)
        {
            self.labels
                .sites
                .entry(site)
                .or_insert_with(|| place.clone());
        }
        if let Some(beside) = &beside {
            let told = &beside.description;
            for (id, text) in [(told.name, &beside.name), (told.scope, &beside.scope)] {
                if let (Some(id), Some(text)) = (id, text) {
                    self.text += text.len();
                    self.labels.names.insert(id, text.clone());
                }
            }
        }
        let description = beside.as_ref().map(|beside| &beside.description);
        self.encoder.push(&event, description);
        match self.encoder.len() >= events::MOST || self.text >= MUCH_TEXT {
            true => self.cut(event.at),
            false => Ok(()),
        }
    }

    /// Writes the block of events that is being filled, and the waits that were learnt up to this
    /// time: those of the time of the events before them.
    fn cut(&mut self, until: Nanos) -> io::Result<()> {
        if self.encoder.len() > 0 {
            self.waits(Nanos(self.encoder.range().1))?;
            self.events()?;
        }
        self.waits(until)
    }

    fn events(&mut self) -> io::Result<()> {
        let count = self.encoder.len();
        let (from, to) = self.encoder.range();
        let labels = std::mem::take(&mut self.labels);
        self.text = 0;
        let body = self.encoder.finish(&labels, self.lost);
        self.block((EVENTS, count), (Nanos(from), Nanos(to)), &body)
    }

    fn waits(&mut self, until: Nanos) -> io::Result<()> {
        while let Some(waits) = self.learnt.take(until) {
            let rows = &waits.waits;
            let range = (rows[0].at, rows[rows.len() - 1].at);
            let body = learnt::encode(&waits);
            self.block((WAITS, rows.len()), range, &body)?;
        }
        Ok(())
    }

    fn fact(&mut self, fact: Entry) -> io::Result<()> {
        let at = fact.at();
        match fact {
            Entry::Keyframe { target, .. } => {
                self.learnt.keyframe();
                let body = v1::Target::from(*target).encode_to_vec();
                self.block((KEYFRAME, 0), (at, at), &body)
            }
            Entry::KeyframeEnd { .. } => self.block((KEYFRAME_END, 0), (at, at), &[]),
            Entry::Tasks(mut update) => {
                self.numbers.tasks(&mut update);
                self.learnt.say(&update.labels);
                self.rows(update)
            }
            Entry::Sites(update) => {
                self.numbers.learn(&update.labels);
                self.rows(update)
            }
            Entry::Resources(update) => {
                self.numbers.learn(&update.labels);
                self.rows(update)
            }
            Entry::Findings(mut update) => {
                self.numbers.findings(&mut update);
                self.findings(update)
            }
            Entry::Gap(Gap { from, to, reason }) => {
                self.block((GAP, 0), (from.min(to), to), reason.as_bytes())
            }
            // Those wait elsewhere.
            Entry::Events(_) | Entry::Waits(_) => Ok(()),
        }
    }

    /// Writes rows, in as many blocks as they need.
    fn rows<R: Rows>(&mut self, update: R) -> io::Result<()> {
        let (at, count) = (update.at(), update.count());
        // Nearly always one is enough, so it is tried first.
        if count <= MOST_ROWS {
            let message = R::Message::from(update.clone());
            if count < 2 || message.encoded_len() <= LONGEST_MESSAGE {
                return self.block((R::KIND, count), (at, at), &message.encode_to_vec());
            }
        }
        let middle = count / 2;
        self.rows(update.part(0..middle))?;
        self.rows(update.part(middle..count))
    }

    /// The count in a block's head is that of the new ones.
    fn findings(&mut self, update: FindingsUpdate) -> io::Result<()> {
        let keys: BTreeSet<_> = update.findings.iter().map(|it| it.key()).collect();
        let fresh = keys.difference(&self.findings).count();
        self.findings = keys;
        let at = update.overview.at;
        let body = v1::FindingsUpdate::from(update).encode_to_vec();
        self.block((FINDINGS, fresh), (at, at), &body)
    }

    fn block(&mut self, what: (u8, usize), range: (Nanos, Nanos), body: &[u8]) -> io::Result<()> {
        let head = self.blocks.write(&mut self.out, what, range, body)?;
        self.index.push(Block::new(self.written, &head));
        self.written += head.length();
        Ok(())
    }
}
