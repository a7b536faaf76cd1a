use std::sync::Arc;

use loiter_model::{Nanos, Teller, Thresholds, Tier};
use quick_xml::{Reader, events::Event};

use super::{super::report::Found, *};
use crate::command::{check::Seen, export::tests::HOSTILE, sample};

pub(super) fn report() -> Report {
    let findings = sample::findings();
    let seen = findings.findings.iter();
    let seen = seen.map(|finding| Seen::new(finding, &findings));
    Report {
        place: "127.0.0.1:6669".to_owned(),
        target: sample::target(),
        thresholds: Thresholds::default(),
        filter: "idle>1s".parse().expect("a filter"),
        watched: Some(Nanos::from_secs(10)),
        tasks: sample::tasks(),
        sites: sample::sites(),
        waits: sample::waits(),
        findings: Found {
            findings: Some(seen.collect()),
            omitted: 0,
        },
    }
}

pub(super) fn page(report: &Report) -> String {
    let mut out = Vec::new();
    write(report, &mut out).expect("memory");
    String::from_utf8(out).expect("UTF-8")
}

/// What stands in the page: the names of its elements, its attributes and its texts, those of
/// scripts and styles left out.
#[derive(Default)]
struct Parsed {
    elements: Vec<String>,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Parsed {
    fn of(page: &str) -> Self {
        let mut reader = Reader::from_str(page);
        let mut parsed = Self::default();
        let mut open: Vec<String> = Vec::new();
        loop {
            match reader.read_event().expect("well-formed") {
                Event::Start(tag) => {
                    open.push(tag.name().0.to_owned());
                    parsed.add(&tag);
                }
                Event::Empty(tag) => parsed.add(&tag),
                Event::End(_) => drop(open.pop()),
                Event::Text(text) => {
                    let code = ["script", "style"];
                    if !open
                        .last()
                        .is_some_and(|name| code.contains(&name.as_str()))
                    {
                        parsed.text += &text;
                    }
                }
                Event::GeneralRef(entity) => {
                    let c = match &*entity {
                        "lt" => '<',
                        "gt" => '>',
                        "amp" => '&',
                        "quot" => '"',
                        other => panic!("&{other}; stands for nothing"),
                    };
                    parsed.text.push(c);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        assert!(open.is_empty(), "{open:?} are open");
        parsed
    }

    fn add(&mut self, tag: &quick_xml::events::BytesStart<'_>) {
        let name = tag.name().0.to_owned();
        self.elements.push(name);
        for attribute in tag.attributes() {
            let attribute = attribute.expect("a value in quotes");
            let name = attribute.key.0.to_owned();
            let value = attribute.value.into_owned();
            self.attributes.push((name, value));
        }
    }

    fn count(&self, element: &str) -> usize {
        self.elements.iter().filter(|name| *name == element).count()
    }
}

#[test]
fn a_page_has_everything_in_it() {
    let page = page(&report());
    let parsed = Parsed::of(&page);
    for part in [
        "checkout (4711)",
        "2023-11-14T22:14:53Z",
        "loiter 0.1.0",
        "every task",
        "idle>1s",
        "2 of 3 tasks, the idle longest ones",
        "mpsc send · report.rs:40 send_all",
        "no waker (proved)",
        "no waker of it exists",
        "only 12 to compare with",
        "token.cancelled().await;",
        "Cure:",
        "src/report.rs:31:5",
        "and 2 more",
    ] {
        assert!(parsed.text.contains(part), "{part} in {}", parsed.text);
    }
    assert_eq!(parsed.count("table"), 3);
    assert_eq!(parsed.count("article"), 3);
}

#[test]
fn it_is_read_by_those_who_see_nothing() {
    let parsed = Parsed::of(&page(&report()));
    let values = |name: &str| {
        let attributes = parsed.attributes.iter();
        let attributes = attributes.filter(|(attribute, _)| attribute == name);
        attributes
            .map(|(_, value)| value.as_str())
            .collect::<Vec<_>>()
    };
    let heads = parsed.count("th");
    assert_eq!(values("aria-sort"), vec!["none"; heads]);
    assert_eq!(values("scope"), vec!["col"; heads]);
    assert_eq!(parsed.count("caption"), 3);
    assert_eq!(values("lang"), ["en"]);
    let ids = values("id");
    for labelled in values("aria-labelledby") {
        assert!(ids.contains(&labelled), "{labelled}");
    }
    // Each link leads somewhere in the page.
    for link in values("href") {
        let target = link.strip_prefix('#').expect("no network");
        assert!(ids.contains(&target), "{link} in {ids:?}");
    }
}

#[test]
fn nothing_from_outside_is_more_than_a_text() {
    let mut report = report();
    let elements = Parsed::of(&page(&report)).elements;
    report.target.name = HOSTILE.into();
    report.target.host = HOSTILE.into();
    report.place = HOSTILE.into();
    for labels in [
        &mut report.tasks.labels,
        &mut report.sites.labels,
        &mut report.waits.labels,
    ] {
        for name in labels.names.values_mut() {
            *name = HOSTILE.into();
        }
        for site in labels.sites.values_mut() {
            Arc::make_mut(site).file = HOSTILE.into();
        }
        for wait in labels.waits.values_mut() {
            let wait = Arc::make_mut(wait);
            let frames = wait.stack.branches.iter_mut();
            for frame in frames.flat_map(|branch| &mut branch.frames) {
                frame.function = HOSTILE.into();
            }
            if let Some(place) = &mut wait.place {
                place.function = HOSTILE.into();
            }
        }
    }
    for seen in report.findings.findings.iter_mut().flatten() {
        for name in seen.labels.names.values_mut() {
            *name = HOSTILE.into();
        }
    }
    let page = page(&report);
    let parsed = Parsed::of(&page);
    assert_eq!(parsed.elements, elements);
    assert_eq!(page.matches("</script").count(), 1);
    assert!(!page.contains('\u{1b}'));
    let names = parsed.text.matches("=1+1\"</script><b>&").count();
    assert!(names > 10, "{names} in {}", parsed.text);
}

#[test]
fn nothing_is_fetched_from_anywhere() {
    let page = page(&report());
    let parsed = Parsed::of(&page);
    for (name, value) in &parsed.attributes {
        let fetches = matches!(name.as_str(), "src" | "srcset" | "action" | "data");
        assert!(!fetches && !value.contains("://"), "{name}={value}");
    }
    for part in [
        "url(",
        "@import",
        "fetch(",
        "XMLHttpRequest",
        "http-equiv=\"refresh",
    ] {
        assert!(!page.contains(part), "{part}");
    }
}

#[test]
fn what_is_missing_is_said() {
    let mut report = report();
    report.target.tier = Tier::NotBuiltIn;
    report.target.teller = Teller::ConsoleSubscriber;
    report.tasks.overview.totals.untracked = 7;
    report.tasks.overview.runtime_tasks = Some(340);
    report.findings.omitted = 5;
    let text = Parsed::of(&page(&report)).text;
    for part in [
        "42 of 340 alive tasks",
        "console-subscriber cannot tell what tasks wait on",
        "7 tasks were not tracked",
        "5 further findings are not shown",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    report.findings.findings = None;
    assert!(page(&report).contains("can tell of findings"));
    report.findings.findings = Some(Vec::new());
    assert!(page(&report).contains("Nothing was found wrong"));
}

#[test]
fn a_program_whose_process_is_not_told_has_its_name_alone() {
    let mut report = report();
    report.target.pid = 0;
    let page = page(&report);
    assert!(page.contains("<h1>checkout</h1>"), "{page}");
    assert!(page.contains("<title>checkout: tasks</title>"), "{page}");
}
