//! Products: what a voucher is for, and by which terms it is had.

use crate::error::Error;
use crate::voucher::Owner;
use jiff::Timestamp;
use store::{At, Client, Row, Transaction};
use wallet::account::{self, Wanted};
use wallet::{AccountId, AssetCode, Books, Bounds, Kind, Made};

/// Characters of a product's name and of its description.
const NAME_MAX: usize = 120;
const DESCRIPTION_MAX: usize = 2_000;

/// Where a product's codes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codes {
    /// They are made here, and are redeemed here.
    Made,
    /// They are somebody else's, who honours them.
    Imported,
}

impl Codes {
    pub const fn word(self) -> &'static str {
        match self {
            Codes::Made => "made",
            Codes::Imported => "imported",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        [Codes::Made, Codes::Imported].into_iter().find(|it| it.word() == word)
    }
}

/// Whether fans can have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody sees it yet.
    Draft,
    OnSale,
    /// None is sold; who has one keeps it.
    Paused,
    /// Its vouchers are over.
    Over,
}

impl State {
    pub const ALL: [State; 4] = [State::Draft, State::OnSale, State::Paused, State::Over];

    pub const fn word(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::OnSale => "on-sale",
            State::Paused => "paused",
            State::Over => "over",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// What may be done with its vouchers between fans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    /// One fan may give it to another.
    pub transferable: bool,
    /// It may be sold and bought on a market.
    pub tradable: bool,
}

/// By which terms it is had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    pub name: String,
    pub description: String,
    /// Points; none where it is had by other ways alone.
    pub price: Option<i64>,
    /// The most that a fan buys, ever and in a day of UTC.
    pub fan_max: Option<i32>,
    pub fan_day_max: Option<i32>,
    pub valid_from: Timestamp,
    /// Vouchers are over at this moment, whoever has them.
    pub valid_until: Timestamp,
    /// How long a code is good after it was shown, seconds; none: as long as the product is.
    pub claim_seconds: Option<i64>,
    pub between: Between,
    pub codes: Codes,
}

/// What a voucher is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// "prd_…"
    pub id: String,
    pub books: Books,
    /// Whose fans it is for; none: all fans'.
    pub organisation_id: Option<String>,
    pub terms: Terms,
    pub state: State,
    pub version: i32,
    pub made_at: Timestamp,
}

impl Product {
    /// The asset that its vouchers are units of.
    pub fn asset(&self) -> Result<AssetCode, Error> {
        AssetCode::voucher(&self.id).ok_or_else(|| Error::UnknownProduct { id: self.id.clone() })
    }

    /// Whether fans of an organisation in these books can have it.
    pub fn is_for(&self, books: Books, organisation_id: &str) -> bool {
        self.books == books && self.organisation_id.as_deref().is_none_or(|it| it == organisation_id)
    }

    /// Whether its vouchers are good at a moment.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        (self.terms.valid_from..self.terms.valid_until).contains(&now)
    }

    /// Whether it is sold then.
    pub fn is_on_sale(&self, now: Timestamp) -> bool {
        self.state == State::OnSale && self.is_valid(now)
    }

    /// Whether who holds one may do something with it then.
    pub fn is_held(&self, now: Timestamp) -> bool {
        !matches!(self.state, State::Draft | State::Over) && self.is_valid(now)
    }

    /// The account of those that nobody has yet; opened when it is first asked for.
    pub async fn stock(&self, tx: &Transaction<'_>, now: Timestamp) -> Result<AccountId, Error> {
        let owner = match self.books {
            Books::Live => self.id.clone(),
            Books::Test => format!("{}/test", self.id),
        };
        let wanted = Wanted::new(self.asset()?, Kind::Stock, &owner, Bounds::NO_OVERDRAFT);
        Ok(account::open(tx, &wanted, now).await?)
    }

    /// The account that its vouchers come from when they come into being, and go to when they are claimed or over.
    pub async fn issuer(&self, tx: &Transaction<'_>, now: Timestamp) -> Result<AccountId, Error> {
        Ok(wallet::holder::issuer(tx, self.books, self.asset()?, now).await?)
    }

    /// A fan's account of its vouchers; opened when it is first asked for. The fan's wallet is open, in the product's books.
    pub async fn account(
        &self,
        tx: &Transaction<'_>,
        fan_id: &str,
        now: Timestamp,
    ) -> Result<AccountId, Error> {
        let wanted = Wanted::new(self.asset()?, Kind::Fan, fan_id, Bounds::NO_OVERDRAFT);
        Ok(account::open(tx, &wanted, now).await?)
    }
}

