//! Which secrets count, and until when.

use super::*;
use crate::fan::secret;
use store::testing::TestStore;

#[test]
fn only_a_secret_of_the_keys_organisation_and_mode_counts() {
    let here = Here::new();
    let check = |secret: &str, kid: Option<&str>, expected: &str| {
        let header = match kid {
            Some(kid) => format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#),
            None => HS256.to_owned(),
        };
        assert_eq!(code(here.jwt(&jwt(secret, &header, &good_claims("7")))), expected, "{kid:?}");
    };
    let [live, test, other] = [&here.live, &here.test, &here.other].map(|it| it.secret.reveal());
    let [live_id, test_id, other_id] = [&here.live, &here.test, &here.other].map(|it| it.record.id.as_str());
    check(live, None, "good");
    check(live, Some(live_id), "good");
    check(test, None, "fan_wrong_mode");
    check(test, Some(test_id), "fan_wrong_mode");
    check(live, Some(test_id), "fan_wrong_signature");
    check(test, Some(live_id), "fan_wrong_signature");
    check(other, None, "fan_wrong_signature");
    check(other, Some(live_id), "fan_wrong_signature");
    check(other, Some(other_id), "fan_unknown_secret");
    check(live, Some(other_id), "fan_unknown_secret");
    check(live, Some(""), "fan_unknown_secret");
    check("", None, "fan_wrong_signature");
    check(live_id, None, "fan_wrong_signature");
    check(&live[8..], None, "fan_wrong_signature");
    // Keys of an API sign nothing.
    let key = crate::Key::generate(Kind::Secret, Mode::Live);
    check(key.reveal(), None, "fan_wrong_signature");
    let nobody = partner("org_3", Kind::Publishable, Mode::Live);
    let refused = here.identities.check_jwt(&nobody, &good(&here.live.secret), now());
    assert_eq!(refused, Err(FanRefusal::NoSecret { mode: Mode::Live }));
}

#[test]
fn a_secret_that_was_rotated_away_is_good_until_its_end() {
    let here = Here::new();
    let new = here.another();
    let ends = |at| Record { ends_at: Some(second(at)), ..here.live.record.clone() };
    here.identities.insert(&ends(NOW + 600));
    let (old_token, new_token) = (good(&here.live.secret), good(&new.secret));
    let by_name = jwt(
        here.live.secret.reveal(),
        &format!(r#"{{"alg":"HS256","kid":"{}"}}"#, here.live.record.id),
        &good_claims("7"),
    );
    let check = |at, expected| {
        for token in [&old_token, &by_name] {
            assert_eq!(code(here.jwt_at(token, second(at))), expected);
        }
        assert_eq!(code(here.jwt_at(&new_token, second(at))), "good");
    };
    check(NOW, "good");
    check(NOW + 599, "good");
    check(NOW + 600, "fan_secret_over");
    // A later end, or none, that arrives afterwards takes nothing back; an earlier one counts.
    here.identities.insert(&ends(NOW + 900));
    here.identities.insert(&here.live.record);
    check(NOW + 600, "fan_secret_over");
    here.identities.insert(&ends(NOW + 300));
    check(NOW + 300, "fan_secret_over");
    let plain = signature(here.live.secret.reveal(), "7", NOW + 900);
    let user = SignedUser { user_id: "7", expires: NOW + 900, signature: &plain };
    let refused = here.identities.check_signed(&website(), &user, second(NOW + 300));
    assert_eq!(refused, Err(FanRefusal::SecretOver));
}

#[test]
fn a_revoked_secret_stays_revoked_whatever_arrives_later() {
    let here = Here::new();
    let before = here.identities.clone();
    here.identities.insert(&Record { revoked_at: Some(second(NOW + 900)), ..here.live.record.clone() });
    here.identities.insert(&here.live.record);
    let named = format!(r#"{{"alg":"HS256","kid":"{}"}}"#, here.live.record.id);
    let named = jwt(here.live.secret.reveal(), &named, &good_claims("7"));
    assert_eq!(code(here.jwt(&named)), "fan_secret_over");
    assert_eq!(code(here.jwt(&good(&here.live.secret))), "fan_no_secret");
    assert_eq!(code(before.check_jwt(&website(), &named, now())), "fan_secret_over", "clones share");
    let new = here.another();
    assert_eq!(code(here.jwt(&good(&here.live.secret))), "fan_wrong_signature");
    assert_eq!(code(here.jwt(&good(&new.secret))), "good");
}

#[test]
fn a_secret_that_does_not_open_is_left_out_and_keeps_no_other_from_its_work() {
    let here = Here::new();
    let sealed_elsewhere = unstored(&Seal::random(), "org_1", Mode::Live, [1; 32]);
    here.identities.insert(&sealed_elsewhere.record);
    let moved = Record { organisation_id: "org_1".into(), ..here.other.record.clone() };
    here.identities.insert(&moved);
    let as_live = Record { mode: Mode::Live, id: store::ids::new("fsc"), ..here.test.record.clone() };
    here.identities.insert(&as_live);
    for made in [&sealed_elsewhere, &here.other] {
        assert_eq!(code(here.jwt(&good(&made.secret))), "fan_wrong_signature");
    }
    assert_eq!(code(here.jwt(&good(&here.test.secret))), "fan_wrong_mode");
    assert_eq!(code(here.jwt(&good(&here.live.secret))), "good");
}

#[test]
fn secrets_may_be_added_from_many_threads_at_once() {
    let here = Here::new();
    let made: Vec<Made> = (0..32).map(|_| unstored(&here.seal, "org_1", Mode::Live, [1; 32])).collect();
    std::thread::scope(|scope| {
        for chunk in made.chunks(8) {
            scope.spawn(|| chunk.iter().for_each(|it| here.identities.insert(&it.record)));
        }
    });
    assert!(made.iter().all(|it| here.jwt(&good(&it.secret)).is_ok()));
}

#[test]
fn a_secret_is_told_from_an_api_key_and_has_256_bits() {
    let here = Here::new();
    for (made, beginning) in [(&here.live, "crs_fan_live_"), (&here.test, "crs_fan_test_")] {
        let text = made.secret.reveal();
        assert!(text.starts_with(beginning) && text.len() == beginning.len() + 43 + 6);
        assert!(crate::Key::parse(text).is_err());
        assert!(crate::Key::parse(&text[..48]).is_err());
    }
    assert!(43.0 * 62_f64.log2() >= 256.0);
    assert_ne!(here.live.secret.reveal()[13..], here.other.secret.reveal()[13..]);
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let test = TestStore::new(&[crate::MIGRATIONS]).await;
    for sql in secret::STATEMENTS {
        let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
        assert!(prepared.is_ok(), "{sql}: {prepared:?}");
    }
}
