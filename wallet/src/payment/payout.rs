//! Payouts of partners' settlements: asked for by one, approved by another, sent by a gateway.

use super::books::{self, Out};
use super::difference::{DifferenceKind, Found, found};
use super::learn::Learned;
use super::life::{Source, Subject, see};
use super::out::{self, Decision, Going, Seen, Sent, Table, check_text, may_decide, record, refusal};
use super::state::Outgoing;
use super::work::SendPayout;
use super::{Error, Payments};
use crate::account;
use crate::asset::AssetCode;
use crate::gateway::{Before, Gateway, Gone, PayingOut};
use crate::id::{AccountId, PayoutId};
use crate::ledger::{Kind, Move, Reason};
use crate::money::{Money, NoMoney};
use access::By;
use serde_json::json;
use store::{At, Client, Row};
use uuid::Uuid;

const WHY_CHARS_MAX: usize = 500;
const DESTINATION_CHARS_MAX: usize = 100;

/// A payout that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct AskPayout<'a> {
    /// Made by who asks, and asked for again under the same.
    pub id: PayoutId,
    /// Whose it is: `org_…`.
    pub owner: &'a str,
    /// The partner's account, of the money's asset.
    pub account: AccountId,
    pub money: Money,
    pub gateway: &'a str,
    /// The gateway's name of where it goes: `acct_…`, `fa_…`. No bank details.
    pub destination: &'a str,
    /// For the one who approves it.
    pub why: &'a str,
}

/// A payout that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Payout {
    pub id: PayoutId,
    pub number: i64,
    pub owner: String,
    pub account: AccountId,
    pub money: Money,
    pub gateway: String,
    pub destination: String,
    pub why: String,
    pub going: Going,
}

const INSERT: &str = "
    insert into wallet.payout
        (id, mode, owner, account, asset, units, gateway, destination, why, decision, asked_by, asked_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'asked', $10, $11)
    on conflict (id) do nothing";

macro_rules! payouts {
    ($rest:literal) => {
        concat!(
            "select id, number, owner, account, asset, units, gateway, destination, why, decision, asked_by, asked_at,
                decided_by, decided_at, is_asked, reference, outgoing, reason, settled_at
            from wallet.payout ",
            $rest
        )
    };
}

const FIND: &str = payouts!("where id = $1 and mode = $2");
const HOLD: &str = payouts!("where id = $1 and mode = $2 for no key update");
const AT_GATEWAY: &str = payouts!("where gateway = $1 and mode = $2 and reference = $3");
const PAGE: &str = payouts!(
    "where mode = $1 and ($2::bigint is null or number < $2) and ($3::text is null or owner = $3)
        and ($4::text is null or decision = $4) order by number desc limit $5"
);

impl Payments {
    pub async fn payout(&self, id: PayoutId) -> Result<Payout, Error> {
        let params: store::Params<'_> = &[&id.uuid(), &self.mode.word()];
        let row = self.store.read("wallet.payout", async |db| db.query_opt(FIND, params).await).await?;
        read(&row.ok_or(Error::UnknownPayout { id })?)
    }

    /// The newest first, of one owner or of all, all or those about which people have decided so; older than
    /// the one with the number `before`: at most 200.
    pub async fn payouts(
        &self,
        owner: Option<&str>,
        decision: Option<Decision>,
        before: Option<i64>,
        count: i64,
    ) -> Result<Vec<Payout>, Error> {
        let (count, decision) = (count.clamp(1, super::PAGE_MAX), decision.map(Decision::word));
        let params: store::Params<'_> = &[&self.mode.word(), &before, &owner, &decision, &count];
        let rows = self.store.read("wallet.payouts", async |db| db.query(PAGE, params).await).await?;
        rows.iter().map(read).collect()
    }

