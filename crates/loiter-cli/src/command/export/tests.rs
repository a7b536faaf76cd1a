//! What was recorded of a small program, and what becomes of it.

use std::{fmt::Write as _, io};

use loiter_model::{
    Ending, NameId, Nanos, SiteId, State, TaskSeq, Thresholds,
    query::Filter,
    update::{Description, Event, EventBatch, EventKind, LabelSet},
};
use loiter_recording::{End, Entry, Gap, ReadError};

use super::{
    follow::Chooser,
    play::{Played, play},
    trace::{About, Remark, Sink, Step, Track},
    tracer::Tracer,
};
use crate::command::sample;

/// A name that means something to every format.
pub(super) const HOSTILE: &str = "=1+1\"</script><b>&\u{1b}[2J,";

pub(super) const FROM: Nanos = Nanos::from_secs(93);

fn seq(number: u64) -> TaskSeq {
    TaskSeq::new(number).expect("not 0")
}

fn event(micros: u64, task: u64, kind: EventKind) -> Event {
    Event {
        at: FROM.saturating_add(Nanos::from_micros(micros)),
        task: seq(task),
        kind,
    }
}

fn wake(by: u64) -> EventKind {
    EventKind::Wake {
        by: TaskSeq::new(by),
    }
}

/// Task 17 has been idle since long, 18 runs all the time, and 40 comes and goes.
pub(super) fn events() -> EventBatch {
    use EventKind::{PollEnd, PollStart};

    let spawn = EventKind::Spawn {
        site: SiteId(2),
        parent: Some(seq(17)),
    };
    let drop = EventKind::Drop {
        ending: Ending::Finished,
    };
    EventBatch {
        events: vec![
            event(100, 17, wake(18)),
            event(200, 17, PollStart),
            event(300, 40, spawn),
            event(350, 40, PollStart),
            event(400, 40, PollEnd),
            event(500, 40, wake(17)),
            event(600, 17, PollEnd),
            event(700, 40, PollStart),
            event(750, 40, wake(40)),
            event(760, 40, wake(18)),
            event(800, 40, PollEnd),
            event(900, 40, PollStart),
            event(910, 17, wake(40)),
            event(920, 40, wake(18)),
            event(950, 40, PollEnd),
            event(960, 40, PollStart),
            event(990, 40, PollEnd),
            event(1000, 40, drop),
            event(2000, 17, PollStart),
        ],
        descriptions: vec![Description {
            name: Some(NameId(7)),
            ..Description::default()
        }],
        waits: Vec::new(),
        labels: LabelSet {
            names: [(NameId(7), HOSTILE.into())].into(),
            sites: [(
                SiteId(2),
                loiter_model::Site::new("src/<pool>.rs", 88, 9).into(),
            )]
            .into(),
            ..LabelSet::default()
        },
        lost: 3,
    }
}

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry::Keyframe {
            at: FROM,
            target: Box::new(sample::target()),
        },
        Entry::Tasks(sample::tasks()),
        Entry::KeyframeEnd { at: FROM },
        Entry::Events(events()),
        Entry::Findings(sample::findings()),
        Entry::Gap(Gap {
            from: FROM.saturating_add(Nanos::from_millis(3)),
            to: FROM.saturating_add(Nanos::from_millis(5)),
            reason: "the connection was lost".to_owned(),
        }),
    ]
}

fn all(entries: Vec<Entry>) -> impl Iterator<Item = Result<Entry, ReadError>> {
    entries.into_iter().map(Ok)
}

/// Makes a trace of these entries.
pub(super) fn trace_of(entries: Vec<Entry>, filter: &str, sink: &mut impl Sink) -> Played {
    let filter: Filter = filter.parse().expect("a filter");
    let thresholds = Thresholds::default();
    let chosen = (!filter.is_empty()).then(|| {
        let mut chooser = Chooser::new(&filter, thresholds);
        play(all(entries.clone()), End::Whole, &mut chooser).expect("it is chosen from");
        chooser.into_chosen()
    });
    let about = About {
        target: sample::target(),
        from: FROM,
        filter: filter.to_string(),
    };
    let mut tracer = Tracer::new(sink, &about, thresholds, chosen).expect("memory");
    play(all(entries), End::Whole, &mut tracer).expect("it is traced")
}

/// Writes the steps down.
#[derive(Default)]
struct Spy(String);

impl Spy {
    fn line(&mut self, at: Nanos, text: &str) {
        let micros = at.saturating_sub(FROM).0 / 1000;
        writeln!(self.0, "{micros:>5} {text}").expect("memory");
    }
}

impl Sink for Spy {
    fn begin(&mut self, about: &About) -> io::Result<()> {
        self.line(about.from, &about.target.name);
        Ok(())
    }

