//! The address of an agent, or of anything else that tells of tasks, as people write it.

mod tcp;

use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
    str::FromStr,
};

use loiter_model::DEFAULT_ADDR;

/// Where a program's tasks are told of: a TCP port, with TLS or without, a Unix socket or a vsock
/// port.
///
/// ```
/// use loiter_cli::source::Endpoint;
///
/// for text in ["db-3:6669", "http://db-3:6669", "loiter://db-3:6669/"] {
///     assert_eq!(text.parse::<Endpoint>()?.to_string(), "db-3:6669");
/// }
/// let locked = "https://db-3:6669/".parse::<Endpoint>()?;
/// assert_eq!(locked.to_string(), "https://db-3:6669");
/// assert!(locked.is_tls());
/// assert_eq!(":7000".parse::<Endpoint>()?.to_string(), "127.0.0.1:7000");
/// assert_eq!(Endpoint::default().to_string(), loiter_model::DEFAULT_ADDR);
/// let socket = "file://localhost/run/app.sock".parse::<Endpoint>()?;
/// assert_eq!(socket.to_string(), "unix:/run/app.sock");
/// # Ok::<(), loiter_cli::source::ParseEndpointError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint(Address);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Address {
    Tcp {
        /// A name or an address; an IPv6 address stands in brackets.
        host: String,
        port: u16,
        is_tls: bool,
        /// The one of the host's addresses that is meant; `None` for any of them.
        ip: Option<IpAddr>,
    },
    Unix(PathBuf),
    Vsock {
        /// The machine: 2 for the host of a virtual one.
        cid: u32,
        port: u32,
    },
}

/// Why a text is not an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseEndpointError {
    /// Nothing was written.
    #[error("an address is missing; write for example `{DEFAULT_ADDR}` or `:6669`")]
    Empty,
    /// A scheme that loiter does not speak.
    #[error("loiter does not speak `{scheme}`; write `{instead}`")]
    UnknownScheme {
        /// The scheme.
        scheme: String,
        /// The address behind it.
        instead: String,
    },
    /// A path, query or user name where only a host and a port belong.
    #[error("`{text}` is more than an address; write only `{instead}`")]
    TooMuch {
        /// What was written.
        text: String,
        /// The address in it.
        instead: String,
    },
    /// A host without a port.
    #[error("`{text}` has no port; write `{instead}`, or the port that the service has chosen")]
    NoPort {
        /// What was written.
        text: String,
        /// The same with the usual port.
        instead: String,
    },
    /// A port that is not a number from 1 to 65535.
    #[error("`{0}` is no port; a port is a number from 1 to 65535, such as 6669")]
    BadPort(String),
    /// A host that cannot be one.
    #[error("`{0}` is no host; write a name, an IPv4 address, or an IPv6 address in brackets")]
    BadHost(String),
    /// A socket without a path.
    #[error("`{0}` names no socket; write its path, such as `unix:/run/user/1000/app.sock`")]
    NoPath(String),
    /// A socket on another machine.
    #[error("a Unix socket is on this machine, not on `{host}`; write `{instead}`")]
    Elsewhere {
        /// The machine.
        host: String,
        /// The socket's path on this one.
        instead: String,
    },
    /// A vsock address that is not two numbers.
    #[error("`{0}` is no vsock address; write context id and port, such as `vsock://2:6669`")]
    BadVsock(String),
}

impl Endpoint {
    /// A Unix socket at this path.
    #[must_use]
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self(Address::Unix(path.into()))
    }

    /// The path of a Unix socket; `None` for anything else.
    #[must_use]
    pub fn as_unix(&self) -> Option<&Path> {
        match &self.0 {
            Address::Unix(path) => Some(path),
            Address::Tcp { .. } | Address::Vsock { .. } => None,
        }
    }

    /// Whether TLS is spoken there.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(self.0, Address::Tcp { is_tls: true, .. })
    }

    /// The host, as it was written, and the port; `None` for anything but TCP.
    #[must_use]
    pub fn host_and_port(&self) -> Option<(&str, u16)> {
        match &self.0 {
            Address::Tcp { host, port, .. } => Some((host, *port)),
            Address::Unix(_) | Address::Vsock { .. } => None,
        }
    }

    /// The same at one of the addresses that its host's name has: a certificate is still to be for
    /// the name. Of no effect on anything but TCP.
    #[must_use]
    pub fn at(mut self, address: IpAddr) -> Self {
        if let Address::Tcp { ip, .. } = &mut self.0 {
            *ip = Some(address);
        }
        self
    }

    /// The one of its host's addresses that is meant; `None` for any of them.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match &self.0 {
            Address::Tcp { ip, .. } => *ip,
            Address::Unix(_) | Address::Vsock { .. } => None,
        }
    }

    /// How the same place is written with TLS, or without; `None` where there is no choice.
    pub(super) fn written(&self, is_tls: bool) -> Option<String> {
        let (host, port) = self.host_and_port()?;
        Some(format!("{}{host}:{port}", scheme(is_tls)))
    }

    /// Whether nobody but the two sides sees what is said: it is encrypted, or does not leave the
    /// machine (or, of vsock, the one and its host).
    #[must_use]
    pub fn is_private(&self) -> bool {
        match &self.0 {
            Address::Tcp { is_tls: true, .. } | Address::Unix(_) | Address::Vsock { .. } => true,
            Address::Tcp { host, ip, .. } => match ip {
                Some(ip) => ip.is_loopback(),
                None => is_loopback(host),
            },
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.0
    }
}

