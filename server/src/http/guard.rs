//! What a request to the console must prove: that it came from our own page, and that not too many came before it.

use axum::http::{HeaderMap, header};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Wrong keys that one address may try in [`WINDOW_MS`].
const ATTEMPTS_MAX: u32 = 10;
const WINDOW_MS: i64 = 15 * 60 * 1000;
/// Addresses remembered; beyond them the whole list is dropped, which only ever lets somebody try again.
const ADDRESSES_MAX: usize = 10_000;

/// Whether a POST comes from a page of ours. Browsers send `Origin` with every POST; what is no browser has no cookie
/// that it did not fetch itself.
pub(super) fn is_own_origin(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name| headers.get(name).and_then(|it| it.to_str().ok());
    let Some(origin) = headers.get(header::ORIGIN) else {
        return text(header::HeaderName::from_static("sec-fetch-site")).is_none_or(|it| it == "same-origin");
    };
    let Ok(origin) = origin.to_str() else { return false };
    let is_host = origin.split_once("://").is_some_and(|(_, host)| Some(host) == text(header::HOST));
    is_host || (!public_url.is_empty() && origin == public_url)
}

/// Whether the page is reached by TLS, here or at a proxy in front.
pub(super) fn is_secure(headers: &HeaderMap, public_url: &str) -> bool {
    let forwarded = headers.get("x-forwarded-proto").and_then(|it| it.to_str().ok());
    forwarded.map_or_else(|| public_url.starts_with("https://"), |it| it == "https")
}

/// What this process remembers about scorers' requests.
#[derive(Clone, Default)]
pub(super) struct Guard {
    failures: Arc<Mutex<HashMap<IpAddr, Failures>>>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    since_ms: i64,
}

impl Guard {
    /// Whether this address may try a key now.
    pub(super) fn may_try(&self, address: IpAddr, now_ms: i64) -> bool {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(&address).is_none_or(|it| it.count < ATTEMPTS_MAX || now_ms - it.since_ms >= WINDOW_MS)
    }

    /// Counts a wrong key.
    pub(super) fn failed(&self, address: IpAddr, now_ms: i64) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= ADDRESSES_MAX {
            failures.clear();
        }
        let entry = failures.entry(address).or_insert(Failures { count: 0, since_ms: now_ms });
        if now_ms - entry.since_ms >= WINDOW_MS {
            *entry = Failures { count: 0, since_ms: now_ms };
        }
        entry.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_post() {
        for (origin, site, public_url, expected) in [
            (Some("http://127.0.0.1:8700"), None, "", true),
            (Some("https://127.0.0.1:8700"), None, "", true),
            (Some("https://score.example"), None, "https://score.example", true),
            (Some("https://evil.example"), None, "", false),
            (Some("https://evil.example"), None, "https://score.example", false),
            (Some("http://127.0.0.1:8700.evil.example"), None, "", false),
            (Some("null"), None, "", false),
            (None, Some("same-origin"), "", true),
            (None, Some("cross-site"), "", false),
            (None, None, "", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "127.0.0.1:8700".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            if let Some(site) = site {
                headers.insert("sec-fetch-site", site.parse().unwrap());
            }
            assert_eq!(is_own_origin(&headers, public_url), expected, "{origin:?} {site:?} {public_url}");
        }
    }

    #[test]
    fn wrong_keys_are_counted_by_address_and_forgotten_after_a_while() {
        let guard = Guard::default();
        let (one, other) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        for at in 0..ATTEMPTS_MAX {
            assert!(guard.may_try(one, i64::from(at)));
            guard.failed(one, i64::from(at));
        }
        assert!(!guard.may_try(one, 100));
        assert!(guard.may_try(other, 100));
        assert!(guard.may_try(one, WINDOW_MS));
        guard.failed(one, WINDOW_MS);
        assert!(guard.may_try(one, WINDOW_MS));
    }
}