    fn task(&mut self, at: Nanos, track: Track, step: &Step<'_>) -> io::Result<()> {
        let text = match step {
            Step::Known(label) => format!("is {:?}", label.title(track.task)),
            Step::Enter {
                state,
                since,
                woken,
            } => {
                let before = if *since < FROM { " since long" } else { "" };
                let woken = woken.map(|it| format!(" {it:?}")).unwrap_or_default();
                format!("> {}{before}{woken}", state.name())
            }
            Step::Leave { state, wait, .. } => match wait {
                Some(wait) => format!("< {} in {wait}", state.name()),
                None => format!("< {}", state.name()),
            },
            Step::Wakes { task, arrow } => format!("wakes {task}, arrow {arrow}"),
            Step::Woken { by, arrow } => format!("woken by {by}, arrow {arrow}"),
            Step::Event { .. } => return Ok(()),
            Step::Ended { ending, .. } => ending.name().to_owned(),
        };
        self.line(at, &format!("{} {text}", track.task));
        Ok(())
    }

    fn program(&mut self, at: Nanos, remark: &Remark<'_>) -> io::Result<()> {
        let text = match remark {
            Remark::Counts(counts) => format!("{counts:?}"),
            Remark::Lost { events } => format!("{events} lost"),
            Remark::Gap { reason, .. } => format!("gap: {reason}"),
            Remark::Finding { finding, .. } => finding.kind.name().to_owned(),
        };
        self.line(at, &text);
        Ok(())
    }

    fn finish(&mut self, at: Nanos) -> io::Result<()> {
        self.line(at, "end");
        Ok(())
    }
}

fn steps(entries: Vec<Entry>, filter: &str) -> String {
    let mut spy = Spy::default();
    trace_of(entries, filter, &mut spy);
    spy.0
}

#[test]
fn a_trace_step_by_step() {
    sample::assert_snapshot("export_steps", &steps(entries(), ""));
}

#[test]
fn every_stretch_that_begins_ends_and_every_arrow_has_both_ends() {
    let text = steps(entries(), "");
    let count = |part: &str| text.lines().filter(|line| line.contains(part)).count();
    assert_eq!(count(" > "), count(" < "), "{text}");
    assert_eq!(count(" wakes "), 4, "{text}");
    assert_eq!(count("arrow: Some(") + count("woken by "), 4, "{text}");
}

#[test]
fn a_filter_lets_through_what_matches_at_any_time() {
    // Task 17 was blocked before it was woken.
    let text = steps(entries(), "blocked");
    assert!(text.contains("17 < idle"), "{text}");
    assert!(!text.contains(" 18 ") && !text.contains(" 40 "), "{text}");
    // The arrows to and from others would lead nowhere.
    assert!(
        !text.contains("wakes") && !text.contains("arrow: Some"),
        "{text}"
    );
    assert!(text.contains("by: Some(TaskSeq(18))"), "{text}");
    // Task 40 has ended by then, and had no name when it was spawned.
    let text = steps(entries(), "name:script");
    assert!(text.contains("40 finished"), "{text}");
    assert!(!text.contains(" 17 "), "{text}");
    let text = steps(entries(), "seq:99");
    assert!(!text.contains('>'), "{text}");
}

#[test]
fn a_keyframe_corrects_what_was_missed() {
    let later = FROM.saturating_add(Nanos::from_secs(1));
    let mut tasks = sample::tasks();
    tasks.overview.at = later;
    // Task 17 has run meanwhile, 18 is gone.
    tasks.tasks.truncate(1);
    tasks.tasks[0].state = State::Running;
    tasks.tasks[0].wait = None;
    tasks.tasks[0].in_state = Nanos::from_millis(400);
    let mut entries = entries();
    entries.truncate(3);
    entries.extend([
        Entry::Keyframe {
            at: later,
            target: Box::new(sample::target()),
        },
        Entry::Tasks(tasks),
        Entry::KeyframeEnd { at: later },
    ]);
    let text = steps(entries, "");
    assert!(text.contains("600000 17 < idle in mpsc send"), "{text}");
    assert!(text.contains("600000 17 > running"), "{text}");
    assert!(text.contains("1000000 18 unknown"), "{text}");
}

#[test]
fn what_is_damaged_is_left_out_and_marked() {
    let damaged = || ReadError::Damaged {
        offset: 100,
        problem: "its checksum is wrong".to_owned(),
    };
    let mut entries: Vec<_> = all(entries()).collect();
    entries.insert(3, Err(damaged()));
    let mut spy = Spy::default();
    let about = About {
        target: sample::target(),
        from: FROM,
        filter: String::new(),
    };
    let mut tracer = Tracer::new(&mut spy, &about, Thresholds::default(), None).expect("memory");
    let end = End::CutOff { at: 1000 };
    let played = play(entries.into_iter(), end, &mut tracer).expect("the rest is traced");
    assert_eq!((played.damaged, played.lost, played.events), (1, 3, 19));
    assert!(spy.0.contains("gap: a part of the recording"), "{}", spy.0);
    assert!(spy.0.contains("gap: the recording is cut off"), "{}", spy.0);
    assert!(spy.0.contains("40 finished"), "{}", spy.0);
}
