//! The UI over many targets in the hands of a test.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use loiter_model::{
    Nanos, Target,
    fleet::{InstanceId, News},
    update::{FindingsUpdate, SitesUpdate},
};

use super::{FleetEffect, FleetMessage, FleetState, FleetView, render_to_buffer, update};
use crate::{
    fleet,
    ui::{Message, UiOptions, fixture},
};

/// A state and the time it lives in.
pub(super) struct Ui {
    pub(super) state: FleetState,
    pub(super) now: Nanos,
    /// What the last message led to.
    pub(super) effects: Vec<FleetEffect>,
}

impl Ui {
    /// Nothing is known yet.
    pub(super) fn start(options: UiOptions, view: FleetView, (width, height): (u16, u16)) -> Self {
        Self {
            state: FleetState::new(options, view, width, height),
            now: Nanos::ZERO,
            effects: Vec::new(),
        }
    }

    /// So many targets, every tenth of which is lost, and one not reached yet.
    pub(super) fn watching(count: u32, view: FleetView, size: (u16, u16)) -> Self {
        let mut ui = Self::start(UiOptions::new(""), view, size);
        for n in 0..count {
            ui.see(n);
        }
        for n in 0..count.saturating_sub(1) {
            ui.answer(n);
        }
        ui.wait(Nanos::from_secs(60));
        for n in (3..count.saturating_sub(1)).step_by(10) {
            ui.lose(n);
        }
        for n in 0..count.saturating_sub(1) {
            if n % 10 != 3 {
                ui.news(n, News::Sites(Box::new(sites(n))));
            }
        }
        ui.wait(Nanos::from_millis(12_300));
        ui
    }

    /// A target is found.
    pub(super) fn see(&mut self, n: u32) {
        let name = format!("pigeon-{n:03}").into();
        let address = format!("10.0.{}.{}:6669", n / 250, n % 250 + 1).into();
        self.news(n, News::Seen { name, address });
    }

    /// A target says all it knows.
    pub(super) fn answer(&mut self, n: u32) {
        self.news(n, News::Target(Box::new(target(n))));
        self.news(n, News::Sites(Box::new(sites(n))));
        self.news(n, News::Findings(Box::new(findings(n))));
    }

    pub(super) fn lose(&mut self, n: u32) {
        let reason = format!(
            "cannot reach 10.0.0.{}:6669: Connection refused (os error 111); is the service \
             running, with loiter started in it?",
            n + 1
        );
        let reason = reason.into();
        self.news(n, News::Lost { reason });
    }

    pub(super) fn news(&mut self, n: u32, news: News) {
        let (id, at) = (InstanceId(n), self.now);
        self.told(fleet::Message::News { id, at, news });
    }

    pub(super) fn told(&mut self, message: fleet::Message) {
        self.send(FleetMessage::Told(message));
    }

    pub(super) fn send(&mut self, message: FleetMessage) {
        self.effects = update(&mut self.state, self.now, message);
    }

    pub(super) fn ui(&mut self, message: Message) {
        self.send(FleetMessage::Ui(message));
    }

    pub(super) fn key(&mut self, code: KeyCode) {
        self.ui(Message::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    /// Types these letters.
    pub(super) fn keys(&mut self, letters: &str) {
        for letter in letters.chars() {
            self.key(KeyCode::Char(letter));
        }
    }

    /// Lets time pass.
    pub(super) fn wait(&mut self, time: Nanos) {
        self.now = self.now.saturating_add(time);
        self.ui(Message::Tick);
    }

    /// The characters of the picture.
    pub(super) fn picture(&self) -> String {
        fixture::text(&render_to_buffer(&self.state))
    }
}

pub(super) fn target(n: u32) -> Target {
    Target {
        pid: 4_000 + n,
        host: format!("node-{}", n % 7),
        run_id: u64::from(n) + 1,
        agent_version: match n % 9 {
            0 => "0.2.0".to_owned(),
            _ => "0.1.0".to_owned(),
        },
        ..fixture::target()
    }
}

/// One of them has a site that is large.
pub(super) fn sites(n: u32) -> SitesUpdate {
    let mut update = fixture::sites_update();
    let factor = 1 + u64::from(n % 5);
    update.overview.totals.alive *= factor;
    update.overview.totals.blocked = u64::from(n % 4) * 3;
    for stats in &mut update.sites {
        stats.alive *= factor;
        stats.blocked = stats.blocked.min(u64::from(n % 4) * 3);
    }
    if n == 7 {
        update.sites[2].alive = 20_000;
    }
    update
}

/// Not every one has something wrong.
pub(super) fn findings(n: u32) -> FindingsUpdate {
    let mut update = match n % 3 {
        0 => fixture::findings_update(),
        _ => fixture::no_findings(),
    };
    update.overview = sites(n).overview;
    if n == 6 {
        for finding in &mut update.findings {
            finding.count *= 7;
        }
    }
    update
}
