//! Certificates, made for each test.

use std::net::SocketAddr;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

/// One that issues certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

/// A certificate and its key.
pub(crate) struct Pair {
    pub(crate) cert: String,
    pub(crate) key: String,
}

/// For whom, and until when.
#[derive(Clone, Copy)]
pub(crate) enum For {
    Server,
    Client,
    /// Until 2001.
    ExpiredServer,
    ExpiredClient,
}

/// The name that servers have here, and no machine.
pub(crate) const NAME: &str = "agent.test";

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    pub(crate) fn issue(&self, name: &str, whom: For) -> Pair {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let usage = match whom {
            For::Server | For::ExpiredServer => ExtendedKeyUsagePurpose::ServerAuth,
            For::Client | For::ExpiredClient => ExtendedKeyUsagePurpose::ClientAuth,
        };
        params.extended_key_usages = vec![usage];
        if matches!(whom, For::ExpiredServer | For::ExpiredClient) {
            params.not_before = date_time_ymd(2000, 1, 1);
            params.not_after = date_time_ymd(2001, 1, 1);
        }
        let key = KeyPair::generate().expect("a key");
        let cert = params.signed_by(&key, &self.issuer).expect("a certificate");
        Pair {
            cert: cert.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// Whom a client trusts, by which name it calls the agent, and what it shows of itself.
pub(crate) struct Caller<'a> {
    pub(crate) trusts: &'a Authority,
    pub(crate) calls: &'a str,
    pub(crate) shows: Option<&'a Pair>,
}

impl Caller<'_> {
    pub(crate) fn at(&self, address: SocketAddr) -> Endpoint {
        let mut tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(&self.trusts.pem))
            .domain_name(self.calls);
        if let Some(pair) = self.shows {
            tls = tls.identity(Identity::from_pem(&pair.cert, &pair.key));
        }
        let endpoint = Endpoint::from_shared(format!("https://{address}")).expect("an address");
        endpoint.tls_config(tls).expect("good certificates")
    }
}
