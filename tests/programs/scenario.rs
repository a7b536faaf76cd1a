//! One leak, or its cure: `scenario NAME [--cured] [--console]`. Without a name, the names.
//!
//! With `--console` there is a stock console-subscriber in it instead of loiter's agent, where
//! `TOKIO_CONSOLE_BIND` says.

use std::{io, time::Duration};

use loiter_tests::scenarios::{self, Scenario, Variant};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(name) = arguments.first() else {
        let names: Vec<_> = scenarios::all().iter().map(|one| one.name).collect();
        return print(&names.join("\n"));
    };
    let scenario = scenarios::named(name)
        .ok_or_else(|| io::Error::other(format!("no scenario is called {name}")))?;
    let asked_for = |option| arguments.iter().any(|argument| argument == option);
    let variant = match asked_for("--cured") {
        true => Variant::Cured,
        false => Variant::Leaking,
    };
    if asked_for("--console") {
        console_subscriber::init();
        let address = std::env::var("TOKIO_CONSOLE_BIND").map_err(io::Error::other)?;
        return run(scenario, variant, || Ok(address));
    }
    let agent = loiter::Builder::new()
        .listen(([127, 0, 0, 1], 0))
        .name(name.clone())
        .blocked_after(Duration::from_secs(1))
        .resources(scenario.needs_resources())
        .try_init()
        .map_err(io::Error::other)?;
    run(scenario, variant, || {
        let address = agent.wait_listening(Duration::from_secs(60));
        let address = address.ok_or_else(|| io::Error::other("the agent is switched off"))?;
        Ok(address.to_string())
    })
}

/// Handles every request, says where it can be looked at, and stays.
fn run(
    scenario: Scenario,
    variant: Variant,
    address: impl FnOnce() -> io::Result<String>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(scenarios::run(scenario, variant));
    print(&format!("listening on {}", address()?))?;
    runtime.block_on(std::future::pending())
}

fn print(text: &str) -> io::Result<()> {
    io::Write::write_all(&mut io::stdout(), format!("{text}\n").as_bytes())
}
