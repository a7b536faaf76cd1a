//! A made-up service for the tests: every state, every condition, names of every sort.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use loiter_model::{
    AwaitStack, Branch, Distribution, Ending, Frame, Kind, NameId, Nanos, Site, SiteId, SiteStats,
    StackSource, State as TaskState, Target, Task, TaskSeq, Thresholds, Tier, Totals, Wait, WaitId,
    WaitStats,
    finding::{Certainty, Doubt, Evidence, Finding, FindingKind},
    update::{
        FindingsUpdate, LabelSet, Overview, SitesUpdate, Stretch, TaskDetail, TasksUpdate,
        WaitsUpdate,
    },
};
use ratatui::buffer::Buffer;

use super::{Answer, Effect, Line, Message, State, UiOptions, View, update};
use crate::source::SourceError;

/// When everything here is looked at, from the agent's start.
pub(crate) const AT: Nanos = Nanos::from_secs(3_600);

pub(crate) fn target() -> Target {
    Target {
        name: "pigeon-server".to_owned(),
        pid: 4242,
        host: "node-7".to_owned(),
        agent_version: "0.1.0".to_owned(),
        run_id: 1,
        started_unix: Nanos::from_secs(1_700_000_000),
        uptime: AT,
        tier: Tier::EveryTask,
        thresholds: Thresholds::default(),
        max_tasks: 1_000_000,
    }
}

/// An idle task of `main.rs:10`.
pub(crate) fn task(seq: u64) -> Task {
    Task {
        seq: TaskSeq::new(seq).expect("tasks count from 1"),
        tokio_id: std::num::NonZeroU64::new(seq + 20),
        name: None,
        scope: None,
        kind: Kind::Task,
        site: SiteId(0),
        parent: None,
        size: Some(384),
        original_size: None,
        spawned_at: AT.saturating_sub(Nanos::from_secs(90)),
        state: TaskState::Idle,
        in_state: Nanos::from_millis(1_500),
        total: Nanos::from_secs(90),
        busy: Nanos::from_micros(740),
        scheduled: Nanos::from_micros(96),
        polls: 17,
        longest_poll: Nanos::from_micros(130),
        wakes: 16,
        self_wakes: 0,
        live_wakers: 1,
        woken_by: None,
        sole_waker: false,
        expect_idle: false,
        may_be_part: false,
        wait: None,
        ending: None,
    }
}

/// A blocked, a hogging and a starved task, and some that are well.
pub(crate) fn tasks() -> Vec<Task> {
    let hogging = Task {
        name: Some(NameId(2)),
        site: SiteId(2),
        state: TaskState::Running,
        in_state: Nanos::from_millis(4_200),
        busy: Nanos::from_millis(4_300),
        longest_poll: Nanos::from_millis(4_200),
        ..task(31)
    };
    let starved = Task {
        name: Some(NameId(3)),
        site: SiteId(1),
        state: TaskState::Scheduled,
        in_state: Nanos::from_millis(350),
        scheduled: Nanos::from_millis(360),
        ..task(32)
    };
    let blocked = Task {
        name: Some(NameId(1)),
        site: SiteId(1),
        in_state: Nanos::from_secs(83),
        parent: TaskSeq::new(1),
        woken_by: TaskSeq::new(31),
        sole_waker: false,
        expect_idle: false,
        may_be_part: false,
        live_wakers: 2,
        wait: Some(WaitId(1)),
        ..task(12)
    };
    let resolving = Task {
        scope: None,
        kind: Kind::Blocking,
        site: SiteId(3),
        state: TaskState::Running,
        in_state: Nanos::from_millis(12),
        busy: Nanos::from_millis(12),
        total: Nanos::from_millis(13),
        polls: 1,
        original_size: Some(20_000),
        ..task(1_234_567)
    };
    let main = Task {
        kind: Kind::BlockOn,
        total: AT,
        in_state: Nanos::from_secs(3_599),
        ..task(1)
    };
    let ended = Task {
        name: Some(NameId(1)),
        site: SiteId(1),
        state: TaskState::Ended,
        in_state: Nanos::from_secs(7),
        ending: Some(Ending::Panicked),
        ..task(40)
    };
    let dead = Task {
        wait: Some(WaitId(2)),
        live_wakers: 0,
        ..task(3)
    };
    vec![main, blocked, dead, hogging, starved, resolving, ended]
}

