//! Where a connection comes from.

use std::{fmt, net::SocketAddr};

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Peer {
    Tcp(SocketAddr),
    /// A process of a user, as far as the system tells.
    #[cfg(unix)]
    Unix {
        user: Option<u32>,
        pid: Option<i32>,
    },
    /// A virtual machine, or the host of one.
    #[cfg(feature = "vsock")]
    Vsock {
        context: u32,
        port: u32,
    },
}

impl Peer {
    /// Whether it is known to be the user whose program this is, who can look into it anyway, with
    /// a debugger, or this machine's administrator, who may do everything: nothing further is asked
    /// of it.
    ///
    /// A system that cannot tell users apart says that everybody is the administrator. There the
    /// permissions of the socket are all that keeps others out.
    pub(super) fn is_this_user(self) -> bool {
        match self {
            #[cfg(unix)]
            Self::Unix { user, .. } => {
                user.is_some_and(|user| user == 0 || user == crate::serve::own_user())
            }
            _ => false,
        }
    }

    /// Whether it came by the socket that is for this user only, and is somebody else, or nobody
    /// knows who. The permissions of the socket say the same, but for mistakes.
    pub(super) fn is_other_user(self) -> bool {
        match self {
            #[cfg(unix)]
            Self::Unix { .. } => !self.is_this_user(),
            _ => false,
        }
    }

    /// By which way it came.
    pub(super) fn door(self) -> &'static str {
        match self {
            Self::Tcp(_) => "port",
            #[cfg(unix)]
            Self::Unix { .. } => "unix socket",
            #[cfg(feature = "vsock")]
            Self::Vsock { .. } => "vsock",
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            #[cfg(unix)]
            Self::Unix { user, pid } => {
                match user {
                    Some(user) => write!(f, "user {user}")?,
                    None => f.write_str("an unknown user")?,
                }
                match pid {
                    Some(pid) => write!(f, " (process {pid})"),
                    None => Ok(()),
                }
            }
            #[cfg(feature = "vsock")]
            Self::Vsock { context, port } => write!(f, "vsock {context}:{port}"),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_this_user_and_the_administrator_may_use_the_socket() {
        let own = crate::serve::own_user();
        for (user, may) in [
            (Some(own), true),
            (Some(0), true),
            (Some(own + 1), false),
            (None, false),
        ] {
            let peer = Peer::Unix { user, pid: None };
            assert_eq!(peer.is_this_user(), may, "{user:?}");
            assert_eq!(peer.is_other_user(), !may, "{user:?}");
        }
        let port = Peer::Tcp(([127, 0, 0, 1], 6669).into());
        assert!(!port.is_this_user() && !port.is_other_user());
    }
}
