//! What a service notices of an attack on its agent's port, and what the agent does: whether those
//! are served who should be, what memory it takes, and whether it leaves anything behind.
//!
//! `cargo bench -p loiter-tests --bench abuse [-- SECONDS]`; 120 seconds unless told otherwise.
//! Needs a machine that does nothing else, with Linux, as the attackers get only the time that
//! nobody else wants and as what processes have is read from `/proc`.
//!
//! Rounds of three kinds take turns: without an attack, with one on the agent, and with the same
//! one on a process that only throws away what it is sent. 200 clients watch in all of them. The
//! third kind tells how much of what is noticed is the machine's.

#[cfg(target_os = "linux")]
#[path = "../../../crates/loiter/benches/spawned/load.rs"]
mod load;
#[cfg(target_os = "linux")]
mod rounds;

#[cfg(target_os = "linux")]
fn main() {
    let seconds = std::env::args().find_map(|arg| arg.parse().ok());
    rounds::report(std::time::Duration::from_secs(seconds.unwrap_or(120)));
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux has what this needs");
}
