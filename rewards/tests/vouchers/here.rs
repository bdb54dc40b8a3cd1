//! A product with codes, and fans with points.

use access::By;
use jiff::{SignedDuration, Timestamp};
use rewards::product::{self, Between, Codes, Product, State, Terms};
use rewards::voucher::{Figures, Owner, Redeemer, stock};
use rewards::{Error, Vouchers};
use std::time::Duration;
use store::testing::TestStore;
use store::{Clock, Seal, Store};
use wallet::verify::verify;
use wallet::{Amount, Asset, Books, Budget, Grant, Holder, Ledger, Metadata, Points, TransferId, holder};

pub(crate) const ORG: &str = "org_1";
pub(crate) const OWNER: Owner<'static> = Owner { books: Books::Live, organisation_id: Some(ORG) };

pub(crate) struct Here {
    pub(crate) test: TestStore,
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    pub(crate) vouchers: Vouchers,
}

pub(crate) fn start() -> Timestamp {
    "2026-11-30T10:00:00Z".parse().unwrap()
}

pub(crate) fn terms(codes: Codes) -> Terms {
    Terms {
        name: "A cap".into(),
        description: "Blue, one size".into(),
        price: Some(10),
        fan_max: None,
        fan_day_max: None,
        valid_from: start(),
        valid_until: start() + SignedDuration::from_hours(24 * 30),
        claim_seconds: None,
        between: Between { transferable: true, tradable: false },
        codes,
    }
}

pub(crate) fn fan(fan_id: &str) -> Holder<'_> {
    Holder { fan_id, organisation_id: ORG, books: Books::Live }
}

pub(crate) fn by() -> By {
    By::system("test", start())
}

pub(crate) fn redeemer(by: &By) -> Redeemer<'_> {
    Redeemer { owner: OWNER, by, place: Some("The shop"), request: None }
}

impl Here {
    pub(crate) async fn new() -> Self {
        let all = [jobs::MIGRATIONS, access::MIGRATIONS, wallet::MIGRATIONS, rewards::MIGRATIONS];
        let test = TestStore::new(&all).await;
        let clock = Clock::manual(start());
        let ledger = Ledger::start(test.store(), &clock, "test");
        let vouchers = Vouchers::new(test.store(), &clock, &ledger, &Seal::random());
        Self { test, clock, ledger, vouchers }
    }

    pub(crate) fn store(&self) -> &Store {
        self.test.store()
    }

    pub(crate) fn pass(&self, minutes: u64) {
        self.clock.advance(Duration::from_secs(60 * minutes));
    }

    /// A fan with a wallet, and so many points.
    pub(crate) async fn fan(&self, holder: &Holder<'_>, points: i64) {
        let now = self.clock.now();
        let opened = self.store().run_tx("test", async |tx| {
            holder::open(tx, holder, &holder::Terms::default(), now).await?;
            let issuer = holder::issuer(tx, holder.books, Points::CODE, now).await?;
            let owner = format!("cmp_test/{}", holder.books.word());
            let budget = Budget::<Points>::open(tx, &owner, now).await?;
            let wallet = holder::find(tx, holder).await?.unwrap();
            Ok::<_, wallet::Error>((issuer, budget, wallet.account(Points::CODE).unwrap().id))
        });
        let (issuer, budget, to) = opened.await.unwrap();
        if points > 0 {
            let amount = Amount::new(points).unwrap();
            budget.fill(&self.ledger, TransferId::fresh(), issuer, amount).await.unwrap();
            let grant = Grant { id: TransferId::fresh(), to, amount, metadata: Metadata::default() };
            budget.grant(&self.ledger, &grant).await.unwrap();
        }
    }

    /// A product on sale, with as many codes as there are units.
    pub(crate) async fn product(&self, terms: Terms, codes: usize) -> String {
        let product = self.draft(&terms, Books::Live, Some(ORG)).await;
        if codes > 0 {
            self.vouchers.make_codes(&OWNER, &product, codes, &store::ids::new("bat"), &by()).await.unwrap();
        }
        product
    }

    /// A product on sale without any.
    pub(crate) async fn draft(&self, terms: &Terms, books: Books, organisation: Option<&str>) -> String {
        let now = self.clock.now();
        let made = self.store().run_tx("test", async |tx| {
            let id = product::make(tx, books, organisation, terms, now).await?;
            product::set_state(tx, &id, State::OnSale).await?;
            Ok::<_, Error>(id)
        });
        made.await.unwrap()
    }

    pub(crate) async fn found(&self, product: &str) -> Product {
        self.store().read("test", async |db| product::find(db, product).await).await.unwrap().unwrap()
    }

    /// Buys so many for a fan who can.
    pub(crate) async fn buy(&self, holder: &Holder<'_>, product: &str, units: i32) {
        let id = store::ids::new("rsv");
        self.vouchers.reserve(holder, product, units, &id).await.unwrap();
        self.vouchers.confirm(holder, &id).await.unwrap();
    }

    /// What a fan has of points, and of a product: all, and what is free.
    pub(crate) async fn balance(&self, fan_id: &str, product: Option<&str>) -> (i64, i64) {
        let read =
            async |db: &store::Client<'_>| wallet::account::of_owner(db, fan_id, wallet::Kind::Fan).await;
        let accounts = self.store().read("test", read).await.unwrap();
        let of = accounts.iter().find(|it| {
            it.standing.asset.product() == product && (product.is_some() || it.standing.asset == Points::CODE)
        });
        of.map_or((0, 0), |it| (it.standing.posted, it.standing.available()))
    }

    pub(crate) async fn figures(&self, product: &str) -> Figures {
        let products = [self.found(product).await];
        let read = self.store().read("test", async |db| stock::figures(db, &products).await);
        read.await.unwrap()[0]
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        self.store().read("test", async |db| db.query_one(sql, &[]).await).await.unwrap().get(0)
    }

    /// The books are right, and there is a code for each unit of a product of which none is over.
    pub(crate) async fn verify(&self, product: &str) {
        let report = self.store().read("test", async |db| verify(db).await).await.unwrap();
        assert_eq!(report.faults, []);
        let it = self.figures(product).await;
        let sum = it.in_stock + it.reserved + it.held + it.claimed + it.redeemed + it.expired;
        assert_eq!(it.made, sum, "{it:?}");
        let count = async |sql: &'static str| -> i64 {
            self.store().read("test", async |db| db.query_one(sql, &[&product]).await).await.unwrap().get(0)
        };
        let expired =
            count("select count(*) from rewards.voucher where state = 'expired' and product = $1").await;
        let free = count("select count(*) from rewards.code where voucher is null and product = $1").await;
        assert_eq!(free, it.in_stock + it.reserved + it.held + it.expired - expired, "{it:?}");
        let shown =
            count("select count(*) from rewards.code where voucher is not null and product = $1").await;
        assert_eq!(shown, it.claimed + it.redeemed + expired, "{it:?}");
    }
}
