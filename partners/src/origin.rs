//! Which pages may use a publishable key.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// The longest host name, in characters (RFC 1035 §2.3.4).
const HOST_CHARS_MAX: usize = 253;

/// What a browser says in its `Origin` header (RFC 6454 §6.1): `https://partner.example`, in lower case, and without the
/// port where it is the scheme's own.
///
/// `null`, which a browser sends for sandboxed frames and files, is no origin: no pattern can match it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

/// Origins that a key is bound to:
///
/// - `https://partner.example`, `https://partner.example:8443`: exactly this one;
/// - `https://*.partner.example`: all sub-domains at any depth, but not `https://partner.example` itself;
/// - `http://localhost:3000`, `http://localhost:*`, the same with `https`, with `127.0.0.1` and with `*.localhost`: development on one's own
///   machine, at one port or at any.
///
/// A wildcard needs two labels after it (`https://*.example` is refused). It is not held against the list of public
/// suffixes: who writes `https://*.co.uk` shares the key with strangers, and the quota with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginPattern {
    scheme: Scheme,
    host: String,
    reach: Reach,
}

/// What else than the host itself, at which ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Exact { port: u16 },
    SubDomains { port: u16 },
    AnyPort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

/// Why a text is no origin, or no pattern of origins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    #[error("an origin begins with https://, this one does not: {text}")]
    Scheme { text: String },
    #[error("plain http is only for localhost and 127.0.0.1; {text} needs https")]
    Insecure { text: String },
    #[error("an origin ends after its host and port, without a path or a slash: {text}")]
    Path { text: String },
    #[error("the host is not a domain name (a name with other letters is written as xn--…): {text}")]
    Host { text: String },
    #[error("the port is not a number from 1 to 65535: {text}")]
    Port { text: String },
    #[error("a wildcard stands for sub-domains, as in https://*.partner.example: {text}")]
    Wildcard { text: String },
    #[error("the wildcard would match whole top-level domains: {text}")]
    TooBroad { text: String },
    #[error("any port is only for localhost and 127.0.0.1: {text}")]
    AnyPort { text: String },
}

impl Scheme {
    const fn word(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    const fn own_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Origin, OriginError> {
        let (scheme, host, port) = split(text)?;
        let host = host.to_ascii_lowercase();
        if !is_host(&host) {
            return Err(OriginError::Host { text: shortened(text) });
        }
        Ok(Origin { scheme, host, port: number(text, scheme, port)? })
    }
}

impl OriginPattern {
    pub fn parse(text: &str) -> Result<OriginPattern, OriginError> {
        let (scheme, host, port) = split(text)?;
        let host = host.to_ascii_lowercase();
        let (is_wildcard, host) = match host.strip_prefix("*.") {
            Some(domain) => (true, domain.to_owned()),
            None => (false, host),
        };
        let refused = || shortened(text);
        if host.contains('*') {
            return Err(OriginError::Wildcard { text: refused() });
        }
        if !is_host(&host) {
            return Err(OriginError::Host { text: refused() });
        }
        if scheme == Scheme::Http && !is_own_machine(&host) {
            return Err(OriginError::Insecure { text: refused() });
        }
        let reach = match (is_wildcard, port) {
            (true, _) if host.ends_with(|last: char| last.is_ascii_digit()) => {
                return Err(OriginError::Wildcard { text: refused() });
            }
            (true, _) if !host.contains('.') => return Err(OriginError::TooBroad { text: refused() }),
            (true, port) => Reach::SubDomains { port: number(text, scheme, port)? },
            (false, Some("*")) if is_own_machine(&host) => Reach::AnyPort,
            (false, Some("*")) => return Err(OriginError::AnyPort { text: refused() }),
            (false, port) => Reach::Exact { port: number(text, scheme, port)? },
        };
        Ok(OriginPattern { scheme, host, reach })
    }

    /// Whether it stands for pages on their visitor's own machine.
    pub fn is_own_machine(&self) -> bool {
        is_own_machine(&self.host)
    }

    pub fn matches(&self, origin: &Origin) -> bool {
        if self.scheme != origin.scheme {
            return false;
        }
        match self.reach {
            Reach::Exact { port } => port == origin.port && self.host == origin.host,
            Reach::AnyPort => self.host == origin.host,
            Reach::SubDomains { port } => {
                let under = origin.host.strip_suffix(&self.host).and_then(|rest| rest.strip_suffix('.'));
                port == origin.port && under.is_some_and(|label| !label.is_empty())
            }
        }
    }
}

/// As browsers write it.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.word(), self.host)?;
        if self.port == self.scheme.own_port() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// The normal form, which [`OriginPattern::parse`] reads back.
impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme.word())?;
        let port = match self.reach {
            Reach::AnyPort => return write!(f, "{}:*", self.host),
            Reach::Exact { port } => port,
            Reach::SubDomains { port } => {
                f.write_str("*.")?;
                port
            }
        };
        f.write_str(&self.host)?;
        if port == self.scheme.own_port() { Ok(()) } else { write!(f, ":{port}") }
    }
}

/// Scheme, host and what follows the colon.
fn split(text: &str) -> Result<(Scheme, &str, Option<&str>), OriginError> {
    let (scheme, rest) =
        text.split_once("://").ok_or_else(|| OriginError::Scheme { text: shortened(text) })?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        _ => return Err(OriginError::Scheme { text: shortened(text) }),
    };
    if rest.contains(['/', '?', '#']) {
        return Err(OriginError::Path { text: shortened(text) });
    }
    Ok(match rest.split_once(':') {
        Some((host, port)) => (scheme, host, Some(port)),
        None => (scheme, rest, None),
    })
}

