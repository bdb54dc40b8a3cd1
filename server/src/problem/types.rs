//! Every type of problem: the one table from which answers and their description come.

/// A type of problem.
#[derive(Debug)]
pub struct ProblemType {
    /// The last part of its `type`.
    pub word: &'static str,
    pub status: u16,
    pub title: &'static str,
    /// What to do about it, for the API's description.
    pub description: &'static str,
}

impl ProblemType {
    /// Its `type`.
    pub fn path(&self) -> String {
        format!("/problems/{}", self.word)
    }
}

/// Declares a constant for each type, and the list of all.
macro_rules! types {
    ($($name:ident = $word:literal, $status:literal, $title:literal, $description:literal;)*) => {
        $(pub const $name: ProblemType =
            ProblemType { word: $word, status: $status, title: $title, description: $description };)*

        /// Every problem that this server answers with.
        pub const TYPES: &[ProblemType] = &[$($name),*];
    };
}

types! {
    INVALID_REQUEST = "invalid-request", 400, "The request cannot be understood",
        "The detail says what is wrong and where.";
    FUTURE_POSITION = "future-position", 400, "The position is ahead of the match",
        "No such update was ever sent: start without a position.";
    KEY_MISSING = "key-missing", 401, "The API key does not open this",
        "Send one as Authorization: Bearer, or X-Crease-Key.";
    KEY_MALFORMED = "key-malformed", 401, "The API key does not open this",
        "Its checksum is wrong: a character was lost or mistyped.";
    KEY_UNKNOWN = "key-unknown", 401, "The API key does not open this",
        "It was never issued here.";
    KEY_REVOKED = "key-revoked", 401, "The API key does not open this",
        "Its owner took it back.";
    KEY_EXPIRED = "key-expired", 401, "The API key does not open this",
        "Its time is over; its owner can make another.";
    TICKET_REFUSED = "ticket-refused", 401, "The ticket does not open this",
        "Ask for another one with a key: it is good for five minutes.";
    FAN_REFUSED = "fan-refused", 401, "This proves no fan",
        "The code says why: sign the user's id again, or ask for a guest.";
    KEY_SCOPE_MISSING = "key-scope-missing", 403, "The API key does not open this",
        "Its owner can make one that may.";
    KEY_WRONG_KIND = "key-wrong-kind", 403, "The API key does not open this",
        "Feeds need a secret key; addresses take publishable ones only.";
    ORIGIN_REFUSED = "origin-refused", 403, "The API key does not open this",
        "Its owner can add the origin.";
    LIVE_KEY_NEEDED = "live-key-needed", 403, "A live key is needed",
        "Test keys play with the sandbox match.";
    WALLET_FOR_GUESTS = "wallet-for-guests", 403, "A guest has no wallet",
        "Have your server vouch for the user.";
    PLACE_DENIED = "place-denied", 403, "This is not open here",
        "A fence keeps the fan out: place says which, why, and what would help, if something does.";
    PLACE_UNSURE = "place-unsure", 403, "It is not sure that this is open here",
        "A fence cannot tell whether the fan is in: place says why, and what would help.";
    UNKNOWN_MATCH = "unknown-match", 404, "There is no such thing here",
        "There is none, or this key may not see it.";
    UNKNOWN_ROUTE = "unknown-route", 404, "There is no such thing here",
        "See this description for those that exist.";
    UNKNOWN_THING = "unknown-thing", 404, "There is no such thing here",
        "There is none, or it is another organisation's.";
    METHOD_NOT_ALLOWED = "method-not-allowed", 405, "The route has no such method",
        "See this description.";
    MATCH_DIFFERS = "match-differs", 409, "The match exists with another set-up",
        "It was announced before under the same name.";
    CONFLICT = "conflict", 409, "It cannot be done as things are",
        "The detail says why.";
    KEY_IN_USE = "key-in-use", 409, "The key is in use",
        "It was used within the last 24 hours; in_use says where. Replace it there, or send even_if_used to revoke it all the same.";
    NOT_GENUINE = "not-genuine", 400, "The message is not the gateway's",
        "The detail says why: a signature, its age, or the body.";
    GATEWAY_REFUSED = "gateway-refused", 409, "The payment gateway refuses",
        "The detail says why.";
    GATEWAY_AWAY = "gateway-away", 502, "The payment gateway does not answer",
        "Ask again under the same Idempotency-Key: nothing is charged twice.";
    TOO_LITTLE = "too-little", 409, "There is not enough in the account",
        "The detail says what can be spent.";
    DAY_LIMIT = "day-limit", 409, "That is more than may be moved in a day",
        "The detail says what is left; the day is UTC's.";
    SOLD_OUT = "sold-out", 409, "As many as that are not left",
        "Fewer may be, or more may come.";
    NOT_ON_SALE = "not-on-sale", 409, "It is not to be had now",
        "It is paused, over, or not there yet.";
    PURCHASE_LIMIT = "purchase-limit", 409, "A fan may not buy so many",
        "The detail says how many are left; the day is UTC's.";
    NOT_REDEEMABLE = "not-redeemable", 409, "There is nothing to redeem",
        "It is no voucher of yours, or one that is over or redeemed.";
    WALLET_FROZEN = "wallet-frozen", 409, "The wallet is frozen",
        "Whoever froze it can thaw it.";
    QUESTION_NOT_OPEN = "question-not-open", 409, "The question is not open yet",
        "The detail says when it opens, where that is known.";
    QUESTION_LOCKED = "question-locked", 409, "The question is locked",
        "Answers count that are accepted before its lock, by the server's clock.";
    QUESTION_ANSWERED = "question-answered", 409, "The question is answered",
        "A fan answers once; the detail says what was answered.";
    NOT_FROM_HERE = "not-from-here", 403, "It cannot be answered from here",
        "Its rule of places does not let the fan in, or it is not known where the fan is.";
    FAN_BLOCKED = "fan-blocked", 403, "The fan takes part in nothing",
        "Somebody has looked at what was done, and blocked it.";
    MARKET_HALTED = "market-halted", 409, "The market is halted",
        "Only cancelling is taken until it is reopened; its stream says when.";
    MARKET_CLOSED = "market-closed", 409, "The market is closed",
        "It takes no orders any more.";
    OUTSIDE_COLLAR = "outside-collar", 409, "The price is too far from the market's",
        "The detail says which prices are allowed for now.";
    WOULD_CROSS = "would-cross", 409, "A post-only order would be filled at once",
        "The detail says the other side's best price.";
    TOO_MANY_ORDERS = "too-many-orders", 409, "No further order can rest",
        "Cancel some.";
    MARKET_AWAY = "market-away", 503, "The market takes nothing for now",
        "Ask again after Retry-After, under the same Idempotency-Key: nothing is done twice.";
    UNSURE = "unsure", 503, "Whether it was done is not known yet",
        "Ask again after Retry-After, under the same Idempotency-Key: the answer says what became of it.";
    CHANGED_MEANWHILE = "changed-meanwhile", 412, "It was changed meanwhile",
        "Read it again, and send If-Match with its present ETag.";
    PLACE_UNCLEAR = "place-unclear", 422, "Where the fan is cannot be taken as it is said",
        "The detail says why: ask the browser for its position anew, or leave the header out.";
    INVALID_VALUE = "invalid-value", 422, "A value cannot be taken",
        "The detail says which, and why.";
    IDEMPOTENCY_KEY_REUSED = "idempotency-key-reused", 422, "The Idempotency-Key was used for something else",
        "Take another key for another request.";
    NOT_SET_UP = "not-set-up", 503, "This server is not set up for it",
        "The detail says what its operator has to set.";
    BALL_NOT_IN_MATCH = "ball-not-in-match", 409, "The match has no such ball now",
        "It was never a ball, or a correction took it out: read the snapshot and begin again.";
    BATCH_TOO_LONG = "batch-too-long", 413, "Too many commands",
        "Send several batches.";
    BODY_TOO_LARGE = "body-too-large", 413, "The body is too large",
        "Send several batches.";
    INVALID_SETUP = "invalid-setup", 422, "The match cannot be played like this",
        "The detail says why.";
    STREAMS_FULL_ADDRESS = "streams-full-address", 429, "No further stream can be opened now",
        "Close some, or share one stream.";
    STREAMS_FULL_KEY = "streams-full-key", 429, "No further stream can be opened now",
        "Close some, or ask for a higher limit.";
    STREAMS_FULL_ORGANISATION = "streams-full-organisation", 429, "No further stream can be opened now",
        "Close some, or ask for a higher limit.";
    RATE_LIMITED = "rate-limited", 429, "Too many requests",
        "Wait for Retry-After; RateLimit says how many are left.";
    QUOTA_EXCEEDED = "quota-exceeded", 429, "This month's quota is used up",
        "It is there again with the next month (UTC); your plan can have a higher one.";
    STREAMS_FULL = "streams-full", 503, "No further stream can be opened now",
        "Try again after Retry-After.";
    SHUTTING_DOWN = "shutting-down", 503, "No further stream can be opened now",
        "Another one, or this one after its restart, will answer.";
    TOO_SLOW = "too-slow", 503, "The answer took too long",
        "The same request may be sent again.";
    UNAVAILABLE = "unavailable", 503, "Please try again soon",
        "Something that the server needs is away.";
    INTERNAL = "internal", 500, "Something went wrong on our side",
        "Quote the trace_id to us.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use cricket::words::languages::{NAMES, named};

    #[test]
    fn why_a_fan_sees_no_match_is_told_in_each_language() {
        for (tag, _) in NAMES.iter().skip(1) {
            for it in [&KEY_MISSING, &KEY_REVOKED, &ORIGIN_REFUSED, &LIVE_KEY_NEEDED, &UNKNOWN_MATCH] {
                assert_ne!(named(tag).note(it.title), it.title, "{tag}");
            }
        }
    }
}
