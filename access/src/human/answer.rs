//! What providers answer, in one form. Pure.
//!
//! The line that is drawn here decides who gets in while a provider is down: what is a [`Fault`] of theirs or ours may be let pass, so nothing
//! that a visitor's token can bring about is one. A code that we do not know is [`Fault::Unclear`], which never opens anything.

use super::{Place, Provider, Refusal};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// A token is its provider's, for the first time: this is what it says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    /// When the visitor was checked.
    pub(super) challenged_at: Timestamp,
    /// On a page of which host.
    pub(super) hostname: String,
    /// For what, where the provider knows it.
    pub(super) action: Option<String>,
    /// From 0, a program, to 1, a person.
    pub(super) score: Option<f64>,
    /// Words of the provider's for the score.
    pub(super) reasons: Vec<String>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Doubt {
    /// The provider says no.
    Refused(Refusal),
    Fault(Fault),
}

/// Why nobody could say whether it is a person.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum Fault {
    #[error("it did not answer in time")]
    Slow,
    #[error("it cannot be reached: {reason}")]
    Unreached { reason: String },
    #[error("it answered with status {status}")]
    Status { status: u16 },
    #[error("its answer is longer than any")]
    Oversized,
    #[error("its answer cannot be understood: {what}")]
    Unreadable { what: &'static str },
    #[error("it has a failure of its own")]
    Internal,
    #[error("it does not take us ({code}): look at the secret, the project and the quota")]
    Ours { code: String },
    #[error(
        "it cannot judge the token ({code}): a visitor made it up, or site key and secret do not belong together"
    )]
    Unclear { code: String },
}

impl Fault {
    /// For the metrics.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Fault::Slow => "slow",
            Fault::Unreached { .. } => "unreached",
            Fault::Status { .. } | Fault::Internal => "failed",
            Fault::Oversized | Fault::Unreadable { .. } => "unreadable",
            Fault::Ours { .. } => "configuration",
            Fault::Unclear { .. } => "unclear",
        }
    }
}

/// Reads what a provider answered.
pub(super) fn read(provider: Provider, status: u16, body: &[u8]) -> Result<Answer, Doubt> {
    match provider {
        Provider::RecaptchaEnterprise => read_assessment(status, body),
        _ => read_siteverify(provider, status, body),
    }
}

/// What the four others answer, which took it from each other.
#[derive(Deserialize)]
struct Siteverify {
    success: bool,
    challenge_ts: Option<String>,
    hostname: Option<String>,
    action: Option<String>,
    score: Option<f64>,
    #[serde(rename = "score_reason")]
    reasons: Option<Vec<Value>>,
    #[serde(rename = "error-codes")]
    codes: Option<Vec<String>>,
}

fn read_siteverify(provider: Provider, status: u16, body: &[u8]) -> Result<Answer, Doubt> {
    // Some say no with a status of 400.
    let may_speak = (200..300).contains(&status) || (400..500).contains(&status);
    let said: Siteverify = match serde_json::from_slice(body) {
        Ok(said) if may_speak => said,
        _ => return Err(Doubt::Fault(silent(status))),
    };
    if !said.success {
        return Err(refused(&said.codes.unwrap_or_default()));
    }
    // hCaptcha's is a risk: 1 is a program.
    let score = if provider == Provider::Hcaptcha { said.score.map(|it| 1.0 - it) } else { said.score };
    answer(provider, said.challenge_ts, said.hostname, said.action, (score, said.reasons))
}

/// reCAPTCHA Enterprise's, as JSON of protocol buffers: what is false, empty or zero may be left out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assessment {
    token_properties: TokenProperties,
    risk_analysis: Option<RiskAnalysis>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenProperties {
    #[serde(default)]
    valid: bool,
    #[serde(default)]
    invalid_reason: String,
    hostname: Option<String>,
    action: Option<String>,
    create_time: Option<String>,
}

