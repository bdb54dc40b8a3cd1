//! Where a request comes from: the peer, or what a proxy that is trusted says.

use axum::http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// The address that limits count by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// Proxies of our own, whose word on the client's address is taken.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    nets: Vec<IpNet>,
}

impl Proxies {
    pub fn new(nets: &[IpNet]) -> Self {
        Self { nets: nets.to_vec() }
    }

    /// Whether an address is one of them.
    pub fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.nets.iter().any(|it| it.contains(&address))
    }

    /// The client behind a peer, by the headers of its request.
    pub(super) fn client_of(&self, peer: SocketAddr, headers: &HeaderMap) -> ClientAddress {
        let forwarded_for = headers.get_all("x-forwarded-for");
        let texts: Vec<&str> = forwarded_for.iter().filter_map(|it| it.to_str().ok()).collect();
        self.client(peer, texts.into_iter())
    }

    /// The client behind a peer: the last address of `X-Forwarded-For` that is no proxy of ours. What stands before that, anybody may
    /// have written.
    pub fn client<'a>(
        &self,
        peer: SocketAddr,
        forwarded_for: impl DoubleEndedIterator<Item = &'a str>,
    ) -> ClientAddress {
        let mut client = peer.ip().to_canonical();
        if !self.trust(client) {
            return ClientAddress(client);
        }
        for text in forwarded_for.rev().flat_map(|it| it.rsplit(',')) {
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
        let cases: [(&str, &[&str], &str); 9] = [
            ("192.0.2.1:1", &[], "192.0.2.1"),
            ("192.0.2.1:1", &["198.51.100.7"], "192.0.2.1"),
            ("10.1.1.1:1", &[], "10.1.1.1"),
            ("10.1.1.1:1", &["198.51.100.7"], "198.51.100.7"),
            ("10.1.1.1:1", &["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
            ("10.1.1.1:1", &["6.6.6.6", "198.51.100.7, 10.2.2.2"], "198.51.100.7"),
            ("10.1.1.1:1", &["6.6.6.6, what, 10.2.2.2"], "10.2.2.2"),
            ("[::1]:1", &["2001:db8::1"], "2001:db8::1"),
            ("[::ffff:10.1.1.1]:1", &["198.51.100.7"], "198.51.100.7"),
        ];
        for (peer, forwarded, client) in cases {
            let peer = peer.parse().expect("an address");
            let found = proxies.client(peer, forwarded.iter().copied());
            assert_eq!(found, ClientAddress(client.parse().expect("an address")), "{peer} {forwarded:?}");
        }
    }
}
