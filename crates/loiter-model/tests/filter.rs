//! The filter language: what it means, what it says to mistakes, and that no text breaks it.

mod arbitrary;

use arbitrary::{filter_text, idle_task, labels, task};
use loiter_model::{
    Ending, Kind, NameId, Nanos, SiteId, State, Task, TaskSeq, Thresholds, WaitId,
    query::{Filter, REFERENCE},
};
use proptest::prelude::*;

/// A task waiting for 20 s: named `worker`, of `src/pool.rs:88:5`.
fn idle() -> Task {
    Task {
        tokio_id: std::num::NonZeroU64::new(21),
        name: Some(NameId(0)),
        parent: TaskSeq::new(3),
        size: Some(4096),
        in_state: Nanos::from_secs(20),
        total: Nanos::from_secs(90),
        busy: Nanos::from_secs(1),
        scheduled: Nanos::from_millis(500),
        polls: 1000,
        longest_poll: Nanos::from_millis(10),
        wakes: 12,
        self_wakes: 2,
        live_wakers: 1,
        wait: Some(WaitId(0)),
        ..idle_task(7)
    }
}

/// The same in a poll that has run for 20 s: of a dependency, without a name, parent or size.
fn running() -> Task {
    Task {
        state: State::Running,
        name: None,
        parent: None,
        size: None,
        wait: None,
        site: SiteId(1),
        ..idle()
    }
}

/// A function on a blocking thread that panicked.
fn panicked() -> Task {
    Task {
        state: State::Ended,
        scope: None,
        kind: Kind::Blocking,
        site: SiteId(2),
        name: None,
        wait: None,
        ending: Some(Ending::Panicked),
        ..idle()
    }
}

#[test]
fn terms_mean_what_the_reference_says() {
    #[rustfmt::skip]
    let table = [
        //                                 idle   running panicked
        ("",                              [true,  true,  false]),
        ("idle",                          [true,  false, false]),
        ("running",                       [false, true,  false]),
        ("scheduled",                     [false, false, false]),
        ("ended",                         [false, false, true]),
        ("-ended",                        [true,  true,  false]),
        ("all",                           [true,  true,  true]),
        ("state:any",                     [true,  true,  true]),
        ("state:idle,running",            [true,  true,  false]),
        ("state:idle,ended",              [true,  false, true]),
        ("state!=idle",                   [false, true,  false]),
        ("-state:running,ended",          [true,  false, false]),
        ("panicked",                      [false, false, true]),
        ("all -panicked",                 [true,  true,  false]),
        ("-panicked",                     [true,  true,  false]),
        ("ending:any",                    [false, false, true]),
        ("ending:finished,cancelled",     [false, false, false]),
        ("kind:task",                     [true,  true,  false]),
        ("kind:blocking",                 [false, false, false]),
        ("kind:blocking all",             [false, false, true]),
        ("blocked",                       [true,  false, false]),
        ("hogging",                       [false, true,  false]),
        ("starved",                       [false, false, false]),
        ("warn",                          [true,  true,  false]),
        ("warn:blocked,starved",          [true,  false, false]),
        ("-warn",                         [false, false, false]),
        ("named",                         [true,  false, false]),
        ("-named",                        [false, true,  false]),
        // The current wait: a running task has none.
        ("idle>10s",                      [true,  false, false]),
        ("idle>20s",                      [false, false, false]),
        ("idle>=20s",                     [true,  false, false]),
        ("idle<1h",                       [true,  false, false]),
        ("-idle<1h",                      [false, true,  false]),
        ("total>1m",                      [true,  true,  false]),
        ("age:1m30s",                     [true,  true,  false]),
        ("total!=90s",                    [false, false, false]),
        ("waited>88s",                    [true,  true,  false]),
        ("busy<=1s sched>499ms",          [true,  true,  false]),
        ("longest-poll>=10ms",            [true,  true,  false]),
        ("MAX_POLL>10ms",                 [false, false, false]),
        ("polls:1k",                      [true,  true,  false]),
        ("polls>1k",                      [false, false, false]),
        ("wakes:11,12",                   [true,  true,  false]),
        ("self-wakes<3 wakers=1",         [true,  true,  false]),
        ("size:4k",                       [true,  false, false]),
        ("size>4095",                     [true,  false, false]),
        ("seq:7 id:21",                   [true,  true,  false]),
        ("parent:3",                      [true,  false, false]),
        ("parent!=3",                     [false, true,  false]),
        ("woken-by:1",                    [false, false, false]),
        // Texts.
        ("worker",                        [true,  false, false]),
        ("WORK",                          [true,  false, false]),
        ("pool",                          [true,  false, false]),
        ("all pool",                      [true,  false, true]),
        ("src/pool.rs:88",                [true,  false, false]),
        ("\"two words\"",                 [false, false, false]),
        ("\"idle\"",                      [false, false, false]),
        ("name:work",                     [true,  false, false]),
        ("name=work",                     [false, false, false]),
        ("name=Worker",                   [true,  false, false]),
        ("site:pool,hyper",               [true,  true,  false]),
        ("site:\"pool\",\"x y\"",         [true,  false, false]),
        ("site=src/pool.rs:88:5",         [true,  false, false]),
        ("site=pool.rs",                  [false, false, false]),
        // As it is displayed, and with its full path.
        ("site=hyper-1.0.0/src/rt.rs:9:5",[false, true,  false]),
        ("site:/.cargo/registry/",        [false, true,  false]),
        ("all fn:resolve",                [false, false, true]),
        ("all dns::resolve",              [false, false, true]),
        ("all function=dns::resolve",     [false, false, true]),
        ("site:resolve all",              [false, false, false]),
        ("wait:mpsc",                     [true,  false, false]),
        ("wait:\"MPSC recv · pool.rs:88\"",[true, false, false]),
        ("wait:src/pool.rs:88",           [true,  false, false]),
        ("wait:app::pool",                [true,  false, false]),
        ("wait=\"mpsc recv\"",            [true,  false, false]),
        ("wait=mpsc",                     [false, false, false]),
        ("waits-on:mutex,next_job",       [true,  false, false]),
        ("wait=nothing",                  [false, false, false]),
        ("-wait:mpsc",                    [false, true,  false]),
        // What it waits on is looked for only when asked for.
        ("next_job",                      [false, false, false]),
        ("!site:pool",                    [false, true,  false]),
        ("site!=src/pool.rs:88:5",        [false, true,  false]),
    ];
    let labels = labels();
    let limits = Thresholds::default();
    for (text, expected) in table {
        let filter: Filter = text.parse().unwrap_or_else(|e| panic!("`{text}`: {e}"));
        let matches =
            [idle(), running(), panicked()].map(|task| filter.matches(&task, &limits, &labels));
        assert_eq!(matches, expected, "`{text}`");
        assert_eq!(filter.to_string().parse(), Ok(filter), "`{text}`");
    }
}

