//! An attack on the agent's port.

use std::path::Path;

use loiter_tests::{
    siege::{Attack, Attacks, Clients, Service},
    wait_until,
};

/// Clients that watch all the time.
const CLIENTS: usize = 200;
/// How much the service may grow meanwhile, whatever is done to its agent: see the README.
const MOST_GROWTH_KIB: u64 = 256 * 1024;

#[test]
fn who_watches_is_served_whatever_others_do() {
    let service = Service::start(Path::new(env!("CARGO_BIN_EXE_besieged")));
    let before = service.inside();
    let clients = Clients::start(&service.agent, CLIENTS);
    let memory = service.memory_kib();

    let besieger = Path::new(env!("CARGO_BIN_EXE_besieger"));
    let attacks = Attacks::start(besieger, &service.agent, &Attack::ALL);
    // Asserts that nobody is sent away.
    clients.wait_for_updates(5);
    let most = service.memory_kib();
    let tried = attacks.stop();
    for (attack, count) in &tried {
        assert!(*count > 0, "{attack:?} was not tried: {tried:?}");
    }
    assert!(
        most < memory + MOST_GROWTH_KIB,
        "from {memory} to {most} KiB"
    );

    // What is held for those who are gone is given back, and those who are not are served.
    clients.wait_for_updates(2);
    let served = clients.stop();
    assert_eq!(served.ended, [""; 0]);
    wait_until("an end of all that was", || {
        let after = service.inside();
        let is_back = after.agent_tasks <= before.agent_tasks
            && after.tasks <= before.tasks
            && after.descriptors <= before.descriptors;
        is_back.then_some(())
    });
}
