//! A hash that is the same everywhere and always.

use serde::Serialize;

/// FNV-1a of 128 bits over the value's JSON, whose fields stand in the order of the type: 32 hexadecimal digits.
pub(crate) fn hash(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).expect("facts have no key that is not a text");
    format!("{:032x}", fnv(&json))
}

/// FNV-1a of 64 bits, for choices that need no more.
pub(crate) fn hash_of_text(text: &str) -> u64 {
    let step = |it: u64, byte: u8| (it ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

fn fnv(bytes: &[u8]) -> u128 {
    let step = |it: u128, byte: &u8| {
        (it ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    };
    bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_standard() {
        // From the vectors of the FNV reference.
        assert_eq!(format!("{:032x}", fnv(b"")), "6c62272e07bb014262b821756295c58d");
        assert_eq!(format!("{:032x}", fnv(b"a")), "d228cb696f1a8caf78912b704e4a8964");
        assert_eq!(hash_of_text("a"), 0xaf63_dc4c_8601_ec8c);
    }
}
