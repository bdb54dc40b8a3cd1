//! Where a request comes from: the peer, or what a proxy that is trusted says.

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// The address that limits count by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// Proxies of our own, whose word on the client's address is taken.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    nets: Vec<IpNet>,
    /// In which they say where a client is.
    country: Option<HeaderName>,
}

impl Proxies {
    pub fn new(nets: &[IpNet]) -> Self {
        Self { nets: nets.to_vec(), country: None }
    }

    /// With the header in which they say a client's country; empty: none does.
    pub fn saying_country(self, header: &str) -> Self {
        Self { country: HeaderName::try_from(header).ok(), ..self }
    }

    /// Whether an address is one of them.
    pub fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.nets.iter().any(|it| it.contains(&address))
    }

    /// The client behind a peer, by the headers of its request. Where proxies of ours are known, only they may say a country: what others say is
    /// taken away.
    pub(super) fn client_of(&self, peer: SocketAddr, headers: &mut HeaderMap) -> ClientAddress {
        if let Some(country) = &self.country
            && !self.nets.is_empty()
            && !self.trust(peer.ip())
        {
            headers.remove(country);
        }
        self.client(peer, headers.get_all("x-forwarded-for").iter().map(|it| it.as_bytes()))
    }

    /// The client behind a peer: the last address of `X-Forwarded-For` that is no proxy of ours. What stands before that, anybody may
    /// have written, in whichever bytes.
    pub fn client<'a>(
        &self,
        peer: SocketAddr,
        forwarded_for: impl DoubleEndedIterator<Item = &'a [u8]>,
    ) -> ClientAddress {
        let mut client = peer.ip().to_canonical();
        if !self.trust(client) {
            return ClientAddress(client);
        }
        for bytes in forwarded_for.rev().flat_map(|it| it.rsplit(|byte| *byte == b',')) {
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            let Ok(address) = text.trim().parse::<IpAddr>() else { break };
            client = address.to_canonical();
            if !self.trust(client) {
                break;
            }
        }
        ClientAddress(client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_as_far_as_it_knows() {
        let proxies =
            Proxies::new(&["10.0.0.0/8".parse().expect("a net"), "::1/128".parse().expect("a net")]);
        let cases: [(&str, &[&str], &str); 13] = [
            ("192.0.2.1:1", &[], "192.0.2.1"),
            ("192.0.2.1:1", &["198.51.100.7"], "192.0.2.1"),
            ("10.1.1.1:1", &[], "10.1.1.1"),
            ("10.1.1.1:1", &["198.51.100.7"], "198.51.100.7"),
            ("10.1.1.1:1", &["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
            ("10.1.1.1:1", &["6.6.6.6", "198.51.100.7, 10.2.2.2"], "198.51.100.7"),
            ("10.1.1.1:1", &["6.6.6.6, what, 10.2.2.2"], "10.2.2.2"),
            ("[::1]:1", &["2001:db8::1"], "2001:db8::1"),
            ("[::ffff:10.1.1.1]:1", &["198.51.100.7"], "198.51.100.7"),
            ("10.1.1.1:1", &["::ffff:198.51.100.7"], "198.51.100.7"),
            ("10.1.1.1:1", &["198.51.100.7:1234"], "10.1.1.1"),
            ("10.1.1.1:1", &[""], "10.1.1.1"),
            // What a client sends first hides nothing of what the proxy adds.
            ("10.1.1.1:1", &["é\u{1}, 198.51.100.7"], "198.51.100.7"),
        ];
        for (peer, forwarded, client) in cases {
            let peer = peer.parse().expect("an address");
            let found = proxies.client(peer, forwarded.iter().map(|it| it.as_bytes()));
            assert_eq!(found, ClientAddress(client.parse().expect("an address")), "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn only_a_trusted_proxy_says_a_country_where_there_are_any() {
        let ours = Proxies::new(&["10.0.0.0/8".parse().expect("a net")]);
        for (proxies, peer, expected) in [
            (ours.clone().saying_country("cf-ipcountry"), "10.1.1.1:1", Some("IN")),
            (ours.clone().saying_country("cf-ipcountry"), "192.0.2.1:1", None),
            // Another header's, and one's whose proxies nobody has named.
            (ours.saying_country(""), "192.0.2.1:1", Some("IN")),
            (Proxies::default().saying_country("cf-ipcountry"), "192.0.2.1:1", Some("IN")),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("cf-ipcountry", "IN".parse().expect("a value"));
            proxies.client_of(peer.parse().expect("an address"), &mut headers);
            let left = headers.get("cf-ipcountry").map(|it| it.to_str().expect("text"));
            assert_eq!(left, expected, "{peer}");
        }
    }
}
