//! What is said of panics: each part's at most once a minute, and how many it were.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use super::{Part, caught::Caught, in_words};
use crate::notice;

const SELDOM: Duration = Duration::from_secs(60);

static COUNTS: [AtomicU64; Part::ALL.len()] = [const { AtomicU64::new(0) }; Part::ALL.len()];
static SAID: Mutex<[Said; Part::ALL.len()]> = Mutex::new([const { Said::NEVER }; Part::ALL.len()]);

/// When something was said last, and what was not since. Pure: time is an argument.
#[derive(Debug)]
struct Said {
    last: Option<Instant>,
    unsaid: u64,
}

impl Said {
    const NEVER: Self = Self {
        last: None,
        unsaid: 0,
    };

    /// Whether to say it now, and how much was not said since the last time.
    fn admits(&mut self, now: Instant) -> Option<u64> {
        let is_early = |last| now.saturating_duration_since(last) < SELDOM;
        if self.last.is_some_and(is_early) {
            self.unsaid += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }
}

/// Counts a panic and says it. `pause`: until the part begins again, if it is to.
pub(super) fn tell(part: Part, panic: &Caught, pause: Option<Duration>) {
    COUNTS[part as usize].fetch_add(1, Relaxed);
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    let unsaid = said[part as usize].admits(Instant::now());
    drop(said);
    if let Some(unsaid) = unsaid {
        let message = message(part, panic, pause, unsaid);
        notice::warn(notice::somebody_listens(), &message);
    }
}

/// How often a part has panicked.
#[cfg(any(test, feature = "census"))]
pub(super) fn count(part: Part) -> u64 {
    COUNTS[part as usize].load(Relaxed)
}

fn message(part: Part, panic: &Caught, pause: Option<Duration>, unsaid: u64) -> String {
    let (does, lost, message) = (part.does(), part.lost(), &panic.message);
    let place = panic.place.as_ref();
    let place = place.map_or_else(String::new, |place| format!(" at {place}"));
    let again = pause.map_or_else(
        || "the agent goes on".to_owned(),
        |pause| format!("it begins again in {}", in_words(pause)),
    );
    let unsaid = match unsaid {
        0 => String::new(),
        unsaid => format!(" ({unsaid} more since this was said last)"),
    };
    format!(
        "a bug in the agent, of which the program takes no harm: {does} panicked{place}: \
         {message}; {again}{unsaid}. {lost}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_said_once_a_minute_and_the_others_counted() {
        let start = Instant::now();
        let mut said = Said::NEVER;
        let mut at = |seconds| said.admits(start + Duration::from_secs(seconds));
        assert_eq!(at(0), Some(0));
        assert_eq!([at(1), at(2), at(59)], [None; 3]);
        assert_eq!(at(60), Some(3));
        assert_eq!(at(61), None);
        assert_eq!(at(1000), Some(1));
    }

    #[test]
    fn a_panic_is_told_with_its_place_and_what_follows() {
        let mut caught = Caught {
            message: "index out of bounds".to_owned(),
            place: None,
        };
        let text = message(Part::Pump, &caught, Some(Duration::from_millis(200)), 3);
        assert_eq!(
            text,
            "a bug in the agent, of which the program takes no harm: what collects events \
             panicked: index out of bounds; it begins again in 200 ms (3 more since this was said \
             last). Whoever watches them is told how many are missing"
        );
        caught.place = super::super::caught::called(|| panic!("for a place"))
            .map_or_else(|caught| caught.place, |()| None);
        let text = message(Part::Stream, &caught, None, 0);
        assert!(
            text.ends_with("; the agent goes on. That one ended with an error"),
            "{text}"
        );
    }
}