#[derive(Deserialize)]
struct RiskAnalysis {
    #[serde(default)]
    score: f64,
    reasons: Option<Vec<Value>>,
}

fn read_assessment(status: u16, body: &[u8]) -> Result<Answer, Doubt> {
    if status != 200 {
        return Err(Doubt::Fault(if is_bad_key(body) { ours("API_KEY_INVALID") } else { silent(status) }));
    }
    let said: Assessment = serde_json::from_slice(body).map_err(|_| Doubt::Fault(silent(status)))?;
    let token = said.token_properties;
    if !token.valid {
        return Err(Doubt::Refused(match token.invalid_reason.as_str() {
            "EXPIRED" => Refusal::Expired,
            "DUPE" => Refusal::Replayed,
            "UNEXPECTED_ACTION" => Refusal::WrongPlace(Place::Action { found: token.action }),
            _ => Refusal::not_human(),
        }));
    }
    let risk = said.risk_analysis.map_or((None, None), |it| (Some(it.score), it.reasons));
    answer(Provider::RecaptchaEnterprise, token.create_time, token.hostname, token.action, risk)
}

/// A yes with all that makes it worth something.
fn answer(
    provider: Provider,
    challenged_at: Option<String>,
    hostname: Option<String>,
    action: Option<String>,
    (score, reasons): (Option<f64>, Option<Vec<Value>>),
) -> Result<Answer, Doubt> {
    let unreadable = |what| Doubt::Fault(Fault::Unreadable { what });
    let challenged_at = challenged_at.and_then(|it| it.parse().ok()).ok_or_else(|| unreadable("no time"))?;
    let hostname = hostname.ok_or_else(|| unreadable("no host"))?;
    if score.is_none() && provider.always_scores() {
        return Err(unreadable("no score, so that the key is of another kind"));
    }
    if score.is_some_and(|it| !(0.0..=1.0).contains(&it)) {
        return Err(unreadable("a score that is none"));
    }
    let reasons = reasons.unwrap_or_default();
    let reasons = reasons.iter().filter_map(Value::as_str).take(REASONS_MAX).map(plain).collect();
    Ok(Answer { challenged_at, hostname, action, score, reasons })
}

const REASONS_MAX: usize = 8;

/// What their documentation says of each.
const OURS: &[&str] = &["missing-input-secret", "invalid-input-secret"];
const INTERNAL: &[&str] = &["internal-error"];
const REPLAYED: &[&str] =
    &["timeout-or-duplicate", "already-seen-response", "invalid-or-already-seen-response"];
const EXPIRED: &[&str] = &["expired-input-response"];
const NOT_HUMAN: &[&str] = &["missing-input-response", "invalid-input-response"];

fn refused(codes: &[String]) -> Doubt {
    let among = |list: &[&str]| codes.iter().find(|it| list.contains(&it.as_str()));
    if let Some(code) = among(OURS) {
        return Doubt::Fault(ours(code));
    }
    if among(INTERNAL).is_some() {
        return Doubt::Fault(Fault::Internal);
    }
    if among(REPLAYED).is_some() {
        return Doubt::Refused(Refusal::Replayed);
    }
    if among(EXPIRED).is_some() {
        return Doubt::Refused(Refusal::Expired);
    }
    match codes.first() {
        // Those that a site key of another secret, or a token of a test, brings about, and those to come.
        Some(code) if among(NOT_HUMAN).is_none() => Doubt::Fault(Fault::Unclear { code: plain(code) }),
        _ => Doubt::Refused(Refusal::not_human()),
    }
}

/// Where there is only a status.
fn silent(status: u16) -> Fault {
    match status {
        200..300 => Fault::Unreadable { what: "not in its language" },
        401 | 403 | 404 | 429 => ours(&format!("status {status}")),
        408 => Fault::Slow,
        400..500 => Fault::Unclear { code: format!("status {status}") },
        _ => Fault::Status { status },
    }
}

fn ours(code: &str) -> Fault {
    Fault::Ours { code: code.to_owned() }
}

