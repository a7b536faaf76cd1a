//! The rounds and what is made of them.

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use loiter_tests::{
    Program, cpu_seconds,
    siege::{Attack, Attacks, Clients, Inside, Served, Service},
    wait_until,
};

use super::load::{Load, RATE, Sample};

/// Length of a round, about.
const ROUND: Duration = Duration::from_secs(6);
/// Clients that watch all the time.
const CLIENTS: usize = 200;
/// Of a round, before it is measured: an attack has to begin, and the one before to end.
const SETTLING: Duration = Duration::from_secs(1);
/// From one look at the service's memory to the next.
const LOOK: Duration = Duration::from_millis(100);

/// What is attacked meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Nothing,
    Sink,
    Agent,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Nothing, Self::Sink, Self::Agent];

    const fn title(self) -> &'static str {
        match self {
            Self::Nothing => "no attack",
            Self::Sink => "an attack on a process that throws all away",
            Self::Agent => "an attack on the agent",
        }
    }
}

struct Round {
    kind: Kind,
    from: Instant,
    to: Instant,
    /// Of the service, in shares of a core.
    cpu: f64,
}

/// Runs for so long and prints it.
pub(super) fn report(time: Duration) {
    let kinds = Kind::ALL.len();
    let turns = (time.as_secs_f64() / ROUND.as_secs_f64() / kinds as f64).round() as u32;
    let turns = turns.max(1);
    let length = time / (turns * kinds as u32);
    assert!(length > SETTLING, "rounds are too short: {length:?}");
    let service = Service::start(Path::new(env!("CARGO_BIN_EXE_besieged")));
    let load = Load::start(service.http.parse().expect("an address"), "hello");
    // The first answer of each kind is the one that costs memory for good.
    let before_clients = at_rest(&service);
    let clients = Clients::start(&service.agent, CLIENTS);
    let sink = Program::start(Command::new(env!("CARGO_BIN_EXE_sink")));
    let memory = Memory::watch(service.pid());
    thread::sleep(SETTLING);
    let with_clients = service.memory_kib();

    let mut attacked = BTreeMap::new();
    let mut rounds = Vec::new();
    for turn in 0..turns as usize {
        for place in 0..kinds {
            let kind = in_turn(turn, place);
            rounds.push(round(kind, length, &service, &sink, &mut attacked));
        }
    }
    let samples = load.stop();
    let most_kib = memory.stop();
    // Before they leave: the attackers are gone, and those who should be are there.
    clients.wait_for_updates(3);
    let served = clients.stop();
    let after = wait_until_at_rest(&service, &before_clients);

    print_latency(&rounds, &samples);
    print_served(&served);
    print_attacks(&attacked, length * turns);
    println!(
        "\nmemory of the service: {} with {CLIENTS} clients, at most {} in all of it, {} after it",
        Mib(with_clients),
        Mib(most_kib),
        Mib(service.memory_kib()),
    );
    println!("left behind: {before_clients} before, {after} after");
}

fn round(
    kind: Kind,
    length: Duration,
    service: &Service,
    sink: &Program,
    attacked: &mut BTreeMap<&'static str, u64>,
) -> Round {
    let besieger = Path::new(env!("CARGO_BIN_EXE_besieger"));
    let attacks = match kind {
        Kind::Nothing => None,
        Kind::Sink => Some(Attacks::start(besieger, &sink.address(), &Attack::ALL)),
        Kind::Agent => Some(Attacks::start(besieger, &service.agent, &Attack::ALL)),
    };
    thread::sleep(SETTLING);
    let stat = format!("/proc/{}/stat", service.pid());
    let cpu = || cpu_seconds(stat.as_ref()).unwrap_or_default();
    let (from, before) = (Instant::now(), cpu());
    thread::sleep(length - SETTLING);
    let (to, after) = (Instant::now(), cpu());
    if let Some(attacks) = attacks {
        for (attack, count) in attacks.stop() {
            if kind == Kind::Agent {
                *attacked.entry(attack.name()).or_default() += count;
            }
        }
    }
    Round {
        kind,
        from,
        to,
        cpu: (after - before) / (to - from).as_secs_f64(),
    }
}

/// Which kind of round has which place in a turn: each of them is before and after each other one.
fn in_turn(turn: usize, place: usize) -> Kind {
    let kinds = Kind::ALL.len();
    let place = match turn % 2 {
        0 => place,
        _ => kinds - 1 - place,
    };
    Kind::ALL[(turn / 2 + place) % kinds]
}

/// What is in the service while nobody but the load is there.
fn at_rest(service: &Service) -> Inside {
    let mut last = service.inside();
    wait_until("a service at rest", || {
        let now = service.inside();
        let is_same = now == last;
        last = now;
        is_same.then_some(now)
    })
}

