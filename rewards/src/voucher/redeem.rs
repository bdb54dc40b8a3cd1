//! Redeeming: whoever owns the product takes a voucher's code, or the link that a fan shows, once.
//!
//! What is not to be redeemed is told from nothing else: a code that nobody has, one of another organisation, one that
//! is over or was never shown are one answer, and the way to it is the same. That a voucher of one's own was redeemed
//! already is told, with when and where.

use super::claim::{State, Voucher, voucher};
use super::secrets::Purpose;
use super::{Owner, Vouchers};
use crate::code::Code;
use crate::error::Error;
use access::attempts::{self, Allowed, Rule};
use access::audit;
use access::{ActorKind, By, Deed};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::{At, Client, Row, Transaction};
use wallet::{Books, Holder};

/// How long a link is good that a fan shows.
const LINK_LASTS: SignedDuration = SignedDuration::from_mins(1);
/// How long somebody may take to confirm what a form says.
const PASS_LASTS: SignedDuration = SignedDuration::from_mins(10);
/// Characters of a place.
const PLACE_MAX: usize = 120;
/// Characters of what is typed or scanned: far more than any of ours has.
const SAID_MAX: usize = 500;

const WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// Codes that somebody may try in vain.
const BY_PERSON: Rule = Rule { name: "voucher-by-person", max: 30, within: WITHIN };
/// A till has many people; its guesses are no more worth.
const BY_PROGRAM: Rule = Rule { name: "voucher-by-program", max: 300, within: WITHIN };
/// All of an organisation together.
const BY_ORGANISATION: Rule = Rule { name: "voucher-by-organisation", max: 1_000, within: WITHIN };

/// Who redeems.
#[derive(Clone, Copy, Debug)]
pub struct Redeemer<'a> {
    /// Whose vouchers: an organisation's own, or the house's own for operators.
    pub owner: Owner<'a>,
    pub by: &'a By,
    /// Where that is, for the log.
    pub place: Option<&'a str>,
    /// The redeemer's own name for this request: asked again under it, the answer is the same.
    pub request: Option<&'a str>,
}

