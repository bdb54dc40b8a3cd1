//! Tables of addresses for tests.

use serde_json::Value;
use std::net::IpAddr;

/// A table (MaxMind DB 2.0, of IPv6 with IPv4 in ::/96) that says of each network, "8.8.8.0/24", what stands beside it.
pub fn table(networks: &[(&str, Value)]) -> Vec<u8> {
    let (mut nodes, mut values): (Vec<[Record; 2]>, Vec<u8>) = (vec![[Record::Nothing; 2]], Vec::new());
    // The file says as well where the well-known addresses are by which a table is recognised.
    let well_known = ("9.9.9.0/24", serde_json::json!({"country_code": "US"}));
    for (network, value) in networks.iter().chain([&well_known]) {
        let at = values.len();
        encode(&mut values, value);
        let (address, length) = network.split_once('/').expect("a network has a length");
        let (bits, length): (u128, u32) = match address.parse().expect("an address") {
            IpAddr::V4(it) => (u128::from(u32::from(it)), length.parse::<u32>().expect("a length") + 96),
            IpAddr::V6(it) => (u128::from(it), length.parse().expect("a length")),
        };
        let side = |depth: u32| usize::from(bits >> (127 - depth) & 1 == 1);
        let mut node = 0;
        for depth in 0..length - 1 {
            node = match nodes[node][side(depth)] {
                Record::Node(next) => next,
                _ => {
                    nodes.push([Record::Nothing; 2]);
                    let next = nodes.len() - 1;
                    nodes[node][side(depth)] = Record::Node(next);
                    next
                }
            };
        }
        nodes[node][side(length - 1)] = Record::Value(at);
    }
    let count = nodes.len();
    let mut out = Vec::new();
    for record in nodes.iter().flatten() {
        let number = match record {
            Record::Nothing => count,
            Record::Node(at) => *at,
            Record::Value(at) => count + 16 + at,
        };
        out.extend_from_slice(&(number as u32).to_be_bytes()[1..]);
    }
    out.extend_from_slice(&[0; 16]);
    out.extend_from_slice(&values);
    out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let about = serde_json::json!({
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": 1_764_547_200,
        "database_type": "Countries of a test",
        "description": {},
        "ip_version": 6,
        "languages": [],
        "node_count": count,
        "record_size": 24,
    });
    encode(&mut out, &about);
    out
}

#[derive(Clone, Copy)]
enum Record {
    Nothing,
    Node(usize),
    Value(usize),
}

/// Texts, lists and maps are shorter than 29, which tests' are.
fn encode(out: &mut Vec<u8>, value: &Value) {
    let mut head = |kind: u8, size: usize| {
        assert!(size < 29, "too long for a test's table");
        match kind {
            1..=7 => out.push(kind << 5 | size as u8),
            _ => out.extend_from_slice(&[size as u8, kind - 7]),
        }
    };
    match value {
        Value::String(text) => {
            head(2, text.len());
            out.extend_from_slice(text.as_bytes());
        }
        Value::Number(number) => {
            let number = number.as_u64().expect("a whole number");
            head(5, 2);
            out.extend_from_slice(&u16::try_from(number).expect("a small number").to_be_bytes());
        }
        Value::Object(fields) => {
            head(7, fields.len());
            for (name, value) in fields {
                encode(out, &Value::String(name.clone()));
                match (name.as_str(), value.as_u64()) {
                    ("node_count", Some(count)) => {
                        out.push(6 << 5 | 4);
                        out.extend_from_slice(&(count as u32).to_be_bytes());
                    }
                    ("build_epoch", Some(seconds)) => {
                        out.extend_from_slice(&[8, 2]);
                        out.extend_from_slice(&seconds.to_be_bytes());
                    }
                    _ => encode(out, value),
                }
            }
        }
        Value::Array(items) => {
            head(11, items.len());
            items.iter().for_each(|it| encode(out, it));
        }
        Value::Bool(is) => head(14, usize::from(*is)),
        Value::Null => unreachable!("tables have no nothing"),
    }
}
