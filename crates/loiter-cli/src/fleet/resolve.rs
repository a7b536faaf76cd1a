//! Which addresses a name has.

use std::{collections::BTreeSet, io, net::IpAddr};

use futures_util::{FutureExt, future::BoxFuture};

/// A pending answer of a [`Resolve`].
pub type Addresses<'a> = BoxFuture<'a, io::Result<BTreeSet<IpAddr>>>;

/// Something that knows the addresses of hosts.
pub trait Resolve: Send + Sync {
    /// The addresses that a host has now, at least one.
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a>;
}

/// The system's own resolver: `/etc/hosts`, DNS, and whatever else it asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Resolve for System {
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a> {
        async move {
            // The port is of no importance; the system wants one.
            let found = tokio::net::lookup_host((host, 0)).await?;
            let addresses: BTreeSet<_> = found.map(|address| address.ip()).collect();
            match addresses.is_empty() {
                true => Err(io::Error::new(io::ErrorKind::NotFound, "it has no address")),
                false => Ok(addresses),
            }
        }
        .boxed()
    }
}

/// The addresses at which a name has a target each.
///
/// A host that has addresses of both families is the same one by either. IPv4 it is then: what
/// listens for IPv6 without more ado listens for both.
#[must_use]
pub fn targets(addresses: BTreeSet<IpAddr>) -> BTreeSet<IpAddr> {
    if addresses.iter().any(IpAddr::is_ipv4) {
        addresses.into_iter().filter(IpAddr::is_ipv4).collect()
    } else {
        addresses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> BTreeSet<IpAddr> {
        let parsed = texts.iter().map(|text| text.parse().expect("an address"));
        parsed.collect()
    }

    #[test]
    fn a_host_counts_once_in_spite_of_two_families() {
        let both = addresses(&["10.0.0.2", "fd00::1", "10.0.0.1"]);
        assert_eq!(targets(both), addresses(&["10.0.0.1", "10.0.0.2"]));
        let new = addresses(&["fd00::1", "fd00::2"]);
        assert_eq!(targets(new.clone()), new);
    }

    #[tokio::test]
    async fn the_system_knows_localhost_and_no_invalid_name() {
        let found = System
            .resolve("localhost")
            .await
            .expect("it is this machine");
        assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
        // RFC 6761, section 6.4: it never exists.
        System
            .resolve("nowhere.invalid")
            .await
            .expect_err("no such name");
    }
}