/// What was said of a voucher.
#[derive(Clone, Copy)]
pub enum Said<'a> {
    /// Its code, as it was typed or scanned.
    Code(&'a str),
    /// The text of a link, as [`Vouchers::link`] made it.
    Link(&'a str),
    /// What a form of ours brings back, as [`Vouchers::pass`] made it.
    Pass(&'a str),
}

impl<'a> Said<'a> {
    /// What somebody typed, pasted or scanned: a code, a link, or what is behind a link's number sign.
    pub fn typed(text: &'a str) -> Self {
        let text = text.trim();
        match text.rsplit_once('#') {
            Some((_, link)) => Said::Link(link),
            // No code has 64 characters and a full stop after them.
            None if text.len() > 64 => Said::Link(text),
            None => Said::Code(text),
        }
    }
}

/// What there is to say of a voucher to who may redeem it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub voucher: Voucher,
    /// What it is for.
    pub name: String,
    pub description: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It can be redeemed; after redeeming: it is.
    Good(Shown),
    /// It was, before.
    Redeemed(Shown),
    Nothing,
}

const BY_CODE: &str = "
    select v.id, v.product, v.fan_id, v.state, v.reason, v.settled_at, v.valid_until, v.redeemed_at, v.place, v.request,
        p.name, p.description
    from rewards.code c
        join rewards.voucher v on v.id = c.voucher
        join rewards.product p on p.id = v.product
    where c.hash = any($1) order by c.number limit 1";

const BY_ID: &str = "
    select v.id, v.product, v.fan_id, v.state, v.reason, v.settled_at, v.valid_until, v.redeemed_at, v.place, v.request,
        p.name, p.description
    from rewards.voucher v join rewards.product p on p.id = v.product
    where v.id = $1 and p.books = $2 and p.organisation_id is not distinct from $3";

const LOCK: &str = "select id from rewards.voucher where id = $1 for update";

const REDEEM: &str = "
    update rewards.voucher set state = 'redeemed', redeemed_at = $2, redeemed_by = $3, place = $4, request = $5
    where id = $1 and state = 'claimed' and valid_until > $2";

impl Vouchers {
    /// A text for a fan to show for a minute, and until when it is good: who has it can have the voucher redeemed,
    /// once.
    pub async fn link(&self, holder: &Holder<'_>, id: &str) -> Result<(String, Timestamp), Error> {
        let now = self.clock.now();
        let opened = self.voucher(holder, id).await?;
        if opened.code.is_none() {
            return Err(Error::UnknownVoucher { id: id.to_owned() });
        }
        let until = At::after(now, LINK_LASTS).0;
        Ok((self.secrets.sign(Purpose::Link, &[id], until), until))
    }

    /// What a form brings back when it is confirmed: good for ten minutes, and for who was shown it alone.
    pub fn pass(&self, redeemer: &Redeemer<'_>, voucher: &str) -> String {
        let until = At::after(self.clock.now(), PASS_LASTS).0;
        let organisation = redeemer.owner.organisation_id.unwrap_or_default();
        let (books, by) = (redeemer.owner.books.word(), &redeemer.by.actor.id);
        self.secrets.sign(Purpose::Pass, &[voucher, books, organisation, by], until)
    }

    /// What a voucher is, before it is redeemed. What is tried in vain is counted.
    pub async fn look_up(&self, redeemer: &Redeemer<'_>, said: Said<'_>) -> Result<Found, Error> {
        let now = self.clock.now();
        let counted = self.count(redeemer, said, now).await?;
        let looked = self.store.run_tx("vouchers.look_up", async |tx| {
            let found = self.find_said(tx, redeemer, said, now).await?;
            let found = found.map_or(Found::Nothing, |(shown, _)| found_as(shown, now));
            if matches!(found, Found::Good(_)) {
                uncount(tx, redeemer, counted).await?;
            }
            Ok::<_, Error>(found)
        });
        looked.await
    }

    /// Redeems a voucher, once, whoever asks for it at the same moment. What is tried in vain is counted.
    pub async fn redeem(&self, redeemer: &Redeemer<'_>, said: Said<'_>) -> Result<Found, Error> {
        let now = self.clock.now();
        if redeemer.place.is_some_and(|it| it.chars().count() > PLACE_MAX) {
            return Err(Error::Text { what: "a place", max: PLACE_MAX });
        }
        let counted = self.count(redeemer, said, now).await?;
        let redeemed = self.store.run_tx("vouchers.redeem", async |tx| {
            let found = self.redeem_in(tx, redeemer, said, now).await?;
            if matches!(found, Found::Good(_)) {
                uncount(tx, redeemer, counted).await?;
            }
            Ok::<_, Error>(found)
        });
        redeemed.await
    }

    async fn redeem_in(
        &self,
        tx: &Transaction<'_>,
        redeemer: &Redeemer<'_>,
        said: Said<'_>,
        now: Timestamp,
    ) -> Result<Found, Error> {
        let Some((known, _)) = self.find_said(tx, redeemer, said, now).await? else {
            return Ok(Found::Nothing);
        };
        // Read again under its lock: another may be redeeming it.
        tx.query_one(LOCK, &[&known.voucher.id]).await?;
        let params: store::Params<'_> =
            &[&known.voucher.id, &redeemer.owner.books.word(), &redeemer.owner.organisation_id];
        let row = tx.query_one(BY_ID, params).await?;
        let known = shown(&row);
        let request = redeemer.request.map(|it| request_of(redeemer, it));
        match found_as(known, now) {
            Found::Good(known) => {
                let params: store::Params<'_> =
                    &[&known.voucher.id, &At(now), &redeemer.by.actor.id, &redeemer.place, &request];
                if tx.execute(REDEEM, params).await? == 0 {
                    return Ok(Found::Nothing);
                }
                record(tx, redeemer, &known).await?;
                if let Some(fan_id) = &known.voucher.fan_id {
                    wallet::holder::tell(tx, fan_id).await?;
                }
                let params: store::Params<'_> =
                    &[&known.voucher.id, &redeemer.owner.books.word(), &redeemer.owner.organisation_id];
                Ok(Found::Good(shown(&tx.query_one(BY_ID, params).await?)))
            }
            Found::Redeemed(known)
                if request.is_some() && row.get::<_, Option<Vec<u8>>>("request") == request =>
            {
                Ok(Found::Good(known))
            }
            other => Ok(other),
        }
    }

    /// The voucher that is meant, of this owner.
    async fn find_said(
        &self,
        client: &Client<'_>,
        redeemer: &Redeemer<'_>,
        said: Said<'_>,
        now: Timestamp,
    ) -> Result<Option<(Shown, String)>, Error> {
        let row = match said {
            Said::Code(text) => {
                let hashes = self.hashes_of(&redeemer.owner, text);
                client.query_opt(BY_CODE, &[&hashes]).await?
            }
            Said::Link(text) => {
                let id = self.secrets.signed(Purpose::Link, text, now).and_then(|it| it.into_iter().next());
                by_id(client, &redeemer.owner, &id.unwrap_or_default()).await?
            }
            Said::Pass(text) => {
                let signed = self.secrets.signed(Purpose::Pass, text, now).unwrap_or_default();
                let organisation = redeemer.owner.organisation_id.unwrap_or_default();
                let id = match &signed[..] {
                    [id, books, of, by]
                        if (books.as_str(), of.as_str()) == (redeemer.owner.books.word(), organisation)
                            && *by == redeemer.by.actor.id =>
                    {
                        id.as_str()
                    }
                    _ => "",
                };
                by_id(client, &redeemer.owner, id).await?
            }
        };
        Ok(row.map(|row| (shown(&row), row.get("id"))))
    }

    /// What a text is found by: as one that was made here, and as one that was imported. None for what is neither,
    /// which is then looked for like any other.
    fn hashes_of(&self, owner: &Owner<'_>, text: &str) -> Vec<Vec<u8>> {
        let text = if text.len() > SAID_MAX { "" } else { text };
        let codes = Code::typed(text).into_iter().chain(Code::imported(text));
        codes.flat_map(|it| self.secrets.hashes(owner, &it)).collect()
    }

    /// Counts an attempt before it is made. A pass of ours is no guess.
    async fn count(&self, redeemer: &Redeemer<'_>, said: Said<'_>, now: Timestamp) -> Result<Counted, Error> {
        if matches!(said, Said::Pass(_)) {
            return Ok(Counted::Not);
        }
        let counted = self.store.run_tx("vouchers.attempt", async |tx| {
            for (rule, subject) in rules(redeemer) {
                if let Allowed::No { until } = attempts::count(tx, rule, &subject, now).await? {
                    return Ok(Some(until));
                }
            }
            Ok::<_, Error>(None)
        });
        match counted.await? {
            Some(until) => Err(Error::TooOften { until }),
            None => Ok(Counted::Once),
        }
    }
}

/// Whether an attempt was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    Once,
    Not,
}

