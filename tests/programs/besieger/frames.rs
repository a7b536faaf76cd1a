//! Frames of HTTP/2, good ones and others, by hand (RFC 9113, 7541).

use loiter_wire::v1::{Query, WatchTasksRequest};
use prost::Message;

pub(super) const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const CONTINUATION: u8 = 9;

pub(super) const ACK: u8 = 1;
pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

/// Bytes of a frame's head.
pub(super) const HEAD: usize = 9;

pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len())
        .expect("a short one")
        .to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// No streams may be sent anything before it is allowed.
pub(super) fn settings_without_window() -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0])
}

/// The headers of a question for tasks.
pub(super) fn headers() -> Vec<u8> {
    // POST, http: from the static table.
    let mut block = vec![0x83, 0x86];
    // Literals without indexing; the names are the static table's entries 4, 1 and 31.
    literal(&mut block, &[0x04], b"/loiter.v1.Loiter/WatchTasks");
    literal(&mut block, &[0x01], b"localhost");
    literal(&mut block, &[0x0f, 31 - 15], b"application/grpc");
    literal(&mut block, b"\x00\x02te", b"trailers");
    block
}

fn literal(block: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    block.extend(name);
    block.push(u8::try_from(value.len()).expect("a short one"));
    block.extend(value);
}

/// A header that is not like any before: 100 bytes.
pub(super) fn another_header(number: u32) -> Vec<u8> {
    let mut block = Vec::new();
    let name = format!("x-{number:010}");
    block.push(0);
    block.push(name.len() as u8);
    block.extend(name.as_bytes());
    block.push(84);
    block.extend([b'x'; 84]);
    block
}

/// The question itself, in a message of gRPC.
pub(super) fn question() -> Vec<u8> {
    let request = WatchTasksRequest {
        query: Some(Query {
            limit: 300,
            ..Query::default()
        }),
        interval_ms: 50,
    };
    let message = request.encode_to_vec();
    let mut body = vec![0];
    body.extend((message.len() as u32).to_be_bytes());
    body.extend(message);
    body
}
