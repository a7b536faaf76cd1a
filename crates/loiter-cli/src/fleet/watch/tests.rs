//! Watching targets that come and go, in a time of its own.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use loiter_model::{
    fleet::{Instance, Status},
    query::Sort,
};
use tokio::time;

use super::*;
use crate::fleet::{
    Place,
    net::{Names, Net},
};

/// Longer than anything here takes; nobody waits for it for real.
const LONG: Duration = Duration::from_secs(3600);

fn entry(place: &str) -> Entry {
    Entry::new(place.parse::<Place>().expect(place))
}

/// A watch, and what it has told so far.
struct Told {
    watch: Watch,
    fleet: Fleet,
}

impl Told {
    fn by(entries: Vec<Entry>, options: WatchOptions) -> Self {
        Self {
            watch: Watch::start(entries, options),
            fleet: Fleet::new(),
        }
    }

    /// Takes messages until it is so.
    async fn until(&mut self, what: &str, is_so: impl Fn(&Fleet) -> bool) {
        let so = async {
            while !is_so(&self.fleet) {
                self.watch.next().await.tell(&mut self.fleet);
            }
        };
        let done = time::timeout(LONG, so).await;
        assert!(done.is_ok(), "waited in vain: {what}: {:?}", self.fleet);
    }

    /// Takes messages for a while.
    async fn wait(&mut self, time: Duration) {
        let listen = async {
            loop {
                self.watch.next().await.tell(&mut self.fleet);
            }
        };
        let _ = time::timeout(time, listen).await;
    }

    fn instance(&self, address: &str) -> &Instance {
        let mut instances = self.fleet.instances();
        let found = instances.find(|instance| instance.address() == address);
        found.unwrap_or_else(|| panic!("no {address} in {:?}", self.fleet))
    }
}

fn answering(fleet: &Fleet) -> u64 {
    fleet.summary().answering
}

fn reason(instance: &Instance) -> &str {
    match instance.status() {
        Status::Lost { reason, .. } => reason,
        status => panic!("it is {}", status.name()),
    }
}

#[tokio::test(start_paused = true)]
async fn targets_say_how_they_are() {
    let net = Net::with(&["10.0.0.1:1"]);
    let names = Names::default();
    names.set("a", &["10.0.0.9"]);
    net.start("a:1 at 10.0.0.9");
    let mut named = entry("10.0.0.1:1");
    named.name = Some("orders".to_owned());
    let entries = vec![named, entry("a:1")];
    let mut told = Told::by(entries, net.options(names));
    told.until("both answer, and say what is wrong", |fleet| {
        let sites = fleet.sites(Sort::default()).rows;
        fleet.summary().findings.all() == 2 && sites.iter().any(|row| row.instances == 2)
    })
    .await;
    let orders = told.instance("10.0.0.1:1");
    assert_eq!(orders.name(), "orders");
    assert_eq!(
        orders.target().map(|target| target.name.as_str()),
        Some("10.0.0.1:1")
    );
    let other = told.instance("a:1 at 10.0.0.9");
    assert_eq!(other.name(), "a:1");
    let rows = told.fleet.sites(Sort::default()).rows;
    assert_eq!((rows.len(), rows[0].alive, rows[0].instances), (1, 20, 2));

    let entry = told.watch.entry(other.id()).expect("known");
    assert_eq!(entry.place.to_string(), "a:1 at 10.0.0.9");
    assert_eq!(entry.name.as_deref(), Some("a:1"));
    let source = told.watch.source(orders.id()).expect("known");
    assert_eq!(
        source.target().await.expect("it answers").name,
        "10.0.0.1:1"
    );
    assert_eq!(told.watch.entry(InstanceId(2)), None);

    // It leads to the same one, and to no other.
    let mut again = Told::by(vec![entry], told.watch.shared.options.clone());
    again
        .until("it answers", |fleet| answering(fleet) == 1)
        .await;
    assert_eq!(again.instance("a:1 at 10.0.0.9").name(), "a:1");
}

