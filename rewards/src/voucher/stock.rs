//! How many vouchers of a product there are, and where: for who sells them.

use super::Owner;
use crate::error::Error;
use crate::product::{self, Product};
use crate::whose::Whose;
use std::collections::HashMap;
use store::{Client, Row};
use wallet::{AssetCode, Books, Kind, account};

/// Where a product's vouchers are. What is on its way from one to the other at the moment may be in both, or in none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Codes that were made or imported: as many vouchers as there ever were.
    pub made: i64,
    /// To be had.
    pub in_stock: i64,
    /// Held for fans who are buying.
    pub reserved: i64,
    /// Had by fans who have not opened them, orders' among them.
    pub held: i64,
    /// Opened, and good still.
    pub claimed: i64,
    pub redeemed: i64,
    /// Over, opened or not; and those that were in wallets which were erased.
    pub expired: i64,
}

const CODES: &str = "
    select c.product, count(*) as made, count(*) filter (where c.voucher is null and b.issued_at is not null) as free
    from rewards.code c join rewards.batch b on b.id = c.batch
    where c.product = any($1) group by c.product";

const VOUCHERS: &str = "
    select product, state, count(*) as count from rewards.voucher where product = any($1) group by product, state";

/// The figures of products, in their order.
pub async fn figures(client: &Client<'_>, products: &[Product]) -> Result<Vec<Figures>, Error> {
    let ids: Vec<&str> = products.iter().map(|it| it.id.as_str()).collect();
    let assets = products.iter().map(Product::asset).collect::<Result<Vec<AssetCode>, _>>()?;
    let mut all: HashMap<String, (Figures, Codes)> = HashMap::new();
    for row in client.query(CODES, &[&ids]).await? {
        let (figures, codes) = all.entry(row.get("product")).or_default();
        figures.made = row.get("made");
        codes.free = row.get("free");
    }
    for row in client.query(VOUCHERS, &[&ids]).await? {
        let (figures, codes) = all.entry(row.get("product")).or_default();
        count(figures, codes, &row);
    }
    for sum in account::sums(client, &assets).await? {
        let (figures, codes) = all.entry(sum.asset.product().unwrap_or_default().to_owned()).or_default();
        match sum.kind {
            Kind::Stock => {
                figures.in_stock = sum.posted - sum.held_out;
                figures.reserved = sum.held_out;
            }
            Kind::Issuer => codes.issued = -sum.posted,
            _ => figures.held += sum.posted,
        }
    }
    let figures = |it: &Product| {
        let (figures, codes) = all.get(&it.id).copied().unwrap_or_default();
        // Codes that no unit can ever take.
        let over = (codes.free + codes.asked - codes.issued).max(0);
        Figures { expired: figures.expired + over, ..figures }
    };
    Ok(products.iter().map(figures).collect())
}

/// What is counted of codes on the way.
#[derive(Clone, Copy, Debug, Default)]
struct Codes {
    /// Of no voucher, in batches whose units are there.
    free: i64,
    /// Taken, and not known to be shown.
    asked: i64,
    /// Units that there are.
    issued: i64,
}

fn count(figures: &mut Figures, codes: &mut Codes, row: &Row) {
    let count: i64 = row.get("count");
    match row.get("state") {
        "claimed" => figures.claimed = count,
        "redeemed" => figures.redeemed = count,
        "expired" => figures.expired = count,
        "asked" => codes.asked = count,
        _ => {}
    }
}

/// How many of each of these products can be had now.
pub async fn in_stock(client: &Client<'_>, products: &[Product]) -> Result<Vec<i64>, Error> {
    let assets = products.iter().map(Product::asset).collect::<Result<Vec<AssetCode>, _>>()?;
    let sums = account::sums(client, &assets).await?;
    let free = |asset: &AssetCode| {
        let stock = sums.iter().find(|it| it.asset == *asset && it.kind == Kind::Stock);
        stock.map_or(0, |it| it.posted - it.held_out)
    };
    Ok(assets.iter().map(free).collect())
}

/// Products with their figures, drafts too, by id from after one.
pub async fn list(
    client: &Client<'_>,
    (books, whose): (Books, Whose<'_>),
    after: &str,
    limit: i64,
) -> Result<Vec<(Product, Figures)>, Error> {
    let products = match whose {
        Whose::Everybodys => product::all(client, books, after, limit).await?,
        Whose::Of(id) => {
            product::of_owner(client, &Owner { books, organisation_id: Some(id) }, after, limit).await?
        }
    };
    with_figures(client, products).await
}

async fn with_figures(client: &Client<'_>, products: Vec<Product>) -> Result<Vec<(Product, Figures)>, Error> {
    let figures = figures(client, &products).await?;
    Ok(products.into_iter().zip(figures).collect())
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[CODES, VOUCHERS];
