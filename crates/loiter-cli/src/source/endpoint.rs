//! The address of an agent, as people write it.

use std::{fmt, net::Ipv6Addr, str::FromStr};

use loiter_model::DEFAULT_ADDR;

/// The port of [`DEFAULT_ADDR`].
const USUAL_PORT: u16 = 6669;

/// A host and a port where an agent may listen.
///
/// ```
/// use loiter_cli::source::Endpoint;
///
/// for text in ["db-3:6669", "http://db-3:6669", "http://db-3:6669/"] {
///     assert_eq!(text.parse::<Endpoint>()?.to_string(), "db-3:6669");
/// }
/// assert_eq!(":7000".parse::<Endpoint>()?.to_string(), "127.0.0.1:7000");
/// assert_eq!(Endpoint::default().to_string(), loiter_model::DEFAULT_ADDR);
/// # Ok::<(), loiter_cli::source::ParseEndpointError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// A name or an address; an IPv6 address stands in brackets.
    host: String,
    port: u16,
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
}

impl Endpoint {
    /// A host name or address; an IPv6 address stands in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// As a URI for a gRPC client.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("http://{self}")
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
        f.pad(&format!("{}:{}", self.host, self.port))
    }
}

impl FromStr for Endpoint {
    type Err = ParseEndpointError;

    /// Reads `host:port`, `[::1]:port`, `:port`, `port`, and each of them after `http://`.
    ///
    /// # Errors
    /// [`ParseEndpointError`] says what is wrong and how to write it.
    fn from_str(text: &str) -> Result<Self, ParseEndpointError> {
        let text = text.trim();
        let (scheme, address) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, text),
        };
        if let Some(scheme) = scheme.filter(|scheme| !scheme.eq_ignore_ascii_case("http")) {
            return Err(ParseEndpointError::UnknownScheme {
                scheme: scheme.to_owned(),
                instead: with_port(authority(address)),
            });
        }
        let address = address.strip_suffix('/').unwrap_or(address);
        if address.is_empty() {
            return Err(ParseEndpointError::Empty);
        }
        if address.contains(['/', '?', '#', '@']) {
            return Err(ParseEndpointError::TooMuch {
                text: text.to_owned(),
                instead: with_port(authority(address)),
            });
        }
        let Some((host, port)) = split(address) else {
            return Err(ParseEndpointError::NoPort {
                text: text.to_owned(),
                instead: with_port(address),
            });
        };
        Ok(Self {
            host: parse_host(host)?,
            port: parse_port(port)?,
        })
    }
}

/// Host and port; a lone number is a port, anything else alone is a host without one: `None`.
fn split(address: &str) -> Option<(&str, &str)> {
    match address.rsplit_once(':') {
        // The last colon is inside the brackets or the address: `[::1]`, `::1`.
        Some((_, port)) if port.ends_with(']') || is_ipv6(address) => None,
        Some((host, "")) if !host.is_empty() => None,
        Some((host, port)) => Some((host, port)),
        None if address.bytes().all(|byte| byte.is_ascii_digit()) => Some(("", address)),
        None => None,
    }
}

fn is_ipv6(address: &str) -> bool {
    address.parse::<Ipv6Addr>().is_ok()
}

/// The host and port of what follows a URL's scheme.
fn authority(rest: &str) -> &str {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit('@').next().unwrap_or(authority)
}

/// What to write instead of an address that may lack its port or more.
fn with_port(address: &str) -> String {
    let usual = || DEFAULT_ADDR.to_owned();
    match split(address) {
        _ if address.is_empty() => usual(),
        Some((host, port)) => match (parse_host(host), parse_port(port)) {
            (Ok(_), Ok(_)) => address.to_owned(),
            _ => usual(),
        },
        None if is_ipv6(address) => format!("[{address}]:{USUAL_PORT}"),
        None => {
            let host = address.trim_end_matches(':');
            match parse_host(host) {
                Ok(host) => format!("{host}:{USUAL_PORT}"),
                Err(_) => usual(),
            }
        }
    }
}

/// No host means this machine.
fn parse_host(host: &str) -> Result<String, ParseEndpointError> {
    let bad = || ParseEndpointError::BadHost(host.to_owned());
    if host.is_empty() {
        return Ok("127.0.0.1".to_owned());
    }
    if let Some(inner) = host.strip_prefix('[') {
        let inner = inner.strip_suffix(']').ok_or_else(bad)?;
        inner.parse::<Ipv6Addr>().map_err(|_| bad())?;
        return Ok(host.to_owned());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if host.chars().all(allowed) {
        Ok(host.to_owned())
    } else {
        Err(bad())
    }
}

fn parse_port(port: &str) -> Result<u16, ParseEndpointError> {
    match port.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(ParseEndpointError::BadPort(port.to_owned())),
    }
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
            (" :6670 ", "127.0.0.1:6670"),
            ("6670", "127.0.0.1:6670"),
            ("[::1]:6669", "[::1]:6669"),
        ] {
            let parsed: Endpoint = text.parse().expect(text);
            assert_eq!(parsed.to_string(), endpoint, "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_and_how_to_mend_it() {
        let error = |text: &str| text.parse::<Endpoint>().expect_err(text).to_string();
        assert!(error("").contains(DEFAULT_ADDR));
        assert!(error("http://").contains(DEFAULT_ADDR));
        assert!(error("https://db:1").contains("`https`"));
        for (text, instead) in [
            ("http://db", "`db:6669`"),
            ("http://db/", "`db:6669`"),
            ("http://db:", "`db:6669`"),
            ("https://db/x", "`db:6669`"),
            ("https://db:7000/x", "`db:7000`"),
            ("http://me@db:7000/x?y#z", "`db:7000`"),
            ("http://db/metrics", "`db:6669`"),
            ("db:7000/metrics", "`db:7000`"),
            ("http://[::1]", "`[::1]:6669`"),
            ("::1", "`[::1]:6669`"),
            ("https://", "`127.0.0.1:6669`"),
            ("https://ä:ö", "`127.0.0.1:6669`"),
        ] {
            assert!(error(text).contains(instead), "{}", error(text));
        }
        assert_eq!(
            DEFAULT_ADDR.rsplit(':').next(),
            Some(USUAL_PORT.to_string().as_str())
        );
        assert!(error("db").contains("`db:6669`"));
        assert!(error("[::1]").contains("`[::1]:6669`"));
        assert!(error("db:port").contains("`port`"));
        assert!(error("db:0").contains("65535"));
        assert!(error("db:70000").contains("65535"));
        assert!(error("db:1/metrics").contains("only `db:1`"));
        assert!(error("fe80:::6669").contains("in brackets"));
        assert!(error("a b:6669").contains("`a b`"));
    }
}
