//! Encrypted connections to PostgreSQL, for a database URL with `sslmode=require`.

use crate::error::Error;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Trusts who the operating system trusts, or the certificates in the file that `SSL_CERT_FILE` names (a provider's
/// own authority), and demands that the certificate names the host: more than libpq's `require`, as much as its
/// `verify-full`.
pub(crate) fn connector() -> Result<MakeRustlsConnect, Error> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (trusted, _unreadable) = roots.add_parsable_certificates(found.certs);
    if trusted == 0 {
        let reasons: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        return Err(Error::NoTrustedCertificates { reason: reasons.join("; ") });
    }
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions();
    let config =
        versions.expect("ring knows TLS 1.2 and 1.3").with_root_certificates(roots).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
