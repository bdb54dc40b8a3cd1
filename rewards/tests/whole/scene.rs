//! A campaign with a budget that is soon used up, a product, its market, and fans without anything.

use access::By;
use jiff::{SignedDuration, Timestamp};
use rewards::exchange::{Fan, listing};
use rewards::product::{self, Between, Codes, State, Terms};
use rewards::voucher::Owner;
use rewards::{Amount, Campaign, Caps, Condition, Fact, Name, Rule, Vouchers, budget_of, campaigns};
use std::collections::BTreeMap;
use store::{Clock, Seal, Store};
use wallet::holder::{self, Holder};
use wallet::{Asset, Books, Budget, Ledger, Points, TransferId};

pub(crate) const ORG: &str = "org_1";
pub(crate) const OWNER: Owner<'static> = Owner { books: Books::Live, organisation_id: Some(ORG) };
pub(crate) const FANS: u64 = 6;
/// What a trigger earns, what a voucher costs, and what the campaign may give in all.
pub(crate) const EARNS: i64 = 100;
pub(crate) const COSTS: i64 = 60;
pub(crate) const BUDGET: i64 = 40_000;
/// Codes of the product, and so vouchers.
const CODES: usize = 400;

pub(crate) struct Scene {
    pub(crate) campaign: String,
    pub(crate) product: String,
    pub(crate) market: String,
}

pub(crate) fn draw(seed: &mut u64, below: u64) -> u32 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    u32::try_from((*seed >> 33) % below).unwrap()
}

/// The same in every process.
pub(crate) fn seal() -> Seal {
    Seal::new([7; 32], &[])
}

pub(crate) fn fan_id(number: u64) -> String {
    format!("fan_{}", number % FANS)
}

pub(crate) fn fan(number: u64) -> Fan {
    Fan { fan_id: fan_id(number), organisation_id: ORG.to_owned(), is_test: false }
}

pub(crate) fn holder_of(fan_id: &str) -> Holder<'_> {
    Holder { fan_id, organisation_id: ORG, books: Books::Live }
}

pub(crate) async fn number(store: &Store, sql: &'static str) -> i64 {
    store.read("test", async |db| db.query_one(sql, &[]).await).await.unwrap().get(0)
}

/// As if the lease of who was killed had come to its end.
pub(crate) async fn free(store: &Store) {
    number(
        store,
        "with freed as (update rewards.market set until = null returning 1) select count(*) from freed",
    )
    .await;
}

impl Scene {
    pub(crate) async fn make(store: &Store) -> Self {
        let all = [jobs::MIGRATIONS, access::MIGRATIONS, wallet::MIGRATIONS, rewards::MIGRATIONS];
        store.migrate(&all).await.unwrap();
        let (clock, now) = (Clock::system(), Timestamp::now());
        let ledger = Ledger::start(store, &clock, "first");
        let made = store.run_tx("test", async |tx| {
            let campaign = campaigns::make(tx, Books::Live, Some(ORG), "Sixes", now).await?;
            let version = campaigns::write(tx, &rules(&campaign, now), "usr_1", now).await?;
            campaigns::go_live(tx, &campaign, Some(version)).await?;
            let product = product::make(tx, Books::Live, Some(ORG), &terms(now), now).await?;
            product::set_state(tx, &product, State::OnSale).await?;
            for number in 0..FANS {
                holder::open(tx, &holder_of(&fan_id(number)), &holder::Terms::default(), now).await?;
            }
            let issuer = holder::issuer(tx, Books::Live, Points::CODE, now).await?;
            let budget = Budget::<Points>::open(tx, &budget_of(&campaign, Books::Live), now).await?;
            Ok::<_, rewards::Error>((campaign, product, issuer, budget))
        });
        let (campaign, product, issuer, budget) = made.await.unwrap();
        let amount = wallet::Amount::new(BUDGET).unwrap();
        budget.fill(&ledger, TransferId::fresh(), issuer, amount).await.unwrap();
        let vouchers = Vouchers::new(store, &clock, &ledger, &seal());
        let by = By::system("test", now);
        vouchers.make_codes(&OWNER, &product, CODES, "bat_1", &by).await.unwrap();
        let of_market = listing::Terms { fan_minute_max: 1_000_000, ..listing::Terms::USUAL };
        let listed = store.run_tx("test", async |tx| listing::make(tx, &product, &of_market, now).await);
        Self { campaign, market: listed.await.unwrap(), product }
    }

    /// The one that there is, for who comes later.
    pub(crate) async fn found(store: &Store) -> Self {
        let sql = "
            select c.id as campaign, m.id as market, m.product from rewards.campaign c, rewards.market m";
        let row = store.read("test", async |db| db.query_one(sql, &[]).await).await.unwrap();
        Self { campaign: row.get("campaign"), product: row.get("product"), market: row.get("market") }
    }
}

fn rules(id: &str, now: Timestamp) -> Campaign {
    let kind = Name::parse("trigger.kind").unwrap();
    let rule = Rule {
        id: "six".to_owned(),
        title: None,
        when: Condition::Is { name: kind, fact: Fact::Text("six".into()) },
        amount: Amount { units: EARNS, per: None, tiers: BTreeMap::new() },
        caps: Caps::default(),
        streak: None,
    };
    Campaign {
        id: id.to_owned(),
        version: 1,
        starts_at: now - SignedDuration::from_hours(1),
        ends_at: now + SignedDuration::from_hours(24),
        priority: 0,
        group: None,
        caps: Caps::default(),
        rules: vec![rule],
    }
}

fn terms(now: Timestamp) -> Terms {
    Terms {
        name: "Seat".to_owned(),
        description: String::new(),
        price: Some(COSTS),
        fan_max: None,
        fan_day_max: None,
        valid_from: now - SignedDuration::from_hours(1),
        valid_until: now + SignedDuration::from_hours(24),
        claim_seconds: None,
        between: Between { transferable: true, tradable: true },
        codes: Codes::Made,
    }
}
