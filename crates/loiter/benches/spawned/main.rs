//! What `loiter::spawn` costs over `tokio::spawn`, and a look at what a task waits on.
//!
//! `RUSTFLAGS="" cargo bench -p loiter --bench spawned`: without flags, as that is what the
//! wrapper is for. Each measurement is a child process; the two take turns, several rounds, and
//! the least of each counts: whatever else runs on the machine can only add. Times are CPU time
//! of the whole process, the agent's own thread included.
//!
//! A service under load is measured, too, while its tasks are asked. `-- served` does only that,
//! `-- costs` only the table, `-- looks` only the rest.

mod costs;
mod load;
mod looks;
mod served;
mod service;

use costs::Way;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if costs::measures(&args, || {
        start_agent();
    }) {
        return;
    }
    if args.iter().any(|arg| arg == service::FLAG) {
        return service::run();
    }
    // Cargo adds an option of its own.
    let parts: Vec<&String> = args.iter().filter(|arg| !arg.starts_with("--")).collect();
    let wanted = |part| parts.is_empty() || parts.iter().any(|wanted| *wanted == part);
    if wanted("costs") {
        costs::report(&[Way::Tokio, Way::Loiter]);
    }
    if wanted("looks") {
        looks::report();
    }
    if wanted("served") {
        served::report();
    }
}

/// Starts it on a free port, and says where it listens.
fn start_agent() -> std::net::SocketAddr {
    loiter::Builder::new()
        .listen(([127, 0, 0, 1], 0))
        .try_init()
        .expect("the agent starts")
        .wait_listening(std::time::Duration::from_secs(10))
        .expect("it listens")
}

/// The value that a share of them is below.
fn quantile(values: &mut [f64], quantile: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() as f64 * quantile) as usize;
    let last = values.len().saturating_sub(1);
    values.get(place.min(last)).copied().unwrap_or(f64::NAN)
}
