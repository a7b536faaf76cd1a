//! Whether ever more tasks of a site are alive.

use super::Certainty;
use crate::Nanos;

/// A window is judged by this many parts.
const PARTS: usize = 6;

/// How long a part of a window is, and how sure a growth over that window is. The longest last.
const WINDOWS: [(Nanos, Certainty); 3] = [
    (Nanos::from_secs(10), Certainty::Watch),
    (Nanos::from_secs(100), Certainty::Suspected),
    (Nanos::from_secs(600), Certainty::Suspected),
];

/// The longest window.
const HOUR: Nanos = Nanos::from_secs(3_600);

/// While a site is new its pools and caches fill: that is no growth.
const WARM_UP: Nanos = Nanos::from_secs(60);

/// So many tasks more are a growth, at least.
const LEAST: u64 = 10;
/// And at least this share of what there was.
const LEAST_SHARE: u64 = 4;

/// How many tasks of one site were alive over the last hour, in less than 1 KB, however long it
/// is kept.
#[derive(Clone, Debug, Default)]
pub struct Trend {
    first: Option<Nanos>,
    last: Nanos,
    windows: [Window; WINDOWS.len()],
}

/// A growth that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// How sure it is: the longer the window, the surer.
    pub certainty: Certainty,
    /// Over which time.
    pub over: Nanos,
    /// Alive at its beginning.
    pub before: u64,
    /// Alive at its end.
    pub now: u64,
    /// Spawned in it.
    pub spawned: u64,
    /// Ended in it.
    pub ended: u64,
}

impl Trend {
    /// Takes a sample: tasks spawned and ended so far. To be called once a second; O(1).
    ///
    /// Where a part of a window went by without any sample, that window begins anew.
    pub fn sample(&mut self, at: Nanos, spawned: u64, ended: u64) {
        let first = *self.first.get_or_insert(at);
        let begin = first.saturating_add(WARM_UP);
        if at < begin || at < self.last {
            return;
        }
        self.last = at;
        let sample = Sample { spawned, ended };
        for (window, (part, _)) in self.windows.iter_mut().zip(WINDOWS) {
            window.take(at.saturating_sub(begin), part, sample);
        }
    }

    /// The surest growth, if there is one; of equally sure ones that over the longest time.
    ///
    /// In a growth the fewest tasks of each sixth are more than those of the sixth before, so a
    /// burst is none. Nor is a tooth of a slow saw, except the first: a growth over less than an
    /// hour must go beyond what there was in the hour before it.
    #[must_use]
    pub fn growth(&self) -> Option<Growth> {
        let growths = self.windows.iter().zip(WINDOWS);
        growths
            .filter_map(|(window, (part, certainty))| window.growth(part, certainty))
            .max_by_key(|growth| (growth.certainty, growth.over))
    }
}

/// Counts since the agent's start.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    spawned: u64,
    ended: u64,
}

impl Sample {
    fn alive(self) -> u64 {
        self.spawned.saturating_sub(self.ended)
    }
}

/// The last whole parts of a time, and the one that has begun.
#[derive(Clone, Debug, Default)]
struct Window {
    /// Oldest first; the last `whole` of them are filled.
    parts: [Part; PARTS],
    whole: usize,
    /// Which part has begun, counted from the end of the warm-up; `None` before the first.
    number: Option<u64>,
    begun: Part,
    /// Alive at the most before `parts`: in this hour, and in the one before.
    highest: [u64; 2],
}

#[derive(Clone, Copy, Debug, Default)]
struct Part {
    /// The first sample in it.
    begin: Sample,
    /// Alive at the least.
    least: u64,
    /// Alive at the most.
    most: u64,
}

impl Part {
    fn new(begin: Sample) -> Self {
        let alive = begin.alive();
        Self {
            begin,
            least: alive,
            most: alive,
        }
    }
}

impl Window {
    /// `time`: since the end of the warm-up.
    fn take(&mut self, time: Nanos, part: Nanos, sample: Sample) {
        let number = time.0 / part.0;
        if self.number == Some(number) {
            let alive = sample.alive();
            self.begun.least = self.begun.least.min(alive);
            self.begun.most = self.begun.most.max(alive);
            return;
        }
        if let Some(last) = self.number {
            if last.saturating_mul(part.0) / HOUR.0 != time.0 / HOUR.0 {
                self.highest = [0, self.highest[0]];
            }
            self.end_part();
            if last + 1 != number {
                self.leave_all();
            }
        }
        self.number = Some(number);
        self.begun = Part::new(sample);
    }

    fn end_part(&mut self) {
        if self.whole == PARTS {
            self.highest[0] = self.highest[0].max(self.parts[0].most);
        }
        self.parts.rotate_left(1);
        self.parts[PARTS - 1] = self.begun;
        self.whole = PARTS.min(self.whole + 1);
    }

    fn leave_all(&mut self) {
        let left = &self.parts[PARTS - self.whole..];
        let highest = left.iter().map(|part| part.most).max();
        self.highest[0] = self.highest[0].max(highest.unwrap_or_default());
        self.whole = 0;
    }

    fn growth(&self, part: Nanos, certainty: Certainty) -> Option<Growth> {
        if self.whole < PARTS {
            return None;
        }
        let grows = self.parts.windows(2).all(|two| two[0].least < two[1].least);
        let [first, .., last] = &self.parts;
        let least = LEAST.max(first.least / LEAST_SHARE);
        let grown = last.least.saturating_sub(first.least);
        // The part that has begun begins where the window ends.
        let (begin, end) = (first.begin, self.begun.begin);
        let (spawned, ended) = (
            end.spawned.saturating_sub(begin.spawned),
            end.ended.saturating_sub(begin.ended),
        );
        let over = Nanos(part.0 * PARTS as u64);
        let is_tooth = over < HOUR && self.highest.iter().any(|most| *most >= last.least);
        let is_so = grows && grown >= least && spawned.saturating_sub(ended) >= grown && !is_tooth;
        is_so.then_some(Growth {
            certainty,
            over,
            before: begin.alive(),
            now: end.alive(),
            spawned,
            ended,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_is_small() {
        assert!(size_of::<Trend>() < 1024, "{}", size_of::<Trend>());
    }
}