pub(crate) fn labels() -> LabelSet {
    let names = [(1, "conn-7"), (2, "spin\x1b[31m"), (3, "接続 worker")];
    let resolve = Site {
        function: "pigeon::dns::resolve".into(),
        ..Site::new(
            "/home/me/.cargo/registry/src/index-1/hyper-util-0.1.21/src/client/dns.rs",
            119,
            24,
        )
    };
    let sites = [
        Site::new("src/main.rs", 10, 5),
        Site::new("src/net/connection_pool.rs", 88, 9),
        Site::new("src/spin.rs", 7, 13),
        resolve,
    ];
    LabelSet {
        names: names.map(|(id, name)| (NameId(id), Arc::from(name))).into(),
        sites: (0..).map(SiteId).zip(sites.map(Arc::new)).collect(),
        waits: [WAIT_SELECT, WAIT_NOTHING]
            .into_iter()
            .zip([select(), probed(Vec::new())].map(Arc::new))
            .collect(),
    }
}

const WAIT_SELECT: WaitId = WaitId(1);
const WAIT_NOTHING: WaitId = WaitId(2);

pub(crate) fn frame(function: &str, file: &str, line: u32) -> Frame {
    Frame {
        function: function.into(),
        file: file.into(),
        line,
        column: 9,
    }
}

pub(crate) fn probed(branches: Vec<Vec<Frame>>) -> Wait {
    let branches = branches.into_iter();
    Wait::new(AwaitStack {
        branches: branches.map(|frames| Branch { frames }).collect(),
        source: StackSource::Probed,
    })
}

/// A message or a deadline.
fn select() -> Wait {
    const TOKIO: &str = "/home/me/.cargo/registry/src/index-1/tokio-1.48.0/src";
    const STD: &str = "/rustc/0123/library/core/src";
    let tokio =
        |function: &str, file: &str, line| frame(function, &format!("{TOKIO}/{file}"), line);
    let recv = "tokio::sync::mpsc::bounded::Receiver<T>::recv::{{closure}}";
    let chan = "tokio::sync::mpsc::chan::Rx<T,S>::recv::{{closure}}";
    let poll_fn = "<core::future::poll_fn::PollFn<F> as core::future::future::Future>::poll";
    let sleep = "<tokio::time::sleep::Sleep as core::future::future::Future>::poll";
    let next = |line| {
        let function = "pigeon::net::connection_pool::Pool::next_job::{{closure}}";
        frame(function, "src/net/connection_pool.rs", line)
    };
    let serve = || {
        frame(
            "pigeon::net::接続::serve::{{closure}}",
            "src/net/serve.rs",
            31,
        )
    };
    probed(vec![
        vec![
            tokio(chan, "sync/mpsc/chan.rs", 340),
            frame(poll_fn, &format!("{STD}/future/poll_fn.rs"), 151),
            tokio(recv, "sync/mpsc/bounded.rs", 245),
            next(88),
            frame(poll_fn, &format!("{STD}/future/poll_fn.rs"), 151),
            next(86),
            serve(),
        ],
        vec![
            tokio(sleep, "time/sleep.rs", 446),
            next(89),
            frame(poll_fn, &format!("{STD}/future/poll_fn.rs"), 151),
            next(86),
            serve(),
        ],
    ])
}

