//! A market's product, its fans with points and vouchers, and what must be true of books and tables.

use jiff::{SignedDuration, Timestamp};
use rewards::exchange::{Error, Fan, Words, listing};
use rewards::product::{self, Between, Codes, Product, State, Terms};
use store::Store;
use wallet::holder::{self, Holder};
use wallet::verify::verify;
use wallet::{
    Act, Asset, Books, Budget, Grant, Kind, Ledger, Metadata, Move, Points, Reason, Transfer, TransferId,
};

pub(crate) const ORG: &str = "org_1";
pub(crate) const POINTS: i64 = 100_000;
pub(crate) const VOUCHERS: i64 = 500;

/// The migrations that a market needs.
pub(crate) fn migrations() -> [store::Migrations; 4] {
    [jobs::MIGRATIONS, access::MIGRATIONS, wallet::MIGRATIONS, rewards::MIGRATIONS]
}

pub(crate) fn start() -> Timestamp {
    "2026-11-30T10:00:00Z".parse().unwrap()
}

pub(crate) fn fan(number: usize) -> Fan {
    Fan { fan_id: format!("fan_{number}"), organisation_id: ORG.to_owned(), is_test: false }
}

/// A limit order that stays.
pub(crate) fn words(side: &str, price: u32, quantity: u32) -> Words {
    Words {
        side: side.to_owned(),
        kind: "limit".to_owned(),
        price: Some(price),
        quantity,
        time_in_force: "gtc".to_owned(),
        until: None,
        post_only: false,
        self_trade: "cancel-newest".to_owned(),
    }
}

/// A product, and a market of it.
pub(crate) async fn list(store: &Store, terms: &listing::Terms, now: Timestamp) -> (Product, String) {
    let of_product = Terms {
        name: "Seat".to_owned(),
        description: String::new(),
        price: None,
        fan_max: None,
        fan_day_max: None,
        valid_from: start(),
        valid_until: start() + SignedDuration::from_hours(24 * 365),
        claim_seconds: None,
        between: Between { transferable: true, tradable: true },
        codes: Codes::Made,
    };
    let listed = store.run_tx("test", async |tx| {
        let id = product::make(tx, Books::Live, None, &of_product, now).await?;
        product::set_state(tx, &id, State::OnSale).await?;
        let product = product::find(tx, &id).await?.unwrap();
        let market = listing::make(tx, &id, terms, now).await?;
        Ok::<_, Error>((product, market))
    });
    listed.await.unwrap()
}

/// A fan with points and vouchers.
pub(crate) async fn endow(store: &Store, ledger: &Ledger, product: &Product, fan: &Fan, now: Timestamp) {
    let holder = Holder { fan_id: &fan.fan_id, organisation_id: ORG, books: Books::Live };
    let opened = store.run_tx("test", async |tx| {
        holder::open(tx, &holder, &holder::Terms::default(), now).await?;
        let accounts = wallet::account::of_owner(tx, &fan.fan_id, Kind::Fan).await?;
        let points = accounts.iter().find(|it| it.standing.asset == Points::CODE).unwrap().id;
        let vouchers = product.account(tx, &fan.fan_id, now).await?;
        let (stock, issuer) = (product.stock(tx, now).await?, product.issuer(tx, now).await?);
        let budget = Budget::<Points>::open(tx, "cmp_1", now).await?;
        let of_points = holder::issuer(tx, Books::Live, Points::CODE, now).await?;
        Ok::<_, rewards::Error>((points, vouchers, stock, issuer, budget, of_points))
    });
    let (points, vouchers, stock, issuer, budget, of_points) = opened.await.unwrap();
    let id = |what: &str| TransferId::following_from("endow", &[&fan.fan_id, what]);
    let amount = wallet::Amount::new(POINTS).unwrap();
    budget.fill(ledger, id("fill"), of_points, amount).await.unwrap();
    let grant = Grant { id: id("points"), to: points, amount, metadata: Metadata::default() };
    budget.grant(ledger, &grant).await.unwrap();
    let asset = product.asset().unwrap();
    let of = |from, to, reason| Move::of(asset, VOUCHERS, from, to, reason).unwrap();
    let issue = Transfer::new(id("issue"), Act::Post(of(issuer, stock, Reason::Issue)));
    let buy = Transfer::new(id("vouchers"), Act::Post(of(stock, vouchers, Reason::Purchase)));
    ledger.make_together(vec![issue, buy]).await.unwrap();
}

