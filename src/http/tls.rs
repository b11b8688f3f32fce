//! The certificate: read from PEM files, read again when they change, never lost.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::signals::Signals;
use crate::config::Tls;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// The protocols offered to clients, the better one first.
pub(super) const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// The certificate in use and the files it came from.
#[derive(Debug)]
pub struct Certificates {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
    seen: Mutex<Changed>,
}

/// When the two files were changed last, as far as the system tells.
type Changed = [Option<SystemTime>; 2];

/// A certificate that cannot be used.
#[derive(Debug)]
pub struct TlsError {
    file: PathBuf,
    message: String,
}

impl Certificates {
    /// Reads the files named in the settings.
    pub fn read(settings: &Tls) -> Result<Arc<Self>, TlsError> {
        let (certificate, key) = (settings.certificate.clone(), settings.key.clone());
        let seen = changed(&certificate, &key);
        let current = RwLock::new(Arc::new(load(&certificate, &key)?));
        Ok(Arc::new(Self { certificate, key, current, seen: Mutex::new(seen) }))
    }

    /// The configuration of listeners that use it.
    pub(super) fn server_config(self: &Arc<Self>) -> Result<ServerConfig, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        config.ticketer = ring::Ticketer::new()?;
        Ok(config)
    }

    /// Reads the files again if they changed, or in any case when `forced`. New connections get
    /// the new certificate; when it cannot be used the old one stays and the log says why.
    /// Blocks on the files.
    pub fn refresh(&self, forced: bool) {
        let now = changed(&self.certificate, &self.key);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == now && !forced {
            return;
        }
        *seen = now;
        match load(&self.certificate, &self.key) {
            Ok(fresh) => {
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                *current = Arc::new(fresh);
                tracing::info!(file = %self.certificate.display(), "took the changed certificate");
            }
            Err(error) => tracing::error!("keeping the certificate in use: {error}"),
        }
    }

    /// Looks at the files each minute, and at once on SIGHUP. Never returns.
    pub(super) async fn watch(self: Arc<Self>, mut hangups: Signals) {
        loop {
            let forced = tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => false,
                () = hangups.next() => true,
            };
            let this = Arc::clone(&self);
            // A defect in there leaves the certificate as it is.
            let _ = tokio::task::spawn_blocking(move || this.refresh(forced)).await;
        }
    }

    fn current(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn changed(certificate: &Path, key: &Path) -> Changed {
    [certificate, key].map(|file| std::fs::metadata(file).and_then(|m| m.modified()).ok())
}

fn load(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let wrong = |file: &Path, message: String| TlsError { file: file.to_owned(), message };
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(certificate, format!("cannot be read: {error}")))?;
    if chain.is_empty() {
        return Err(wrong(certificate, "holds no certificate (BEGIN CERTIFICATE)".to_owned()));
    }
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| wrong(key, format!("holds no private key that can be read: {error}")))?;
    CertifiedKey::from_der(chain, private, &ring::default_provider()).map_err(|error| {
        let message = match error {
            rustls::Error::InconsistentKeys(_) => {
                format!("does not belong to the private key in {}", key.display())
            }
            other => format!("cannot be used: {other}"),
        };
        wrong(certificate, message)
    })
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The file {} {}.", self.file.display(), self.message)
    }
}

impl std::error::Error for TlsError {}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn write_pair(dir: &Path) -> rcgen::CertifiedKey<rcgen::KeyPair> {
        let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(dir.join("cert.pem"), pair.cert.pem()).unwrap();
        fs::write(dir.join("key.pem"), pair.signing_key.serialize_pem()).unwrap();
        pair
    }

    fn settings(dir: &Path) -> Tls {
        let (certificate, key) = (dir.join("cert.pem"), dir.join("key.pem"));
        Tls { listen: vec!["127.0.0.1:0".to_owned()], certificate, key }
    }

    /// File systems tell changes apart by as little as their clock ticks.
    fn touch(file: &Path, seconds: u64) {
        let later = fs::metadata(file).unwrap().modified().unwrap() + Duration::from_secs(seconds);
        fs::File::options().append(true).open(file).unwrap().set_modified(later).unwrap();
    }

    #[test]
    fn a_changed_certificate_is_taken_and_a_broken_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        write_pair(dir.path());
        let certificates = Certificates::read(&settings(dir.path())).unwrap();
        let first = certificates.current().cert.clone();

        let second = write_pair(dir.path());
        touch(&dir.path().join("cert.pem"), 5);
        certificates.refresh(false);
        assert_ne!(certificates.current().cert, first, "the new certificate was not taken");
        assert_eq!(certificates.current().cert[0], *second.cert.der());

        fs::write(dir.path().join("cert.pem"), "half a certifica").unwrap();
        touch(&dir.path().join("cert.pem"), 10);
        certificates.refresh(false);
        assert_eq!(certificates.current().cert[0], *second.cert.der(), "the old one was lost");

        let third = write_pair(dir.path());
        fs::write(dir.path().join("key.pem"), second.signing_key.serialize_pem()).unwrap();
        certificates.refresh(true);
        assert_eq!(certificates.current().cert[0], *second.cert.der(), "a wrong pair was taken");
        fs::write(dir.path().join("key.pem"), third.signing_key.serialize_pem()).unwrap();
        certificates.refresh(true);
        assert_eq!(certificates.current().cert[0], *third.cert.der());
    }

    #[test]
    fn unusable_files_are_refused_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let settings = settings(dir.path());
        let missing = Certificates::read(&settings).unwrap_err().to_string();
        assert!(missing.contains("cert.pem cannot be read"), "{missing}");

        let first = write_pair(dir.path());
        write_pair(dir.path());
        fs::write(&settings.key, first.signing_key.serialize_pem()).unwrap();
        let apart = Certificates::read(&settings).unwrap_err().to_string();
        assert!(apart.contains("does not belong to the private key"), "{apart}");

        fs::write(&settings.certificate, "nothing").unwrap();
        let empty = Certificates::read(&settings).unwrap_err().to_string();
        assert!(empty.contains("holds no certificate"), "{empty}");
    }
}