/// Whether Google Cloud refused our key, for which it has the same status as for what it cannot read.
fn is_bad_key(body: &[u8]) -> bool {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let details = said["error"]["details"].as_array().map(Vec::as_slice).unwrap_or_default();
    details.iter().any(|it| it["reason"].as_str().is_some_and(|it| it.starts_with("API_KEY_")))
}

/// A word of theirs, fit for a line of a log.
fn plain(text: &str) -> String {
    text.chars().filter(|it| it.is_ascii_alphanumeric() || "-_.".contains(*it)).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(provider: Provider, status: u16, body: &Value, expected: &Result<Answer, Doubt>) {
        assert_eq!(&read(provider, status, body.to_string().as_bytes()), expected, "{provider:?} {body}");
    }

    fn yes(action: Option<&str>, score: Option<f64>) -> Answer {
        Answer {
            challenged_at: "2026-11-29T10:00:00Z".parse().expect("a moment"),
            hostname: "crease.example".into(),
            action: action.map(str::to_owned),
            score,
            reasons: Vec::new(),
        }
    }

    #[test]
    fn each_provider_says_yes_in_its_own_way() {
        let at = "2026-11-29T10:00:00Z";
        let siteverify = json!({"success": true, "challenge_ts": at, "hostname": "crease.example"});
        check(Provider::RecaptchaV2, 200, &siteverify, &Ok(yes(None, None)));
        check(Provider::Hcaptcha, 200, &siteverify, &Ok(yes(None, None)));

        let mut scored = siteverify.clone();
        (scored["action"], scored["score"]) = (json!("sign_up"), json!(0.75));
        check(Provider::RecaptchaV3, 200, &scored, &Ok(yes(Some("sign_up"), Some(0.75))));

        let mut cloudflare = siteverify.clone();
        (cloudflare["action"], cloudflare["cdata"]) = (json!("sign_up"), json!("x"));
        (cloudflare["error-codes"], cloudflare["challenge_ts"]) =
            (json!([]), json!("2026-11-29T10:00:00.000Z"));
        check(Provider::Turnstile, 200, &cloudflare, &Ok(yes(Some("sign_up"), None)));

        let assessment = json!({
            "name": "projects/1/assessments/2",
            "event": {"token": "t", "siteKey": "k"},
            "tokenProperties": {
                "valid": true, "invalidReason": "INVALID_REASON_UNSPECIFIED", "hostname": "crease.example",
                "action": "sign_up", "createTime": "2026-11-29T11:00:00.000+01:00",
            },
            "riskAnalysis": {"score": 0.75, "reasons": ["AUTOMATION", 7, "A\nB"]},
        });
        let reasons = vec!["AUTOMATION".to_owned(), "AB".to_owned()];
        let expected = Answer { reasons, ..yes(Some("sign_up"), Some(0.75)) };
        check(Provider::RecaptchaEnterprise, 200, &assessment, &Ok(expected));
    }

    #[test]
    fn hcaptchas_score_is_a_risk_and_a_score_of_zero_may_be_left_out() {
        let risky = json!({
            "success": true, "challenge_ts": "2026-11-29T10:00:00+00:00", "hostname": "crease.example", "score": 0.75,
        });
        check(Provider::Hcaptcha, 200, &risky, &Ok(yes(None, Some(0.25))));
        let zero = json!({
            "tokenProperties": {
                "valid": true, "hostname": "crease.example", "createTime": "2026-11-29T10:00:00Z", "action": "quiz",
            },
            "riskAnalysis": {"reasons": []},
        });
        check(Provider::RecaptchaEnterprise, 200, &zero, &Ok(yes(Some("quiz"), Some(0.0))));
    }

    #[test]
    fn a_no_is_the_visitors_or_ours_or_neither() {
        let no = |codes: Value| json!({"success": false, "error-codes": codes});
        let unclear = |code: &str| Doubt::Fault(Fault::Unclear { code: code.into() });
        for (codes, expected) in [
            (json!(["invalid-input-response"]), Doubt::Refused(Refusal::not_human())),
            (json!(null), Doubt::Refused(Refusal::not_human())),
            (json!(["timeout-or-duplicate"]), Doubt::Refused(Refusal::Replayed)),
            (json!(["already-seen-response"]), Doubt::Refused(Refusal::Replayed)),
            (json!(["expired-input-response"]), Doubt::Refused(Refusal::Expired)),
            (json!(["invalid-input-secret"]), Doubt::Fault(ours("invalid-input-secret"))),
            (
                json!(["invalid-input-response", "missing-input-secret"]),
                Doubt::Fault(ours("missing-input-secret")),
            ),
            (json!(["internal-error"]), Doubt::Fault(Fault::Internal)),
            (json!(["bad-request"]), unclear("bad-request")),
            (json!(["sitekey-secret-mismatch"]), unclear("sitekey-secret-mismatch")),
            (json!(["new\n<b>"]), unclear("newb")),
        ] {
            for (provider, status) in [(Provider::Turnstile, 200), (Provider::Hcaptcha, 400)] {
                check(provider, status, &no(codes.clone()), &Err(expected.clone()));
            }
        }
        for (reason, expected) in [
            ("EXPIRED", Refusal::Expired),
            ("DUPE", Refusal::Replayed),
            ("MALFORMED", Refusal::not_human()),
            ("SITE_MISMATCH", Refusal::not_human()),
            ("BROWSER_ERROR", Refusal::not_human()),
            ("UNEXPECTED_ACTION", Refusal::WrongPlace(Place::Action { found: None })),
        ] {
            let said = json!({"tokenProperties": {"invalidReason": reason}});
            check(Provider::RecaptchaEnterprise, 200, &said, &Err(Doubt::Refused(expected)));
        }
    }

    #[test]
    fn a_status_without_a_word_is_judged_by_whose_doing_it_can_be() {
        let bad_key =
            json!({"error": {"status": "INVALID_ARGUMENT", "details": [{"reason": "API_KEY_INVALID"}]}});
        check(Provider::RecaptchaEnterprise, 400, &bad_key, &Err(Doubt::Fault(ours("API_KEY_INVALID"))));
        for provider in Provider::ALL {
            for (status, expected) in [
                (200, Fault::Unreadable { what: "not in its language" }),
                (302, Fault::Status { status: 302 }),
                (400, Fault::Unclear { code: "status 400".into() }),
                (403, ours("status 403")),
                (408, Fault::Slow),
                (413, Fault::Unclear { code: "status 413".into() }),
                (429, ours("status 429")),
                (500, Fault::Status { status: 500 }),
                (503, Fault::Status { status: 503 }),
            ] {
                check(provider, status, &json!({"error": {}}), &Err(Doubt::Fault(expected)));
            }
        }
        // A server that fails is not believed, whatever it says.
        check(
            Provider::Turnstile,
            500,
            &json!({"success": true}),
            &Err(Doubt::Fault(Fault::Status { status: 500 })),
        );
    }

    #[test]
    fn a_yes_that_lacks_what_makes_it_worth_something_is_none() {
        let whole = json!({
            "success": true, "challenge_ts": "2026-11-29T10:00:00Z", "hostname": "crease.example",
            "action": "quiz", "score": 0.5,
        });
        for (field, value) in [
            ("challenge_ts", json!(null)),
            ("challenge_ts", json!("yesterday")),
            ("hostname", json!(null)),
            ("score", json!(null)),
            ("score", json!(7)),
            ("score", json!("0.5")),
            ("success", json!("true")),
        ] {
            let mut lacking = whole.clone();
            lacking[field] = value;
            let said = read(Provider::RecaptchaV3, 200, lacking.to_string().as_bytes());
            assert!(matches!(said, Err(Doubt::Fault(Fault::Unreadable { .. }))), "{lacking} {said:?}");
        }
    }
}
