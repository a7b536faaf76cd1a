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
    /// a debugger: nothing further is asked of it.
    pub(super) fn is_this_user(self) -> bool {
        match self {
            #[cfg(unix)]
            Self::Unix { .. } => true,
            _ => false,
        }
    }

    /// Whether it is known to be somebody else on this machine, and not its administrator, who may
    /// do everything. The permissions of the socket say the same, but for mistakes.
    pub(super) fn is_other_user(self) -> bool {
        match self {
            #[cfg(unix)]
            Self::Unix { user, .. } => {
                user.is_some_and(|user| user != 0 && user != crate::serve::own_user())
            }
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
