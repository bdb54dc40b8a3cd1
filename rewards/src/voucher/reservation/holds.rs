//! What the ledger holds for a reservation: the points, and the vouchers for them.

use super::Reservation;
use crate::error::Error;
use crate::product;
use crate::voucher::Denied;
use jiff::Timestamp;
use store::Transaction;
use wallet::{Act, Asset, Metadata, Move, Points, Reason, Transfer, TransferId, holder};

/// What is held for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Points,
    Vouchers,
}

impl Part {
    pub(super) const BOTH: [Part; 2] = [Part::Points, Part::Vouchers];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Part::Points => "points",
            Part::Vouchers => "vouchers",
        }
    }
}

impl Reservation {
    pub(super) fn hold_id(&self, part: Part) -> TransferId {
        TransferId::following_from("reservation.hold", &[&self.id, part.word()])
    }

    /// What the ledger is to hold, and the account that vouchers come from.
    pub(super) async fn holds(
        &self,
        tx: &Transaction<'_>,
        now: Timestamp,
    ) -> Result<(Vec<Transfer>, wallet::AccountId), Error> {
        let gone = || Error::UnknownProduct { id: self.product.clone() };
        let product = product::find(tx, &self.product).await?.ok_or_else(gone)?;
        let asset = product.asset()?;
        let Some(fan_id) = &self.fan_id else { return Err(Denied::Refused.into()) };
        let accounts = wallet::account::of_owner(tx, fan_id, wallet::Kind::Fan).await?;
        let account = |asset| accounts.iter().find(|it| it.standing.asset == asset).map(|it| it.id);
        let (Some(points), Some(vouchers)) = (account(Points::CODE), account(asset)) else {
            return Err(Denied::Refused.into());
        };
        let issuer = holder::issuer(tx, product.books, Points::CODE, now).await?;
        let stock = product.stock(tx, now).await?;
        let metadata = Metadata::new([("product", self.product.as_str()), ("reservation", self.id.as_str())]);
        let metadata = metadata.unwrap_or_default();
        let until = Some(self.until);
        let units = i64::from(self.units);
        let paid = Move::of(Points::CODE, self.price, points, issuer, Reason::Purchase);
        let had = Move::of(asset, units, stock, vouchers, Reason::Purchase);
        let mut transfers = Vec::new();
        for (part, of) in [(Part::Points, paid), (Part::Vouchers, had)] {
            let of = of.map_err(wallet::Error::from)?;
            transfers
                .push(Transfer::new(self.hold_id(part), Act::Hold { of, until }).about(metadata.clone()));
        }
        Ok((transfers, stock))
    }
}
