//! In which country an address is, by a table that the operator names (MaxMind DB).

use crate::code::Code;
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A table of addresses.
pub struct Countries(Option<maxminddb::Reader<Vec<u8>>>);

/// Why a file is no table of addresses.
#[derive(Debug, thiserror::Error)]
pub enum CountriesError {
    #[error("this is no table of addresses: {0}")]
    Format(#[from] maxminddb::MaxMindDbError),
    #[error("the table has {found} bytes, and {max} are read at most")]
    Size { found: usize, max: usize },
    #[error("the table says no country for any of {tried} well-known addresses: it is one of something else")]
    NoCountries { tried: usize },
}

/// The largest tables of cities have some 150 MB.
pub const TABLE_BYTES_MAX: usize = 512 << 20;
/// Public resolvers, which every table of countries has.
const WELL_KNOWN: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8)),
    IpAddr::V4(Ipv4Addr::new(9, 9, 9, 9)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0x4860, 0x4860, 0, 0, 0, 0, 0x8888)),
];

/// What a table says of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Located {
    /// None where nobody knows.
    pub country: Option<Code>,
    /// A part of it, where the table has parts; a weak word, above all for mobile networks.
    pub part: Option<Code>,
    /// Whether the table says that somebody else's traffic leaves there: a proxy, a VPN, Tor, a data centre.
    pub is_proxy: bool,
}

/// What tables have of it: those of MaxMind and their kin, and flat ones.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line<'t> {
    country_code: Option<&'t str>,
    #[serde(borrow)]
    country: Option<Iso<'t>>,
    #[serde(borrow)]
    subdivisions: Vec<Iso<'t>>,
    traits: Traits,
    is_anonymous: bool,
    is_anonymous_vpn: bool,
    is_hosting_provider: bool,
    is_public_proxy: bool,
    is_residential_proxy: bool,
    is_tor_exit_node: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Iso<'t> {
    iso_code: Option<&'t str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Traits {
    is_anonymous_proxy: bool,
    is_anonymous: bool,
    is_anonymous_vpn: bool,
    is_hosting_provider: bool,
    is_public_proxy: bool,
    is_residential_proxy: bool,
    is_tor_exit_node: bool,
}

impl Line<'_> {
    fn is_proxy(&self) -> bool {
        let of = &self.traits;
        self.is_anonymous
            || self.is_anonymous_vpn
            || self.is_hosting_provider
            || self.is_public_proxy
            || self.is_residential_proxy
            || self.is_tor_exit_node
            || of.is_anonymous_proxy
            || of.is_anonymous
            || of.is_anonymous_vpn
            || of.is_hosting_provider
            || of.is_public_proxy
            || of.is_residential_proxy
            || of.is_tor_exit_node
    }
}

impl Countries {
    /// For whoever has no table: nobody is known to be anywhere.
    pub fn none() -> Self {
        Self(None)
    }

    /// Reads a whole table, of [`TABLE_BYTES_MAX`] at most.
    pub fn read(bytes: Vec<u8>) -> Result<Self, CountriesError> {
        if bytes.len() > TABLE_BYTES_MAX {
            return Err(CountriesError::Size { found: bytes.len(), max: TABLE_BYTES_MAX });
        }
        let countries = Self(Some(maxminddb::Reader::from_source(bytes)?));
        match WELL_KNOWN.iter().any(|it| countries.locate(*it).country.is_some()) {
            true => Ok(countries),
            false => Err(CountriesError::NoCountries { tried: WELL_KNOWN.len() }),
        }
    }

    /// When the table was made, in seconds since 1970.
    pub fn made_at(&self) -> Option<u64> {
        Some(self.0.as_ref()?.metadata().build_epoch)
    }

