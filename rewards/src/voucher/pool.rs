//! Codes that a product has, and the units that come into being with them.

use super::import::{self, Bad, BadLine, CODES_MAX, NotImported};
use super::{Owner, Vouchers};
use crate::code::{Code, LENGTH};
use crate::error::Error;
use crate::product::{self, Codes, Product};
use access::audit;
use access::{By, Deed};
use jiff::Timestamp;
use serde_json::json;
use std::collections::HashMap;
use store::{At, Client, Row, Transaction, seal};
use wallet::{Act, Metadata, Move, Reason, Transfer, TransferId};

/// Codes in one statement: it ends long before the time that a statement has.
const CHUNK: usize = 5_000;
/// Batches that one sweep sees to.
const UNISSUED_MAX: i64 = 100;

/// Codes that came together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// "bat_…"
    pub id: String,
    pub product: String,
    pub codes: i32,
    pub made_at: Timestamp,
    /// When the units were there.
    pub issued_at: Option<Timestamp>,
}

const FIND: &str = "
    select id, product, codes, digest, made_at, issued_at from rewards.batch where id = $1";

// Not over before this is committed: what is over is looked for in all batches that there are then.
const HOLD_PRODUCT: &str = "select state from rewards.product where id = $1 and state <> 'over' for share";

const MAKE: &str = "
    insert into rewards.batch (id, product, codes, digest, made_by, made_at) values ($1, $2, $3, $4, $5, $6)
    on conflict (id) do nothing";

const KNOWN: &str = "select hash from rewards.code where hash = any($1)";

const ADD: &str = "
    insert into rewards.code (batch, product, hash, sealed)
    select $1, $2, it.hash, it.sealed from unnest($3::bytea[], $4::bytea[]) it (hash, sealed)
    on conflict (hash) do nothing";

const OTHERS: &str = "select hash from rewards.code where hash = any($1) and batch <> $2";

const ISSUED: &str = "update rewards.batch set issued_at = $2 where id = $1 and issued_at is null";

const UNISSUED: &str = "
    select id, product, codes, digest, made_at, issued_at from rewards.batch
    where issued_at is null order by made_at limit $1";

const TAKE: &str = "
    update rewards.code set voucher = $2
    where number = (
        select number from rewards.code where product = $1 and voucher is null order by number limit 1
        for update skip locked)
    returning number";

const PUT_BACK: &str = "update rewards.code set voucher = null where voucher = $1";

/// A code that is to be kept, with what it is found by: under the present key first, then under earlier ones.
struct New {
    line: usize,
    code: Code,
    hashes: Vec<Vec<u8>>,
}

impl Vouchers {
    /// Makes so many codes, and as many units for the product's stock. Asked for again under the same id, they are made
    /// once.
    pub async fn make_codes(
        &self,
        owner: &Owner<'_>,
        product: &str,
        count: usize,
        id: &str,
        by: &By,
    ) -> Result<Batch, Error> {
        if !(1..=CODES_MAX).contains(&count) {
            return Err(Error::Codes { max: CODES_MAX });
        }
        let made = (0..count).map(|at| (at + 1, Code::made_of(seal::random::<{ LENGTH - 1 }>()))).collect();
        let content = format!("made\0{product}\0{count}");
        self.add(owner, (product, Codes::Made), made, content.as_bytes(), id, by).await
    }

    /// Takes in a partner's codes, all of them or none, and as many units for the product's stock. Asked for again
    /// under the same id, they are taken in once.
    pub async fn import_codes(
        &self,
        owner: &Owner<'_>,
        product: &str,
        csv: &[u8],
        id: &str,
        by: &By,
    ) -> Result<Batch, Error> {
        let read = import::read(csv)?;
        let content = [format!("imported\0{product}\0").as_bytes(), csv].concat();
        self.add(owner, (product, Codes::Imported), read, &content, id, by).await
    }

    async fn add(
        &self,
        owner: &Owner<'_>,
        (product, codes): (&str, Codes),
        read: Vec<(usize, Code)>,
        content: &[u8],
        id: &str,
        by: &By,
    ) -> Result<Batch, Error> {
        let digests = self.secrets.digests(content);
        let new: Vec<New> = read
            .into_iter()
            .map(|(line, code)| New { line, hashes: self.secrets.hashes(owner, &code), code })
            .collect();
        let batch = self.store.run_tx("vouchers.codes", async |tx| {
            let found = product::find(tx, product).await?.filter(|it| owner.has(it));
            let found = found.ok_or_else(|| Error::UnknownProduct { id: product.to_owned() })?;
            if found.terms.codes != codes {
                return Err(Error::OtherCodes { id: found.id, has: found.terms.codes });
            }
            self.add_in(tx, &found, &new, &digests, id, by).await
        });
        self.issue(batch.await?).await
    }