impl Default for Endpoint {
    /// [`DEFAULT_ADDR`].
    fn default() -> Self {
        DEFAULT_ADDR
            .parse()
            .expect("the default address is an endpoint")
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match &self.0 {
            Address::Tcp {
                host,
                port,
                is_tls,
                ip,
            } => {
                let scheme = scheme(*is_tls);
                match ip {
                    Some(ip) => format!("{scheme}{host}:{port} at {ip}"),
                    None => format!("{scheme}{host}:{port}"),
                }
            }
            Address::Unix(path) => format!("unix:{}", path.display()),
            Address::Vsock { cid, port } => format!("vsock://{cid}:{port}"),
        })
    }
}

impl FromStr for Endpoint {
    type Err = ParseEndpointError;

    /// Reads `host:port`, `[::1]:port`, `:port`, `port`, and each of them after `http://` or
    /// `loiter://`, or after `https://` for TLS; `unix:path`, and as tokio-console has it `file:///path` and `file://localhost/path`;
    /// `vsock://cid:port`.
    ///
    /// # Errors
    /// [`ParseEndpointError`] says what is wrong and how to write it.
    fn from_str(text: &str) -> Result<Self, ParseEndpointError> {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => match text.split_once(':') {
                Some((scheme, path)) if is_of_socket(scheme) => (scheme.to_ascii_lowercase(), path),
                _ => (String::new(), text),
            },
        };
        match scheme.as_str() {
            "" | "http" | "https" | "loiter" => {
                let is_tls = scheme == "https";
                let (host, port) = tcp::parse(rest, text, self::scheme(is_tls))?;
                Ok(Self(Address::Tcp {
                    host,
                    port,
                    is_tls,
                    ip: None,
                }))
            }
            "unix" | "file" => unix(rest, text),
            "vsock" => vsock(rest, text),
            _ => Err(ParseEndpointError::UnknownScheme {
                scheme: text.split("://").next().unwrap_or_default().to_owned(),
                instead: tcp::instead(rest),
            }),
        }
    }
}

/// What stands before a host, as short as it may be.
fn scheme(is_tls: bool) -> &'static str {
    match is_tls {
        true => "https://",
        false => "",
    }
}

/// Whether a host is this machine, whatever the names of others are.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        // By RFC 6761, section 6.3, it never is another machine.
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// Whether a path follows, with slashes or without.
fn is_of_socket(scheme: &str) -> bool {
    ["unix", "file"]
        .iter()
        .any(|it| it.eq_ignore_ascii_case(scheme))
}

/// A socket's path, after a URL's host if there is one.
fn unix(rest: &str, text: &str) -> Result<Endpoint, ParseEndpointError> {
    let is_url = text.contains("://");
    let (host, path) = match rest.find('/') {
        Some(slash) if is_url => rest.split_at(slash),
        None if is_url => (rest, ""),
        _ => ("", rest),
    };
    if path.is_empty() {
        return Err(ParseEndpointError::NoPath(text.to_owned()));
    }
    if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
        return Err(ParseEndpointError::Elsewhere {
            host: host.to_owned(),
            instead: format!("unix:{path}"),
        });
    }
    Ok(Endpoint::unix(path))
}