/// One's own first: who may try no more uses up nothing of the others'. In one order, so that no two wait for each
/// other.
fn rules(redeemer: &Redeemer<'_>) -> [(Rule, String); 2] {
    let actor = &redeemer.by.actor;
    let own = match actor.kind {
        ActorKind::Key | ActorKind::System => BY_PROGRAM,
        ActorKind::User | ActorKind::Operator => BY_PERSON,
    };
    let organisation = redeemer.owner.organisation_id.unwrap_or("the house");
    // What is tried out counts apart.
    let books = redeemer.owner.books.word();
    [(own, format!("{} {books}", actor.id)), (BY_ORGANISATION, format!("{organisation} {books}"))]
}

async fn uncount(tx: &Transaction<'_>, redeemer: &Redeemer<'_>, counted: Counted) -> Result<(), Error> {
    for (rule, subject) in rules(redeemer).iter().filter(|_| counted == Counted::Once) {
        attempts::uncount(tx, *rule, subject).await?;
    }
    Ok(())
}

async fn by_id(client: &Client<'_>, owner: &Owner<'_>, id: &str) -> Result<Option<Row>, Error> {
    Ok(client.query_opt(BY_ID, &[&id, &owner.books.word(), &owner.organisation_id]).await?)
}

fn found_as(shown: Shown, now: Timestamp) -> Found {
    match shown.voucher.state_at(now) {
        State::Claimed => Found::Good(shown),
        State::Redeemed => Found::Redeemed(shown),
        State::Asked | State::Refused(_) | State::Expired => Found::Nothing,
    }
}

fn shown(row: &Row) -> Shown {
    Shown { voucher: voucher(row), name: row.get("name"), description: row.get("description") }
}

async fn record(tx: &Transaction<'_>, redeemer: &Redeemer<'_>, known: &Shown) -> Result<(), Error> {
    let is_test = redeemer.owner.books == Books::Test;
    let after = json!({ "product": known.voucher.product, "place": redeemer.place, "test": is_test });
    let deed = Deed {
        organisation_id: redeemer.owner.organisation_id,
        action: "voucher.redeem",
        object: &known.voucher.id,
        before: None,
        after: Some(after),
    };
    Ok(audit::record(tx, redeemer.by, &deed).await?)
}

/// What a request is known by again.
fn request_of(redeemer: &Redeemer<'_>, request: &str) -> Vec<u8> {
    let hash = Sha256::new().chain_update(&redeemer.by.actor.id).chain_update(b"\0").chain_update(request);
    hash.finalize().to_vec()
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[BY_CODE, BY_ID, LOCK, REDEEM];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_scanned_is_told_from_what_is_typed() {
        let link = "x".repeat(90);
        for (text, expected) in [
            ("ABCD-EFGH".to_owned(), Some("ABCD-EFGH")),
            (" ABCD ".to_owned(), Some("ABCD")),
            (format!("https://crease.example/redeem#{link}"), None),
            (format!("#{link}"), None),
            (link.clone(), None),
        ] {
            match (Said::typed(&text), expected) {
                (Said::Code(code), Some(expected)) => assert_eq!(code, expected),
                (Said::Link(found), None) => assert_eq!(found, link),
                _ => panic!("{text}"),
            }
        }
    }
}