#[tokio::test(start_paused = true)]
async fn every_address_of_a_name_is_a_target_that_comes_and_goes() {
    let names = Names::default();
    names.set("api.svc", &["10.0.0.1", "10.0.0.2", "fd00::1"]);
    let [one, two, three] = [1, 2, 3].map(|pod| format!("api.svc:6669 at 10.0.0.{pod}"));
    let net = Net::with(&[&one, &two]);
    let mut told = Told::by(vec![entry("api.svc:6669")], net.options(names.clone()));
    told.until("two pods answer", |fleet| answering(fleet) == 2)
        .await;

    // One leaves, and another one comes.
    names.set("api.svc", &["10.0.0.2", "10.0.0.3"]);
    net.stop(&one);
    net.start(&three);
    told.until("one is lost, and two answer", |fleet| {
        let summary = fleet.summary();
        summary.lost == 1 && summary.answering == 2
    })
    .await;
    told.wait(Duration::from_secs(60)).await;
    assert_eq!(told.fleet.instances().len(), 3);
    let gone = told.instance(&one);
    assert!(reason(gone).contains("leads there no more"), "{gone:?}");
    assert!(gone.is_stale());
    // Nobody knocks there any more.
    let attempts = net.attempts(&one);
    told.wait(Duration::from_secs(300)).await;
    assert_eq!(net.attempts(&one), attempts);

    // One that is back is the same.
    names.set("api.svc", &["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    net.start(&one);
    told.until("all three answer", |fleet| answering(fleet) == 3)
        .await;
    assert_eq!(told.fleet.instances().len(), 3);

    // One that is back after very long is another one.
    names.set("api.svc", &["10.0.0.2", "10.0.0.3"]);
    net.stop(&one);
    told.wait(LONG).await;
    let gone = told.instance(&one).id();
    // It can be looked at nevertheless, and says why there is nothing to be seen.
    let source = told.watch.source(gone).expect("it is remembered");
    source.target().await.expect_err("it is gone");
    names.set("api.svc", &["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    net.start(&one);
    told.until("all three answer", |fleet| answering(fleet) == 3)
        .await;
    assert_eq!(told.fleet.instances().len(), 4);
    assert_eq!(told.fleet.summary().lost, 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_its_name_forgot_is_watched_for_as_long_as_it_answers() {
    let names = Names::default();
    names.set("api", &["10.0.0.1"]);
    let net = Net::with(&["api:1 at 10.0.0.1"]);
    let mut told = Told::by(vec![entry("api:1")], net.options(names.clone()));
    told.until("it answers", |fleet| answering(fleet) == 1)
        .await;
    names.set("api", &["10.0.0.2"]);
    told.until("another one is found", |fleet| fleet.instances().len() == 2)
        .await;
    told.wait(Duration::from_secs(120)).await;
    let draining = told.instance("api:1 at 10.0.0.1");
    assert_eq!(draining.status(), Status::Answering);
    assert!(draining.lag(told.watch.now()) <= Some(Nanos::from_secs(2)));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_leads_nowhere_is_told_until_it_leads_somewhere() {
    let names = Names::default();
    let net = Net::with(&["api:1 at 10.0.0.1"]);
    let mut told = Told::by(vec![entry("api:1")], net.options(names.clone()));
    told.until("a problem", |fleet| fleet.problems().count() == 1)
        .await;
    let (place, problem) = told.fleet.problems().next().expect("it is there");
    assert_eq!(place, "api:1");
    assert!(problem.contains("cannot find its addresses"), "{problem}");
    names.set("api", &["10.0.0.1"]);
    told.until("it answers", |fleet| answering(fleet) == 1)
        .await;
    told.until("no problem", |fleet| fleet.problems().count() == 0)
        .await;

    // What was found stays while the resolver is out of order.
    names.forget("api");
    told.until("a problem", |fleet| fleet.problems().count() == 1)
        .await;
    assert_eq!(answering(&told.fleet), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_target_is_tried_again_ever_more_seldom() {
    let net = Net::with(&["10.0.0.1:1"]);
    let entries = vec![entry("10.0.0.1:1"), entry("10.0.0.2:1")];
    let mut told = Told::by(entries, net.options(Names::default()));
    told.until("one answers, one is lost", |fleet| {
        let summary = fleet.summary();
        (summary.answering, summary.lost) == (1, 1)
    })
    .await;
    assert!(reason(told.instance("10.0.0.2:1")).contains("refused"));
    told.wait(Duration::from_secs(600)).await;
    let attempts = net.attempts("10.0.0.2:1");
    // Twice a minute, and some more at first.
    assert!((15..60).contains(&attempts), "{attempts} attempts");

    net.stop("10.0.0.1:1");
    told.until("both are lost", |fleet| fleet.summary().lost == 2)
        .await;
    let before = told.watch.now();
    net.start("10.0.0.1:1");
    told.until("it is back", |fleet| answering(fleet) == 1)
        .await;
    let took = told.watch.now().saturating_sub(before);
    assert!(took < Nanos::from_secs(2), "{took}");
}

#[tokio::test(start_paused = true)]
async fn who_is_in_a_hurry_does_not_wait() {
    let net = Net::with(&[]);
    let mut told = Told::by(vec![entry("10.0.0.1:1")], net.options(Names::default()));
    told.wait(Duration::from_secs(600)).await;
    net.start("10.0.0.1:1");
    let before = told.watch.now();
    told.watch.hurry();
    told.until("it answers", |fleet| answering(fleet) == 1)
        .await;
    let took = told.watch.now().saturating_sub(before);
    assert!(took < Nanos::from_secs(1), "{took}");
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_is_lost_in_the_end() {
    let net = Net::with(&["10.0.0.1:1"]);
    let mut told = Told::by(vec![entry("10.0.0.1:1")], net.options(Names::default()));
    told.until("it answers", |fleet| fleet.summary().alive > 0)
        .await;
    net.hang("10.0.0.1:1");
    told.until("it is lost", |fleet| fleet.summary().lost == 1)
        .await;
    let silent = told.instance("10.0.0.1:1");
    assert!(
        reason(silent).contains("no answer within 30 s"),
        "{silent:?}"
    );
    assert!(silent.lag(told.watch.now()) >= Some(Nanos::from_secs(30)));
    assert_eq!(told.fleet.summary().alive, 0);

    // It says what it is when it is asked again, and nothing more.
    let attempts = net.attempts("10.0.0.1:1");
    for _ in 0..10 {
        told.wait(Duration::from_secs(30)).await;
        assert_eq!(told.fleet.summary().lost, 1);
    }
    assert!(net.attempts("10.0.0.1:1") > attempts);
    net.start("10.0.0.1:1");
    told.until("it is back", |fleet| answering(fleet) == 1)
        .await;
}

#[tokio::test(start_paused = true)]
async fn one_that_is_asked_seldom_is_not_lost_in_between() {
    let net = Net::with(&["10.0.0.1:1"]);
    let mut options = net.options(Names::default());
    options.interval = Some(Duration::from_secs(45));
    let mut told = Told::by(vec![entry("10.0.0.1:1")], options);
    told.until("it answers", |fleet| answering(fleet) == 1)
        .await;
    told.wait(LONG).await;
    assert_eq!(net.attempts("10.0.0.1:1"), 1);
    net.hang("10.0.0.1:1");
    told.until("it is lost", |fleet| fleet.summary().lost == 1)
        .await;
    assert!(reason(told.instance("10.0.0.1:1")).contains("no answer within 135 s"));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_lost_because_nobody_listens() {
    let addresses: Vec<_> = (1..=20).map(|port| format!("10.0.0.1:{port}")).collect();
    let net = Net::with(&addresses.iter().map(String::as_str).collect::<Vec<_>>());
    let entries = addresses.iter().map(|address| entry(address)).collect();
    let mut told = Told::by(entries, net.options(Names::default()));
    told.until("all answer", |fleet| answering(fleet) == 20)
        .await;
    time::sleep(LONG).await;
    told.wait(Duration::from_secs(60)).await;
    let attempts = addresses.iter().map(|address| net.attempts(address));
    assert_eq!(attempts.sum::<usize>(), 20);
    assert_eq!(answering(&told.fleet), 20);
}

#[tokio::test(start_paused = true)]
async fn one_that_answers_once_each_time_is_tried_ever_more_seldom() {
    let net = Net::with(&["10.0.0.1:1"]);
    net.tires("10.0.0.1:1");
    let mut told = Told::by(vec![entry("10.0.0.1:1")], net.options(Names::default()));
    told.wait(Duration::from_secs(600)).await;
    let attempts = net.attempts("10.0.0.1:1");
    assert!((15..60).contains(&attempts), "{attempts} attempts");
}

#[tokio::test(start_paused = true)]
async fn who_is_in_a_hurry_has_those_tried_as_well_to_which_nothing_leads() {
    let names = Names::default();
    names.set("api", &["10.0.0.1"]);
    let net = Net::with(&["api:1 at 10.0.0.1"]);
    let mut told = Told::by(vec![entry("api:1")], net.options(names.clone()));
    told.until("it answers", |fleet| answering(fleet) == 1)
        .await;
    names.set("api", &["10.0.0.2"]);
    net.stop("api:1 at 10.0.0.1");
    told.wait(Duration::from_secs(60)).await;
    net.start("api:1 at 10.0.0.1");
    told.wait(Duration::from_secs(60)).await;
    assert_eq!(answering(&told.fleet), 0);
    told.watch.hurry();
    told.until("it answers", |fleet| answering(fleet) == 1)
        .await;
}

#[tokio::test(start_paused = true)]
async fn hundreds_are_attached_to_a_few_at_a_time() {
    let addresses: Vec<_> = (0..300)
        .map(|port| format!("10.0.0.1:{}", port + 1))
        .collect();
    let net = Net::with(&addresses.iter().map(String::as_str).collect::<Vec<_>>());
    let entries = addresses.iter().map(|address| entry(address)).collect();
    let mut options = net.options(Names::default());
    options.pace.connecting = 8;
    let mut told = Told::by(entries, options);
    told.until("all answer", |fleet| answering(fleet) == 300)
        .await;
    assert_eq!(net.most_connecting(), 8);
    let names: BTreeSet<_> = told
        .fleet
        .instances()
        .map(|it| it.address().to_owned())
        .collect();
    assert_eq!(names.len(), 300);
}

#[tokio::test(start_paused = true)]
async fn what_two_entries_lead_to_is_one_target() {
    let net = Net::with(&["10.0.0.1:1"]);
    let entries = vec![
        entry("10.0.0.1:1"),
        entry("http://10.0.0.1:1"),
        entry("10.0.0.1:1"),
    ];
    let mut told = Told::by(entries, net.options(Names::default()));
    told.until("it answers", |fleet| answering(fleet) == 1)
        .await;
    told.wait(Duration::from_secs(60)).await;
    assert_eq!(told.fleet.instances().len(), 1);
    assert_eq!(net.attempts("10.0.0.1:1"), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_on_when_it_is_dropped() {
    let net = Net::with(&["10.0.0.1:1"]);
    let names = Names::default();
    names.set("api", &["10.0.0.2"]);
    let entries = vec![entry("10.0.0.1:1"), entry("api:1")];
    let mut told = Told::by(entries, net.options(names));
    told.until("one answers", |fleet| answering(fleet) == 1)
        .await;
    drop(told);
    // Aborted tasks go when the runtime gets to them.
    let gone = async {
        while Arc::strong_count(&net.0) > 1 {
            tokio::task::yield_now().await;
        }
    };
    time::timeout(LONG, gone)
        .await
        .expect("somebody still holds the net");
}

#[cfg(unix)]
#[tokio::test]
async fn sockets_in_a_folder_are_targets_that_come_and_go() {
    use std::{fs, os::unix::net::UnixListener};

    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path().join("loiter");
    let place = format!("unix:{}/", folder.display());
    let net = Net::default();
    let mut options = net.options(Names::default());
    options.pace.look_every = Duration::from_millis(10);
    options.pace.first_retry = Duration::from_millis(10);
    let mut told = Told::by(vec![entry(&place)], options);
    told.until("there is no folder", |fleet| fleet.problems().count() == 1)
        .await;

    fs::create_dir(&folder).expect("made");
    let path = |name: &str| folder.join(name);
    let address = |name: &str| format!("unix:{}", path(name).display());
    drop(UnixListener::bind(path("dead-1.sock")).expect("a socket"));
    let _listener = UnixListener::bind(path("shop-2.sock")).expect("a socket");
    net.start(&address("shop-2.sock"));
    told.until("one answers", |fleet| answering(fleet) == 1)
        .await;
    assert_eq!(told.fleet.problems().count(), 0);
    assert_eq!(told.fleet.instances().len(), 1);
    assert_eq!(told.instance(&address("shop-2.sock")).name(), "shop");

    fs::remove_file(path("shop-2.sock")).expect("it was there");
    net.stop(&address("shop-2.sock"));
    let is_gone = |fleet: &Fleet| {
        let mut instances = fleet.instances();
        instances.any(|it| matches!(it.status(), Status::Lost { reason, .. } if reason.contains("socket was removed")))
    };
    told.until("it is gone", is_gone).await;
}