/// The same once everybody is gone: without the load.
fn wait_until_at_rest(service: &Service, before: &Inside) -> Inside {
    let mut last = service.inside();
    let deadline = Instant::now() + Duration::from_secs(50);
    while Instant::now() < deadline
        && (last.agent_tasks > before.agent_tasks || last.descriptors > before.descriptors)
    {
        thread::sleep(LOOK);
        last = service.inside();
    }
    last
}

fn print_latency(rounds: &[Round], samples: &[Sample]) {
    println!(
        "an axum service under {RATE} requests a second, {CLIENTS} clients at its agent; medians \
         of {} rounds, from the least to the most\n\n\
         | | p50 | p99 | CPU of the service |\n| --- | --: | --: | --: |",
        rounds.len() / Kind::ALL.len(),
    );
    let mut p99s = BTreeMap::new();
    for kind in Kind::ALL {
        let these = || rounds.iter().filter(move |round| round.kind == kind);
        let p99_of_each: Vec<_> = these()
            .map(|round| quantile(round, samples, 0.99))
            .collect();
        let p50 = Spread::of(these().map(|round| quantile(round, samples, 0.5)));
        let p99 = Spread::of(p99_of_each.iter().copied());
        let cpu = Spread::of(these().map(|round| 100.0 * round.cpu));
        println!("| {} | {p50} µs | {p99} µs | {cpu} % |", kind.title());
        p99s.insert(kind, p99_of_each);
    }
    // Of rounds of the same turn: the machine changes with time.
    let against = |other: Kind| {
        let pairs = p99s[&Kind::Agent].iter().zip(&p99s[&other]);
        Spread::of(pairs.map(|(agent, other)| agent / other))
    };
    println!(
        "\np99 with an attack on the agent: {:.2} of that without one, {:.2} of that with one on \
         somebody else; goal 1.10",
        against(Kind::Nothing),
        against(Kind::Sink),
    );
}

/// Of the requests that were due in a round, in microseconds.
fn quantile(round: &Round, samples: &[Sample], quantile: f64) -> f64 {
    let due = |sample: &&Sample| (round.from..round.to).contains(&sample.due);
    let mut micros: Vec<_> = samples
        .iter()
        .filter(due)
        .map(|sample| sample.latency.as_secs_f64() * 1e6)
        .collect();
    micros.sort_by(f64::total_cmp);
    let place = (micros.len() as f64 * quantile) as usize;
    micros.get(place).copied().unwrap_or(f64::NAN)
}

fn print_served(served: &Served) {
    let least = served.updates.iter().min().copied().unwrap_or_default();
    println!(
        "\nclients that watched: {} served to the end, {} sent away; {least} updates or more for \
         each, {:.1} s at most from one to the next",
        served.updates.len() - served.ended.len(),
        served.ended.len(),
        served.longest_gap.as_secs_f64(),
    );
    println!(
        "clients that came anew: {} answered, after {} refusals; {:.2} s for the slowest",
        served.newcomers,
        served.refused,
        served.slowest_newcomer.as_secs_f64(),
    );
    for ended in &served.ended {
        println!("sent away: {ended}");
    }
}

fn print_attacks(attacked: &BTreeMap<&'static str, u64>, time: Duration) {
    println!("\n| attack on the agent | a second |\n| --- | --: |");
    for (attack, count) in attacked {
        println!("| {attack} | {:.0} |", *count as f64 / time.as_secs_f64());
    }
}

/// How much memory a process has, at most.
struct Memory {
    stop: Arc<AtomicBool>,
    most: Arc<AtomicU64>,
    thread: thread::JoinHandle<()>,
}

impl Memory {
    fn watch(pid: u32) -> Self {
        let (stop, most) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let (stopped, highest) = (stop.clone(), most.clone());
        let thread = thread::spawn(move || {
            while !stopped.load(Relaxed) {
                highest.fetch_max(loiter_tests::memory_kib(pid).unwrap_or(0), Relaxed);
                thread::sleep(LOOK);
            }
        });
        Self { stop, most, thread }
    }

    fn stop(self) -> u64 {
        self.stop.store(true, Relaxed);
        self.thread.join().expect("no panic");
        self.most.load(Relaxed)
    }
}

struct Mib(u64);

impl fmt::Display for Mib {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} MiB", self.0 as f64 / 1024.0)
    }
}

/// A figure of all rounds of a kind.
struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    fn of(figures: impl Iterator<Item = f64>) -> Self {
        let mut figures: Vec<_> = figures.collect();
        figures.sort_by(f64::total_cmp);
        let middle = figures.len() / 2;
        Self {
            least: figures[0],
            median: (figures[(figures.len() - 1) / 2] + figures[middle]) / 2.0,
            most: figures[figures.len() - 1],
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(0);
        let Self {
            least,
            median,
            most,
        } = self;
        write!(f, "{median:.digits$} ({least:.digits$} to {most:.digits$})")
    }
}
