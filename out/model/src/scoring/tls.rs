//! The server's own certificate: read at the start, taken over when its files change, and trusted by the health check.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme};

/// Where certificate and key are; one file may hold both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificates in PEM, the server's own first.
    pub certificates: PathBuf,
    /// The private key in PEM.
    pub key: PathBuf,
}

/// Why a certificate cannot be used. Nothing of a key is in it.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or has no such thing in it.
    #[error("cannot use {path}: {problem}; expected {expected} in PEM")]
    File {
        /// The file.
        path: String,
        /// What is wrong.
        problem: String,
        /// What should be there.
        expected: &'static str,
    },
    /// Certificate and key do not fit each other, or are of a kind that is not known.
    #[error("cannot use the certificate in {path} with its key: {problem}")]
    Pair {
        /// The file of the certificate.
        path: String,
        /// What is wrong.
        problem: rustls::Error,
    },
}

/// The certificate that connections are begun with.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    config: ArcSwap<ServerConfig>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// A file that cannot be used, or two that do not fit.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let config = ArcSwap::from_pointee(server(&files)?);
        Ok(Self { files, config })
    }

    /// Reads the files again, for connections to come.
    ///
    /// # Errors
    /// As of [`Tls::load`]; what was read before stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        self.config.store(Arc::new(server(&self.files)?));
        Ok(())
    }

    /// The files.
    pub fn files(&self) -> &TlsFiles {
        &self.files
    }

    /// What a new connection is begun with.
    pub fn config(&self) -> Arc<ServerConfig> {
        self.config.load_full()
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let refused =
        |problem: String| TlsError::File { path: path.display().to_string(), problem, expected: "certificates" };
    let found = CertificateDer::pem_file_iter(path).map_err(|error| refused(error.to_string()))?;
    let all: Vec<_> = found.collect::<Result<_, _>>().map_err(|error| refused(error.to_string()))?;
    if all.is_empty() { Err(refused("it has no certificate".to_owned())) } else { Ok(all) }
}

fn server(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let chain = certificates(&files.certificates)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| TlsError::File {
        path: files.key.display().to_string(),
        problem: error.to_string(),
        expected: "a private key",
    })?;
    let path = || files.certificates.display().to_string();
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|problem| TlsError::Pair { path: path(), problem })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// How the health check speaks to the server beside it: the certificate is the one in the file, whatever it is called.
///
/// # Errors
/// The file cannot be used.
pub fn pinned(files: &TlsFiles) -> Result<ClientConfig, TlsError> {
    let own = certificates(&files.certificates)?.swap_remove(0);
    let verifier = Arc::new(Pinned { own, provider: provider() });
    let path = || files.certificates.display().to_string();
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|problem| TlsError::Pair { path: path(), problem })?;
    Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Takes one certificate and no other; who shows it proves to have its key.
#[derive(Debug)]
struct Pinned {
    own: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *shown == self.own {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
