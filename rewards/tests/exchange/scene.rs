//! A market that one process writes, with fans, on a real PostgreSQL and a real folder.

pub(crate) use crate::ground::{POINTS, VOUCHERS, check, fan, words};
use crate::ground::{endow, list, migrations, number, start};
use rewards::exchange::{Amended, Asked, Error, Exchange, View, Words, listing, order};
use rewards::product::Product;
use std::path::PathBuf;
use store::testing::TestStore;
use store::{Clock, Store};
use wallet::{Asset, Kind, Ledger, Points};

pub(crate) struct Scene {
    pub(crate) exchange: Exchange,
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    pub(crate) market: String,
    pub(crate) product: Product,
    pub(crate) folder: PathBuf,
    pub(crate) store: Store,
    _temporary: tempfile::TempDir,
    _test: TestStore,
}

impl Scene {
    pub(crate) async fn open(fans: usize, terms: listing::Terms) -> Self {
        let test = TestStore::new(&migrations()).await;
        let store = test.store().clone();
        let clock = Clock::manual(start());
        let ledger = Ledger::start(&store, &clock, "test");
        let (product, market) = list(&store, &terms, start()).await;
        for number in 0..fans {
            endow(&store, &ledger, &product, &fan(number), start()).await;
        }
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().to_owned();
        let exchange = Exchange::new((&store, &clock, &ledger), "one", Some(folder.clone()), None);
        assert_eq!(exchange.look().await.unwrap(), 1);
        Self { exchange, clock, ledger, market, product, folder, store, _temporary: temporary, _test: test }
    }

    /// With many orders a minute.
    pub(crate) async fn lively(fans: usize) -> Self {
        let terms = listing::Terms { fan_minute_max: 1_000_000, ..listing::Terms::USUAL };
        Self::open(fans, terms).await
    }

    /// Another process on the same database and folder.
    pub(crate) fn another(&self, name: &str) -> Exchange {
        let ledger = Ledger::start(&self.store, &self.clock, name);
        Exchange::new((&self.store, &self.clock, &ledger), name, Some(self.folder.clone()), None)
    }

    pub(crate) async fn place(&self, number: usize, words: Words) -> Result<View, Error> {
        let asked = Asked { id: order::id_of("", None), fan: fan(number), words };
        self.exchange.place(&self.market, asked).await
    }

    pub(crate) async fn cancel(&self, number: usize, order: &str) -> Result<View, Error> {
        self.exchange.cancel(&self.market, &fan(number).fan_id, order).await
    }

    pub(crate) async fn amend(
        &self,
        number: usize,
        order: &str,
        price: Option<u32>,
        quantity: Option<u32>,
    ) -> Result<View, Error> {
        let to = Amended { price, quantity };
        self.exchange.amend(&self.market, &fan(number).fan_id, order, to).await
    }

    pub(crate) async fn order(&self, number: usize, order: &str) -> View {
        self.exchange.catch_up(&self.market).await.unwrap();
        let fan_id = fan(number).fan_id;
        let found = self.store.read("test", async |db| {
            let found = order::find(db, order, &fan_id).await?.unwrap();
            let parts = order::parts(db, &found).await?;
            Ok::<_, Error>(View::of(&found, parts))
        });
        found.await.unwrap()
    }

    /// Points and vouchers of a fan: what there is, and what of it is held.
    pub(crate) async fn has(&self, number: usize) -> [(i64, i64); 2] {
        let accounts = self
            .store
            .read("test", async |db| wallet::account::of_owner(db, &fan(number).fan_id, Kind::Fan).await);
        let accounts = accounts.await.unwrap();
        [Points::CODE, self.product.asset().unwrap()].map(|asset| {
            let account = accounts.iter().find(|it| it.standing.asset == asset).unwrap();
            (account.standing.posted, account.standing.held_out)
        })
    }

    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        number(&self.store, sql).await
    }

    /// All that must be true of books and tables when nothing is under way.
    pub(crate) async fn check(&self) {
        self.exchange.catch_up(&self.market).await.unwrap();
        check(&self.store).await;
    }
}