pub(crate) fn overview() -> Overview {
    Overview {
        at: AT,
        totals: Totals {
            alive: 1_234,
            running: 2,
            scheduled: 1,
            idle: 1_231,
            blocked: 12,
            hogging: 1,
            starved: 1,
            spawned: 100_000,
            ended: 98_766,
            untracked: 0,
            remembered: 1_000,
        },
        history: (0..120).map(|n| 900 + n * 3 - (n % 7) * 9).collect(),
        scan_time: Nanos::from_micros(80),
        runtime_tasks: None,
    }
}

pub(crate) fn tasks_update() -> TasksUpdate {
    let tasks = tasks();
    TasksUpdate {
        overview: overview(),
        matched: tasks.len() as u64,
        offset: 0,
        tasks,
        labels: labels(),
    }
}

/// The first rows of very many.
pub(crate) fn many_tasks(offset: u64, count: u64) -> TasksUpdate {
    TasksUpdate {
        matched: 1_000_000,
        offset,
        tasks: (0..count).map(|n| task(offset + n + 1)).collect(),
        ..tasks_update()
    }
}

pub(crate) fn sites_update() -> SitesUpdate {
    let site = |site: u32, alive: u64, blocked: u64, growth: u32| SiteStats {
        site: SiteId(site),
        alive,
        idle: alive,
        blocked,
        spawned: alive * 10,
        ended: alive * 9,
        spawned_per_sec: f64::from(growth) * 2.5,
        ended_per_sec: f64::from(growth) * 1.25,
        oldest_idle: (alive > 0).then_some(Nanos::from_secs(83 + u64::from(site))),
        median_idle: (alive > 0).then_some(Nanos::from_millis(340)),
        bytes: alive * 384,
        history: (0..60).map(|n| n * growth + 4).collect(),
        ..SiteStats::default()
    };
    let sites = vec![
        site(1, 1_200, 12, 20),
        site(0, 30, 0, 0),
        site(2, 1, 0, 0),
        site(3, 0, 0, 1),
    ];
    SitesUpdate {
        overview: overview(),
        matched: sites.len() as u64,
        offset: 0,
        sites,
        labels: labels(),
    }
}

pub(crate) fn waits_update() -> WaitsUpdate {
    let group = |wait, state, site, count, oldest| WaitStats {
        wait,
        state,
        site: SiteId(site),
        count,
        oldest: Some(oldest),
        median: Some(Nanos(oldest.0 / 3)),
        bytes: count * 384,
        sample: (12..)
            .take(8.min(count as usize))
            .filter_map(TaskSeq::new)
            .collect(),
    };
    let waits = vec![
        group(
            Some(WAIT_SELECT),
            TaskState::Idle,
            1,
            1_200,
            Nanos::from_secs(83),
        ),
        group(None, TaskState::Idle, 0, 30, Nanos::from_secs(3_599)),
        group(
            Some(WAIT_NOTHING),
            TaskState::Idle,
            0,
            1,
            Nanos::from_millis(1_500),
        ),
        group(None, TaskState::Running, 2, 1, Nanos::from_millis(4_200)),
    ];
    WaitsUpdate {
        overview: overview(),
        matched: waits.len() as u64,
        offset: 0,
        waits,
        labels: labels(),
    }
}

pub(crate) fn finding(kind: FindingKind, certainty: Certainty) -> Finding {
    Finding {
        kind,
        certainty,
        site: Some(SiteId(1)),
        wait: None,
        name: None,
        scope: None,
        count: 1,
        sample: [12].into_iter().filter_map(TaskSeq::new).collect(),
        bytes: 384,
        since: AT.saturating_sub(Nanos::from_secs(83)),
        evidence: Vec::new(),
        doubts: Vec::new(),
    }
}

