//! The Trace Event Format that `chrome://tracing`, Perfetto and Speedscope read: one JSON object,
//! its events in `traceEvents`.
//!
//! A process stands for a spawn location, a thread in it for a task; process 1 has the counts and
//! the findings. Times are microseconds, with nanoseconds behind the point.

use std::{
    collections::HashSet,
    io::{self, Write},
};

use loiter_cli::text;
use loiter_model::{Nanos, SiteId, State};
use serde::Serialize;

use super::{
    facts::{self, Facts},
    trace::{About, Remark, Sink, Step, Track, site_title},
};
use crate::command::who;

/// The process that stands for the whole program, and its thread for findings.
const PROGRAM: u64 = 1;
const FINDINGS: u32 = 1;

/// Writes the events of a trace as they come.
pub(super) struct Chrome<W> {
    out: W,
    from: Nanos,
    sites: HashSet<SiteId>,
    events: u64,
}

/// One event, by the names of the format.
#[derive(Serialize)]
struct Entry<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    cat: &'static str,
    ph: &'static str,
    ts: Micros,
    pid: u64,
    tid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    /// Of an arrow's end: it is at the slice around it, not at the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    bp: Option<&'static str>,
    /// Of an instant: whether it is of the thread, the process or all.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cname: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<Facts>,
}

struct Micros(Nanos);

impl Serialize for Micros {
    /// Exact for the first hundred days of a program.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.0 as f64 / 1e3)
    }
}

impl Entry<'_> {
    fn new(ph: &'static str, at: Nanos, (pid, tid): (u64, u32)) -> Self {
        Self {
            name: "",
            cat: "",
            ph,
            ts: Micros(at),
            pid,
            tid,
            id: None,
            bp: None,
            s: None,
            cname: None,
            args: None,
        }
    }
}

impl<W: Write> Chrome<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            out,
            from: Nanos::ZERO,
            sites: HashSet::new(),
            events: 0,
        }
    }

    fn write(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        let separator: &[u8] = if self.events == 0 { b"\n" } else { b",\n" };
        self.events += 1;
        self.out.write_all(separator)?;
        Ok(serde_json::to_writer(&mut self.out, entry)?)
    }

    /// What a process or thread is called, and where it stands among the others.
    fn metadata(
        &mut self,
        place: (u64, u32),
        what: &'static str,
        key: &'static str,
        value: facts::Fact,
    ) -> io::Result<()> {
        self.write(&Entry {
            name: what,
            args: Some(Facts(vec![(key, value)])),
            ..Entry::new("M", self.from, place)
        })
    }

    fn name(&mut self, place: (u64, u32), what: &'static str, name: &str) -> io::Result<()> {
        let name = facts::Fact::Text(text::clean(name).into_owned());
        self.metadata(place, what, "name", name)
    }

    fn sort(&mut self, place: (u64, u32), what: &'static str, index: u64) -> io::Result<()> {
        self.metadata(place, what, "sort_index", facts::Fact::Number(index))
    }
}

impl<W: Write> Sink for Chrome<W> {
    fn begin(&mut self, about: &About) -> io::Result<()> {
        self.from = about.from;
        self.out
            .write_all(b"{\"displayTimeUnit\":\"ns\",\"otherData\":")?;
        serde_json::to_writer(&mut self.out, &facts::about(about))?;
        self.out.write_all(b",\"traceEvents\":[")?;
        self.name((PROGRAM, 0), "process_name", &who(&about.target))?;
        self.sort((PROGRAM, 0), "process_sort_index", 0)?;
        self.name((PROGRAM, FINDINGS), "thread_name", "findings")
    }

