//! What console-subscriber has recorded is read as a recording.

use std::io::Cursor;

use loiter_model::{
    Kind, Nanos, State, Teller,
    query::{Sort, TaskColumn, TaskQuery, Window},
    update::TasksUpdate,
};
use loiter_recording::{Recording, Replay, console};

const LINES: &str = r#"{"v":1}
{"Enter":{"id":9,"at":{"secs_since_epoch":1700000000,"nanos_since_epoch":5}}}
{"Spawn":{"id":1,"at":{"secs_since_epoch":1700000000,"nanos_since_epoch":10},"fields":[{"name":"kind","value":"local"},{"name":"task.name","value":"worker"},{"name":"task.id","value":7},{"name":"size.bytes","value":64},{"name":"odd","value":true}]}}
{"Enter":{"id":1,"at":{"secs_since_epoch":1700000000,"nanos_since_epoch":20}}}
{"Waker":{"id":1,"op":"Clone","at":{"secs_since_epoch":1700000000,"nanos_since_epoch":25}}}
{"Exit":{"id":1,"at":{"secs_since_epoch":1700000000,"nanos_since_epoch":30}}}
{"Waker":{"id":1,"op":{"Wake":{"self_wake":false}},"at":{"secs_since_epoch":1700000001,"nanos_since_epoch":30}}}
{"Enter":{"id":1,"at":{"secs_since_epoch":1700000001,"nanos_since_epoch":40}}}
{"Exit":{"id":1,"at":{"secs_since_epoch":1700000001,"nanos_since_epoch":50}}}
{"Close":{"id":1,"at":{"secs_since_epoch":1700000001,"nanos_since_epoch":60}}}
{"Spawn":{"id":1,"at":{"secs_since_epoch":1700000001,"nanos_since_epoch":70},"fields":[]}}
"#;

fn convert(text: &str) -> Result<Vec<u8>, console::ConvertError> {
    let mut file = Vec::new();
    console::convert(text.as_bytes(), &mut file)?;
    Ok(file)
}

fn replay(text: &str) -> Replay<Cursor<Vec<u8>>> {
    let file = convert(text).expect("it is one");
    let recording = Recording::open(Cursor::new(file)).expect("a recording");
    Replay::new(recording).expect("it has a keyframe")
}

fn tasks(replay: &Replay<Cursor<Vec<u8>>>) -> TasksUpdate {
    replay.picture().tasks(&TaskQuery {
        filter: "all".parse().expect("a filter"),
        sort: Sort::by(TaskColumn::Seq),
        window: Window {
            offset: 0,
            limit: 10,
        },
        thresholds: Default::default(),
    })
}

#[test]
fn lines_become_tasks() {
    let mut replay = replay(LINES);
    assert_eq!(replay.target().teller, Teller::ConsoleSubscriber);
    let start = replay.target().started_unix;
    assert_eq!(start, Nanos(1_700_000_000_000_000_005));

    // While it waits: since the end of its first poll.
    replay.go_to(Nanos(500_000_025)).expect("it is whole");
    let update = tasks(&replay);
    let [task] = update.tasks[..] else {
        panic!("{update:?}");
    };
    let name = task.name.and_then(|id| update.labels.names.get(&id));
    assert_eq!(name.map(|name| &**name), Some("worker"));
    assert_eq!(task.kind, Kind::Local);
    assert_eq!(task.tokio_id.map(|id| id.get()), Some(7));
    assert_eq!(task.size, Some(64));
    assert_eq!(task.idle(), Some(Nanos(500_000_000)));
    assert_eq!((task.polls, task.busy), (1, Nanos(10)));
    let site = update.labels.sites.get(&task.site);
    assert_eq!(site.map(|it| &*it.file), Some("(not recorded)"));

    // Its id has come again for another one.
    replay.go_to(Nanos::MAX).expect("it is whole");
    let update = tasks(&replay);
    let states: Vec<_> = update.tasks.iter().map(|task| task.state).collect();
    assert_eq!(states, [State::Ended, State::Scheduled]);
    assert_eq!((update.tasks[0].polls, update.tasks[0].wakes), (2, 1));
}

#[test]
fn a_last_line_that_is_cut_off_is_left_out() {
    let whole = LINES.trim_end();
    let cut = &whole[..whole.len() - 20];
    let mut replay = replay(cut);
    replay.go_to(Nanos::MAX).expect("it is whole");
    assert_eq!(tasks(&replay).tasks.len(), 1);
}

#[test]
fn what_is_none_says_why() {
    let error = |text: &str| convert(text).expect_err("it is none").to_string();
    assert!(error("").contains("is empty"));
    assert!(error("{\"name\": \"something else\"}\n").contains("is none"));
    assert!(error("{\"v\":2}\n").contains("format 2"));
    assert!(error("{\"v\":1}\n").contains("nothing happens"));
    let damaged = LINES.replacen("\"Exit\"", "\"Exist\"", 1);
    assert!(error(&damaged).contains("line 6"), "{}", error(&damaged));
}