#[test]
fn ended_tasks_are_looked_at_only_when_asked_for() {
    for text in [
        "ended",
        "all",
        "state:any",
        "state:idle,ended",
        "ending:any",
        "cancelled",
        "ended-for<6s",
    ] {
        assert!(text.parse::<Filter>().expect(text).wants_ended(), "{text}");
    }
    for text in [
        "",
        "idle",
        "-ended",
        "state:idle",
        "-ending:any",
        "\"ended\"",
        "-state:idle",
        "-ended-for>6s",
    ] {
        assert!(!text.parse::<Filter>().expect(text).wants_ended(), "{text}");
    }
}

#[test]
fn labels_that_are_missing_match_no_text() {
    let labels = labels();
    let limits = Thresholds::default();
    let task = Task {
        name: Some(NameId(3)),
        site: SiteId(4),
        ..idle()
    };
    for (text, expected) in [
        ("named", true),
        ("name:w", false),
        ("-w", true),
        ("site:s", false),
    ] {
        let filter: Filter = text.parse().expect(text);
        assert_eq!(filter.matches(&task, &limits, &labels), expected, "{text}");
    }
}

#[test]
fn each_meaning_has_one_spelling() {
    for (text, canonical) in [
        ("  idle>30s   blocked ", "idle>30s blocked"),
        ("state:IDLE", "idle"),
        ("state:ended,idle,idle", "state:idle,ended"),
        ("state:any", "all"),
        ("ending:panicked", "panicked"),
        ("ending:unknown", "ending:unknown"),
        ("ending:any", "ending:any"),
        ("!warn:any", "-warn"),
        ("sched>=1500ms", "scheduled>=1s500ms"),
        ("idle<0", "idle<0"),
        ("age!=90s", "-total:1m30s"),
        ("-kind!=task", "kind:task"),
        ("polls:10000,1234", "polls:10k,1234"),
        ("size>1048576", "size>1M"),
        ("size>1000", "size>1000"),
        ("id:1000", "tokio-id:1000"),
        ("\"pool\"", "pool"),
        ("\"idle\"", "\"idle\""),
        ("\"a \"\"b\"\"\"", "\"a \"\"b\"\"\""),
        ("a\"b", "a\"b"),
        ("site:\"a\"", "site:a"),
        ("site:\"a,b\",c:d", "site:\"a,b\",c:d"),
        ("name:\":\",b", "name:\":\",b"),
        ("\"a:b\"", "\"a:b\""),
        ("\"a.b:c\"", "a.b:c"),
        ("tokio::task", "tokio::task"),
        ("--x", "-\"-x\""),
        ("-\"x\"", "-x"),
        ("\"-x\"", "\"-x\""),
        ("a,b", "a,b"),
    ] {
        let filter: Filter = text.parse().expect(text);
        assert_eq!(filter.to_string(), canonical, "`{text}`");
    }
}