    /// Asks for a payout, and keeps the money apart.
    pub async fn ask_payout(&self, wanted: &AskPayout<'_>, by: &By) -> Result<Payout, Error> {
        check_text(wanted.why, WHY_CHARS_MAX)?;
        check_text(wanted.destination, DESTINATION_CHARS_MAX)?;
        self.gateway(wanted.gateway)?;
        let id = wanted.id;
        let find = async |db: &Client<'_>| account::find(db, wanted.account).await;
        let found = self.store.read("wallet.account", find).await?;
        let fits = found
            .is_some_and(|it| it.standing.kind == Kind::Partner && it.standing.asset == wanted.money.asset());
        if !fits {
            return Err(Error::WrongAccount { account: wanted.account });
        }
        let (mode, asset, units) = (self.mode.word(), wanted.money.asset().text(), wanted.money.units());
        let params: store::Params<'_> = &[
            &id.uuid(),
            &mode,
            &wanted.owner,
            &wanted.account.uuid(),
            &asset,
            &units,
            &wanted.gateway,
            &wanted.destination,
            &wanted.why,
            &by.actor.id,
            &At(by.at),
        ];
        let asked = self.store.run_tx("wallet.payout_ask", async |tx| {
            if tx.execute(INSERT, params).await? == 0 {
                return Ok(());
            }
            let asked = json!({ "owner": wanted.owner, "asset": asset, "units": units, "gateway": wanted.gateway,
                "destination": wanted.destination, "why": wanted.why });
            record(tx, by, "payout.ask", &id.to_string(), asked.clone()).await?;
            see(tx, Subject::Payout(id), Source::Ask, ("asked for", Some(asked)), by.at).await
        });
        asked.await?;
        let payout = self.payout(id).await?;
        let is_same = payout.owner == wanted.owner
            && payout.account == wanted.account
            && payout.money == wanted.money
            && payout.gateway == wanted.gateway
            && payout.destination == wanted.destination;
        if !is_same {
            return Err(Error::OtherContent { id: id.to_string() });
        }
        if payout.going.decision != Decision::Asked {
            return Ok(payout);
        }
        let out = self.payout_out(&payout).await?;
        if let Err(error) = self.keep(&out).await {
            if matches!(error, Error::Ledger(crate::Error::Refused(_))) {
                self.drop_payout(id, by, "not enough is left to pay out").await?;
                self.settle_payout(id).await?;
            }
            return Err(error);
        }
        // Refused in the moment before it was held.
        let payout = self.payout(id).await?;
        if payout.going.decision == Decision::Dropped {
            self.give_back(&out).await?;
        }
        Ok(payout)
    }

    /// The second pair of eyes. The payout is sent by a job.
    pub async fn approve_payout(&self, id: PayoutId, by: &By) -> Result<Payout, Error> {
        let payout = self.payout(id).await?;
        may_decide(&payout.going, &id.to_string())?;
        if payout.going.asked_by == by.actor.id {
            return Err(Error::SameEyes);
        }
        // It was not, if the process ended too soon.
        self.keep(&self.payout_out(&payout).await?).await?;
        let approved = self.store.run_tx("wallet.payout_approve", async |tx| {
            if out::decide(tx, Table::Payout, id.uuid(), Decision::Approved, by, None).await? == 0 {
                return Err(Error::Decided { id: id.to_string(), decision: "decided" });
            }
            self.put(tx, &SendPayout { id: id.to_string() }, &id.to_string(), None).await?;
            let money = json!({ "asset": payout.money.asset().text(), "units": payout.money.units() });
            record(tx, by, "payout.approve", &id.to_string(), money).await?;
            see(tx, Subject::Payout(id), Source::People, ("approved", None), by.at).await
        });
        approved.await?;
        self.payout(id).await
    }

    /// It is not made: by whoever may, also by the one who asked for it.
    pub async fn refuse_payout(&self, id: PayoutId, why: &str, by: &By) -> Result<Payout, Error> {
        check_text(why, WHY_CHARS_MAX)?;
        let payout = self.payout(id).await?;
        may_decide(&payout.going, &id.to_string())?;
        if !self.drop_payout(id, by, why).await? {
            return Err(Error::Decided { id: id.to_string(), decision: "decided" });
        }
        self.settle_payout(id).await?;
        self.payout(id).await
    }

    async fn drop_payout(&self, id: PayoutId, by: &By, why: &str) -> Result<bool, Error> {
        let dropped = self.store.run_tx("wallet.payout_drop", async |tx| {
            if out::decide(tx, Table::Payout, id.uuid(), Decision::Dropped, by, Some(why)).await? == 0 {
                return Ok(false);
            }
            // What is held is freed at once, or by the job where the process ends before.
            self.put(tx, &SendPayout { id: id.to_string() }, &id.to_string(), None).await?;
            record(tx, by, "payout.refuse", &id.to_string(), json!({ "why": why })).await?;
            let what = format!("dropped: {why}");
            see(tx, Subject::Payout(id), Source::People, (&what, None), by.at).await?;
            Ok::<_, Error>(true)
        });
        dropped.await
    }

    /// What the ledger holds for it.
    async fn payout_out(&self, payout: &Payout) -> Result<Out, Error> {
        let (gateway, asset) = (payout.gateway.as_str(), payout.money.asset());
        let books = self.store.run_tx("wallet.books", async |tx| {
            books::open(tx, self.mode, gateway, asset, self.clock.now()).await
        });
        let (units, to) = (payout.money.units(), books.await?.gateway);
        let held = Move::of(asset, units, payout.account, to, Reason::Payout).map_err(NoMoney::from)?;
        Ok(Out { what: "payout", id: payout.id.to_string(), held, with: None })
    }

    /// Sends it, or looks at it; what is known in the end is settled.
    pub(super) async fn send_payout(&self, id: PayoutId) -> Result<Sent, Error> {
        let payout = self.payout(id).await?;
        if payout.going.is_over() {
            return Ok(Sent::Over);
        }
        let waits = matches!(payout.going.outgoing, None | Some(Outgoing::Sent));
        if payout.going.decision == Decision::Approved && waits {
            self.ask_to_pay(&payout).await?;
        }
        self.settle_payout(id).await
    }

    async fn ask_to_pay(&self, payout: &Payout) -> Result<(), Error> {
        let gateway = self.gateway(&payout.gateway)?;
        let subject = Subject::Payout(payout.id);
        if let Some(reference) = &payout.going.reference {
            return match gateway.look_at_payout(reference).await {
                Ok(gone) => self.learn_payout(payout, Seen::gone(&gone, Source::Poll), Some(&gone)).await,
                Err(error) => self.note_out(subject, &error).await,
            };
        }
        self.ask_for(Table::Payout, payout.id.uuid()).await?;
        let paying = PayingOut {
            payout: payout.id,
            destination: &payout.destination,
            money: payout.money,
            before: if payout.going.is_asked { Before::Perhaps } else { Before::Nothing },
        };
        match gateway.pay_out(paying).await {
            Ok(gone) => self.learn_payout(payout, Seen::gone(&gone, Source::Answer), Some(&gone)).await,
            Err(error) => match refusal(&error) {
                Some(reason) => self.learn_payout(payout, Seen::refused(&reason), None).await,
                None => self.note_out(subject, &error).await,
            },
        }
    }

    /// What a webhook tells of a payout.
    pub(super) async fn told_payout(
        &self,
        gateway: &dyn Gateway,
        payout: Option<PayoutId>,
        gone: Gone,
    ) -> Result<Learned, Error> {
        let (code, mode) = (gateway.code(), self.mode.word());
        let find = async |db: &Client<'_>| match payout {
            Some(id) => db.query_opt(FIND, &[&id.uuid(), &mode]).await,
            None => db.query_opt(AT_GATEWAY, &[&code, &mode, &gone.reference]).await,
        };
        let found = self.store.read("wallet.payout_told", find).await?;
        let Some(found) = found.as_ref().map(read).transpose()? else { return Ok(Learned::Unknown) };
        // Whoever has our id without having been asked has it from elsewhere.
        if found.gateway != code || !found.going.is_asked {
            return Ok(Learned::Unknown);
        }
        self.learn_payout(&found, Seen::gone(&gone, Source::Webhook), Some(&gone)).await?;
        self.settle_payout(found.id).await?;
        Ok(Learned::Ours)
    }

    async fn learn_payout(&self, payout: &Payout, seen: Seen<'_>, gone: Option<&Gone>) -> Result<(), Error> {
        let (id, now) = (payout.id, self.clock.now());
        let learned = self.store.run_tx("wallet.payout_learn", async |tx| {
            let row = tx.query_opt(HOLD, &[&id.uuid(), &self.mode.word()]).await?;
            let held = read(&row.ok_or(Error::UnknownPayout { id })?)?;
            if let Some(gone) = gone {
                let is_other = held.going.reference.as_ref().is_some_and(|it| *it != gone.reference);
                if is_other || gone.units != held.money.units() {
                    let (ours, theirs) = (Some(held.money.units()), Some(gone.units));
                    let it =
                        Found { kind: DifferenceKind::SentOther, subject: &gone.reference, ours, theirs };
                    found(tx, &held.gateway, self.mode, &it, now).await?;
                }
                if is_other {
                    return Ok(());
                }
            }
            let which = (Table::Payout, id.uuid(), Subject::Payout(id));
            out::learn(tx, which, held.going.outgoing, seen, now).await
        });
        learned.await
    }

    async fn settle_payout(&self, id: PayoutId) -> Result<Sent, Error> {
        let payout = self.payout(id).await?;
        let out = self.payout_out(&payout).await?;
        let which = (Table::Payout, id.uuid(), Subject::Payout(id));
        self.settle(which, &payout.going, &out).await?;
        let is_over = self.payout(id).await?.going.is_over();
        Ok(if is_over { Sent::Over } else { Sent::Waits })
    }
}

fn read(row: &Row) -> Result<Payout, Error> {
    let id = PayoutId::of_uuid(row.get("id"));
    let unreadable = |column| Error::Unreadable { what: id.to_string(), column };
    let asset = AssetCode::of(row.get("asset")).ok_or_else(|| unreadable("asset"))?;
    Ok(Payout {
        id,
        number: row.get("number"),
        owner: row.get("owner"),
        account: AccountId::of_uuid(row.get::<_, Uuid>("account")),
        money: Money::of(asset, row.get("units")).map_err(|_| unreadable("units"))?,
        gateway: row.get("gateway"),
        destination: row.get("destination"),
        why: row.get("why"),
        going: Going::read(row, &id.to_string())?,
    })
}

/// Every statement of this file, for the test that prepares each on a migrated store.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[INSERT, FIND, HOLD, AT_GATEWAY, PAGE];
