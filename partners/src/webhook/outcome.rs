//! What comes of an attempt to deliver a message.

use std::fmt;

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A status of 200 to 299.
    Delivered,
    /// 410: it wants no more, and is disabled.
    Gone,
    /// 300 to 399. Where it points to was not looked at, since that would be chosen by whoever answers.
    Redirected,
    /// Any other status.
    Refused,
    /// The name has no address.
    Unresolved,
    /// The name has no public address.
    Forbidden,
    /// No connection came about, or no encrypted one with a certificate that we trust.
    Unreachable,
    /// The connection ended before there was an answer.
    Broken,
    /// No answer in time.
    TimedOut,
}

impl Outcome {
    const ALL: [Outcome; 9] = [
        Outcome::Delivered,
        Outcome::Gone,
        Outcome::Redirected,
        Outcome::Refused,
        Outcome::Unresolved,
        Outcome::Forbidden,
        Outcome::Unreachable,
        Outcome::Broken,
        Outcome::TimedOut,
    ];

    /// In the log and in metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Delivered => "delivered",
            Outcome::Gone => "gone",
            Outcome::Redirected => "redirected",
            Outcome::Refused => "refused",
            Outcome::Unresolved => "unresolved",
            Outcome::Forbidden => "forbidden",
            Outcome::Unreachable => "unreachable",
            Outcome::Broken => "broken",
            Outcome::TimedOut => "timed_out",
        }
    }

    pub(crate) fn of_word(word: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|outcome| outcome.word() == word)
    }

    /// Of an answer.
    pub(crate) fn of_status(status: u16) -> Outcome {
        match status {
            200..300 => Outcome::Delivered,
            300..400 => Outcome::Redirected,
            410 => Outcome::Gone,
            _ => Outcome::Refused,
        }
    }
}

/// For the endpoint's owner: what to do about it.
impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Outcome::Delivered => "delivered",
            Outcome::Gone => "it answered 410 Gone, and was disabled",
            Outcome::Redirected => {
                "it answered with a redirect, which is not followed: change the webhook's address"
            }
            Outcome::Refused => "it answered with a status that is not of 200 to 299",
            Outcome::Unresolved => "its name has no address",
            Outcome::Forbidden => "its name leads to no address of the public internet",
            Outcome::Unreachable => "no connection to it came about",
            Outcome::Broken => "the connection ended before there was an answer",
            Outcome::TimedOut => "it did not answer in time",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_and_a_status_tells_the_outcome() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::of_word(outcome.word()), Some(outcome));
        }
        for (status, expected) in [
            (200, Outcome::Delivered),
            (204, Outcome::Delivered),
            (301, Outcome::Redirected),
            (308, Outcome::Redirected),
            (400, Outcome::Refused),
            (404, Outcome::Refused),
            (410, Outcome::Gone),
            (429, Outcome::Refused),
            (500, Outcome::Refused),
        ] {
            assert_eq!(Outcome::of_status(status), expected, "{status}");
        }
    }
}