/// One of each certainty, and one about the whole program.
pub(crate) fn findings_update() -> FindingsUpdate {
    let idle = |longest| Evidence::Idle {
        longest: Nanos::from_secs(longest),
        median: Nanos::from_secs(longest / 2),
    };
    let dead = Finding {
        site: Some(SiteId(0)),
        wait: Some(WAIT_NOTHING),
        count: 3,
        sample: [3, 7, 11].into_iter().filter_map(TaskSeq::new).collect(),
        since: AT.saturating_sub(Nanos::from_secs(1_503)),
        evidence: vec![
            idle(1_503),
            Evidence::NoLiveWaker,
            Evidence::ConfirmedByLook,
        ],
        ..finding(FindingKind::NoWaker, Certainty::Proved)
    };
    let waiting = Finding {
        wait: Some(WAIT_SELECT),
        name: Some(NameId(2)),
        scope: Some(NameId(3)),
        count: 1_200,
        sample: (12..20).filter_map(TaskSeq::new).collect(),
        evidence: vec![
            idle(83),
            Evidence::SiteWaits {
                p99: Nanos::from_millis(340),
                count: 12,
            },
            Evidence::ParentEnded {
                parent: TaskSeq::new(9).expect("not zero"),
            },
        ],
        doubts: vec![Doubt::FewSamples { count: 12 }],
        ..finding(FindingKind::BlockedReceive, Certainty::Suspected)
    };
    let long = Finding {
        site: Some(SiteId(3)),
        since: AT.saturating_sub(Nanos::from_secs(12)),
        ..finding(FindingKind::LongBlocking, Certainty::Watch)
    };
    let too_many = Finding {
        site: None,
        count: 1_234,
        evidence: vec![Evidence::Limit { most: 1_000 }],
        ..finding(FindingKind::TooManyAlive, Certainty::Proved)
    };
    FindingsUpdate {
        overview: overview(),
        findings: vec![too_many, dead, waiting, long],
        scans: 7,
        labels: labels(),
        ..FindingsUpdate::default()
    }
}

/// More than a screen has room for.
pub(crate) fn many_findings() -> FindingsUpdate {
    let of_site = |site| Finding {
        site: Some(SiteId(site)),
        ..finding(FindingKind::GrowingSite, Certainty::Suspected)
    };
    FindingsUpdate {
        findings: (0..40).map(of_site).collect(),
        ..findings_update()
    }
}

/// Nothing wrong.
pub(crate) fn no_findings() -> FindingsUpdate {
    FindingsUpdate {
        findings: Vec::new(),
        ..findings_update()
    }
}

/// The blocked one of [`tasks`], closely.
pub(crate) fn detail() -> TaskDetail {
    let tasks = tasks();
    let mut poll = Distribution::default();
    let mut scheduled = Distribution::default();
    for n in 0..200u64 {
        poll.record(Nanos::from_micros(2 + n * n / 150));
        scheduled.record(Nanos(900 + n * 37));
    }
    poll.record(Nanos::from_millis(9));
    let mut site_poll = poll.clone();
    site_poll.add(Nanos::from_micros(40), 5_000);
    let stretch = |from_ms: u64, state| Stretch {
        from: AT.saturating_sub(Nanos::from_millis(20_000 - from_ms)),
        state,
    };
    TaskDetail {
        at: AT,
        task: tasks[1],
        parent: Some(tasks[0]),
        woken_by: Some(tasks[3]),
        labels: labels(),
        poll,
        site_scheduled: scheduled.clone(),
        scheduled,
        site_poll,
        timeline: vec![
            stretch(0, TaskState::Idle),
            stretch(4_000, TaskState::Scheduled),
            stretch(5_500, TaskState::Running),
            stretch(5_501, TaskState::Idle),
            stretch(9_000, TaskState::Running),
            stretch(12_000, TaskState::Idle),
        ],
        lost: 0,
    }
}

/// A state and the time it lives in.
pub(crate) struct Ui {
    pub(crate) state: State,
    pub(crate) now: Nanos,
    /// What the last message led to.
    pub(crate) effects: Vec<Effect>,
}

