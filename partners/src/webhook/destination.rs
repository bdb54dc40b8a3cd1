//! The address that an endpoint has.

use super::reach::Reach;
use reqwest::Url;
use std::fmt;
use std::net::IpAddr;

/// No longer than every server takes.
const LENGTH_MAX: usize = 2000;
/// Names that no public resolver knows; what others resolve to is judged when it is dialled.
const LOCAL_ENDINGS: &[&str] = &[".localhost", ".local", ".internal", ".home.arpa"];

/// A URL that messages can be sent to. Its path and query may hold a secret of its owner: Debug shows scheme and host alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Destination(Url);

/// Why a text is none. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    #[error("a webhook's address has at most {LENGTH_MAX} characters, this one has {found}")]
    TooLong { found: usize },
    #[error("this is no address; one looks like https://partner.example/hooks/cricket")]
    Malformed,
    #[error("a webhook's address begins with https://")]
    Scheme,
    #[error("a webhook's address has no user name and no password: the signature proves who sends")]
    Credentials,
    #[error("a webhook's address has no fragment (#…): servers do not see it")]
    Fragment,
    #[error("a webhook's port is 443, or 1024 and above, not {port}")]
    Port { port: u16 },
    #[error("a webhook's address is one of the public internet")]
    NotPublic,
}

impl Destination {
    /// Reads an address, within this reach.
    pub fn parse(text: &str, reach: Reach) -> Result<Self, DestinationError> {
        let text = text.trim();
        if text.len() > LENGTH_MAX {
            return Err(DestinationError::TooLong { found: text.chars().count() });
        }
        let destination = Destination(Url::parse(text).map_err(|_| DestinationError::Malformed)?);
        destination.check(reach)?;
        Ok(destination)
    }

    /// One that was parsed when it was stored, whatever the reach was then.
    pub(crate) fn stored(text: &str) -> Option<Self> {
        Url::parse(text).ok().map(Destination)
    }

    /// Whether it lies within this reach, as far as its text tells. The client resolves names, but it dials addresses as they stand: those
    /// are judged here.
    pub(crate) fn check(&self, reach: Reach) -> Result<(), DestinationError> {
        let url = &self.0;
        let host = url.host_str().ok_or(DestinationError::Malformed)?.trim_end_matches('.');
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        let is_here = address.map_or(host == "localhost", |it| it.to_canonical().is_loopback());
        match url.scheme() {
            "https" => {}
            "http" if is_here && reach == Reach::Loopback => {}
            _ => return Err(DestinationError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(DestinationError::Credentials);
        }
        if url.fragment().is_some() {
            return Err(DestinationError::Fragment);
        }
        match url.port() {
            None | Some(443 | 1024..) => {}
            Some(port) => return Err(DestinationError::Port { port }),
        }
        let is_within = match address {
            Some(address) => reach.allows(address),
            None if is_here => reach == Reach::Loopback,
            None => host.contains('.') && !LOCAL_ENDINGS.iter().any(|it| host.ends_with(it)),
        };
        if is_within { Ok(()) } else { Err(DestinationError::NotPublic) }
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Destination({}://{}/…)", self.0.scheme(), self.0.host_str().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_public_and_encrypted_and_tells_nothing_secret() {
        let long = format!("https://partner.example/{}", "x".repeat(LENGTH_MAX));
        let check = |text: &str, expected: Result<&str, DestinationError>| {
            let found = Destination::parse(text, Reach::Public);
            assert_eq!(found.as_ref().map(Destination::as_str), expected.as_ref().copied(), "{text}");
        };
        check(" https://Partner.example:443/hooks?x=1 ", Ok("https://partner.example/hooks?x=1"));
        check("https://partner.example:8443", Ok("https://partner.example:8443/"));
        check("https://1.1.1.1/", Ok("https://1.1.1.1/"));
        check("https://[2606:4700::1111]/", Ok("https://[2606:4700::1111]/"));
        check("https://bücher.example/", Ok("https://xn--bcher-kva.example/"));
        check(&long, Err(DestinationError::TooLong { found: LENGTH_MAX + 24 }));
        for text in ["", "partner.example", "https://", "https://[::1", "/hooks", "https://1.2.3.4.5/"] {
            check(text, Err(DestinationError::Malformed));
        }
        for text in ["http://partner.example/", "http://127.0.0.1/", "ftp://partner.example/"] {
            check(text, Err(DestinationError::Scheme));
        }
        for text in ["https://asha@partner.example/", "https://:word@partner.example/"] {
            check(text, Err(DestinationError::Credentials));
        }
        check("https://partner.example/#top", Err(DestinationError::Fragment));
        for port in [22, 80, 1023] {
            check(&format!("https://partner.example:{port}/"), Err(DestinationError::Port { port }));
        }
        for host in [
            "localhost",
            "localhost.",
            "postgres",
            "api.localhost",
            "printer.local",
            "metadata.google.internal",
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "2130706433",
            "0177.0.0.1",
            "169.254.169.254",
            "10.0.0.1.",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[fd00::1]",
        ] {
            check(&format!("https://{host}/"), Err(DestinationError::NotPublic));
        }
    }

    #[test]
    fn this_machine_is_an_address_in_tests_alone_and_needs_no_encryption_there() {
        for text in
            ["http://127.0.0.1:4000/", "http://localhost:4000/", "https://localhost/", "http://[::1]:4000/"]
        {
            assert!(Destination::parse(text, Reach::Loopback).is_ok(), "{text}");
            assert!(Destination::parse(text, Reach::Public).is_err(), "{text}");
        }
        for (text, expected) in [
            ("http://partner.example/", DestinationError::Scheme),
            ("http://10.0.0.1:4000/", DestinationError::Scheme),
            ("https://10.0.0.1/", DestinationError::NotPublic),
        ] {
            assert_eq!(Destination::parse(text, Reach::Loopback), Err(expected), "{text}");
        }
    }

    #[test]
    fn what_may_be_secret_in_it_is_not_shown() {
        let found = Destination::parse("https://partner.example/T0/hush?key=hush", Reach::Public).unwrap();
        assert_eq!(format!("{found:?}"), "Destination(https://partner.example/…)");
    }
}
