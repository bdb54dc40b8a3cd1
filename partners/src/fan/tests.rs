//! What is taken for a fan, and what is not.

mod properties;
mod secrets;

use super::secret::{Made, Record, unstored};
use super::*;
use crate::Kind;
use crate::testing::partner;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use store::Seal;

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 86_400;
const HS256: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// An organisation with a secret in each mode, and another organisation.
struct Here {
    seal: Seal,
    identities: Identities,
    live: Made,
    test: Made,
    other: Made,
}

impl Here {
    fn new() -> Here {
        let seal = Seal::random();
        let made = |organisation, mode, salt| unstored(&seal, organisation, mode, [salt; 32]);
        let (live, test) = (made("org_1", Mode::Live, 1), made("org_1", Mode::Test, 2));
        let other = made("org_2", Mode::Live, 3);
        let identities = Identities::new(seal.clone());
        [&live, &test, &other].into_iter().for_each(|it| identities.insert(&it.record));
        Here { seal, identities, live, test, other }
    }

    fn jwt(&self, token: &str) -> Result<Fan, FanRefusal> {
        self.jwt_at(token, now())
    }

    fn jwt_at(&self, token: &str, now: Timestamp) -> Result<Fan, FanRefusal> {
        self.identities.check_jwt(&website(), token, now)
    }

    /// What becomes of these claims, signed rightly.
    fn claims(&self, claims: &str) -> Result<Fan, FanRefusal> {
        self.jwt(&jwt(self.live.secret.reveal(), HS256, claims))
    }

    fn signed(&self, user_id: &str, expires: i64, signature: &str) -> Result<Fan, FanRefusal> {
        self.identities.check_signed(&website(), &SignedUser { user_id, expires, signature }, now())
    }

    /// Another secret of the first organisation, live.
    fn another(&self) -> Made {
        let made = unstored(&self.seal, "org_1", Mode::Live, [1; 32]);
        self.identities.insert(&made.record);
        made
    }
}

fn website() -> PartnerKey {
    partner("org_1", Kind::Publishable, Mode::Live)
}

fn second(at: i64) -> Timestamp {
    Timestamp::from_second(at).expect("a moment")
}

fn now() -> Timestamp {
    second(NOW)
}

fn mac(secret: &str, text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), text.as_bytes())
}

fn jwt(secret: &str, header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac(secret, &signed)))
}

fn good_claims(user_id: &str) -> String {
    serde_json::json!({ "sub": user_id, "aud": "crease", "iat": NOW, "exp": NOW + 3600 }).to_string()
}

/// Good claims of the user 7, for an hour.
fn good(secret: &Secret) -> String {
    jwt(secret.reveal(), HS256, &good_claims("7"))
}

fn signature(secret: &str, user_id: &str, expires: i64) -> String {
    let tag = mac(secret, &format!("crease.fan.v1\n{user_id}\n{expires}"));
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn code(checked: Result<Fan, FanRefusal>) -> &'static str {
    checked.map_or_else(|refusal| refusal.code(), |_| "good")
}

#[test]
fn either_form_proves_the_same_fan() {
    let here = Here::new();
    let claims = r#" {"sub":"7","aud":["x","crease"],"exp":1800003600,
        "name":" Asha Rao ","iss":"partner","more":{"a":[1]}}"#;
    let fan = here.claims(claims).unwrap();
    assert_eq!((fan.organisation_id(), fan.mode()), ("org_1", Mode::Live));
    assert_eq!((fan.kind(), fan.name()), (FanKind::Signed, Some("Asha Rao")));
    assert!(store::ids::is_valid("fan", fan.fan_id()), "{fan:?}");
    let plain = here.signed("7", NOW + 60, &signature(here.live.secret.reveal(), "7", NOW + 60)).unwrap();
    assert_eq!((plain.fan_id(), plain.name()), (fan.fan_id(), None));
}

#[test]
fn a_fan_id_stays_what_it_is_for_ever() {
    // Computed by Python's hmac: wallets hang on it.
    assert_eq!(fan_id(&[1; 32], "7"), KNOWN_FAN);
    let here = Here::new();
    let secret = here.another().secret;
    assert_eq!(here.jwt(&good(&secret)).unwrap().fan_id(), KNOWN_FAN, "whichever secret signs");
}

