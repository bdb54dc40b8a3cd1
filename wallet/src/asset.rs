//! What a balance is of.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

/// How an asset comes into being, which decides what it may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By playing, watching, answering: never becomes money. Several jurisdictions forbid games whose prizes can be cashed (India's Promotion
    /// and Regulation of Online Gaming Act, 2025, is one).
    Earned,
    /// By paying.
    Bought,
}

/// What may be done with an asset in one country and not in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It is given for playing.
    Earn,
    /// It is bought with money.
    Buy,
    /// One fan gives it to another.
    Transfer,
    /// It is sold and bought between fans.
    Trade,
    /// It is paid out as money.
    PayOut,
}

/// In which countries (ISO 3166-1 alpha-2) something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    Nowhere,
    Everywhere,
    In(&'static [&'static str]),
    NotIn(&'static [&'static str]),
}

impl Where {
    /// Whether it includes a country. One that is not known is in none of those that are named.
    pub fn includes(self, country: Option<&str>) -> bool {
        let named = |all: &[&str]| country.is_some_and(|it| all.contains(&it));
        match self {
            Where::Nowhere => false,
            Where::Everywhere => true,
            Where::In(countries) => named(countries),
            // Who hides the country does not get round a prohibition.
            Where::NotIn(countries) => country.is_some() && !named(countries),
        }
    }
}

/// An asset as rows and messages have it: `points`, `coins`, `inr`; each product's vouchers are one of their own, `voucher.prd_…`, so that
/// those of two are never mixed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssetCode(&'static str);

impl AssetCode {
    pub const fn text(self) -> &'static str {
        self.0
    }

    /// Decimal places of what people say.
    pub fn places(self) -> u8 {
        match self {
            Inr::CODE | Usd::CODE => Inr::PLACES,
            _ => Points::PLACES,
        }
    }

    /// One that has a name of its own; none where there is no such asset, and none for vouchers.
    pub fn of(text: &str) -> Option<Self> {
        ALL.into_iter().find(|it| it.0 == text)
    }

    /// The vouchers of a product that there is: each that is asked for is kept in memory for good, a hundred bytes. None where that is no
    /// product's id.
    pub fn voucher(product: &str) -> Option<Self> {
        let word = product.strip_prefix("prd_")?;
        let is_id = (1..=PRODUCT_CHARS_MAX).contains(&word.len())
            && word.bytes().all(|it| it.is_ascii_alphanumeric());
        is_id.then(|| Self(interned(format!("{VOUCHER}{product}"))))
    }

    /// One that is in a row: whichever it is.
    pub(crate) fn kept(text: &str) -> Option<Self> {
        Self::of(text).or_else(|| Self::voucher(text.strip_prefix(VOUCHER)?))
    }

    /// Of which product these are the vouchers.
    pub fn product(self) -> Option<&'static str> {
        self.0.strip_prefix(VOUCHER)
    }
}

/// What the names of vouchers begin with.
const VOUCHER: &str = "voucher.";
/// Letters and digits of a product's id.
const PRODUCT_CHARS_MAX: usize = 32;

/// The same text for as long as the process is there.
fn interned(text: String) -> &'static str {
    static ALL: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.get(text.as_str()) {
        return known;
    }
    let text: &'static str = text.leak();
    all.insert(text);
    text
}

/// An asset, as a type: amounts of two assets are of two types.
pub trait Asset: Copy + Debug + Ord + sealed::Sealed + Send + Sync + 'static {
    const CODE: AssetCode;
    const ORIGIN: Origin;
    /// Decimal places of what people say: 2 of rupees, whose smallest unit is the paisa (ISO 4217), 0 of points.
    const PLACES: u8;
    /// Where a fan may give it to another.
    const TRANSFERABLE: Where;
    /// Where it may be sold and bought between fans.
    const TRADABLE: Where;
    /// Where it may be bought with money.
    const BUYABLE: Where;
    /// Where it may be paid out as money: nowhere, if it is not [`Convertible`].
    const CONVERTIBLE: Where;

    /// Whether this may be done with it there.
    fn may(it: Use, country: Option<&str>) -> bool {
        let place = match it {
            Use::Earn if matches!(Self::ORIGIN, Origin::Earned) => Where::Everywhere,
            Use::Earn => Where::Nowhere,
            Use::Buy => Self::BUYABLE,
            Use::Transfer => Self::TRANSFERABLE,
            Use::Trade => Self::TRADABLE,
            Use::PayOut => Self::CONVERTIBLE,
        };
        place.includes(country)
    }
}