pub(crate) async fn number(store: &Store, sql: &'static str) -> i64 {
    store.read("test", async |db| db.query_one(sql, &[]).await).await.unwrap().get(0)
}

/// Each counts what must not be.
pub(crate) const FAULTS: &[(&str, &str)] = &[
    (
        "an asset's accounts do not sum to nothing",
        "select count(*) from (select asset, sum(posted) as sum from wallet.standing group by asset) it where sum <> 0",
    ),
    (
        "a market's account keeps something",
        "select count(*) from wallet.standing where kind = 'market' and posted <> 0",
    ),
    (
        "as many holds are open as orders rest",
        "select abs((select count(*) from wallet.hold where state = 'open')
            - (select count(*) from rewards.market_order where state = 'resting'))",
    ),
    (
        "what fans have held is what their resting orders need",
        "select count(*) from (
            select t.fan_id, sum(case side when 'buy' then price::bigint * remaining else 0 end) as points,
                sum(case side when 'sell' then remaining else 0 end) as vouchers
            from rewards.market_order o join rewards.trader t on t.number = o.trader where state = 'resting' group by 1) need
         full join (
            select owner, sum(held_out) filter (where asset = 'points') as points,
                sum(held_out) filter (where asset like 'voucher.%') as vouchers
            from wallet.standing where kind = 'fan' and held_out > 0 group by 1) held on held.owner = need.fan_id
         where (coalesce(need.points, 0), coalesce(need.vouchers, 0)) <> (coalesce(held.points, 0), coalesce(held.vouchers, 0))",
    ),
    (
        "what an order has filled is the sum of its fills",
        "select count(*) from rewards.market_order o
         where filled <> (select coalesce(sum(quantity), 0) from rewards.fill where o.number in (buy_order, sell_order))",
    ),
    (
        "an order that is over has nothing left",
        "select count(*) from rewards.market_order
         where (state in ('filled', 'cancelled', 'refused') and remaining <> 0) or (state = 'filled' and filled <> quantity)
            or (state = 'resting' and (remaining = 0 or filled + remaining > quantity)) or state in ('asked', 'given-up')
            or extra is not null",
    ),
    (
        "a fan has filled an order of its own",
        "select count(*) from rewards.fill f join rewards.market_order b on b.number = f.buy_order
         join rewards.market_order s on s.number = f.sell_order where b.trader = s.trader",
    ),
    (
        "what a fan has of vouchers is what the fills have left",
        "select count(*) from rewards.trader t
         join wallet.standing a on a.owner = t.fan_id and a.asset like 'voucher.%'
         cross join lateral (select coalesce(sum(f.quantity), 0) as came from rewards.fill f
            join rewards.market_order o on o.number = f.buy_order where o.trader = t.number) came
         cross join lateral (select coalesce(sum(f.quantity), 0) as went from rewards.fill f
            join rewards.market_order o on o.number = f.sell_order where o.trader = t.number) went
         where a.posted <> 500 + came - went",
    ),
    (
        "what a fan has of points is what the fills have left",
        "select count(*) from rewards.trader t
         join wallet.standing a on a.owner = t.fan_id and a.asset = 'points'
         cross join lateral (select coalesce(sum(f.quantity::bigint * f.price), 0) as went from rewards.fill f
            join rewards.market_order o on o.number = f.buy_order where o.trader = t.number) went
         cross join lateral (select coalesce(sum(f.quantity::bigint * f.price), 0) as came from rewards.fill f
            join rewards.market_order o on o.number = f.sell_order where o.trader = t.number) came
         where a.posted <> 100000 + came - went",
    ),
    ("something is stuck", "select count(*) from rewards.stuck"),
];

/// All that must be true of books and tables when nothing is under way.
pub(crate) async fn check(store: &Store) {
    for (what, sql) in FAULTS {
        assert_eq!(number(store, sql).await, 0, "{what}");
    }
    let report = store.read("test", async |db| verify(db).await).await.unwrap();
    assert_eq!(report.faults, []);
}
