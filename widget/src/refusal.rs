//! Why a stream was not opened, and when another is worth asking for.

use wire::Reader;

/// What the server's answer means for the next attempt.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Full, or being restarted: not again before so long.
    Busy { after_ms: u32 },
    /// The same answer is to be expected for a while: an unknown match, a key that may not. The reason in words.
    Final { why: String },
}

impl Refusal {
    /// Wait of those who are told to come later, but not when, or cannot read it (a page of another origin reads `Retry-After` only
    /// where the server exposes it).
    const BUSY_SECONDS: u32 = 5;
    /// Longest wait that a `Retry-After` can ask for.
    const BUSY_SECONDS_MAX: u32 = 600;
    /// Wait after a final answer: a match may be announced, and a key allowed, while the page is open.
    const AGAIN_MS: u32 = 300_000;

    /// By status, `Retry-After` header (RFC 9110 §10.2.3; seconds only) and problem body. None when all is well, or when nothing is
    /// known but that it failed. `random` in 0..1 scatters a crowd that was turned away in one instant.
    pub fn of(status: u16, retry_after: Option<&str>, body: &str, random: f64) -> Option<Self> {
        match status {
            429 | 503 => {
                let said = retry_after.and_then(|it| it.trim().parse().ok());
                let seconds = said.unwrap_or(Self::BUSY_SECONDS).min(Self::BUSY_SECONDS_MAX);
                Some(Refusal::Busy { after_ms: scattered(seconds * 1000, random) })
            }
            408 | 425 => None,
            400..500 => {
                let why = title(body).unwrap_or_else(|| "This match is not available.".to_owned());
                Some(Refusal::Final { why })
            }
            _ => None,
        }
    }

    /// Milliseconds before another attempt after a final answer.
    pub fn again_ms(random: f64) -> u32 {
        scattered(Self::AGAIN_MS, random)
    }
}

/// At least `ms`, at most half as long again.
fn scattered(ms: u32, random: f64) -> u32 {
    ms + (f64::from(ms / 2) * random) as u32
}

/// `title` of a problem body (RFC 9457 §3.1.3).
fn title(text: &str) -> Option<String> {
    let mut title = None;
    let read = Reader::new(text).object(&mut |reader, name| match name {
        "title" => reader.string().map(|it| title = Some(it)),
        _ => reader.skip(),
    });
    read.ok().and(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_policy() {
        let busy = |after_ms| Some(Refusal::Busy { after_ms });
        let refused = |why: &str| Some(Refusal::Final { why: why.to_owned() });
        let problem =
            r#"{"type":"https://crease.dev/problems/unknown-match","status":404,"title":"No such match"}"#;
        let cases = [
            (200, None, "", None),
            (401, None, problem, refused("No such match")),
            (403, None, "<html>", refused("This match is not available.")),
            (404, None, problem, refused("No such match")),
            (410, None, "{}", refused("This match is not available.")),
            (408, None, problem, None),
            (429, Some("30"), problem, busy(30_000)),
            (429, None, problem, busy(5000)),
            (503, Some("7"), "", busy(7000)),
            (503, Some("Wed, 21 Oct 2026 07:28:00 GMT"), "", busy(5000)),
            (503, Some("4000000000"), "", busy(600_000)),
            (500, Some("7"), "", None),
            (502, None, "<html>", None),
        ];
        for (status, retry_after, body, wanted) in cases {
            assert_eq!(Refusal::of(status, retry_after, body, 0.0), wanted, "{status} {retry_after:?}");
        }
    }

    #[test]
    fn a_crowd_is_scattered_and_never_early() {
        assert_eq!(Refusal::of(503, Some("10"), "", 0.999), Some(Refusal::Busy { after_ms: 14_995 }));
        assert_eq!((Refusal::again_ms(0.0), Refusal::again_ms(0.5)), (300_000, 375_000));
    }
}