fn vsock(rest: &str, text: &str) -> Result<Endpoint, ParseEndpointError> {
    let address = rest.strip_suffix('/').unwrap_or(rest);
    let numbers = address.split_once(':').and_then(|(cid, port)| {
        let (cid, port) = (cid.parse().ok()?, port.parse().ok()?);
        Some(Address::Vsock { cid, port })
    });
    numbers
        .map(Endpoint)
        .ok_or_else(|| ParseEndpointError::BadVsock(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, endpoint) in [
            ("127.0.0.1:6669", "127.0.0.1:6669"),
            ("localhost:80", "localhost:80"),
            ("my_db.internal:1", "my_db.internal:1"),
            ("http://db-3:6669/", "db-3:6669"),
            ("HTTP://db-3:6669", "db-3:6669"),
            ("loiter://db-3:6669", "db-3:6669"),
            ("loiter://[::1]:6669/", "[::1]:6669"),
            ("https://db-3:6669/", "https://db-3:6669"),
            ("HTTPS://[::1]:443", "https://[::1]:443"),
            ("https://:6669", "https://127.0.0.1:6669"),
            (" :6670 ", "127.0.0.1:6670"),
            ("6670", "127.0.0.1:6670"),
            ("[::1]:6669", "[::1]:6669"),
            ("unix:/run/app.sock", "unix:/run/app.sock"),
            ("unix:app.sock", "unix:app.sock"),
            ("unix:///run/app.sock", "unix:/run/app.sock"),
            ("file:///tmp/console server", "unix:/tmp/console server"),
            ("file://localhost/tmp/console", "unix:/tmp/console"),
            ("File:/tmp/console", "unix:/tmp/console"),
            ("vsock://2:6669", "vsock://2:6669"),
            ("VSOCK://4294967295:0/", "vsock://4294967295:0"),
        ] {
            let parsed: Endpoint = text.parse().expect(text);
            assert_eq!(parsed.to_string(), endpoint, "{text}");
        }
    }

    #[test]
    fn only_what_is_encrypted_or_stays_here_is_private() {
        for (text, is_private) in [
            ("127.0.0.1:1", true),
            ("127.8.9.1:1", true),
            ("[::1]:1", true),
            ("LocalHost:1", true),
            ("unix:/run/app.sock", true),
            ("vsock://2:1", true),
            ("https://db:1", true),
            ("db:1", false),
            ("10.0.0.1:1", false),
            ("0.0.0.0:1", false),
            ("[::2]:1", false),
            ("localhost.example:1", false),
            ("127.0.0.1.example:1", false),
        ] {
            let endpoint: Endpoint = text.parse().expect(text);
            assert_eq!(endpoint.is_private(), is_private, "{text}");
        }
        let here = IpAddr::from([127, 0, 0, 1]);
        let there = IpAddr::from([10, 0, 0, 1]);
        let endpoint = || "localhost:1".parse::<Endpoint>().expect("an address");
        assert!(endpoint().at(here).is_private());
        assert!(!endpoint().at(there).is_private());
    }

    #[test]
    fn one_address_of_a_name_keeps_the_name() {
        let endpoint: Endpoint = "https://db:6669".parse().expect("an address");
        let one = endpoint.clone().at(IpAddr::from([10, 0, 0, 3]));
        assert_ne!(one, endpoint);
        assert_eq!(one.to_string(), "https://db:6669 at 10.0.0.3");
        assert_eq!(one.host_and_port(), Some(("db", 6669)));
        assert_eq!(one.written(false).as_deref(), Some("db:6669"));
        let socket = Endpoint::unix("/run/app.sock");
        assert_eq!(socket.clone().at(IpAddr::from([10, 0, 0, 3])), socket);
        assert_eq!(socket.written(true), None);
    }

    #[test]
    fn says_what_is_wrong_and_how_to_mend_it() {
        let error = |text: &str| text.parse::<Endpoint>().expect_err(text).to_string();
        assert!(error("").contains(DEFAULT_ADDR));
        assert!(error("http://").contains(DEFAULT_ADDR));
        assert!(error("ftp://db:1").contains("`ftp`"));
        for (text, instead) in [
            ("http://db", "`db:6669`"),
            ("http://db/", "`db:6669`"),
            ("http://db:", "`db:6669`"),
            ("https://db", "`https://db:6669`"),
            ("https://db/x", "`https://db:6669`"),
            ("https://db:7000/x", "`https://db:7000`"),
            ("loiter://db", "`db:6669`"),
            ("ftp://db/x", "`db:6669`"),
            ("ftp://db:7000/x", "`db:7000`"),
            ("http://me@db:7000/x?y#z", "`db:7000`"),
            ("http://db/metrics", "`db:6669`"),
            ("db:7000/metrics", "`db:7000`"),
            ("http://[::1]", "`[::1]:6669`"),
            ("::1", "`[::1]:6669`"),
            ("https://", "`127.0.0.1:6669`"),
            ("https://[::1]", "`https://[::1]:6669`"),
            ("ftp://", "`127.0.0.1:6669`"),
            ("ftp://ä:ö", "`127.0.0.1:6669`"),
        ] {
            assert!(error(text).contains(instead), "{}", error(text));
        }
        assert!(error("db").contains("`db:6669`"));
        assert!(error("[::1]").contains("`[::1]:6669`"));
        assert!(error("db:port").contains("`port`"));
        assert!(error("db:0").contains("65535"));
        assert!(error("db:70000").contains("65535"));
        assert!(error("db:1/metrics").contains("only `db:1`"));
        assert!(error("fe80:::6669").contains("in brackets"));
        assert!(error("a b:6669").contains("`a b`"));
        for text in ["unix:", "unix://", "file://", "file://localhost"] {
            assert!(
                error(text).contains("unix:/run/user/1000"),
                "{}",
                error(text)
            );
        }
        let elsewhere = error("file://db-3/tmp/console");
        assert!(elsewhere.contains("`db-3`"), "{elsewhere}");
        assert!(elsewhere.contains("`unix:/tmp/console`"), "{elsewhere}");
        for text in [
            "vsock://",
            "vsock://2",
            "vsock://host:1",
            "vsock://2:x",
            "vsock://2:1/a",
        ] {
            assert!(error(text).contains("vsock://2:6669"), "{}", error(text));
        }
    }
}
