//! Plain requests, as scrapers send them.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::PATIENCE;

/// The body of a good answer to a GET of this path; `None` while nobody listens, or when the
/// answer is another one.
#[must_use]
pub fn get(address: &str, path: &str) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    // In 1.0, so that the answer comes in one piece and the connection ends with it.
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let body = answer.split_off(end + 4);
    let head = String::from_utf8_lossy(&answer);
    head.split(' ')
        .nth(1)
        .is_some_and(|status| status == "200")
        .then_some(body)
}
