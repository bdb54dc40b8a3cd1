//! Requests without a key, by where they come from.

use super::buckets::Buckets;
use super::{Rate, Verdict};
use access::Visitor;
use std::sync::Arc;
use store::Clock;

/// What networks get through, in this process's memory: sign-ups, refused keys, whatever anybody may ask. A check costs about 0.1 µs.
///
/// Cloning is cheap and shares the counts.
#[derive(Clone)]
pub struct Networks {
    inner: Arc<Inner>,
}

struct Inner {
    rate: Rate,
    buckets: Buckets,
    clock: Clock,
}

impl Networks {
    /// Each network may pass at this rate. At most so many are told apart at once, 16 bytes each; those that come when there are more share the
    /// buckets that are left, so that somebody with many networks takes neither memory nor those who are there their turn.
    pub fn new(clock: Clock, rate: Rate, networks_max: usize) -> Networks {
        Networks { inner: Arc::new(Inner { rate, buckets: Buckets::new(networks_max), clock }) }
    }

    /// Whether a request may pass, and counts it if so; by its IPv4 address or its IPv6 /64.
    pub fn check(&self, visitor: &Visitor, cost: u32) -> Verdict {
        let Inner { rate, buckets, clock } = &*self.inner;
        buckets.pour(visitor.network(), *rate, cost, super::limiter::now_us(clock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn who_moves_within_his_network_is_the_same_visitor() {
        let clock = Clock::manual("2026-11-29T10:00:00Z".parse().unwrap());
        let networks = Networks::new(clock.clone(), Rate::new(60, 2).unwrap(), 1_000);
        let check = |address: &str, expected: [bool; 3]| {
            let visitor = Visitor::new(address.parse().unwrap(), "");
            assert_eq!([(); 3].map(|()| networks.check(&visitor, 1).allowed), expected, "{address}");
        };
        check("192.0.2.7", [true, true, false]);
        check("::ffff:192.0.2.7", [false; 3]);
        check("192.0.2.8", [true, true, false]);
        check("2001:db8:1:2::1", [true, true, false]);
        check("2001:db8:1:2:ffff::9", [false; 3]);
        check("2001:db8:1:3::1", [true, true, false]);
        clock.advance(Duration::from_secs(1));
        check("192.0.2.7", [true, false, false]);
    }
}