impl Terms {
    fn check(&self) -> Result<(), Error> {
        if !(1..=NAME_MAX).contains(&self.name.trim().chars().count()) {
            return Err(Error::Text { what: "a product's name", max: NAME_MAX });
        }
        if self.description.chars().count() > DESCRIPTION_MAX {
            return Err(Error::Text { what: "a product's description", max: DESCRIPTION_MAX });
        }
        let is_one = |it: Option<i64>| it.is_none_or(|it| (1..=wallet::UNITS_MAX).contains(&it));
        let limits = [self.fan_max, self.fan_day_max].map(|it| it.map(i64::from));
        if !limits.into_iter().chain([self.price, self.claim_seconds]).all(is_one) {
            return Err(Error::Terms { what: "a price, a limit and a time are 1 or more, or left out" });
        }
        if self.valid_from >= self.valid_until {
            return Err(Error::Terms { what: "a product is over after it begins" });
        }
        Ok(())
    }
}

const MAKE: &str = "
    insert into rewards.product (id, books, organisation_id, name, description, price, fan_max, fan_day_max, valid_from,
        valid_until, claim_seconds, transferable, tradable, codes, state, made_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'draft', $15)
    on conflict (id) do nothing";

/// A new product, which is a draft: of an organisation's fans, or of all. Answers its id.
pub async fn make(
    tx: &Transaction<'_>,
    books: Books,
    organisation_id: Option<&str>,
    terms: &Terms,
    now: Timestamp,
) -> Result<String, Error> {
    let id = store::ids::new("prd");
    make_as(tx, &id, books, organisation_id, terms, now).await?;
    Ok(id)
}

/// The same under an id that was made before; does nothing where it is there.
pub async fn make_as(
    tx: &Transaction<'_>,
    id: &str,
    books: Books,
    organisation_id: Option<&str>,
    terms: &Terms,
    now: Timestamp,
) -> Result<Made, Error> {
    terms.check()?;
    let Terms { name, description, price, fan_max, fan_day_max, claim_seconds, .. } = terms;
    let params: store::Params<'_> = &[
        &id,
        &books.word(),
        &organisation_id,
        name,
        description,
        price,
        fan_max,
        fan_day_max,
        &At(terms.valid_from),
        &At(terms.valid_until),
        claim_seconds,
        &terms.between.transferable,
        &terms.between.tradable,
        &terms.codes.word(),
        &At(now),
    ];
    Ok(if tx.execute(MAKE, params).await? == 1 { Made::Now } else { Made::Before })
}

const FIND: &str = "
    select id, books, organisation_id, name, description, price, fan_max, fan_day_max, valid_from, valid_until, claim_seconds,
        transferable, tradable, codes, state, version, made_at
    from rewards.product where id = $1";

pub async fn find(client: &Client<'_>, id: &str) -> Result<Option<Product>, Error> {
    client.query_opt(FIND, &[&id]).await?.as_ref().map(read).transpose()
}

const OF_FANS: &str = "
    select id, books, organisation_id, name, description, price, fan_max, fan_day_max, valid_from, valid_until, claim_seconds,
        transferable, tradable, codes, state, version, made_at
    from rewards.product
    where books = $1 and (organisation_id is null or organisation_id = $2) and state in ('on-sale', 'paused')
        and valid_from <= $3 and valid_until > $3 and id > $4
    order by id limit $5";

/// Those that fans of an organisation can see at a moment, by id from after one.
pub async fn of_fans(
    client: &Client<'_>,
    (books, organisation_id): (Books, &str),
    now: Timestamp,
    after: &str,
    limit: i64,
) -> Result<Vec<Product>, Error> {
    let params: store::Params<'_> = &[&books.word(), &organisation_id, &At(now), &after, &limit];
    client.query(OF_FANS, params).await?.iter().map(read).collect()
}

const NAMED: &str = "
    select id, books, organisation_id, name, description, price, fan_max, fan_day_max, valid_from, valid_until, claim_seconds,
        transferable, tradable, codes, state, version, made_at
    from rewards.product where id = any($1) order by id";

/// Those of these ids that there are.
pub async fn named(client: &Client<'_>, ids: &[&str]) -> Result<Vec<Product>, Error> {
    client.query(NAMED, &[&ids]).await?.iter().map(read).collect()
}