const KNOWN_FAN: &str = "fan_3h4sefyijfhVMHq7T9Zh4o";

#[test]
fn equal_user_ids_of_two_organisations_or_modes_are_different_fans() {
    let here = Here::new();
    let check = |made: &Made, organisation, mode| {
        let partner = partner(organisation, Kind::Secret, mode);
        here.identities.check_jwt(&partner, &good(&made.secret), now()).unwrap().fan_id().to_owned()
    };
    let one = check(&here.live, "org_1", Mode::Live);
    let two = check(&here.test, "org_1", Mode::Test);
    let three = check(&here.other, "org_2", Mode::Live);
    assert!(one != two && two != three && one != three, "{one} {two} {three}");
}

#[test]
fn user_ids_are_texts_of_any_script_and_are_compared_byte_for_byte() {
    let here = Here::new();
    let (composed, decomposed) = ("\u{e9}", "e\u{301}");
    let long = "𝒳".repeat(128);
    let ids = ["7", "07", " 7", composed, decomposed, "आशा", "user+7@partner.example", "a b/c", &long];
    let mut fans: Vec<String> = ids
        .iter()
        .map(|id| {
            let fan = here.claims(&good_claims(id)).unwrap();
            let plain = here.signed(id, NOW + 60, &signature(here.live.secret.reveal(), id, NOW + 60));
            assert_eq!(plain.unwrap(), fan, "{id}");
            fan.fan_id().to_owned()
        })
        .collect();
    fans.sort();
    fans.dedup();
    assert_eq!(fans.len(), ids.len());
}