fn number(text: &str, scheme: Scheme, port: Option<&str>) -> Result<u16, OriginError> {
    let Some(digits) = port else { return Ok(scheme.own_port()) };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(port @ 1..) if is_number => Ok(port),
        _ => Err(OriginError::Port { text: shortened(text) }),
    }
}

/// Labels of letters, digits and inner hyphens (RFC 1123 §2.1); an IPv4 address passes as such labels.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= HOST_CHARS_MAX && host.split('.').all(is_label)
}

/// What names the machine that asks (RFC 6761 §6.3, RFC 1122 §3.2.1.3).
fn is_own_machine(host: &str) -> bool {
    let is_loopback = |it: Ipv4Addr| it.is_loopback() || it.is_unspecified();
    host == "localhost" || host.ends_with(".localhost") || host.parse().is_ok_and(is_loopback)
}

/// A stranger's text at a length that fits a message and a log line.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(HOST_CHARS_MAX + "https://:65535".len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_the_origins_it_says_and_no_others() {
        let check = |pattern: &str, origin: &str, expected: bool| {
            let matches = OriginPattern::parse(pattern).unwrap().matches(&origin.parse().unwrap());
            assert_eq!(matches, expected, "{pattern} and {origin}");
        };
        for (pattern, origin, expected) in [
            ("https://partner.example", "https://partner.example", true),
            ("https://Partner.Example:443", "https://partner.example", true),
            ("https://partner.example", "http://partner.example", false),
            ("https://partner.example", "https://partner.example:8443", false),
            ("https://partner.example:8443", "https://partner.example:8443", true),
            ("https://partner.example", "https://www.partner.example", false),
            ("https://partner.example", "https://partner.example.evil.test", false),
            ("https://*.partner.example", "https://www.partner.example", true),
            ("https://*.partner.example", "https://a.b.partner.example", true),
            ("https://*.partner.example", "https://partner.example", false),
            ("https://*.partner.example", "https://evilpartner.example", false),
            ("https://*.partner.example", "http://www.partner.example", false),
            ("https://*.partner.example:8443", "https://www.partner.example", false),
            ("http://localhost:*", "http://localhost:5173", true),
            ("http://localhost:*", "http://localhost", true),
            ("http://localhost:*", "https://localhost:5173", false),
            ("https://localhost:*", "https://localhost:5173", true),
            ("http://app.localhost:*", "http://app.localhost:5173", true),
            ("http://localhost:3000", "http://localhost:5173", false),
            ("http://localhost:*", "http://127.0.0.1:5173", false),
            ("http://127.0.0.1:*", "http://127.0.0.1:5173", true),
        ] {
            check(pattern, origin, expected);
        }
    }

    #[test]
    fn a_malformed_pattern_is_refused_and_says_why() {
        let check = |text: &str, expected: fn(String) -> OriginError| {
            assert_eq!(OriginPattern::parse(text), Err(expected(text.to_owned())));
        };
        check("partner.example", |text| OriginError::Scheme { text });
        check("ftp://partner.example", |text| OriginError::Scheme { text });
        check("*", |text| OriginError::Scheme { text });
        check("null", |text| OriginError::Scheme { text });
        check("http://partner.example", |text| OriginError::Insecure { text });
        check("http://*.partner.example", |text| OriginError::Insecure { text });
        check("https://partner.example/", |text| OriginError::Path { text });
        check("https://partner.example/page?x=1", |text| OriginError::Path { text });
        check("https://", |text| OriginError::Host { text });
        check("https://partner..example", |text| OriginError::Host { text });
        check("https://-partner.example", |text| OriginError::Host { text });
        check("https://user@partner.example", |text| OriginError::Host { text });
        check("https://パートナー.example", |text| OriginError::Host { text });
        check("https://partner.example:0", |text| OriginError::Port { text });
        check("https://partner.example:", |text| OriginError::Port { text });
        check("https://partner.example:+80", |text| OriginError::Port { text });
        check("https://partner.example:65536", |text| OriginError::Port { text });
        check("https://*.*.example", |text| OriginError::Wildcard { text });
        check("https://www.*.example", |text| OriginError::Wildcard { text });
        check("https://*partner.example", |text| OriginError::Wildcard { text });
        check("https://*.127.0.0.1", |text| OriginError::Wildcard { text });
        check("https://*", |text| OriginError::Wildcard { text });
        check("https://*.example", |text| OriginError::TooBroad { text });
        check("https://partner.example:*", |text| OriginError::AnyPort { text });
    }

    #[test]
    fn what_names_ones_own_machine_is_seen_to() {
        for (text, expected) in [
            ("http://localhost", true),
            ("https://LOCALHOST:8443", true),
            ("https://app.localhost", true),
            ("https://*.app.localhost", true),
            ("https://127.0.0.2", true),
            ("https://0.0.0.0", true),
            ("https://localhost.example", false),
            ("https://notlocalhost.example", false),
            ("https://128.0.0.1", false),
        ] {
            assert_eq!(OriginPattern::parse(text).unwrap().is_own_machine(), expected, "{text}");
        }
    }

    #[test]
    fn the_normal_form_is_read_back_as_the_same_pattern() {
        for (text, normal) in [
            ("HTTPS://Partner.Example:443", "https://partner.example"),
            ("https://*.partner.example:8443", "https://*.partner.example:8443"),
            ("http://localhost:*", "http://localhost:*"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
        ] {
            let pattern = OriginPattern::parse(text).unwrap();
            assert_eq!(pattern.to_string(), normal);
            assert_eq!(OriginPattern::parse(normal), Ok(pattern));
        }
    }

    #[test]
    fn a_long_text_is_cut_in_its_refusal() {
        let Err(OriginError::Scheme { text }) = OriginPattern::parse(&"x".repeat(10_000)) else {
            panic!("refused")
        };
        assert!(text.len() < 300);
    }
}
