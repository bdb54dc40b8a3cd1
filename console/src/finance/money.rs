//! Amounts as people write and read them. Whole numbers alone: none of this ever is a floating point.

use maud::{Markup, html};
use wallet::{AssetCode, UNITS_MAX};

/// Of whole units of so many digits no amount is.
const DIGITS_MAX: usize = 16;

/// What people call a unit of the asset: an ISO 4217 code where it is money.
pub fn unit(asset: AssetCode) -> String {
    match asset.places() {
        0 => asset.text().to_owned(),
        _ => asset.text().to_ascii_uppercase(),
    }
}

/// "-1250.05" of -125,005 paise, for programs.
pub fn decimal(units: i64, asset: AssetCode) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let (whole, part) = split(units, asset);
    format!("{sign}{whole}{part}")
}

/// "−1,250.05" of -125,005 paise, for people.
pub fn grouped(units: i64, asset: AssetCode) -> String {
    let sign = if units < 0 { "−" } else { "" };
    let (whole, part) = split(units, asset);
    format!("{sign}{}{part}", in_groups(&whole))
}

/// "12,345".
pub fn count(number: i64) -> String {
    let sign = if number < 0 { "−" } else { "" };
    format!("{sign}{}", in_groups(&number.unsigned_abs().to_string()))
}

/// Whole units, and the point with what is behind it.
fn split(units: i64, asset: AssetCode) -> (String, String) {
    let places = u32::from(asset.places());
    let one = 10_u64.pow(places);
    let units = units.unsigned_abs();
    let part = match places {
        0 => String::new(),
        places => format!(".{:0width$}", units % one, width = places as usize),
    };
    ((units / one).to_string(), part)
}

fn in_groups(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount with its unit. What is below zero has a minus before it, and a colour beside.
pub fn amount(units: i64, asset: AssetCode) -> Markup {
    html! { span.amount.negative[units < 0] { (grouped(units, asset)) } " " span.unit { (unit(asset)) } }
}

/// A cell of a table with an amount whose unit its column says.
pub fn cell(units: i64, asset: AssetCode) -> Markup {
    html! { td.number.negative[units < 0] { (grouped(units, asset)) } }
}

/// The same with the unit.
pub fn cell_of(units: i64, asset: AssetCode) -> Markup {
    html! { td.number.negative[units < 0] { (grouped(units, asset)) " " span.unit { (unit(asset)) } } }
}

/// Reads an amount of an asset: "1250", "1250.5", "1250.05". Nothing is rounded: what has more places than the asset is refused, in words.
pub fn parse(text: &str, asset: AssetCode) -> Result<i64, String> {
    let text = text.trim();
    let places = usize::from(asset.places());
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    let example = decimal(125_005, asset);
    if whole.is_empty() || !digits(whole) || !digits(part) || text.ends_with('.') {
        return Err(format!(
            "Write the amount in digits, such as {example}: no sign, no commas, no currency."
        ));
    }
    if part.len() > places {
        let what = unit(asset);
        return Err(match places {
            0 => format!("There are only whole {what}."),
            _ => format!("{what} has {places} decimal places at most."),
        });
    }
    let units = format!("{whole}{part:0<places$}");
    let units = units.trim_start_matches('0');
    match (units.len(), units.parse::<i64>()) {
        (0, _) => Err("The amount must be more than nothing.".to_owned()),
        (1..=DIGITS_MAX, Ok(units @ 1..=UNITS_MAX)) => Ok(units),
        _ => Err(format!("The amount is at most {} {}.", grouped(UNITS_MAX, asset), unit(asset))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wallet::{Asset, Coins, Inr, Points};

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        for (text, expected) in [
            ("99", Ok(9_900)),
            ("99.5", Ok(9_950)),
            (" 99.05 ", Ok(9_905)),
            ("0.01", Ok(1)),
            ("00012.10", Ok(1_210)),
            ("90000000000000.00", Ok(UNITS_MAX)),
            ("90000000000000.01", Err("The amount is at most 90,000,000,000,000.00 INR.")),
            ("99999999999999999999", Err("The amount is at most 90,000,000,000,000.00 INR.")),
            ("0", Err("The amount must be more than nothing.")),
            ("0.00", Err("The amount must be more than nothing.")),
            ("1.005", Err("INR has 2 decimal places at most.")),
        ] {
            assert_eq!(parse(text, Inr::CODE), expected.map_err(str::to_owned), "{text:?}");
        }
        for text in ["", "-1", "+1", "1,000", "1e3", "1.", ".5", "1 0", "٣", "₹5", "1.0.0", "NaN"] {
            let refused = parse(text, Inr::CODE).unwrap_err();
            assert!(
                refused.starts_with("Write the amount in digits, such as 1250.05"),
                "{text:?}: {refused}"
            );
        }
        assert_eq!(parse("12", Coins::CODE), Ok(12));
        assert_eq!(parse("12.0", Points::CODE), Err("There are only whole points.".to_owned()));
    }

    #[test]
    fn amounts_are_shown_with_their_places_and_a_minus() {
        for (units, asset, program, people) in [
            (0, Inr::CODE, "0.00", "0.00"),
            (5, Inr::CODE, "0.05", "0.05"),
            (-5, Inr::CODE, "-0.05", "−0.05"),
            (-125_005, Inr::CODE, "-1250.05", "−1,250.05"),
            (1_234_567, Points::CODE, "1234567", "1,234,567"),
            (i64::MIN, Points::CODE, "-9223372036854775808", "−9,223,372,036,854,775,808"),
        ] {
            assert_eq!((decimal(units, asset).as_str(), grouped(units, asset).as_str()), (program, people));
        }
        assert_eq!(
            amount(-5, Inr::CODE).into_string(),
            "<span class=\"amount negative\">−0.05</span> <span class=\"unit\">INR</span>"
        );
    }
}
