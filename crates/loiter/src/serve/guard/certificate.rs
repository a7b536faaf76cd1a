//! Whose certificate it is: the one name that is of use in a log.
//!
//! Reads as much of X.509 (RFC 5280) as that takes, of certificates that were verified before.

use std::sync::Arc;

use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::text::cut;

/// What a client has shown of itself.
#[derive(Clone, Debug)]
pub(in super::super) struct Certificate {
    pub(super) name: Arc<str>,
    /// Itself first.
    pub(super) chain: Vec<CertificateDer<'static>>,
}

impl Certificate {
    /// Of a client that was verified.
    pub(in super::super) fn new(chain: &[CertificateDer<'_>]) -> Option<Self> {
        let name =
            name(chain.first()?).unwrap_or_else(|| "a certificate without a name".to_owned());
        Some(Self {
            name: name.into(),
            chain: chain.iter().map(|der| der.clone().into_owned()).collect(),
        })
    }
}

/// Bytes of a name that are kept.
const LONGEST: usize = 128;

const SEQUENCE: u8 = 0x30;
const OID: u8 = 0x06;
const OCTETS: u8 = 0x04;
/// The extensions of a certificate.
const EXTENSIONS: u8 = 0xa3;
/// `commonName`.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// `subjectAltName`.
const ALTERNATIVES: &[u8] = &[0x55, 0x1d, 0x11];
/// The alternatives that tell whose it is, the most telling one first: a URI (as of SPIFFE), a DNS
/// name, a mail address.
const TELLING: [u8; 3] = [0x86, 0x82, 0x81];

/// The name; `None` where there is none, or where it is no such certificate.
fn name(der: &[u8]) -> Option<String> {
    let mut outer = Reader(der);
    let mut certificate = Reader(outer.expect(SEQUENCE)?);
    let fields = Reader(certificate.expect(SEQUENCE)?);
    let mut sequences = Vec::new();
    let mut extensions = None;
    for (tag, content) in fields {
        match tag {
            SEQUENCE => sequences.push(content),
            EXTENSIONS => extensions = Some(content),
            _ => {}
        }
    }
    // After the algorithm, the issuer and the validity.
    let subject = sequences.get(3)?;
    let name = extensions
        .and_then(alternative)
        .or_else(|| common_name(subject))?;
    let name: String = String::from_utf8_lossy(name)
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    Some(cut(&name, LONGEST).to_owned()).filter(|name| !name.is_empty())
}

fn alternative(extensions: &[u8]) -> Option<&[u8]> {
    let mut all = Reader(Reader(extensions).expect(SEQUENCE)?);
    while let Some((SEQUENCE, extension)) = all.next() {
        let mut parts = Reader(extension);
        if parts.expect(OID)? != ALTERNATIVES {
            continue;
        }
        // It may be said before that it is critical.
        let value = parts.find(|(tag, _)| *tag == OCTETS)?.1;
        let names: Vec<_> = Reader(Reader(value).expect(SEQUENCE)?).collect();
        let of_kind = |kind| names.iter().find(|(tag, _)| *tag == kind);
        return TELLING.into_iter().find_map(of_kind).map(|(_, name)| *name);
    }
    None
}

fn common_name(subject: &[u8]) -> Option<&[u8]> {
    let attributes = Reader(subject).flat_map(|(_, set)| Reader(set));
    let mut values = attributes.filter_map(|(_, attribute)| {
        let mut parts = Reader(attribute);
        (parts.expect(OID)? == COMMON_NAME).then(|| parts.next())?
    });
    values.next().map(|(_, value)| value)
}

/// Values one after the other, each a tag of one byte, a length and its content.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The content of the next one, if it is of this kind.
    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next()
            .filter(|(is, _)| *is == tag)
            .map(|(_, content)| content)
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = (u8, &'a [u8]);

    /// Ends at what makes no sense.
    fn next(&mut self) -> Option<Self::Item> {
        let (&[tag, first], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match first {
            ..=0x7f => (usize::from(first), rest),
            // The length of the length.
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = bytes
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
                (length, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair, SanType};

    use super::*;

    fn certificate(common_name: &str, alternatives: Vec<SanType>) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::OrganizationName, "Shop");
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
        params.subject_alt_names = alternatives;
        let key = KeyPair::generate().expect("a key");
        params
            .self_signed(&key)
            .expect("a certificate")
            .der()
            .to_vec()
    }

    #[test]
    fn the_most_telling_name_is_taken() {
        let dns = SanType::DnsName("api.example".try_into().expect("a name"));
        let uri = SanType::URI("spiffe://example/api".try_into().expect("a URI"));
        let mail = SanType::Rfc822Name("alice@example.org".try_into().expect("an address"));
        for (alternatives, expected) in [
            (vec![dns.clone(), uri], "spiffe://example/api"),
            (vec![mail.clone(), dns], "api.example"),
            (vec![mail], "alice@example.org"),
            (vec![], "alice"),
            (vec![SanType::IpAddress([127, 0, 0, 1].into())], "alice"),
        ] {
            assert_eq!(
                name(&certificate("alice", alternatives)).as_deref(),
                Some(expected)
            );
        }
        let hostile = certificate("a\nlice\u{1b}[31m", vec![]);
        assert_eq!(name(&hostile).as_deref(), Some("alice[31m"));
        let long = certificate(&"ä".repeat(60), vec![]);
        assert!(name(&long).expect("a name").len() <= LONGEST);
        assert_eq!(name(&certificate("", vec![])), None);
    }

    #[test]
    fn a_part_of_one_is_none() {
        let whole = certificate("alice", vec![]);
        for end in 0..whole.len() {
            assert_eq!(name(&whole[..end]), None, "{end}");
        }
    }

    proptest! {
        #[test]
        fn whatever_it_is_it_is_read_to_an_end(
            at in 0..500_usize,
            bytes in prop::collection::vec(any::<u8>(), 1..20),
        ) {
            let mut der = certificate("alice", vec![]);
            let at = at.min(der.len());
            let end = (at + bytes.len()).min(der.len());
            der.splice(at..end, bytes.clone());
            let _ = name(&der);
            let _ = name(&bytes);
        }
    }
}
