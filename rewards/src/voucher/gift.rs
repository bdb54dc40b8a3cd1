//! A voucher that one fan gives to another.

use super::{Denied, Vouchers};
use crate::error::Error;
use crate::product;
use store::Transaction;
use wallet::{Act, Holder, Made, Metadata, Move, Reason, Refusal, Transfer, TransferId, holder};

/// What was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub id: TransferId,
    pub product: String,
    pub to: String,
    pub units: i64,
    /// Whether it was given before, under the same key.
    pub made: Made,
}

impl Vouchers {
    /// Gives units that a fan holds to another fan of the same organisation, in the same books, who has a wallet. Asked
    /// for again under the same key, they are given once; without a key each time.
    pub async fn give(
        &self,
        from: &Holder<'_>,
        product: &str,
        to: &str,
        units: i64,
        key: Option<&str>,
    ) -> Result<Given, Error> {
        let now = self.clock.now();
        let id = match key {
            Some(key) => TransferId::following_from("gift", &[from.fan_id, key]),
            None => TransferId::fresh(),
        };
        let ready = async |tx: &Transaction<'_>| {
            let found = product::find(tx, product).await?;
            let found = found.filter(|it| it.is_for(from.books, from.organisation_id));
            let product = found.ok_or_else(|| Error::UnknownProduct { id: product.to_owned() })?;
            if !product.terms.between.transferable {
                return Err(Error::NotTransferable { id: product.id });
            }
            if !product.is_held(now) {
                return Err(Error::NotOnSale { id: product.id });
            }
            let asset = product.asset()?;
            let own = holder::purse(tx, from, asset, now).await?.other;
            let other = holder::purse(tx, &Holder { fan_id: to, ..*from }, asset, now).await?.other;
            let of = Move::of(asset, units, own, other, Reason::Gift).map_err(wallet::Error::from)?;
            let metadata = Metadata::new([("product", product.id.as_str())]).unwrap_or_default();
            Ok(Transfer::new(id, Act::Post(of)).about(metadata))
        };
        let transfer = self.store.run_tx("vouchers.gift", ready).await?;
        match self.ledger.make(transfer).await {
            Ok(made) => Ok(Given { id, product: product.to_owned(), to: to.to_owned(), units, made }),
            Err(wallet::Error::Refused(Refusal::BelowBound { .. })) => Err(Denied::NotHeld.into()),
            Err(wallet::Error::Refused(Refusal::OtherContent { .. })) => Err(Error::OtherRequest),
            Err(error) => Err(error.into()),
        }
    }
}
