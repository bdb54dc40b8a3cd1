//! Where a request comes from.

use std::net::{IpAddr, Ipv6Addr};

/// Where a request comes from, as lists of devices and the audit log show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    pub address: IpAddr,
    /// What the browser calls itself, cut at [`Visitor::AGENT_MAX`] characters.
    pub agent: String,
}

impl Visitor {
    pub const AGENT_MAX: usize = 200;

    pub fn new(address: IpAddr, agent: &str) -> Self {
        let agent = agent.chars().filter(|it| !it.is_control()).take(Self::AGENT_MAX).collect();
        Self { address: address.to_canonical(), agent }
    }

    /// What attempts are counted by: an IPv4 address, or the /64 that one IPv6 subscriber has (RFC 6177).
    pub fn network(&self) -> IpAddr {
        match self.address {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            v4 => v4,
        }
    }
}

/// A browser and its system in words, from a `User-Agent` header: "Firefox on Linux". A guess, for people who look for their own devices.
pub fn device_name(agent: &str) -> String {
    // Each claims to be those after it.
    const BROWSERS: [(&str, &str); 7] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("CrOS", "ChromeOS"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let among = |list: &[(&str, &'static str)]| list.iter().find(|it| agent.contains(it.0)).map(|it| it.1);
    match (among(&BROWSERS), among(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Unknown device".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscriber_is_an_address_or_a_slash_64() {
        for (address, network) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ] {
            let visitor = Visitor::new(address.parse().unwrap(), "");
            assert_eq!(visitor.network(), network.parse::<IpAddr>().unwrap(), "{address}");
        }
    }

    #[test]
    fn devices_are_called_what_their_owners_call_them() {
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("curl/8.14.1", "Unknown device"),
            ("", "Unknown device"),
        ] {
            assert_eq!(device_name(agent), name);
        }
    }

    #[test]
    fn an_agent_is_cut_and_has_no_line_breaks() {
        let visitor = Visitor::new([192, 0, 2, 1].into(), &format!("a\r\nb{}", "x".repeat(1000)));
        assert!(visitor.agent.starts_with("abx") && visitor.agent.chars().count() == Visitor::AGENT_MAX);
    }
}
