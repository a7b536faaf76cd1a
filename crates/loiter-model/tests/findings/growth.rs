//! Which counts over time are a growth.

use loiter_model::{
    Nanos,
    finding::{Certainty, Growth, Trend},
};

use super::world::secs;

/// The surest growth after each second of so many, with so many tasks spawned and ended by then.
fn over(seconds: u64, counts: impl Fn(u64) -> (u64, u64)) -> Vec<Option<Growth>> {
    let mut trend = Trend::default();
    let samples = (0..seconds).map(|second| {
        let (spawned, ended) = counts(second);
        trend.sample(secs(500 + second), spawned, ended);
        trend.growth()
    });
    samples.collect()
}

/// The same for tasks alive, of which each second a tenth is replaced.
fn alive(seconds: u64, alive: impl Fn(u64) -> u64) -> Vec<Option<Growth>> {
    over(seconds, |second| {
        let ended = second * 3;
        (alive(second) + ended, ended)
    })
}

fn surest(growths: &[Option<Growth>]) -> Option<Certainty> {
    growths
        .iter()
        .flatten()
        .map(|growth| growth.certainty)
        .max()
}

/// The second after which there is one of this certainty first.
fn first(growths: &[Option<Growth>], certainty: Certainty) -> Option<usize> {
    let is_so = |growth: &Option<Growth>| growth.is_some_and(|it| it.certainty == certainty);
    growths.iter().position(is_so)
}

#[test]
fn a_steady_growth_gets_surer_the_longer_it_goes_on() {
    let growths = alive(5_000, |second| 100 + second);
    assert_eq!(first(&growths, Certainty::Watch), Some(60 + 60));
    assert_eq!(first(&growths, Certainty::Suspected), Some(60 + 600));
    let last = growths[60 + 3_600].expect("it grows");
    assert_eq!(
        last,
        Growth {
            certainty: Certainty::Suspected,
            over: secs(3_600),
            before: 160,
            now: 160 + 3_600,
            spawned: 4 * 3_600,
            ended: 3 * 3_600,
        }
    );
    let quarter = 60 + 2_000;
    assert!(growths[60 + 600..quarter].iter().all(Option::is_some));
}

#[test]
fn a_growth_is_ten_tasks_and_a_quarter() {
    // From the first sixth to the last: five steps.
    let steps = |step: u64, from: u64| alive(200, move |second| from + (second / 10) * step);
    assert_eq!(surest(&steps(2, 4)), Some(Certainty::Watch));
    assert_eq!(surest(&steps(1, 4)), None, "5 more");
    // 40 more of 160, which there are after the warm-up.
    assert_eq!(surest(&steps(8, 160 - 48)), Some(Certainty::Watch));
    assert_eq!(surest(&steps(8, 165 - 48)), None, "40 more of 165");
}

#[test]
fn a_long_growth_is_seen_beside_steady_traffic() {
    // 20 more in an hour: none in a minute.
    let growths = alive(5_000, |second| 40 + second / 180 + second % 7);
    assert_eq!(first(&growths, Certainty::Watch), None);
    let first = first(&growths, Certainty::Suspected).expect("it grows");
    assert_eq!(first, 60 + 3_600);
}

#[test]
fn what_rises_and_stays_or_falls_is_no_growth() {
    let none = |what: &str, seconds, of: fn(u64) -> u64| {
        let growths = alive(seconds, of);
        assert_eq!(surest(&growths), None, "{what}");
    };
    none("steady", 5_000, |_| 1_000);
    none("nothing", 5_000, |_| 0);
    none("a warm-up", 5_000, |second| second.min(60) * 100);
    none(
        "a burst",
        5_000,
        |second| if second < 2_000 { 10 } else { 5_000 },
    );
    none("a burst that ends", 5_000, |second| {
        if (2_000..2_050).contains(&second) {
            5_000
        } else {
            10
        }
    });
    none("a saw-tooth", 5_000, |second| 100 + second % 40 * 10);
    none("it shrinks", 5_000, |second| 10_000 - second);
    none("bursts one after the other", 5_000, |second| {
        100 * (1 + second / 1_000)
    });
}

#[test]
fn a_slow_saw_tooth_is_known_by_its_first_tooth() {
    for period in [150, 300, 700] {
        let growths = alive(7_000, |second| 100 + second % period * 10);
        let later = &growths[period as usize + 60..];
        assert_eq!(surest(later), None, "{period}");
    }
}

#[test]
fn a_gap_begins_anew() {
    let mut trend = Trend::default();
    for second in 0..5_000 {
        if (1_000..1_020).contains(&second) {
            continue;
        }
        trend.sample(secs(second), 100 + second, 0);
        match second {
            // The windows of a minute and of ten see no gap of theirs.
            999 => assert_eq!(trend.growth().map(|it| it.over), Some(secs(600))),
            1_020 => assert_eq!(trend.growth().map(|it| it.over), Some(secs(600))),
            _ => {}
        }
    }
    let mut trend = Trend::default();
    for second in (0..110).chain(140..195) {
        trend.sample(secs(second), 100 + second, 0);
        assert_eq!(trend.growth(), None, "{second}");
    }
}

#[test]
fn time_and_counts_may_be_anything() {
    let mut trend = Trend::default();
    for (at, spawned, ended) in [
        (u64::MAX, 0, u64::MAX),
        (0, u64::MAX, 0),
        (u64::MAX, 1, 2),
        (5, 0, 0),
    ] {
        trend.sample(Nanos(at), spawned, ended);
        assert_eq!(trend.growth(), None);
    }
    // Counted down, by whatever mistake.
    let growths = over(1_000, |second| (1_000 - second, 2_000 + second));
    assert_eq!(surest(&growths), None);
}