/// An asset that may be paid out as money. No earned one is: this compiles,
///
/// ```
/// fn pay_out<A: wallet::Convertible>(_: wallet::Amount<A>) {}
/// pay_out(wallet::Amount::<wallet::Inr>::new(100).unwrap());
/// ```
///
/// and these do not:
///
/// ```compile_fail,E0277
/// fn pay_out<A: wallet::Convertible>(_: wallet::Amount<A>) {}
/// pay_out(wallet::Amount::<wallet::Points>::new(100).unwrap());
/// ```
///
/// ```compile_fail,E0277
/// fn pay_out<A: wallet::Convertible>(_: wallet::Amount<A>) {}
/// pay_out(wallet::Amount::<wallet::Coins>::new(100).unwrap());
/// ```
pub trait Convertible: Asset {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! asset {
    ($(#[$doc:meta])* $name:ident $code:literal, $origin:ident, $places:literal,
        transferable $transferable:expr, tradable $tradable:expr, buyable $buyable:expr, convertible $convertible:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {}

        impl sealed::Sealed for $name {}

        impl Asset for $name {
            const CODE: AssetCode = AssetCode($code);
            const ORIGIN: Origin = Origin::$origin;
            const PLACES: u8 = $places;
            const TRANSFERABLE: Where = $transferable;
            const TRADABLE: Where = $tradable;
            const BUYABLE: Where = $buyable;
            const CONVERTIBLE: Where = $convertible;
        }

        // Does not compile for what is earned and could be bought or paid out, so that play never has a price.
        const _: () = assert!(
            matches!($name::ORIGIN, Origin::Bought)
                || (matches!($name::BUYABLE, Where::Nowhere) && matches!($name::CONVERTIBLE, Where::Nowhere)),
            "what is earned is neither bought nor money"
        );
    };
}

asset! {
    /// What fans earn; spent on vouchers, and traded for them.
    Points "points", Earned, 0,
    transferable Where::Nowhere, tradable Where::Everywhere, buyable Where::Nowhere, convertible Where::Nowhere
}
asset! {
    /// What fans buy; spent here, and given back as money only as the refund of its own top-up.
    Coins "coins", Bought, 0,
    transferable Where::Nowhere, tradable Where::Nowhere, buyable Where::Everywhere, convertible Where::Nowhere
}
asset! {
    /// Indian rupees, in paise. They pay and are paid in India alone (Foreign Exchange Management Act, 1999).
    Inr "inr", Bought, 2,
    transferable Where::Nowhere, tradable Where::Nowhere, buyable Where::In(&["IN"]), convertible Where::In(&["IN"])
}
asset! {
    /// United States dollars, in cents; not in India, where rupees are.
    Usd "usd", Bought, 2,
    transferable Where::Nowhere, tradable Where::Nowhere, buyable Where::NotIn(&["IN"]), convertible Where::NotIn(&["IN"])
}

/// All that there are.
const ALL: [AssetCode; 4] = [Points::CODE, Coins::CODE, Inr::CODE, Usd::CODE];

macro_rules! convertible {
    ($($name:ident)*) => {$(
        impl Convertible for $name {}
        // Does not compile for an earned asset, or one that is nowhere money.
        const _: () = assert!(
            matches!($name::ORIGIN, Origin::Bought) && !matches!($name::CONVERTIBLE, Where::Nowhere),
            "what is earned is never money"
        );
    )*};
}

convertible!(Inr Usd);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_says_what_may_be_done_with_it_and_where() {
        for (may, expected) in [
            (Points::may(Use::Earn, None), true),
            (Points::may(Use::Buy, Some("US")), false),
            (Points::may(Use::Transfer, Some("US")), false),
            (Points::may(Use::Trade, Some("GB")), true),
            (Points::may(Use::PayOut, Some("US")), false),
            (Coins::may(Use::Earn, Some("US")), false),
            (Coins::may(Use::Buy, Some("IN")), true),
            (Coins::may(Use::PayOut, Some("US")), false),
            (Inr::may(Use::Buy, Some("IN")), true),
            (Inr::may(Use::Buy, Some("US")), false),
            (Usd::may(Use::PayOut, Some("US")), true),
            (Usd::may(Use::PayOut, Some("IN")), false),
            // A country that is not known is no way round.
            (Inr::may(Use::PayOut, None), false),
            (Usd::may(Use::PayOut, None), false),
        ]
        .into_iter()
        {
            assert_eq!(may, expected);
        }
    }

    #[test]
    fn the_vouchers_of_each_product_are_an_asset() {
        let one = AssetCode::voucher("prd_1a").unwrap();
        assert_eq!((one.text(), one.product(), one.places()), ("voucher.prd_1a", Some("prd_1a"), 0));
        assert_eq!(AssetCode::voucher("prd_1a"), Some(one));
        assert_ne!(AssetCode::voucher("prd_1b"), Some(one));
        for (text, expected) in
            [("voucher.prd_1a", Some(one)), ("points", Some(Points::CODE)), ("voucher.", None)]
        {
            assert_eq!(AssetCode::kept(text), expected, "{text}");
        }
        for bad in ["", "prd_", "1a", "prd_a.b", "prd_é", "prd_123456789012345678901234567890123"] {
            assert_eq!(AssetCode::voucher(bad), None, "{bad}");
        }
        assert_eq!((AssetCode::of("voucher.prd_1a"), Points::CODE.product()), (None, None));
    }

    /// The reasons are all that there are, and none of them is the entry to a quiz: entering can cost nothing.
    #[test]
    fn nothing_is_debited_for_entering_a_quiz() {
        use crate::ledger::Reason;
        let words = Reason::ALL.map(Reason::word);
        assert!(words.iter().all(|it| !["quiz", "entry", "stake", "bet", "wager"].contains(it)), "{words:?}");
        for word in ["quiz", "quiz-entry", "entry", "stake"] {
            assert_eq!(Reason::of(word), None);
        }
    }
}