    /// Where an address is, as far as anybody knows; nowhere for those of private networks.
    pub fn locate(&self, address: IpAddr) -> Located {
        let (Some(reader), Some(address)) = (&self.0, public(address)) else { return Located::default() };
        // A line that cannot be read is of an address that nobody knows.
        let found = reader.lookup(address).and_then(|it| it.decode::<Line<'_>>());
        let Ok(Some(line)) = found else { return Located::default() };
        let text = line.country.as_ref().and_then(|it| it.iso_code).or(line.country_code);
        let country = text.and_then(|it| Code::parse(it).ok()).filter(Code::is_country);
        let part = country.and_then(|country| {
            let parts = line.subdivisions.iter().filter_map(|it| it.iso_code);
            // The smallest of those that ISO has comes last.
            parts.filter_map(|it| Code::parse(&format!("{country}-{it}")).ok()).next_back()
        });
        Located { country, part, is_proxy: line.is_proxy() }
    }
}

impl std::fmt::Debug for Countries {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = self.0.as_ref().map(|it| it.metadata().database_type.as_str());
        write!(out, "Countries({})", kind.unwrap_or("no table"))
    }
}

/// The address that says where somebody is; None for one that says nothing (RFC 6890), or whose sender is anywhere.
fn public(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        IpAddr::V4(address) => public_v4(address).map(IpAddr::V4),
        IpAddr::V6(address) => {
            let segments = address.segments();
            let v4 = |high: u16, low: u16| {
                let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                public_v4(Ipv4Addr::new(a, b, c, d)).map(IpAddr::V4)
            };
            match segments {
                // 6to4 (RFC 3056 §2) and NAT64 (RFC 6052 §2.1) carry the address of who is behind them.
                [0x2002, high, low, ..] => v4(high, low),
                [0x0064, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
                // Teredo (RFC 4380): relayed by whoever will; documentation (RFC 3849, RFC 9637).
                [0x2001, 0, ..] | [0x2001, 0xdb8, ..] => None,
                [0x3fff, second, ..] if second < 0x1000 => None,
                // Global unicast, which is all that has been given out.
                [first, ..] if first & 0xe000 == 0x2000 => Some(address.into()),
                _ => None,
            }
        }
    }
}

fn public_v4(address: Ipv4Addr) -> Option<Ipv4Addr> {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        // Carriers' own (RFC 6598), protocol assignments (RFC 6890), 6to4 relays (RFC 7526), benchmarks (RFC 2544).
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && b & 0xfe == 18);
    (!is_special).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_given_out_says_where_somebody_is() {
        for (address, expected) in [
            ("8.8.8.8", Some("8.8.8.8")),
            ("::ffff:8.8.8.8", Some("8.8.8.8")),
            ("::ffff:10.0.0.1", None),
            ("2001:4860:4860::8888", Some("2001:4860:4860::8888")),
            ("2002:0808:0808::1", Some("8.8.8.8")),
            ("2002:0a00:0001::1", None),
            ("64:ff9b::808:808", Some("8.8.8.8")),
            ("64:ff9b::a00:1", None),
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", None),
            ("2001:db8::1", None),
            ("3fff:0:1::1", None),
            ("fe80::1", None),
            ("fd00::1", None),
            ("::1", None),
            ("::", None),
            ("ff02::1", None),
            ("127.0.0.1", None),
            ("0.0.0.0", None),
            ("10.1.2.3", None),
            ("172.16.0.1", None),
            ("192.168.0.1", None),
            ("100.64.0.1", None),
            ("100.128.0.1", Some("100.128.0.1")),
            ("169.254.1.1", None),
            ("192.0.2.1", None),
            ("192.88.99.1", None),
            ("198.18.0.1", None),
            ("224.0.0.1", None),
            ("255.255.255.255", None),
        ] {
            let expected = expected.map(|it| it.parse::<IpAddr>().unwrap());
            assert_eq!(public(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn without_a_table_nobody_is_known_to_be_anywhere() {
        assert_eq!(Countries::none().locate([8, 8, 8, 8].into()), Located::default());
        assert_eq!(format!("{:?}", Countries::none()), "Countries(no table)");
        assert!(matches!(Countries::read(b"no table".to_vec()), Err(CountriesError::Format(_))));
    }
}
