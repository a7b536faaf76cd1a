//! Going through the time of a recording: a state machine without a clock of its own.

use loiter_model::Nanos;

use crate::source::{Go, Moment, Reel, SourceError};

/// How fast time can go, each step about twice the one before.
const SPEEDS: [f64; 11] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 75.0, 100.0];
/// How far one leaps.
const LEAP: Nanos = Nanos::from_secs(10);
/// A finding this near is the one at which one is.
const NEAR: Nanos = Nanos::from_millis(1);

/// Where in a recording one is, and how it goes on.
#[derive(Clone, Debug)]
pub(crate) struct Playback {
    pub(crate) reel: Reel,
    pub(crate) at: Nanos,
    /// Events that were lost up to then.
    pub(crate) lost: u64,
    pub(crate) speed: f64,
    pub(crate) is_playing: bool,
    /// Why it does not go where it was to go.
    pub(crate) trouble: Option<String>,
    /// The time of the UI up to which time has gone on.
    ticked: Nanos,
    /// It is on its way.
    is_going: bool,
    /// Where to go as soon as it is there.
    next: Option<Go>,
}

impl Playback {
    /// At this time of a recording.
    pub(crate) fn new(reel: Reel, at: Nanos, speed: f64, is_playing: bool) -> Self {
        Self {
            at: at.clamp(reel.range.0, reel.range.1),
            is_playing: is_playing && reel.range.0 < reel.range.1,
            reel,
            lost: 0,
            speed,
            trouble: None,
            ticked: Nanos::ZERO,
            is_going: false,
            next: None,
        }
    }

    /// Time passes; where to go for it.
    pub(crate) fn tick(&mut self, now: Nanos) -> Option<Go> {
        let passed = now.saturating_sub(self.ticked);
        // What takes long is not made up for: time goes slower then.
        if !self.is_playing || self.is_going {
            self.ticked = now;
            return None;
        }
        // A float holds each of the nanoseconds of three months.
        let gone = Nanos((passed.0 as f64 * self.speed) as u64);
        if gone == Nanos::ZERO {
            return None;
        }
        self.ticked = now;
        self.go(Go::To(self.at.saturating_add(gone)))
    }

    /// Somebody wants to go there; whether it can be gone at once.
    pub(crate) fn go(&mut self, to: Go) -> Option<Go> {
        let to = match to {
            Go::To(at) => Go::To(at.clamp(self.reel.range.0, self.reel.range.1)),
            step => step,
        };
        if std::mem::replace(&mut self.is_going, true) {
            self.next = Some(to);
            return None;
        }
        Some(to)
    }

    /// It is there, or could not go there; where to go next.
    pub(crate) fn arrived(&mut self, moment: Result<Moment, SourceError>) -> Option<Go> {
        self.is_going = false;
        match moment {
            Ok(moment) => {
                (self.at, self.lost) = (moment.at, moment.lost);
                self.trouble = None;
            }
            Err(error) => {
                self.trouble = Some(error.to_string());
                self.is_playing = false;
            }
        }
        if self.at >= self.reel.range.1 {
            self.is_playing = false;
        }
        let next = self.next.take()?;
        self.go(next)
    }

    /// Plays or stands still. At the end it begins anew.
    pub(crate) fn toggle(&mut self) -> Option<Go> {
        if self.is_still() {
            return None;
        }
        self.is_playing = !self.is_playing;
        let is_over = self.at >= self.reel.range.1;
        (self.is_playing && is_over)
            .then(|| self.go(Go::To(self.reel.range.0)))
            .flatten()
    }

    /// One event on or back, standing still from then on.
    pub(crate) fn step(&mut self, to: Go) -> Option<Go> {
        self.is_playing = false;
        self.go(to)
    }

    /// A leap on.
    pub(crate) fn leap_on(&mut self) -> Option<Go> {
        self.go(Go::To(self.aim().saturating_add(LEAP)))
    }

    /// A leap back.
    pub(crate) fn leap_back(&mut self) -> Option<Go> {
        self.go(Go::To(self.aim().saturating_sub(LEAP)))
    }

    /// Where it will be.
    fn aim(&self) -> Nanos {
        match self.next {
            Some(Go::To(at)) => at,
            _ => self.at,
        }
    }

    pub(crate) fn faster(&mut self) {
        let faster = SPEEDS.iter().find(|speed| **speed > self.speed);
        self.speed = faster.copied().unwrap_or(self.speed);
    }

    pub(crate) fn slower(&mut self) {
        let slower = SPEEDS.iter().rev().find(|speed| **speed < self.speed);
        self.speed = slower.copied().unwrap_or(self.speed);
    }

    /// To the next time at which something was found wrong, standing still there. Whether there
    /// is one.
    pub(crate) fn next_finding(&mut self) -> Option<Option<Go>> {
        let after = self.aim().saturating_add(NEAR);
        let next = self.reel.findings.iter().find(|at| **at > after).copied();
        next.map(|at| self.step(Go::To(at)))
    }

