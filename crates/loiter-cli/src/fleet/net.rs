//! Machines that are up, down or hanging, and a resolver for them.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    io,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::{FutureExt, StreamExt, future, stream};
use loiter_model::{
    Nanos, ResourceSeq, Site, SiteId, SiteStats, Target, TaskSeq, Teller, Thresholds, Tier, Totals,
    finding::{Certainty, Finding, FindingKind, RuleSettings},
    query::{Filter, Group, ResourceQuery, SiteQuery, TaskQuery, WaitQuery},
    update::{
        CaptureOutcome, FindingsUpdate, Overview, ResourceDetail, ResourcesUpdate, SitesUpdate,
        TaskDetail, TasksUpdate, WaitsUpdate,
    },
};
use tokio::{sync::watch, time};

use crate::{
    fleet::{Addresses, Resolve, WatchOptions},
    source::{Answer, Credentials, Endpoint, Source, SourceError, Updates},
};

/// Tasks alive in each machine.
const ALIVE: u64 = 10;
/// How long it takes to attach.
const HANDSHAKE: Duration = Duration::from_millis(20);
const INTERVAL: Duration = Duration::from_secs(1);

/// All machines.
#[derive(Clone, Default)]
pub(super) struct Net(pub(super) Arc<Machines>);

#[derive(Default)]
pub(super) struct Machines {
    /// Those that are up, by their address, and whether each hangs.
    up: watch::Sender<BTreeMap<String, bool>>,
    attempts: Mutex<BTreeMap<String, usize>>,
    /// Those that answer once and hang up.
    tiring: Mutex<BTreeSet<String>>,
    /// Which process is at an address, where another address leads to it, too.
    runs: Mutex<BTreeMap<String, u64>>,
    connecting: AtomicUsize,
    most_connecting: AtomicUsize,
}

impl Net {
    pub(super) fn with(addresses: &[&str]) -> Self {
        let net = Self::default();
        for address in addresses {
            net.start(address);
        }
        net
    }

    pub(super) fn start(&self, address: &str) {
        self.0.up.send_modify(|up| {
            up.insert(address.to_owned(), false);
        });
    }

    pub(super) fn stop(&self, address: &str) {
        self.0.up.send_modify(|up| {
            up.remove(address);
        });
    }

    /// It stays connected and says nothing more.
    pub(super) fn hang(&self, address: &str) {
        self.0.up.send_modify(|up| {
            up.insert(address.to_owned(), true);
        });
    }

    /// It answers once whenever it is asked, and hangs up.
    pub(super) fn tires(&self, address: &str) {
        let mut tiring = self.0.tiring.lock().expect("nobody panics with it");
        tiring.insert(address.to_owned());
    }

    /// One process is at both addresses.
    pub(super) fn is_one(&self, address: &str, other: &str) {
        let mut runs = self.0.runs.lock().expect("nobody panics with it");
        let run = runs.len() as u64;
        runs.extend([address, other].map(|address| (address.to_owned(), run)));
    }

    /// How often somebody tried to attach to it.
    pub(super) fn attempts(&self, address: &str) -> usize {
        let attempts = self.0.attempts.lock().expect("nobody panics with it");
        attempts.get(address).copied().unwrap_or(0)
    }

    /// How many were being attached to at once at most.
    pub(super) fn most_connecting(&self) -> usize {
        self.0.most_connecting.load(Relaxed)
    }

    pub(super) fn options(&self, names: Names) -> WatchOptions {
        let machines = self.0.clone();
        WatchOptions {
            resolver: Arc::new(names),
            attach: Arc::new(
                move |endpoint: &Endpoint, _: &Credentials| -> Arc<dyn Source> {
                    Arc::new(Machine {
                        machines: machines.clone(),
                        address: endpoint.to_string(),
                    })
                },
            ),
            ..WatchOptions::default()
        }
    }
}

struct Machine {
    machines: Arc<Machines>,
    address: String,
}

impl Machine {
    fn run_id(&self) -> u64 {
        let runs = self.machines.runs.lock().expect("nobody panics with it");
        let of_address = || BuildHasherDefault::<DefaultHasher>::default().hash_one(&self.address);
        runs.get(&self.address).copied().unwrap_or_else(of_address)
    }

    fn refused(&self) -> SourceError {
        SourceError::Unreachable {
            endpoint: self.address.clone(),
            reason: "connection refused".to_owned(),
        }
    }

    /// An answer at once and then every interval, for as long as it is up.
    fn answers<T: Clone + Send + Sync + 'static>(
        &self,
        answer: T,
        interval: Option<Duration>,
    ) -> Updates<T> {
        let up = self.machines.up.subscribe();
        let address = self.address.clone();
        let interval = interval.unwrap_or(INTERVAL);
        let tiring = self.machines.tiring.lock().expect("nobody panics with it");
        let tires = tiring.contains(&address);
        let answers = stream::unfold((up, true), move |(mut up, is_first)| {
            let (answer, address) = (answer.clone(), address.clone());
            async move {
                if !is_first {
                    time::sleep(interval).await;
                }
                // Not while it hangs.
                let state = up.wait_for(|up| up.get(&address) != Some(&true)).await;
                let is_up = state.is_ok_and(|up| up.contains_key(&address)) && (is_first || !tires);
                let answer = match is_up {
                    true => Ok(answer),
                    false => Err(SourceError::Lost {
                        endpoint: address,
                        reason: "connection reset".to_owned(),
                    }),
                };
                Some((answer, (up, false)))
            }
        });
        answers.boxed()
    }
}