    fn task(&mut self, at: Nanos, track: Track, step: &Step<'_>) -> io::Result<()> {
        let place = place(track);
        match step {
            Step::Known(label) => {
                if self.sites.insert(track.site) {
                    let site = site_title(label.site.as_deref());
                    self.name((place.0, 0), "process_name", &site)?;
                    self.sort((place.0, 0), "process_sort_index", place.0)?;
                }
                self.name(place, "thread_name", &label.title(track.task))?;
                self.sort(place, "thread_sort_index", track.task.get())?;
                self.write(&Entry {
                    name: "task",
                    cat: "task",
                    s: Some("t"),
                    args: Some(facts::task(label)),
                    ..Entry::new("i", at, place)
                })
            }
            Step::Enter { state, woken, .. } => {
                self.write(&Entry {
                    name: state.name(),
                    cat: "task",
                    cname: colour(*state),
                    args: woken.map(facts::woken),
                    ..Entry::new("B", at, place)
                })?;
                match woken.and_then(|woken| woken.arrow) {
                    Some(arrow) => self.write(&arrow_end(at, place, arrow)),
                    None => Ok(()),
                }
            }
            Step::Leave { since, wait, .. } => {
                if let Some(wait) = wait {
                    let wait = wait.to_string();
                    let begin = Entry {
                        name: &text::clean(&wait),
                        cat: "wait",
                        ..Entry::new("B", (*since).max(self.from), place)
                    };
                    self.write(&begin)?;
                    self.write(&Entry::new("E", at, place))?;
                }
                let facts = facts::stretch(*since, self.from, *wait);
                self.write(&Entry {
                    args: (!facts.0.is_empty()).then_some(facts),
                    ..Entry::new("E", at, place)
                })
            }
            Step::Wakes { arrow, .. } => self.write(&Entry {
                name: "wake",
                cat: "wake",
                id: Some(*arrow),
                ..Entry::new("s", at, place)
            }),
            Step::Woken { arrow, .. } => self.write(&arrow_end(at, place, *arrow)),
            Step::Event { .. } => Ok(()),
            Step::Ended { ending, .. } => self.write(&Entry {
                name: ending.name(),
                cat: "task",
                s: Some("t"),
                ..Entry::new("i", at, place)
            }),
        }
    }

    fn program(&mut self, at: Nanos, remark: &Remark<'_>) -> io::Result<()> {
        match remark {
            Remark::Counts(counts) => counts.named().iter().try_for_each(|(name, count)| {
                let mut facts = Facts::default();
                facts.number("tasks", *count);
                self.write(&Entry {
                    name,
                    args: Some(facts),
                    ..Entry::new("C", at, (PROGRAM, 0))
                })
            }),
            Remark::Lost { events } => self.write(&Entry {
                name: &format!("{events} events lost"),
                cat: "lost",
                s: Some("g"),
                ..Entry::new("i", at, (PROGRAM, FINDINGS))
            }),
            Remark::Gap { to, reason } => {
                let (name, facts) = facts::gap(at, *to, reason);
                self.write(&Entry {
                    name,
                    cat: "lost",
                    s: Some("g"),
                    args: Some(facts),
                    ..Entry::new("i", at, (PROGRAM, FINDINGS))
                })
            }
            Remark::Finding {
                finding,
                labels,
                seen_at,
            } => {
                let (headline, facts) = facts::finding(finding, *labels, *seen_at);
                self.write(&Entry {
                    name: &headline,
                    cat: "finding",
                    s: Some("p"),
                    args: Some(facts),
                    ..Entry::new("i", at, (PROGRAM, FINDINGS))
                })
            }
        }
    }

    fn finish(&mut self, _: Nanos) -> io::Result<()> {
        self.out.write_all(b"\n]}\n")
    }
}

fn arrow_end(at: Nanos, place: (u64, u32), arrow: u64) -> Entry<'static> {
    Entry {
        name: "wake",
        cat: "wake",
        id: Some(arrow),
        bp: Some("e"),
        ..Entry::new("f", at, place)
    }
}

/// The process and the thread. Readers take 32 bits of a thread's number: two tasks share one
/// only if four billion were spawned between them.
fn place(track: Track) -> (u64, u32) {
    let site = u64::from(track.site.0) + PROGRAM + 1;
    (site, track.task.get() as u32)
}