const OF_OWNER: &str = "
    select id, books, organisation_id, name, description, price, fan_max, fan_day_max, valid_from, valid_until, claim_seconds,
        transferable, tradable, codes, state, version, made_at
    from rewards.product where books = $1 and organisation_id is not distinct from $2 and id > $3 order by id limit $4";

/// Those of an owner, drafts too, by id from after one.
pub async fn of_owner(
    client: &Client<'_>,
    owner: &Owner<'_>,
    after: &str,
    limit: i64,
) -> Result<Vec<Product>, Error> {
    let params: store::Params<'_> = &[&owner.books.word(), &owner.organisation_id, &after, &limit];
    client.query(OF_OWNER, params).await?.iter().map(read).collect()
}

const ALL: &str = "
    select id, books, organisation_id, name, description, price, fan_max, fan_day_max, valid_from, valid_until, claim_seconds,
        transferable, tradable, codes, state, version, made_at
    from rewards.product where books = $1 and id > $2 order by id limit $3";

/// Whoever's, drafts too, by id from after one.
pub async fn all(client: &Client<'_>, books: Books, after: &str, limit: i64) -> Result<Vec<Product>, Error> {
    client.query(ALL, &[&books.word(), &after, &limit]).await?.iter().map(read).collect()
}

const LOCK: &str = "select version from rewards.product where id = $1 for update";

const CHANGE: &str = "
    update rewards.product set name = $2, description = $3, price = $4, fan_max = $5, fan_day_max = $6, valid_from = $7,
        valid_until = $8, claim_seconds = $9, transferable = $10, tradable = $11, state = $12, version = version + 1
    where id = $1 and state <> 'over'";

/// Has nobody else change it before the transaction ends; answers it.
pub async fn lock(tx: &Transaction<'_>, id: &str) -> Result<Option<Product>, Error> {
    if tx.query_opt(LOCK, &[&id]).await?.is_none() {
        return Ok(None);
    }
    find(tx, id).await
}

/// Changes terms and state; where codes come from stays what it was, and who has bought has bought. One that is over stays so.
pub async fn change(tx: &Transaction<'_>, id: &str, terms: &Terms, state: State) -> Result<(), Error> {
    terms.check()?;
    let Terms { name, description, price, fan_max, fan_day_max, claim_seconds, .. } = terms;
    let params: store::Params<'_> = &[
        &id,
        name,
        description,
        price,
        fan_max,
        fan_day_max,
        &At(terms.valid_from),
        &At(terms.valid_until),
        claim_seconds,
        &terms.between.transferable,
        &terms.between.tradable,
        &state.word(),
    ];
    match tx.execute(CHANGE, params).await? {
        1 => Ok(()),
        _ => Err(Error::NotOnSale { id: id.to_owned() }),
    }
}

const SET: &str =
    "update rewards.product set state = $2, version = version + 1 where id = $1 and state <> 'over'";

/// Puts it on sale, or stops that. One that is over stays so.
pub async fn set_state(tx: &Transaction<'_>, id: &str, state: State) -> Result<(), Error> {
    match tx.execute(SET, &[&id, &state.word()]).await? {
        1 => Ok(()),
        _ => Err(Error::UnknownProduct { id: id.to_owned() }),
    }
}

fn read(row: &Row) -> Result<Product, Error> {
    let id: String = row.get("id");
    let unreadable = |column| Error::Unreadable { what: id.clone(), column };
    Ok(Product {
        books: Books::of(row.get("books")).ok_or_else(|| unreadable("books"))?,
        organisation_id: row.get("organisation_id"),
        terms: Terms {
            name: row.get("name"),
            description: row.get("description"),
            price: row.get("price"),
            fan_max: row.get("fan_max"),
            fan_day_max: row.get("fan_day_max"),
            valid_from: row.get::<_, At>("valid_from").0,
            valid_until: row.get::<_, At>("valid_until").0,
            claim_seconds: row.get("claim_seconds"),
            between: Between { transferable: row.get("transferable"), tradable: row.get("tradable") },
            codes: Codes::of(row.get("codes")).ok_or_else(|| unreadable("codes"))?,
        },
        state: State::of(row.get("state")).ok_or_else(|| unreadable("state"))?,
        version: row.get("version"),
        made_at: row.get::<_, At>("made_at").0,
        id: id.clone(),
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[MAKE, FIND, OF_FANS, NAMED, OF_OWNER, ALL, LOCK, CHANGE, SET];
