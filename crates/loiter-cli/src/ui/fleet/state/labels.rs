//! What targets are called, so that no two are called the same.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use loiter_model::fleet::{Fleet, Instance, InstanceId};

/// The names of targets, by their numbers.
#[derive(Clone, Debug, Default)]
pub(in crate::ui::fleet) struct Names(BTreeMap<InstanceId, Arc<str>>);

impl Names {
    /// What is told apart by its name keeps it; the others get what tells them apart behind it, and
    /// those that were found anew at the same place a number.
    pub(super) fn of(fleet: &Fleet) -> Self {
        let mut uses: HashMap<&str, u32> = HashMap::new();
        for instance in fleet.instances() {
            *uses.entry(instance.name()).or_default() += 1;
        }
        let mut given: HashSet<Arc<str>> = HashSet::new();
        let names = fleet.instances().map(|instance| {
            let name = instance.name();
            let name: Arc<str> = match uses.get(name) {
                Some(2..) => format!("{name} {}", apart(instance)).into(),
                _ => name.into(),
            };
            let name = unlike(name, &given);
            given.insert(name.clone());
            (instance.id(), name)
        });
        Self(names.collect())
    }

    pub(in crate::ui::fleet) fn get(&self, id: InstanceId) -> Arc<str> {
        self.0.get(&id).cloned().unwrap_or_else(|| "?".into())
    }
}

/// This name, with a number behind it if it was given to another target.
fn unlike(name: Arc<str>, given: &HashSet<Arc<str>>) -> Arc<str> {
    let mut unlike = name.clone();
    let mut number: u32 = 2;
    while given.contains(&unlike) {
        unlike = format!("{name} #{number}").into();
        number += 1;
    }
    unlike
}

/// One of the addresses that a name has, the process of a socket, or else the whole address.
fn apart(instance: &Instance) -> String {
    let address = instance.address();
    let pid = instance.target().map(|target| target.pid);
    match (address.rsplit_once(" at "), pid) {
        (Some((_, ip)), _) => ip.to_owned(),
        (None, Some(pid @ 1..)) if address.starts_with("unix:") => pid.to_string(),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use loiter_model::{
        Nanos,
        fleet::{InstanceId, News},
    };

    use super::*;
    use crate::ui::fixture;

    #[test]
    fn only_what_has_the_name_of_another_is_called_otherwise() {
        let mut fleet = Fleet::new();
        for (id, name, address) in [
            (0, "db", "db:6669"),
            (1, "orders", "orders:6669 at 10.0.0.1"),
            (2, "orders", "orders:6669 at 10.0.0.2"),
            (3, "demo", "unix:/run/demo-4711.sock"),
            (4, "demo", "unix:/run/demo-4712.sock"),
            // One is back after long.
            (5, "orders", "orders:6669 at 10.0.0.1"),
            (6, "orders", "orders:6669 at 10.0.0.1"),
        ] {
            let (name, address) = (name.into(), address.into());
            fleet.hear(InstanceId(id), Nanos::ZERO, News::Seen { name, address });
        }
        let target = Box::new(fixture::target());
        fleet.hear(InstanceId(3), Nanos::ZERO, News::Target(target));
        let names = Names::of(&fleet);
        let names: Vec<_> = (0..8).map(|id| names.get(InstanceId(id))).collect();
        let expected = [
            "db",
            "orders 10.0.0.1",
            "orders 10.0.0.2",
            "demo 4242",
            "demo unix:/run/demo-4712.sock",
            "orders 10.0.0.1 #2",
            "orders 10.0.0.1 #3",
            "?",
        ];
        assert_eq!(
            names.iter().map(|name| &**name).collect::<Vec<_>>(),
            expected
        );
    }
}
