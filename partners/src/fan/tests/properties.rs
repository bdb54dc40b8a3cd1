//! What holds whatever a token says and whatever is changed in it.

use super::*;
use crate::testing::changed;
use proptest::prelude::*;

proptest! {
    #[test]
    fn no_character_of_a_token_can_be_changed_left_out_or_added(
        at in 0..400_usize,
        other in prop::char::range('!', '~'),
    ) {
        let here = Here::new();
        let token = good(&here.live.secret);
        for changed in changed(&token, at, other) {
            prop_assert!(here.jwt(&changed).is_err());
        }
    }

    #[test]
    fn no_bit_of_what_is_signed_can_be_flipped(at in 0..10_000_usize, part in 0..3_usize) {
        let here = Here::new();
        let token = good(&here.live.secret);
        let mut parts: Vec<Vec<u8>> =
            token.split('.').map(|it| URL_SAFE_NO_PAD.decode(it).unwrap()).collect();
        let bits = parts[part].len() * 8;
        parts[part][at % bits / 8] ^= 1 << (at % 8);
        let changed: Vec<String> = parts.iter().map(|it| URL_SAFE_NO_PAD.encode(it)).collect();
        prop_assert!(here.jwt(&changed.join(".")).is_err());
    }

    #[test]
    fn nothing_of_a_plain_signature_can_be_changed(
        user_id in "\\PC{1,128}",
        other in "\\PC{1,128}",
        more in 1..80_000_i64,
        less in 1..80_000_i64,
        at in 0..64_usize,
        digit in "[0-9a-f]",
    ) {
        let here = Here::new();
        let expires = NOW + more;
        let signature = signature(here.live.secret.reveal(), &user_id, expires);
        prop_assert!(here.signed(&user_id, expires, &signature).is_ok());
        prop_assert!(user_id == other || here.signed(&other, expires, &signature).is_err());
        prop_assert!(more == less || here.signed(&user_id, NOW + less, &signature).is_err());
        prop_assert!(here.signed(&user_id, expires, &signature[..at]).is_err());
        let mut changed = signature.clone();
        changed.replace_range(at..=at, &digit);
        prop_assert!(changed == signature || here.signed(&user_id, expires, &changed).is_err());
    }

    #[test]
    fn any_user_id_of_the_allowed_length_is_one_fan(user_id in "\\PC{1,128}") {
        let here = Here::new();
        let one = here.claims(&good_claims(&user_id)).unwrap();
        prop_assert_eq!(&here.claims(&good_claims(&user_id)).unwrap(), &one);
        prop_assert!(store::ids::is_valid("fan", one.fan_id()));
    }

    #[test]
    fn no_text_makes_the_check_panic(
        text in ".{0,200}",
        header in "\\PC{0,40}",
        claims in "\\PC{0,80}",
        expires in any::<i64>(),
    ) {
        let here = Here::new();
        prop_assert!(here.jwt(&text).is_err());
        let secret = here.live.secret.reveal();
        prop_assert!(here.jwt(&jwt(secret, &header, &claims)).is_err());
        prop_assert!(here.jwt(&jwt(secret, HS256, &claims)).is_err());
        prop_assert!(here.signed(&text, expires, &claims).is_err());
        let numbered = format!(r#"{{"sub":"7","aud":"crease","exp":{expires},"iat":{expires},"nbf":{expires}}}"#);
        prop_assert!(here.claims(&numbered).is_err());
    }
}