impl Ui {
    /// Not yet connected.
    pub(crate) fn start(options: &UiOptions, width: u16, height: u16) -> Self {
        Self {
            state: State::new(options, width, height),
            now: Nanos::ZERO,
            effects: Vec::new(),
        }
    }

    /// Connected, with its first rows.
    pub(crate) fn tasks(width: u16, height: u16) -> Self {
        let mut ui = Self::start(&UiOptions::new("127.0.0.1:6669"), width, height);
        ui.connect(target());
        ui.answer(Answer::Tasks(tasks_update()));
        ui.found(findings_update());
        ui
    }

    /// The same, with sites.
    pub(crate) fn sites(width: u16, height: u16) -> Self {
        let options = UiOptions {
            view: View::Sites,
            ..UiOptions::new("127.0.0.1:6669")
        };
        let mut ui = Self::start(&options, width, height);
        ui.connect(target());
        ui.answer(Answer::Sites(sites_update()));
        ui
    }

    /// The same, with waits.
    pub(crate) fn waits(width: u16, height: u16) -> Self {
        let options = UiOptions {
            view: View::Waits,
            ..UiOptions::new("127.0.0.1:6669")
        };
        let mut ui = Self::start(&options, width, height);
        ui.connect(target());
        ui.answer(Answer::Waits(waits_update()));
        ui
    }

    /// The same, with these findings.
    pub(crate) fn findings(width: u16, height: u16, update: FindingsUpdate) -> Self {
        let options = UiOptions {
            view: View::Findings,
            ..UiOptions::new("127.0.0.1:6669")
        };
        let mut ui = Self::start(&options, width, height);
        ui.connect(target());
        ui.found(update);
        ui
    }

    /// The same, with one task.
    pub(crate) fn task(width: u16, height: u16) -> Self {
        let mut ui = Self::tasks(width, height);
        ui.keys("j");
        ui.key(KeyCode::Enter);
        ui.wait(Nanos::from_secs(1));
        ui.answer(Answer::Task(Box::new(detail())));
        ui
    }

    pub(crate) fn send(&mut self, message: Message) {
        self.effects = update(&mut self.state, self.now, message);
    }

    pub(crate) fn connect(&mut self, target: Target) {
        self.send(Message::Connected(Ok(target)));
    }

    /// Answers the view's last question.
    pub(crate) fn answer(&mut self, answer: Answer) {
        self.reply(Line::View, Ok(answer));
    }

    /// Fails the view's last question.
    pub(crate) fn fail(&mut self, error: SourceError) {
        self.reply(Line::View, Err(error));
    }

    /// Says what is wrong.
    pub(crate) fn found(&mut self, update: FindingsUpdate) {
        self.reply(Line::Findings, Ok(Answer::Findings(update)));
    }

    /// Fails to.
    pub(crate) fn not_found(&mut self, error: SourceError) {
        self.reply(Line::Findings, Err(error));
    }

    pub(crate) fn reply(&mut self, line: Line, answer: Result<Answer, SourceError>) {
        let number = self.state.asking(line).number();
        self.send(Message::Answered {
            line,
            number,
            answer: answer.map(Box::new),
        });
    }

    pub(crate) fn key(&mut self, code: KeyCode) {
        self.send(Message::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    pub(crate) fn ctrl(&mut self, letter: char) {
        let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
        self.send(Message::Key(key));
    }

    /// Types these letters.
    pub(crate) fn keys(&mut self, letters: &str) {
        for letter in letters.chars() {
            self.key(KeyCode::Char(letter));
        }
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, time: Nanos) {
        self.now = self.now.saturating_add(time);
        self.send(Message::Tick);
    }
}

/// The characters of a state's picture.
pub(crate) fn words(state: &State) -> String {
    text(&super::render_to_buffer(state))
}

/// The characters of a picture, without the spaces at the lines' ends.
pub(crate) fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            // The second half of a wide character.
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = super::text::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