#[test]
fn only_hs256_is_an_algorithm() {
    let here = Here::new();
    let check = |header: &str, expected: &str| {
        let token = jwt(here.live.secret.reveal(), header, &good_claims("7"));
        assert_eq!(code(here.jwt(&token)), expected, "{header}");
    };
    check(r#"{"alg":"HS256"}"#, "good");
    check(r#"{"typ":"jwt","alg":"HS256","jwk":{"kty":"oct","k":"AAAA"},"jku":"https://evil.test"}"#, "good");
    for algorithm in
        ["none", "None", "nOnE", "", "hs256", "HS256 ", "HS384", "HS512", "RS256", "PS256", "ES256"]
    {
        check(&format!(r#"{{"alg":"{algorithm}","typ":"JWT"}}"#), "fan_wrong_algorithm");
    }
    for header in [
        r#"{"typ":"JWT"}"#,
        r#"{"alg":null}"#,
        r#"{"alg":256}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"alg":"HS256","alg":"none"}"#,
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
        r#"{"alg":"HS256","typ":"JWE"}"#,
        r#"{"alg":"HS256","kid":7}"#,
        r#"["HS256",null,null,null]"#,
        r#"{"alg":"HS256"} x"#,
        "\u{feff}{\"alg\":\"HS256\"}",
        "HS256",
        "",
    ] {
        check(header, "fan_malformed");
    }
}

#[test]
fn a_token_without_a_signature_is_refused_whatever_its_algorithm() {
    let here = Here::new();
    let claims = URL_SAFE_NO_PAD.encode(good_claims("7"));
    for (header, expected) in [(r#"{"alg":"none"}"#, "fan_wrong_algorithm"), (HS256, "fan_wrong_signature")] {
        assert_eq!(code(here.jwt(&format!("{}.{claims}.", URL_SAFE_NO_PAD.encode(header)))), expected);
    }
}

#[test]
fn claims_are_read_strictly() {
    let here = Here::new();
    let check = |claims: &str, expected: &str| assert_eq!(code(here.claims(claims)), expected, "{claims}");
    let with_exp = |exp: &str| format!(r#"{{"sub":"7","aud":"crease","exp":{exp}}}"#);
    check(&with_exp("1800003600"), "good");
    for exp in [
        "\"1800003600\"",
        "1800003600.0",
        "1.8e9",
        "null",
        "true",
        "[1800003600]",
        "1e400",
        "99999999999999999999",
    ] {
        check(&with_exp(exp), "fan_malformed");
    }
    for exp in ["-1", "0", "-9223372036854775808", "1799999999", "1800000000"] {
        check(&with_exp(exp), "fan_expired");
    }
    for exp in ["9223372036854775807", "1800003600000", "1800086461"] {
        check(&with_exp(exp), "fan_too_long_lived");
    }
    check(r#"{"sub":"7","aud":"crease"}"#, "fan_malformed");
    check(r#"{"aud":"crease","exp":1800003600}"#, "fan_malformed");
    check(r#"["7","crease",1800003600,null,null,null]"#, "fan_malformed");
    for twice in [r#""sub":"8""#, r#""aud":"crease""#, r#""exp":1800003600"#] {
        check(&format!(r#"{{"sub":"7","aud":"crease","exp":1800003600,{twice}}}"#), "fan_malformed");
    }
    for audience in [r#""Crease""#, r#""crease ""#, r#""""#, "[]", r#"["x"]"#, "null"] {
        check(&format!(r#"{{"sub":"7","aud":{audience},"exp":1800003600}}"#), "fan_wrong_audience");
    }
    check(r#"{"sub":"7","exp":1800003600}"#, "fan_wrong_audience");
    for audience in ["7", r#"["crease",7]"#, r#"{"crease":1}"#] {
        check(&format!(r#"{{"sub":"7","aud":{audience},"exp":1800003600}}"#), "fan_malformed");
    }
    let long = format!("\"{}\"", "é".repeat(129));
    for user_id in [r#""""#, r#""a\nb""#, r#""\u0000""#, "7", "null", "{}", r#"["7"]"#, r#""\ud800""#, &long]
    {
        check(&format!(r#"{{"sub":{user_id},"aud":"crease","exp":1800003600}}"#), "fan_malformed");
    }
}

#[test]
fn a_name_is_short_or_absent() {
    let here = Here::new();
    let check = |name: &str| {
        let claims = format!(r#"{{"sub":"7","aud":"crease","exp":1800003600,"name":{name}}}"#);
        here.claims(&claims).map(|fan| fan.name().map(str::to_owned))
    };
    let longest = "é".repeat(60);
    assert_eq!(check(&format!("\" {longest}\"")), Ok(Some(longest.clone())));
    for name in ["null", r#""""#, r#""  ""#] {
        assert_eq!(check(name), Ok(None), "{name}");
    }
    for name in [&format!("\"{longest}x\""), r#""a\tb""#, "7"] {
        assert_eq!(check(name).unwrap_err().code(), "fan_malformed", "{name}");
    }
}

#[test]
fn clocks_may_differ_by_a_minute_and_a_day_is_the_longest() {
    let here = Here::new();
    let check = |times: &str, expected: &str| {
        let claims = format!(r#"{{"sub":"7","aud":"crease",{times}}}"#);
        assert_eq!(code(here.claims(&claims)), expected, "{times}");
    };
    let (exp, ahead) = (NOW + 3600, NOW + 60);
    check(&format!(r#""exp":{exp},"iat":{ahead},"nbf":{ahead}"#), "good");
    check(&format!(r#""exp":{exp},"iat":{}"#, ahead + 1), "fan_not_yet");
    check(&format!(r#""exp":{exp},"nbf":{}"#, ahead + 1), "fan_not_yet");
    check(&format!(r#""exp":{exp},"nbf":{}"#, i64::MAX), "fan_not_yet");
    check(&format!(r#""exp":{exp},"iat":{}"#, i64::MAX), "fan_not_yet");
    check(&format!(r#""exp":{},"iat":{NOW}"#, NOW + DAY), "good");
    check(&format!(r#""exp":{},"iat":{NOW}"#, NOW + DAY + 1), "fan_too_long_lived");
    check(&format!(r#""exp":{},"iat":{}"#, NOW + 1, NOW - DAY), "fan_too_long_lived");
    check(&format!(r#""exp":{exp},"iat":{}"#, i64::MIN), "fan_too_long_lived");
    check(&format!(r#""exp":{}"#, NOW + DAY + 60), "good");
    check(&format!(r#""exp":{}"#, NOW + DAY + 61), "fan_too_long_lived");
    let token = good(&here.live.secret);
    assert_eq!(code(here.jwt_at(&token, second(NOW + 3599))), "good");
    assert_eq!(code(here.jwt_at(&token, second(NOW + 3600))), "fan_expired");
    assert_eq!(code(here.jwt_at(&token, Timestamp::MAX)), "fan_expired");
    assert_eq!(code(here.jwt_at(&token, Timestamp::MIN)), "fan_not_yet");
}

#[test]
fn a_plain_signature_has_the_same_limits() {
    let here = Here::new();
    let check = |user_id: &str, expires: i64, expected: &str| {
        let signature = signature(here.live.secret.reveal(), user_id, expires);
        assert_eq!(code(here.signed(user_id, expires, &signature)), expected, "{user_id:?} {expires}");
    };
    check("7", NOW + DAY + 60, "good");
    check("7", NOW + DAY + 61, "fan_too_long_lived");
    check("7", i64::MAX, "fan_too_long_lived");
    check("7", (NOW + 3600) * 1000, "fan_too_long_lived");
    for over in [NOW, 0, -1, i64::MIN] {
        check("7", over, "fan_expired");
    }
    for user_id in ["", "a\nb", "7\n1800003600", "\0", &"x".repeat(129)] {
        check(user_id, NOW + 60, "fan_malformed");
    }
    let good = signature(here.live.secret.reveal(), "7", NOW + 60);
    for malformed in ["", &good[2..], &format!("{good}00"), &good.to_uppercase(), &format!("{}é", &good[2..])]
    {
        assert_eq!(code(here.signed("7", NOW + 60, malformed)), "fan_malformed", "{malformed}");
    }
    let of_a_jwt = signature(here.live.secret.reveal(), &good_claims("7"), NOW + 60);
    assert_eq!(code(here.signed("7", NOW + 60, &of_a_jwt)), "fan_wrong_signature");
}

#[test]
fn a_token_has_two_kilobytes_at_most() {
    let here = Here::new();
    let sized = |filler: usize| {
        let claims = format!(r#"{{"sub":"7","aud":"crease","exp":1800003600,"x":"{}"}}"#, "x".repeat(filler));
        jwt(here.live.secret.reveal(), HS256, &claims)
    };
    let longest = (0..).map(sized).take_while(|it| it.len() <= 2048).last().unwrap();
    assert!(here.jwt(&longest).is_ok() && longest.len() > 2040);
    let found = 2049;
    let padded = format!("{longest}{}", "A".repeat(found - longest.len()));
    assert_eq!(here.jwt(&padded), Err(FanRefusal::TooLong { found, max: 2048 }));
    assert_eq!(code(here.jwt(&"é".repeat(1_000_000))), "fan_too_long");
}

#[test]
fn what_has_not_the_form_of_a_token_is_refused() {
    let here = Here::new();
    let token = good(&here.live.secret);
    let standard = token.replacen("eyJ", "+yJ", 1);
    for text in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "é.é.é",
        &token[1..],
        &format!("{token}="),
        &format!("{token}.{token}"),
        &format!("Bearer {token}"),
        &format!("{token} "),
        &format!(" {token}"),
        &token.replace('.', ".."),
        &standard,
    ] {
        assert_eq!(code(here.jwt(text)), "fan_malformed", "{text}");
    }
    let guest = Guests::new(&here.seal).issue(&website(), now()).unwrap();
    assert_eq!(code(here.jwt(guest.reveal())), "fan_malformed", "a guest is not signed in");
}

#[test]
fn neither_secrets_nor_names_are_shown() {
    let here = Here::new();
    let claims = r#"{"sub":"asha@partner.example","aud":"crease","exp":1800003600,"name":"Asha Rao"}"#;
    let fan = here.claims(claims).unwrap();
    let secret = here.live.secret.reveal();
    let user = SignedUser { user_id: "asha@partner.example", expires: 1, signature: "0123abcd" };
    let shown = format!("{fan:?} {:?} {:#?} {user:?}", here.live, here.live.record);
    for hidden in ["Asha", "asha", "0123abcd", &secret[13..20], "[1, 1, 1", "sealed", "salt"] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    assert!(shown.contains(&here.live.record.id));
}
