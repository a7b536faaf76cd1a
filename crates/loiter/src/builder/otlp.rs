//! Where figures and findings are sent to, in the words of OpenTelemetry.

use std::{fmt, path::PathBuf, time::Duration};

use hyper::{
    Uri,
    header::{HeaderName, HeaderValue},
};

/// What to send, where to, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Otlp {
    /// Nothing is sent, whatever else is said.
    pub(crate) off: bool,
    /// For both kinds, with a path for each added; `None`: nothing is sent.
    pub(crate) endpoint: Option<Endpoint>,
    /// A file of authorities, instead of this machine's.
    #[cfg_attr(
        not(feature = "tls"),
        allow(dead_code, reason = "nothing is encrypted")
    )]
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) headers: Headers,
    /// Between two times that figures are sent.
    pub(crate) interval: Duration,
    pub(crate) service_name: Option<String>,
    /// Further attributes of the resource.
    pub(crate) attributes: Vec<(String, String)>,
}

impl Default for Otlp {
    fn default() -> Self {
        Self {
            off: false,
            endpoint: None,
            certificate: None,
            headers: Headers::default(),
            interval: Duration::from_secs(60),
            service_name: None,
            attributes: Vec::new(),
        }
    }
}

/// A collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) encrypted: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// What stands before the path of each kind; does not end in a slash.
    pub(crate) base: String,
}

/// What each request says besides. Mostly a secret, so never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Headers(pub(crate) Vec<(HeaderName, HeaderValue)>);

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} headers, not shown", self.0.len())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            encrypted,
            host,
            port,
            base,
        } = self;
        let scheme = if *encrypted { "https" } else { "http" };
        write!(f, "{scheme}://{host}:{port}{base}")
    }
}

impl Otlp {
    /// Where to send what, unless nothing is to be sent.
    pub(crate) fn target(&self) -> Option<&Endpoint> {
        self.endpoint.as_ref().filter(|_| !self.off)
    }

    pub(super) fn set_interval(&mut self, interval: Duration) {
        self.interval = interval.max(Duration::from_secs(1));
    }
}

impl Endpoint {
    /// `http://HOST:PORT`, with a path before those of OTLP if need be.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let how = || "write an address such as `http://127.0.0.1:4318`".to_owned();
        let uri: Uri = text.parse().map_err(|_| how())?;
        let encrypted = match uri.scheme_str() {
            Some("http") => false,
            Some("https") if cfg!(any(feature = "tls", not(feature = "agent"))) => true,
            Some("https") => {
                return Err(
                    "this program's agent was built without TLS: enable the feature `tls-ring` or \
                     `tls-aws-lc` of the package `loiter`"
                        .to_owned(),
                );
            }
            _ => return Err(how()),
        };
        if uri.query().is_some() || uri.authority().is_some_and(|it| it.as_str().contains('@')) {
            return Err(how());
        }
        Ok(Self {
            encrypted,
            host: uri
                .host()
                .filter(|host| !host.is_empty())
                .ok_or_else(how)?
                .to_owned(),
            port: uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 }),
            base: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

/// In the place of a value.
pub(super) const NOT_SHOWN: &str = "(not shown)";

/// An address that cannot be read, as far as it may be shown: a password may be in it.
pub(super) fn shown(endpoint: &str) -> &str {
    match endpoint.contains(['@', '?']) {
        true => NOT_SHOWN,
        false => endpoint,
    }
}

/// Which protocol is spoken: one is.
pub(super) fn protocol(value: &str) -> Result<(), String> {
    match value {
        "http/protobuf" => Ok(()),
        _ => Err(
            "loiter sends `http/protobuf` only, to the port that a collector has for it (4318)"
                .to_owned(),
        ),
    }
}

/// Milliseconds.
pub(super) fn interval(value: &str) -> Result<Duration, String> {
    match value.parse() {
        Ok(millis @ 1..) => Ok(Duration::from_millis(millis)),
        _ => Err("write a number of milliseconds".to_owned()),
    }
}

/// Headers as `key=value`, with commas between.
pub(super) fn headers(value: &str) -> Result<Headers, String> {
    let wrong = || "write `key=value`, several with commas between".to_owned();
    let read = |(key, value): (String, String)| {
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        Some((key.parse().ok()?, value))
    };
    let pairs = pairs(value).ok_or_else(wrong)?.into_iter();
    let headers: Option<_> = pairs.map(read).collect();
    headers.map(Headers).ok_or_else(wrong)
}

/// Attributes in the same way.
pub(super) fn attributes(value: &str) -> Result<Vec<(String, String)>, String> {
    pairs(value).ok_or_else(|| "write `key=value`, several with commas between".to_owned())
}

/// Reads `key=value,key=value`; in values, `%2C` and the like stand for what may not.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (key, value) = part.split_once('=')?;
            let key = key.trim();
            (!key.is_empty()).then(|| Some((key.to_owned(), decoded(value.trim())?)))?
        })
        .collect()
}

/// `None` if it is no UTF-8, or a percent sign stands for nothing.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_read() {
        for (text, shown) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318"),
            ("http://collector", "http://collector:80"),
            ("http://[::1]:4318/otlp/", "http://[::1]:4318/otlp"),
        ] {
            assert_eq!(Endpoint::read(text).expect(text).to_string(), shown);
        }
        for text in [
            "",
            "127.0.0.1:4318",
            "grpc://a:1",
            "http://",
            "http://u:p@a",
            "http://a?b",
        ] {
            Endpoint::read(text).expect_err(text);
        }
        assert_eq!(shown("grpc://a:1"), "grpc://a:1");
        assert_eq!(shown("http://u:p@a"), NOT_SHOWN);
        assert_eq!(shown("http://a?key=secret"), NOT_SHOWN);
        let encrypted = Endpoint::read("https://collector.example");
        match cfg!(any(feature = "tls", not(feature = "agent"))) {
            true => assert_eq!(encrypted.expect("TLS").port, 443),
            false => assert!(encrypted.expect_err("no TLS").contains("tls-ring")),
        }
    }

    #[test]
    fn pairs_are_read() {
        let read = attributes("a=1, service.version = 1%2C2 ,,b=").expect("pairs");
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            read,
            [
                pair("a", "1"),
                pair("service.version", "1,2"),
                pair("b", "")
            ]
        );
        for text in ["a", "=1", "a=%2", "a=%zz", "a=%ff"] {
            attributes(text).expect_err(text);
        }
    }

    #[test]
    fn headers_are_never_shown() {
        let read = headers("api-key=abcdef,Authorization=Bearer%20xyz").expect("headers");
        assert_eq!(read.0[1].0, "authorization");
        assert_eq!(read.0[1].1.to_str().ok(), Some("Bearer xyz"));
        let shown = format!(
            "{:?}",
            Otlp {
                headers: read,
                ..Otlp::default()
            }
        );
        assert!(
            !shown.contains("xyz") && !shown.contains("abcdef"),
            "{shown}"
        );
        headers("not a name=1").expect_err("a blank in a name");
    }

    #[test]
    fn one_can_be_switched_off() {
        let mut otlp = Otlp {
            endpoint: Endpoint::read("http://a:1").ok(),
            ..Otlp::default()
        };
        assert!(otlp.target().is_some());
        otlp.off = true;
        assert_eq!(otlp.target(), None);
        otlp.set_interval(Duration::ZERO);
        assert_eq!(otlp.interval, Duration::from_secs(1));
        assert_eq!(interval("5000"), Ok(Duration::from_secs(5)));
        interval("0").expect_err("no pause");
        protocol("grpc").expect_err("another one");
    }
}
