//! Many services watched at once, over real connections: `localhost`, and a name with several
//! addresses.

use std::{
    collections::BTreeSet,
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{FutureExt, future};
use loiter_cli::fleet::{Addresses, Entry, Place, Resolve, Watch, WatchOptions};
use loiter_model::{
    fleet::{Fleet, InstanceId, Status},
    query::Sort,
};
use loiter_tests::{PATIENCE, Program};
use tokio::{runtime, time};

use crate::{LOITER, shared};

/// The addresses that `api.svc` has.
#[derive(Clone, Default)]
struct Service(Arc<Mutex<BTreeSet<IpAddr>>>);

impl Service {
    fn is_at(&self, addresses: &[IpAddr]) {
        *self.0.lock().expect("nobody panics with it") = addresses.iter().copied().collect();
    }
}

impl Resolve for Service {
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a> {
        let found = match host {
            "api.svc" => Ok(self.0.lock().expect("nobody panics with it").clone()),
            _ => Err(io::Error::new(io::ErrorKind::NotFound, "no such name")),
        };
        future::ready(found).boxed()
    }
}

/// A watch, and what it has told so far.
struct Told {
    watch: Watch,
    fleet: Fleet,
}

impl Told {
    fn by(place: &str, service: &Service) -> Self {
        let entry = Entry::new(place.parse::<Place>().expect(place));
        let mut options = WatchOptions {
            resolver: Arc::new(service.clone()),
            ..WatchOptions::default()
        };
        options.pace.resolve_every = Duration::from_millis(100);
        Self {
            watch: Watch::start(vec![entry], options),
            fleet: Fleet::new(),
        }
    }

    async fn until(&mut self, what: &str, is_so: impl Fn(&Fleet) -> bool) {
        let so = async {
            while !is_so(&self.fleet) {
                self.watch.next().await.tell(&mut self.fleet);
            }
        };
        let done = time::timeout(PATIENCE, so).await;
        let summary = self.fleet.summary();
        assert!(done.is_ok(), "waited in vain: {what}: {summary:?}");
    }

    fn find(&self, address: &str) -> InstanceId {
        let mut instances = self.fleet.instances();
        let found = instances.find(|instance| instance.address() == address);
        found.unwrap_or_else(|| panic!("no {address}")).id()
    }
}

fn run(test: impl Future<Output = ()>) {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(test);
}

#[test]
fn localhost_is_one_target_by_whichever_of_its_addresses() {
    run(async {
        let port = shared().address.rsplit(':').next().expect("a port");
        let place = format!("localhost:{port}");
        let mut told = Told::by(&place, &Service::default());
        told.until("it says how it is", |fleet| {
            fleet.summary().alive > 0 && fleet.summary().findings.proved > 0
        })
        .await;
        assert_eq!(told.fleet.instances().len(), 1);
        let instance = told.fleet.instance(told.find(&place)).expect("seen");
        let pid = instance.target().map(|target| target.pid);
        assert_eq!(pid, Some(shared().program.pid()));
        assert_eq!(instance.version(), Some(env!("CARGO_PKG_VERSION")));
    });
}

/// A demo service at this address of the machine and this port, or any.
#[cfg(target_os = "linux")]
fn demo(ip: IpAddr, port: u16) -> Program {
    let demo = LOITER.demo_at(&format!("{ip}:{port}"));
    assert!(demo.address().starts_with(&ip.to_string()));
    demo
}

/// All of 127.0.0.0/8 is this machine, as far as Linux is concerned.
#[cfg(target_os = "linux")]
#[test]
fn services_behind_one_name_come_and_go() {
    let [one, two, three] = [1, 2, 3].map(|last| IpAddr::from([127, 0, 0, last]));
    let first = demo(one, 0);
    let address = first.address();
    let port: u16 = address
        .rsplit(':')
        .next()
        .and_then(|port| port.parse().ok())
        .expect("a port");
    let mut second = demo(two, port);
    let service = Service::default();
    service.is_at(&[one, two]);
    let at = |ip: IpAddr| format!("api.svc:{port} at {ip}");
    run(async {
        let mut told = Told::by(&format!("api.svc:{port}"), &service);
        told.until("both answer", |fleet| fleet.summary().answering == 2)
            .await;
        told.until("equal sites are one row", |fleet| {
            let rows = fleet.sites(Sort::default()).rows;
            rows.iter().any(|row| row.instances == 2)
        })
        .await;
        told.until("so are equal findings", |fleet| {
            fleet.findings().rows.iter().any(|row| row.instances == 2)
        })
        .await;

        second.kill();
        service.is_at(&[one, three]);
        let third = demo(three, port);
        told.until("another one has come", |fleet| {
            let summary = fleet.summary();
            (summary.answering, summary.lost) == (2, 1)
        })
        .await;
        let lost = told.find(&at(two));
        let gone = told.fleet.instance(lost).expect("it stays");
        assert!(gone.is_stale());
        assert!(gone.totals().is_some_and(|totals| totals.alive > 0));
        let new = told.fleet.instance(told.find(&at(three))).expect("seen");
        assert_eq!(new.target().map(|target| target.pid), Some(third.pid()));
        told.until("its name leads there no more", |fleet| {
            let status = fleet.instance(lost).map(|instance| instance.status());
            matches!(status, Some(Status::Lost { reason, .. }) if reason.contains("no more"))
        })
        .await;
    });
}
