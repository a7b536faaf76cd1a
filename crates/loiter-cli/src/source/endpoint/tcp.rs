//! A host and a TCP port, as people write them.

use std::net::Ipv6Addr;

use loiter_model::DEFAULT_ADDR;

use super::ParseEndpointError;

/// The port of [`DEFAULT_ADDR`].
const USUAL_PORT: u16 = 6669;

/// Host and port of `host:port`, `[::1]:port`, `:port` or `port`. `text` is all that was written,
/// and `scheme` what is to stand before what is to be written instead.
pub(super) fn parse(
    address: &str,
    text: &str,
    scheme: &str,
) -> Result<(String, u16), ParseEndpointError> {
    let address = address.strip_suffix('/').unwrap_or(address);
    if address.is_empty() {
        return Err(ParseEndpointError::Empty);
    }
    if address.contains(['/', '?', '#', '@']) {
        return Err(ParseEndpointError::TooMuch {
            text: text.to_owned(),
            instead: format!("{scheme}{}", with_port(authority(address))),
        });
    }
    let Some((host, port)) = split(address) else {
        return Err(ParseEndpointError::NoPort {
            text: text.to_owned(),
            instead: format!("{scheme}{}", with_port(address)),
        });
    };
    Ok((parse_host(host)?, parse_port(port)?))
}

/// What to write instead of a URL of which this is behind the scheme.
pub(super) fn instead(rest: &str) -> String {
    with_port(authority(rest))
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
    fn the_usual_port_is_that_of_the_usual_address() {
        assert_eq!(
            DEFAULT_ADDR.rsplit(':').next(),
            Some(USUAL_PORT.to_string().as_str())
        );
    }
}
