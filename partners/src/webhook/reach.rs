//! Which addresses are dialled. An endpoint's owner chooses its name and what the name resolves to, and must not reach by it what only our own
//! network can: other services, a cloud's metadata.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far a [`super::Courier`] goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Addresses of the public internet alone, by HTTPS.
    Public,
    /// This machine as well, by plain HTTP where one wants: for tests and for trying things out.
    Loopback,
}

impl Reach {
    /// Whether a connection to this address may be made.
    pub fn allows(self, address: IpAddr) -> bool {
        is_public(address) || (self == Reach::Loopback && address.to_canonical().is_loopback())
    }
}

/// What is not public of IPv4: a network's first address and how many bits name it (IANA's registry of special-purpose addresses, RFC 6890,
/// and multicast).
const SPECIAL: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),      // this network
    ([10, 0, 0, 0], 8),     // private
    ([100, 64, 0, 0], 10),  // carriers' own
    ([127, 0, 0, 0], 8),    // loopback
    ([169, 254, 0, 0], 16), // link-local, a cloud's metadata among it
    ([172, 16, 0, 0], 12),  // private
    ([192, 0, 0, 0], 24),   // protocols' own
    ([192, 0, 2, 0], 24),   // documentation
    ([192, 88, 99, 0], 24), // relays to IPv6, given up
    ([192, 168, 0, 0], 16), // private
    ([198, 18, 0, 0], 15),  // benchmarks
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4), // multicast
    ([240, 0, 0, 0], 4), // reserved, and broadcast
];

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_in = |(first, bits): &([u8; 4], u32)| {
        let mask = u32::MAX << (32 - bits);
        u32::from(address) & mask == u32::from_be_bytes(*first)
    };
    !SPECIAL.iter().any(is_in)
}

/// Of IPv6 only 2000::/3 is given out; everything else is refused without a name, but for addresses that stand for one of IPv4.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    match address.segments() {
        // A translator's well-known prefix (RFC 6052): it dials what stands in the last four bytes.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
        }
        // Protocols' own, tunnels through IPv4 (Teredo) and benchmarks among them.
        [0x2001, 0..=0x01ff, ..] => false,
        // Documentation, twice.
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        // Tunnels through IPv4 (6to4).
        [0x2002, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &[&str] = &[
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450:4001:81b::200e",
        "2001:4860:4860::8888",
        "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1",
    ];

    const REFUSED: &[&str] = &[
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.0.0",
        "169.254.169.254",
        "169.254.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.0",
        "192.0.0.255",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:10.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1.1.1.1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:101:101::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "feff::1",
        "ff02::1",
        "ffff::1",
    ];

    #[test]
    fn addresses_of_the_public_internet_are_dialled_and_no_others() {
        for text in PUBLIC {
            assert!(Reach::Public.allows(text.parse().unwrap()), "{text}");
        }
        for text in REFUSED {
            assert!(!Reach::Public.allows(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_reach_for_tests_has_this_machine_besides_and_nothing_of_its_network() {
        for text in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "1.1.1.1"] {
            assert!(Reach::Loopback.allows(text.parse().unwrap()), "{text}");
        }
        for text in REFUSED.iter().filter(|it| !it.contains("127.") && **it != "::1") {
            assert!(!Reach::Loopback.allows(text.parse().unwrap()), "{text}");
        }
    }
}
