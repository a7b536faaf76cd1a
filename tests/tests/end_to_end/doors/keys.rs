//! Certificates and tokens in files, made for one test each.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use loiter_tests::{Loiter, Program};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use tempfile::TempDir;

use crate::LOITER;

/// A CA, and the folder in which it keeps what it has issued.
pub(super) struct Ca {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Ca {
    /// With the certificate in `ca.pem`, and a name that no other one has.
    pub(super) fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(1);
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        let name = format!("CA {}", NUMBER.fetch_add(1, Relaxed));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let cert = params.self_signed(&key).expect("a certificate");
        let ca = Self {
            folder: tempfile::tempdir().expect("a folder"),
            issuer: Issuer::new(params, key),
        };
        ca.write("ca.pem", &cert.pem());
        ca
    }

    /// Writes `NAME.pem` and `NAME.key`, for this name, valid up to the beginning of a year.
    pub(super) fn issue(&self, file: &str, name: &str, until: i32) {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let key = KeyPair::generate().expect("a key");
        let cert = params.signed_by(&key, &self.issuer).expect("a certificate");
        self.write(&format!("{file}.key"), &key.serialize_pem());
        self.write(&format!("{file}.pem"), &cert.pem());
    }

    /// The path of a file, as a text.
    pub(super) fn path(&self, file: &str) -> String {
        let path: PathBuf = self.folder.path().join(file);
        path.to_str().expect("UTF-8").to_owned()
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a file in the place of the one before, at once, as those do who renew credentials.
    pub(super) fn write(&self, file: &str, content: &str) {
        let new = self.path(&format!("{file}.new"));
        fs::write(&new, content).expect("a file");
        fs::rename(&new, self.path(file)).expect("a file");
    }
}

/// A demo service with this in its environment, and its port.
pub(super) fn demo(env: &[(&str, &str)]) -> (Program, String) {
    let mut command = LOITER.demo_command("127.0.0.1:0");
    command.envs(env.iter().copied());
    let program = Program::start(command);
    let address = program.address();
    let (_, port) = address.rsplit_once(':').expect("a port");
    let port = port.to_owned();
    (program, port)
}

/// What a command says that cannot run, in its one line.
pub(super) fn refused(args: &[&str], env: &[(&str, &str)]) -> String {
    let mut command = LOITER.command(args);
    command.envs(env.iter().copied());
    let finished = Loiter::finish(command);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert_eq!(finished.stdout, "", "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    finished.stderr
}
