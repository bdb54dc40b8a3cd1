//! What a balance is of.

use std::fmt::Debug;

/// How an asset comes into being, which decides what it may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By playing, watching, answering: never becomes money. Several jurisdictions forbid games whose prizes can be cashed (India's Promotion
    /// and Regulation of Online Gaming Act, 2025, is one).
    Earned,
    /// By paying.
    Bought,
}

/// An asset as rows and messages have it: `points`, `coins`, `inr`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssetCode(&'static str);

impl AssetCode {
    pub const fn text(self) -> &'static str {
        self.0
    }

    /// None where there is no such asset.
    pub fn of(text: &str) -> Option<Self> {
        ALL.into_iter().find(|it| it.0 == text)
    }
}

/// An asset, as a type: amounts of two assets are of two types.
pub trait Asset: Copy + Debug + Ord + sealed::Sealed + Send + Sync + 'static {
    const CODE: AssetCode;
    const ORIGIN: Origin;
    /// Decimal places of what people say: 2 of rupees, whose smallest unit is the paisa (ISO 4217), 0 of points.
    const PLACES: u8;
    /// Whether a fan may give it to another.
    const TRANSFERABLE: bool;
    /// Whether it may be sold and bought between fans.
    const TRADABLE: bool;
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
    ($(#[$doc:meta])* $name:ident $code:literal, $origin:ident, $places:literal, transferable $transferable:literal, tradable $tradable:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {}

        impl sealed::Sealed for $name {}

        impl Asset for $name {
            const CODE: AssetCode = AssetCode($code);
            const ORIGIN: Origin = Origin::$origin;
            const PLACES: u8 = $places;
            const TRANSFERABLE: bool = $transferable;
            const TRADABLE: bool = $tradable;
        }
    };
}

asset! {
    /// What fans earn; spent on vouchers.
    Points "points", Earned, 0, transferable false, tradable true
}
asset! {
    /// What fans buy; spent here, and given back as money only as the refund of its own top-up.
    Coins "coins", Bought, 0, transferable false, tradable false
}
asset! {
    /// Indian rupees, in paise.
    Inr "inr", Bought, 2, transferable false, tradable false
}
asset! {
    /// United States dollars, in cents.
    Usd "usd", Bought, 2, transferable false, tradable false
}

/// All that there are.
const ALL: [AssetCode; 4] = [Points::CODE, Coins::CODE, Inr::CODE, Usd::CODE];

macro_rules! convertible {
    ($($name:ident)*) => {$(
        impl Convertible for $name {}
        // Does not compile for an earned asset.
        const _: () = assert!(matches!($name::ORIGIN, Origin::Bought), "what is earned is never money");
    )*};
}

convertible!(Inr Usd);