/// One of the names that `chrome://tracing` has colours for.
fn colour(state: State) -> Option<&'static str> {
    match state {
        State::Running => Some("thread_state_running"),
        State::Scheduled => Some("thread_state_runnable"),
        State::Idle => Some("thread_state_sleeping"),
        State::Ended => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use loiter_model::Target;
    use serde_json::Value;

    use super::*;
    use crate::command::{
        export::tests::{entries, trace_of},
        sample,
    };

    fn document(filter: &str) -> Value {
        let mut out = Vec::new();
        trace_of(entries(), filter, &mut Chrome::new(&mut out));
        serde_json::from_slice(&out).expect("JSON")
    }

    /// In the order in which readers take them: by time, and as they stand within one.
    fn sorted(document: &Value) -> Vec<&Value> {
        let events = document["traceEvents"].as_array().expect("events");
        let mut events: Vec<&Value> = events.iter().collect();
        let ts = |event: &Value| event["ts"].as_f64().expect("a time");
        events.sort_by(|a, b| ts(a).total_cmp(&ts(b)));
        events
    }

    fn place(event: &Value) -> (u64, u64) {
        let number = |name: &str| event[name].as_u64().expect("a number");
        (number("pid"), number("tid"))
    }

    #[test]
    fn slices_nest_and_arrows_lead_from_slice_to_slice() {
        let document = document("");
        let mut open: HashMap<(u64, u64), Vec<&str>> = HashMap::new();
        let mut arrows: HashMap<u64, Vec<&str>> = HashMap::new();
        let mut slices = 0;
        for event in sorted(&document) {
            let ph = event["ph"].as_str().expect("a phase");
            let stack = open.entry(place(event)).or_default();
            match ph {
                "B" => stack.push(event["name"].as_str().expect("a name")),
                "E" => {
                    stack.pop().expect("it has begun");
                    slices += 1;
                }
                "s" | "f" => {
                    assert!(!stack.is_empty(), "{event} is at no slice");
                    let id = event["id"].as_u64().expect("an id");
                    arrows.entry(id).or_default().push(ph);
                }
                _ => {}
            }
        }
        assert!(open.values().all(Vec::is_empty), "{open:?}");
        assert!(slices > 10, "{document:#}");
        assert_eq!(arrows.len(), 4);
        assert!(
            arrows.values().all(|ends| ends == &["s", "f"]),
            "{arrows:?}"
        );
    }

    /// What the format's own description asks of each phase that is used.
    #[test]
    fn every_event_has_what_its_phase_asks_for() {
        let document = document("");
        let unit = &document["displayTimeUnit"];
        assert!(
            unit.is_null() || ["ms", "ns"].iter().any(|it| unit == it),
            "{unit}"
        );
        let mut last: HashMap<(u64, u64), f64> = HashMap::new();
        for event in document["traceEvents"].as_array().expect("events") {
            let has = |name: &str| !event[name].is_null();
            let ph = event["ph"].as_str().expect("a phase");
            let at = event["ts"].as_f64().expect("a time");
            assert!(at >= 0.0 && at.is_finite(), "{event}");
            place(event);
            match ph {
                "B" => assert!(has("name") && has("cat"), "{event}"),
                "E" => {}
                "M" => assert!(event["args"].is_object() && has("name"), "{event}"),
                "C" => {
                    let counts = event["args"].as_object().expect("counts");
                    assert!(
                        !counts.is_empty() && counts.values().all(Value::is_number),
                        "{event}"
                    );
                }
                "i" => {
                    let scope = &event["s"];
                    assert!(has("name"), "{event}");
                    assert!(["g", "p", "t"].iter().any(|it| scope == it), "{event}");
                }
                "s" | "f" => {
                    assert!(has("id") && has("name") && has("cat"), "{event}");
                    assert!(ph == "s" || event["bp"] == "e", "{event}");
                }
                other => panic!("{other}: {event}"),
            }
            // Viewers sort what is out of order, but not all of them what begins and ends.
            if matches!(ph, "B" | "E") {
                let last = last.entry(place(event)).or_insert(at);
                assert!(at >= *last, "{event} after {last}");
                *last = at;
            }
        }
    }

    #[test]
    fn every_task_and_site_is_named() {
        let document = document("");
        let events = sorted(&document);
        let named = |what: &str| {
            let events = events.iter();
            let events = events.filter(|event| event["name"] == what);
            let named = events.map(|event| (place(event), event["args"]["name"].as_str()));
            named.collect::<HashMap<_, _>>()
        };
        let threads = named("thread_name");
        let slices = events.iter().filter(|event| event["ph"] == "B");
        for slice in slices {
            assert!(threads[&place(slice)].is_some(), "{slice}");
        }
        assert!(
            threads
                .values()
                .flatten()
                .any(|it| *it == "#17 blocked-send")
        );
        let processes: Vec<_> = named("process_name").into_values().flatten().collect();
        assert_eq!(processes.len(), 3, "{processes:?}");
        assert!(processes.contains(&"src/report.rs:31:5"), "{processes:?}");
        assert_eq!(document["otherData"]["program"], "checkout");
    }

    #[test]
    fn a_program_whose_process_is_not_told_has_its_name_alone() {
        let about = About {
            target: Target {
                pid: 0,
                ..sample::target()
            },
            from: Nanos::ZERO,
            filter: String::new(),
        };
        let mut out = Vec::new();
        let mut chrome = Chrome::new(&mut out);
        chrome.begin(&about).expect("memory");
        chrome.finish(Nanos::ZERO).expect("memory");
        let document: Value = serde_json::from_slice(&out).expect("JSON");
        let name = sorted(&document)
            .into_iter()
            .find(|event| event["name"] == "process_name");
        assert_eq!(name.expect("a process")["args"]["name"], "checkout");
    }

    #[test]
    fn what_is_known_of_waits_losses_and_findings_is_there() {
        let text = document("").to_string();
        for part in [
            "mpsc send · report.rs:40 send_all",
            "\"before_the_trace_ns\":92700000000",
            "3 events lost",
            "nothing is known",
            "no waker (proved): 1 task",
            "CancellationToken",
            "\"tasks alive\"",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("\\u001b"), "{text}");
    }
}
