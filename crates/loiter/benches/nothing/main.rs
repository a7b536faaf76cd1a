//! What this crate costs without its agent, which should be nothing: tasks spawned through it beside
//! those of `tokio::spawn`, in the ways of the bench `spawned`.
//!
//! `RUSTFLAGS="" cargo bench -p loiter --no-default-features --bench nothing`

#[path = "../spawned/costs.rs"]
mod costs;

use costs::Way;

fn main() {
    if cfg!(feature = "agent") {
        println!("nothing to measure with the agent built in: run with --no-default-features");
        return;
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    if !costs::measures(&args, loiter::init) {
        costs::report(&Way::ALL);
    }
}