#[test]
fn mistakes_are_located_and_explained() {
    #[rustfmt::skip]
    let table = [
        ("idle>",          5..5,   "a duration is missing, such as `10s`"),
        ("blocked idle> x", 13..13, "a duration is missing"),
        ("polls>=",        7..7,   "a number is missing, such as `100`, `10k`"),
        ("size<",          5..5,   "a size is missing"),
        ("seq:",           4..4,   "a task's number is missing"),
        ("state:",         6..6,   "running, scheduled, idle, ended or any"),
        ("state:idle,",    11..11, "running, scheduled, idle, ended or any"),
        ("state:,idle",    6..6,   "a value is missing"),
        ("name:",          5..5,   "a text is missing"),
        ("-",              1..1,   "such as `-blocked`"),
        ("x ! y",          3..3,   "such as `-blocked`"),
        ("\"two words",    10..10, "closing quote"),
        ("site:\"a",       7..7,   "closing quote"),
        ("\"\"",           0..2,   "nothing is between the quotes"),
        ("\"a\"b",         3..4,   "a space is missing after the closing quote"),
        ("idel>30s",       0..4,   "did you mean `idle`?"),
        ("x statee:idle",  2..8,   "did you mean `state`?"),
        ("longest_pol>1s", 0..11,  "did you mean `longest-poll`?"),
        ("blocke:yes",     0..6,   "did you mean `blocked`?"),
        ("http://x",       0..4,   "A text to search for goes in quotes"),
        ("wait>1",         4..5,   "`wait:` for a part"),
        ("weather:fine",   0..7,   "there are idle, busy, scheduled"),
        ("blocked:yes",    0..7,   "write `blocked` or `-blocked`"),
        ("state:idel",     6..10,  "`idel` is no state; did you mean `idle`?"),
        ("kind:task,blokcing", 10..18, "did you mean `blocking`?"),
        ("kind:green",     5..10,  "task, local, blocking, block_on or any"),
        ("state>idle",     5..6,   "not greater or less"),
        ("name>x",         4..5,   "`name:` for a part"),
        ("idle>30",        5..7,   "`30` has no unit"),
        ("idle>30parsecs", 5..14,  "no unit of time"),
        ("idle>1s,2s",     7..8,   "only one value"),
        ("polls>many",     6..10,  "`many` is no number"),
        ("polls>99999999999999999999", 6..26, "is no number"),
        ("polls>18446744073709551615k", 6..27, "is no number"),
        ("size>1.5k",      5..9,   "is no size"),
        ("seq:-1",         4..6,   "is no task's number"),
        ("idle > 30s",     5..6,   "a field is missing before `>`"),
        ("!=30s",          1..2,   "a field is missing before `=`"),
        ("name:é\"x\" state:ö", 17..19, "`ö` is no state"),
    ];
    for (text, span, message) in table {
        let error = text.parse::<Filter>().expect_err(text);
        assert_eq!(error.span, span, "`{text}`: {error}");
        assert!(error.message.contains(message), "`{text}`: {error}");
    }
}

#[test]
fn a_filter_is_bounded() {
    let long = "ö".repeat(2049);
    let error = long.parse::<Filter>().expect_err("too long");
    assert_eq!(
        (error.span, &*error.message),
        (4096..4098, "a filter has at most 4096 bytes")
    );
    assert!("ö".repeat(2048).parse::<Filter>().is_ok());

    let error = "x "
        .repeat(65)
        .parse::<Filter>()
        .expect_err("too many terms");
    assert_eq!(
        (error.span, &*error.message),
        (128..129, "a filter has at most 64 terms")
    );
    let most: Filter = "x ".repeat(64).parse().expect("64 terms");
    assert!(!most.matches(&idle(), &Thresholds::default(), &labels()));

    // Short when written, too long when printed.
    let values = "1000001001001001ns,".repeat(200);
    let text = format!("busy:{values}1ns");
    assert!(text.len() < 4096);
    assert!(text.parse::<Filter>().is_err());
}

#[test]
fn what_the_reference_shows_is_a_filter() {
    for row in REFERENCE.iter().filter(|row| !row.syntax.starts_with(':')) {
        let parsed = row.syntax.parse::<Filter>();
        assert!(parsed.is_ok(), "{row:?}: {parsed:?}");
        assert!(row.syntax.chars().count() <= 22, "{row:?}");
        assert!(row.meaning.chars().count() <= 76, "{row:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_text_is_a_filter_or_explained(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn any_text_of_the_language_s_letters_too(
        text in "([ ,:<>=!\"é-]|idle|state|polls|blocked|name|5|30s|k){0,12}"
    ) {
        check(&text)?;
    }

    #[test]
    fn a_printed_filter_reads_back_equal(text in filter_text(), task in task()) {
        let filter: Filter = text.parse().expect("a filter");
        let printed = filter.to_string();
        let back: Filter = printed.parse().unwrap_or_else(|e| panic!("`{printed}`: {e}"));
        prop_assert_eq!(&back, &filter, "{}", &printed);
        prop_assert_eq!(back.to_string(), printed);
        let _ = filter.matches(&task, &Thresholds::default(), &labels());
    }
}

fn check(text: &str) -> Result<(), TestCaseError> {
    match text.parse::<Filter>() {
        Ok(filter) => {
            prop_assert_eq!(filter.to_string().parse(), Ok(filter));
        }
        Err(error) => {
            prop_assert!(!error.message.is_empty());
            prop_assert!(text.get(error.span.clone()).is_some(), "{:?}", error.span);
        }
    }
    Ok(())
}
