//! What fans of the demo partner earn, have for it and trade, in the books of live keys: seeded once.

use super::ORGANISATION;
use crate::app::App;
use access::By;
use jiff::{SignedDuration, Timestamp};
use rewards::exchange::listing;
use rewards::product::{self, Between, Codes, State, Terms};
use rewards::voucher::Owner;
use rewards::{Amount, Campaign, Caps, Condition, Fact, Name, Rule, Streak, Whose, budget_of, campaigns};
use std::collections::BTreeMap;
use wallet::{Asset, Books, Budget, Points, TransferId, holder};

const CAMPAIGN: &str = "Follow the match";
/// Points that may be given in all.
const BUDGET: i64 = 10_000_000;
/// For how long all of it is there.
const LASTS: SignedDuration = SignedDuration::from_hours(365 * 24);

/// A product: what it is called, what it is, its price in points, and how many there are.
const PRODUCTS: [(&str, &str, i64, usize); 2] = [
    ("Match-day cap", "Navy, with the badge; handed over at the club's shop.", 300, 200),
    ("Ten off at the shop", "Ten off what you buy, once.", 100, 500),
];

/// Seeds what is not there yet.
pub(crate) async fn seed(app: &App) -> anyhow::Result<()> {
    let books = Books::Live;
    let own = (books, Whose::Of(ORGANISATION.0));
    let read = app.store.read("demo.campaigns", async |db| campaigns::list(db, own, None, 1).await);
    if !read.await?.is_empty() {
        return Ok(());
    }
    seed_books(app, books).await
}

async fn seed_books(app: &App, books: Books) -> anyhow::Result<()> {
    let now = app.clock.now();
    let by = By::system("demo", now);
    let made = app.store.run_tx("demo.rewards", async |tx| {
        let mut products = Vec::new();
        for (name, description, price, codes) in PRODUCTS {
            let terms = terms(name, description, price, now);
            let id = product::make(tx, books, Some(ORGANISATION.0), &terms, now).await?;
            product::set_state(tx, &id, State::OnSale).await?;
            products.push((id, codes));
        }
        let issuer = holder::issuer(tx, books, Points::CODE, now).await?;
        Ok::<_, rewards::Error>((products, issuer))
    });
    let (products, issuer) = made.await?;
    let owner = Owner { books, organisation_id: Some(ORGANISATION.0) };
    for (product, codes) in &products {
        app.vouchers.make_codes(&owner, product, *codes, &store::ids::new("bat"), &by).await?;
    }
    if let Some((product, _)) = products.first() {
        let market =
            async |tx: &store::Transaction<'_>| listing::make(tx, product, &listing::Terms::USUAL, now).await;
        app.store.run_tx("demo.market", market).await?;
    }
    // Last, since by it is known that the rest is there.
    let made = app.store.run_tx("demo.campaign", async |tx| {
        let id = campaigns::make(tx, books, Some(ORGANISATION.0), CAMPAIGN, now).await?;
        let version = campaigns::write(tx, &campaign(&id, now), "demo", now).await?;
        campaigns::go_live(tx, &id, Some(version)).await?;
        let budget = Budget::<Points>::open(tx, &budget_of(&id, books), now).await?;
        Ok::<_, rewards::Error>((id, budget))
    });
    let (id, budget) = made.await?;
    let fill = TransferId::following_from("demo.budget", &[&id]);
    budget.fill(&app.ledger, fill, issuer, wallet::Amount::new(BUDGET)?).await?;
    Ok(())
}

fn terms(name: &str, description: &str, price: i64, now: Timestamp) -> Terms {
    Terms {
        name: name.to_owned(),
        description: description.to_owned(),
        price: Some(price),
        fan_max: Some(10),
        fan_day_max: None,
        valid_from: now,
        valid_until: now + LASTS,
        claim_seconds: None,
        between: Between { transferable: true, tradable: true },
        codes: Codes::Made,
    }
}

fn campaign(id: &str, now: Timestamp) -> Campaign {
    let six = rule("six", "Every six while you watch", 10);
    let four = rule("four", "Every four while you watch", 4);
    let wicket = rule("wicket", "Every wicket while you watch", 15);
    let result = rule("result", "You saw how it ended", 50);
    let day = Caps { fan_day: Some(200), ..Caps::default() };
    let watched = Rule { caps: day, ..rule("watched", "Ten minutes watched", 20) };
    let three_days = Streak::Days { length: 3, units: 200 };
    let here = Rule { streak: Some(three_days), ..rule("check-in", "You came back today", 100) };
    Campaign {
        id: id.to_owned(),
        version: 1,
        starts_at: now,
        ends_at: now + LASTS,
        priority: 0,
        group: None,
        caps: Caps { fan_day: Some(2_000), ..Caps::default() },
        rules: vec![six, four, wicket, result, watched, here],
    }
}

fn rule(kind: &str, title: &str, units: i64) -> Rule {
    let name = Name::parse("trigger.kind").expect("a name that is known");
    Rule {
        id: kind.to_owned(),
        title: Some(title.to_owned()),
        when: Condition::Is { name, fact: Fact::Text(kind.to_owned()) },
        amount: Amount { units, per: None, tiers: BTreeMap::new() },
        caps: Caps::default(),
        streak: None,
    }
}