    async fn add_in(
        &self,
        tx: &Transaction<'_>,
        product: &Product,
        new: &[New],
        digests: &[Vec<u8>],
        id: &str,
        by: &By,
    ) -> Result<Batch, Error> {
        if tx.query_opt(HOLD_PRODUCT, &[&product.id]).await?.is_none() {
            return Err(Error::NotOnSale { id: product.id.clone() });
        }
        let count = i32::try_from(new.len()).unwrap_or(i32::MAX);
        let params: store::Params<'_> =
            &[&id, &product.id, &count, &digests.first(), &by.actor.id, &At(by.at)];
        if tx.execute(MAKE, params).await? == 0 {
            let row = tx.query_one(FIND, &[&id]).await?;
            let is_same = digests.iter().any(|it| it == row.get::<_, &[u8]>("digest"));
            return if is_same { Ok(batch(&row)) } else { Err(Error::OtherRequest) };
        }
        refuse_known(tx, new).await?;
        for some in new.chunks(CHUNK) {
            let hashes: Vec<&[u8]> = some.iter().map(|it| it.hashes[0].as_slice()).collect();
            let sealed = |it: &New| self.secrets.seal(&product.id, &it.hashes[0], &it.code);
            let sealed: Vec<Vec<u8>> = some.iter().map(sealed).collect();
            let added = tx.execute(ADD, &[&id, &product.id, &hashes, &sealed]).await?;
            if added != some.len() as u64 {
                // Others have brought some of them at this moment.
                let rows = tx.query(OTHERS, &[&hashes, &id]).await?;
                return Err(known(some, &rows).into());
            }
        }
        let deed = Deed {
            organisation_id: product.organisation_id.as_deref(),
            action: "product.codes",
            object: &product.id,
            before: None,
            after: Some(json!({ "batch": id, "codes": count, "from": product.terms.codes.word() })),
        };
        audit::record(tx, by, &deed).await?;
        Ok(batch(&tx.query_one(FIND, &[&id]).await?))
    }

    /// Has the units of a batch come into being, once.
    async fn issue(&self, batch: Batch) -> Result<Batch, Error> {
        if batch.issued_at.is_some() {
            return Ok(batch);
        }
        let now = self.clock.now();
        let opened = self.store.run_tx("vouchers.stock", async |tx| {
            let product = product::find(tx, &batch.product).await?;
            let product = product.ok_or_else(|| Error::UnknownProduct { id: batch.product.clone() })?;
            Ok::<_, Error>((product.asset()?, product.issuer(tx, now).await?, product.stock(tx, now).await?))
        });
        let (asset, issuer, stock) = opened.await?;
        let of = Move::of(asset, i64::from(batch.codes), issuer, stock, Reason::Issue);
        let of = of.map_err(wallet::Error::from)?;
        let id = TransferId::following_from("batch.issue", &[&batch.id]);
        let metadata = Metadata::new([("product", batch.product.as_str()), ("batch", batch.id.as_str())]);
        self.ledger.make(Transfer::new(id, Act::Post(of)).about(metadata.unwrap_or_default())).await?;
        self.store.run_one("vouchers.issued", ISSUED, &[&batch.id, &At(now)]).await?;
        Ok(Batch { issued_at: Some(now), ..batch })
    }

    /// Has the units come into being of batches whose process ended before that; says of how many.
    pub(super) async fn issue_due(&self) -> Result<u64, Error> {
        let read = async |db: &Client<'_>| db.query(UNISSUED, &[&UNISSUED_MAX]).await;
        let batches: Vec<Batch> =
            self.store.read("vouchers.unissued", read).await?.iter().map(batch).collect();
        let mut issued = 0;
        for batch in batches {
            self.issue(batch).await?;
            issued += 1;
        }
        Ok(issued)
    }
}

/// Takes a free code of a product for a voucher. Those that others are taking at this moment are passed over.
pub(super) async fn take(tx: &Transaction<'_>, product: &str, voucher: &str) -> Result<(), Error> {
    tx.query_opt(TAKE, &[&product, &voucher]).await?.map(drop).ok_or(Error::Busy)
}

/// Puts a code back that nobody has seen.
pub(super) async fn put_back(tx: &Transaction<'_>, voucher: &str) -> Result<(), Error> {
    tx.execute(PUT_BACK, &[&voucher]).await?;
    Ok(())
}

async fn refuse_known(tx: &Transaction<'_>, new: &[New]) -> Result<(), Error> {
    let mut bad = Vec::new();
    for some in new.chunks(CHUNK) {
        let hashes: Vec<&[u8]> = some.iter().flat_map(|it| &it.hashes).map(Vec::as_slice).collect();
        let rows = tx.query(KNOWN, &[&hashes]).await?;
        bad.extend(lines_of(some, &rows));
    }
    if bad.is_empty() { Ok(()) } else { Err(NotImported::lines(bad).into()) }
}

fn known(some: &[New], rows: &[Row]) -> NotImported {
    NotImported::lines(lines_of(some, rows))
}

/// The lines of codes that are in these rows.
fn lines_of(some: &[New], rows: &[Row]) -> Vec<BadLine> {
    let lines: HashMap<&[u8], usize> =
        some.iter().flat_map(|it| it.hashes.iter().map(|hash| (hash.as_slice(), it.line))).collect();
    let line = |row: &Row| lines.get(row.get::<_, &[u8]>("hash")).copied();
    rows.iter().filter_map(line).map(|line| BadLine { line, why: Bad::Known }).collect()
}

fn batch(row: &Row) -> Batch {
    Batch {
        id: row.get("id"),
        product: row.get("product"),
        codes: row.get("codes"),
        made_at: row.get::<_, At>("made_at").0,
        issued_at: row.get::<_, Option<At>>("issued_at").map(|it| it.0),
    }
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] =
    &[FIND, HOLD_PRODUCT, MAKE, KNOWN, ADD, OTHERS, ISSUED, UNISSUED, TAKE, PUT_BACK];