    /// The same, back.
    pub(crate) fn previous_finding(&mut self) -> Option<Option<Go>> {
        let before = self.aim().saturating_sub(NEAR);
        let findings = self.reel.findings.iter().rev();
        let previous = findings.copied().find(|at| *at < before);
        previous.map(|at| self.step(Go::To(at)))
    }

    /// Whether there is one time only, and nothing to be played.
    pub(crate) fn is_still(&self) -> bool {
        self.reel.range.0 == self.reel.range.1
    }

    /// Whether nothing is known of the present time.
    pub(crate) fn is_in_gap(&self) -> bool {
        let mut gaps = self.reel.gaps.iter();
        gaps.any(|(from, to)| (*from..*to).contains(&self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reel() -> Reel {
        Reel {
            range: (Nanos::from_secs(100), Nanos::from_secs(160)),
            started_unix: Nanos::ZERO,
            gaps: vec![(Nanos::from_secs(120), Nanos::from_secs(125))],
            findings: vec![Nanos::from_secs(110), Nanos::from_secs(140)],
            is_cut_off: false,
        }
    }

    fn playback(is_playing: bool) -> Playback {
        Playback::new(reel(), Nanos::from_secs(100), 2.0, is_playing)
    }

    fn at(seconds: u64) -> Result<Moment, SourceError> {
        Ok(Moment {
            at: Nanos::from_secs(seconds),
            lost: 0,
        })
    }

    fn to(seconds: u64) -> Option<Go> {
        Some(Go::To(Nanos::from_secs(seconds)))
    }

    #[test]
    fn time_goes_on_as_fast_as_it_is_to() {
        let mut playback = playback(true);
        assert_eq!(playback.tick(Nanos::from_secs(3)), to(106));
        // It is not there yet, and then what was missed is not made up for.
        assert_eq!(playback.tick(Nanos::from_secs(4)), None);
        assert_eq!(playback.arrived(at(106)), None);
        assert_eq!(playback.tick(Nanos::from_secs(5)), to(108));
        playback.arrived(at(108));
        playback.faster();
        assert_eq!(playback.tick(Nanos::from_secs(6)), to(113));
        playback.arrived(at(113));
        assert_eq!(playback.toggle(), None);
        assert_eq!(playback.tick(Nanos::from_secs(60)), None);
        playback.toggle();
        assert_eq!(
            playback.tick(Nanos::from_secs(61)),
            to(118),
            "it stood still"
        );
    }

    #[test]
    fn it_ends_at_the_end_and_begins_anew() {
        let mut playback = playback(true);
        assert_eq!(playback.tick(Nanos::from_secs(1000)), to(160));
        assert_eq!(playback.arrived(at(160)), None);
        assert!(!playback.is_playing);
        assert_eq!(playback.toggle(), to(100));
        assert!(playback.is_playing);
    }

    #[test]
    fn the_last_wish_counts_of_those_that_come_meanwhile() {
        let mut playback = playback(false);
        assert_eq!(playback.leap_on(), to(110));
        assert_eq!(playback.leap_on(), None);
        assert_eq!(playback.leap_on(), None);
        assert_eq!(playback.arrived(at(110)), to(120));
        assert_eq!(playback.arrived(at(120)), None);
        assert_eq!(playback.leap_back(), to(110));
        assert!(playback.is_in_gap());
    }

    #[test]
    fn one_goes_from_finding_to_finding() {
        let mut playback = playback(true);
        assert_eq!(playback.previous_finding(), None);
        assert_eq!(playback.next_finding(), Some(to(110)));
        assert!(!playback.is_playing);
        playback.arrived(at(110));
        assert_eq!(playback.next_finding(), Some(to(140)));
        playback.arrived(at(140));
        assert_eq!(playback.next_finding(), None);
        assert_eq!(playback.previous_finding(), Some(to(110)));
    }

    #[test]
    fn what_cannot_be_read_stops_it() {
        let mut playback = playback(true);
        playback.tick(Nanos::from_secs(1));
        playback.arrived(Err(SourceError::BadQuery("damaged".to_owned())));
        assert!(!playback.is_playing);
        assert!(playback.trouble.is_some_and(|it| it.contains("damaged")));
    }

    #[test]
    fn one_instant_is_still() {
        assert!(!playback(false).is_still());
        let range = (Nanos::from_secs(100), Nanos::from_secs(100));
        let mut still = Playback::new(Reel { range, ..reel() }, Nanos::ZERO, 1.0, true);
        assert!(still.is_still() && !still.is_playing);
        assert_eq!(still.at, range.0);
        assert_eq!(still.toggle(), None);
        assert!(!still.is_playing);
    }

    #[test]
    fn every_speed_is_reached() {
        let mut playback = playback(false);
        for _ in 0..20 {
            playback.faster();
        }
        assert_eq!(playback.speed, 100.0);
        for _ in 0..20 {
            playback.slower();
        }
        assert_eq!(playback.speed, 0.1);
    }
}
