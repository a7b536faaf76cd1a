//! No client takes it all: so many connections and streams each, whatever there is room for.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Peer, tokens::Known};

/// What counts as one client. Somebody may count as several, and then has what each of them has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) enum Who {
    /// All behind one address, or behind one network of a site's where addresses are for the taking.
    Address(IpAddr),
    /// All of one virtual machine.
    #[cfg(feature = "vsock")]
    Machine(u32),
    /// All with certificates for one name.
    #[cfg(feature = "tls")]
    Certificate(Arc<str>),
    /// All with one token.
    Token(Known),
}

impl Who {
    /// Who comes from there. Nobody in particular from this machine itself: there everybody has the
    /// same address, also those who were forwarded.
    pub(super) fn at(peer: Peer) -> Option<Self> {
        match peer {
            Peer::Tcp(address) => match address.ip().to_canonical() {
                ip if ip.is_loopback() => None,
                IpAddr::V6(ip) => Some(Self::Address(network(ip).into())),
                ip => Some(Self::Address(ip)),
            },
            #[cfg(unix)]
            Peer::Unix { .. } => None,
            #[cfg(feature = "vsock")]
            Peer::Vsock { context, .. } => Some(Self::Machine(context)),
        }
    }
}

/// The upper 64 bits: the lower ones a host chooses itself.
fn network(ip: Ipv6Addr) -> Ipv6Addr {
    (u128::from(ip) >> 64 << 64).into()
}

/// Who has how much of something. As large as the number of clients that have some.
#[derive(Debug)]
pub(in super::super) struct Shares {
    most: usize,
    taken: Mutex<HashMap<Who, usize>>,
}

/// What a client has taken. Given back when dropped.
#[derive(Debug)]
pub(in super::super) struct Share {
    shares: Arc<Shares>,
    who: Vec<Who>,
}

impl Shares {
    /// So much each.
    pub(in super::super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            taken: Mutex::default(),
        })
    }

    /// Takes one for a client, by all that it counts as; `None` if it has its share.
    pub(in super::super) fn take(
        self: &Arc<Self>,
        who: impl IntoIterator<Item = Who>,
    ) -> Option<Share> {
        let mut share = Share {
            shares: self.clone(),
            who: Vec::new(),
        };
        for who in who {
            let mut taken = self.lock();
            let count = taken.get(&who).copied().unwrap_or_default();
            if count >= self.most {
                // The share gives back what was taken so far, and needs the lock for it.
                drop(taken);
                return None;
            }
            taken.insert(who.clone(), count + 1);
            share.who.push(who);
        }
        Some(share)
    }

    /// How much that is.
    pub(in super::super) fn most(&self) -> usize {
        self.most
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Who, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.shares.lock();
        for who in self.who.drain(..) {
            if let Entry::Occupied(mut count) = taken.entry(who) {
                match count.get() {
                    ..=1 => {
                        count.remove();
                    }
                    _ => *count.get_mut() -= 1,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Option<Who> {
        Who::at(Peer::Tcp(address.parse().expect("an address")))
    }

    #[test]
    fn one_client_leaves_something_to_the_others() {
        let shares = Shares::new(2);
        let (one, other) = (at("192.0.2.1:5000"), at("192.0.2.2:5000"));
        let first = shares.take(one.clone()).expect("its first");
        let second = shares.take(at("192.0.2.1:5001")).expect("its second");
        assert!(shares.take(one.clone()).is_none());
        assert!(
            shares
                .take([one.clone(), other.clone()].into_iter().flatten())
                .is_none()
        );
        let others = [(); 2].map(|()| shares.take(other.clone()).expect("another one's"));
        assert!(shares.take(other).is_none());
        drop(first);
        let third = shares.take(one).expect("there is room again");
        drop((second, third, others));
        assert!(shares.lock().is_empty(), "{shares:?}");
    }

    #[test]
    fn this_machine_is_not_limited_and_a_network_is_one_client() {
        assert_eq!(at("127.0.0.1:5000"), None);
        assert_eq!(at("[::ffff:127.0.0.1]:5000"), None);
        assert_eq!(at("[::1]:5000"), None);
        assert_eq!(at("[::ffff:192.0.2.1]:1"), at("192.0.2.1:2"));
        assert_eq!(at("[2001:db8::1]:1"), at("[2001:db8::2]:1"));
        assert_ne!(at("[2001:db8::1]:1"), at("[2001:db8:0:1::1]:1"));
        assert!(Shares::new(0).take(at("127.0.0.1:5000")).is_some());
    }
}