fn cannot<T: Send + 'static>() -> Answer<'static, T> {
    let error = SourceError::CannotTell {
        endpoint: "a machine".to_owned(),
        what: "that".to_owned(),
    };
    future::ready(Err(error)).boxed()
}

fn overview() -> Overview {
    Overview {
        totals: Totals {
            alive: ALIVE,
            idle: ALIVE,
            ..Totals::default()
        },
        ..Overview::default()
    }
}

impl Source for Machine {
    fn target(&self) -> Answer<'_, Target> {
        async {
            let machines = &self.machines;
            *machines
                .attempts
                .lock()
                .expect("nobody panics with it")
                .entry(self.address.clone())
                .or_default() += 1;
            let connecting = machines.connecting.fetch_add(1, Relaxed) + 1;
            machines.most_connecting.fetch_max(connecting, Relaxed);
            time::sleep(HANDSHAKE).await;
            machines.connecting.fetch_sub(1, Relaxed);
            if !machines.up.borrow().contains_key(&self.address) {
                return Err(self.refused());
            }
            Ok(Target {
                name: self.address.clone(),
                pid: 1,
                host: String::new(),
                agent_version: "0.1.0".to_owned(),
                run_id: self.run_id(),
                started_unix: Nanos::ZERO,
                uptime: Nanos::ZERO,
                teller: Teller::Agent,
                tier: Tier::EveryTask,
                thresholds: Thresholds::default(),
                max_tasks: 1,
            })
        }
        .boxed()
    }

    fn watch_sites(
        &self,
        _: SiteQuery,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<SitesUpdate>> {
        let mut update = SitesUpdate {
            overview: overview(),
            matched: 1,
            ..SitesUpdate::default()
        };
        let site = Arc::new(Site::new("src/pool.rs", 88, 9));
        update.labels.sites.insert(SiteId(0), site);
        update.sites.push(SiteStats {
            alive: ALIVE,
            ..SiteStats::default()
        });
        future::ready(Ok(self.answers(update, interval))).boxed()
    }

    fn watch_findings(
        &self,
        _: RuleSettings,
        interval: Option<Duration>,
    ) -> Answer<'_, Updates<FindingsUpdate>> {
        let update = FindingsUpdate {
            overview: overview(),
            findings: vec![Finding {
                kind: FindingKind::BlockedReceive,
                certainty: Certainty::Suspected,
                site: None,
                wait: None,
                name: None,
                scope: None,
                count: 1,
                sample: Vec::new(),
                bytes: 0,
                since: Nanos::ZERO,
                evidence: Vec::new(),
                doubts: Vec::new(),
            }],
            ..FindingsUpdate::default()
        };
        future::ready(Ok(self.answers(update, interval))).boxed()
    }

    fn watch_tasks(&self, _: TaskQuery, _: Option<Duration>) -> Answer<'_, Updates<TasksUpdate>> {
        cannot()
    }

    fn watch_waits(
        &self,
        _: Group,
        _: WaitQuery,
        _: Option<Duration>,
    ) -> Answer<'_, Updates<WaitsUpdate>> {
        cannot()
    }

    fn capture_stacks(&self, _: Filter, _: Thresholds) -> Answer<'_, CaptureOutcome> {
        cannot()
    }

    fn watch_task(
        &self,
        _: TaskSeq,
        _: Thresholds,
        _: Option<Duration>,
    ) -> Answer<'_, Updates<TaskDetail>> {
        cannot()
    }

    fn watch_resources(
        &self,
        _: ResourceQuery,
        _: Option<Duration>,
    ) -> Answer<'_, Updates<ResourcesUpdate>> {
        cannot()
    }

    fn watch_resource(
        &self,
        _: ResourceSeq,
        _: Option<Duration>,
    ) -> Answer<'_, Updates<ResourceDetail>> {
        cannot()
    }
}

/// The addresses of names, as a test has them.
#[derive(Clone, Default)]
pub(super) struct Names(Arc<Mutex<BTreeMap<String, BTreeSet<IpAddr>>>>);

impl Names {
    pub(super) fn set(&self, name: &str, addresses: &[&str]) {
        let addresses = addresses
            .iter()
            .map(|text| text.parse().expect("an address"));
        let mut names = self.0.lock().expect("nobody panics with it");
        names.insert(name.to_owned(), addresses.collect());
    }

    pub(super) fn forget(&self, name: &str) {
        self.0.lock().expect("nobody panics with it").remove(name);
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a> {
        let names = self.0.lock().expect("nobody panics with it");
        let found = names.get(host).cloned();
        let found = found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such name"));
        future::ready(found).boxed()
    }
}
