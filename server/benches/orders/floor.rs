//! `crease all --demo` with a market, and fans who have enough to trade for long.

use crate::clients::Load;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use rewards::exchange::listing;
use rewards::product::{self, Between, Codes, Product, State, Terms};
use ring::hmac;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use store::postgres::{self, Embedded, Postgres, Source};
use store::{Clock, Store};
use tempfile::TempDir;
use wallet::{
    Act, Amount, Asset, Books, Budget, Grant, Kind, Ledger, Metadata, Move, Points, Reason, Transfer,
    TransferId, holder,
};

const FANS: usize = 200;
/// So much of both for each.
const ENOUGH: i64 = 1_000_000_000;

pub(super) struct Floor {
    process: Child,
    address: SocketAddr,
    key: String,
    fans: Vec<String>,
    market: String,
    store: Store,
    _database: Postgres,
    _folder: TempDir,
}

impl Floor {
    pub(super) async fn open() -> Self {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let database = postgres::open(folder.path(), Source::Search, Embedded::Allowed).await.unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_crease"));
        command.args(["all", "--demo", "--port", "0", "--data"]).arg(&data);
        command.env("DATABASE_URL", database.url()).env("CREASE__WALLET__POINTS_IN_DAY_MAX", "0");
        command.env("CREASE__SANDBOX__BALL_MS", "60000");
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the server listens before it ends").unwrap();
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            if line["message"] == "listening" {
                break line["address"].as_str().unwrap().parse().unwrap();
            }
        };
        std::thread::spawn(move || {
            lines.map_while(Result::ok).filter(|it| it.contains("ERROR")).for_each(|it| println!("{it}"));
        });
        let demo = std::fs::read_to_string(data.join("demo.json")).unwrap();
        let demo: Value = serde_json::from_str(&demo).unwrap();
        let text = |name: &str| demo[name].as_str().unwrap().to_owned();
        let store = Store::connect(database.url(), 4).await.unwrap();
        let mut floor = Self {
            process,
            address,
            key: text("publishable_key"),
            fans: Vec::new(),
            market: String::new(),
            store,
            _database: database,
            _folder: folder,
        };
        floor.fill(&text("secret_key")).await;
        floor
    }

    /// A market, and the fans.
    async fn fill(&mut self, secret_key: &str) {
        let (client, now) = (reqwest::Client::new(), Timestamp::now());
        let url = |path: &str| format!("http://{}{path}", self.address);
        let made = client.post(url("/v1/identity/secrets")).bearer_auth(secret_key);
        let made = made.body(json!({ "mode": "live" }).to_string()).send().await.unwrap();
        let made: Value = made.error_for_status().unwrap().json().await.unwrap();
        let secret = made["text"].as_str().unwrap();
        let ledger = Ledger::start(&self.store, &Clock::system(), "bench");
        let (product, market) = self.list(now).await;
        let mut fans = Vec::new();
        for number in 0..FANS {
            let fan = jwt(
                secret,
                &json!({ "sub": number.to_string(), "aud": "crease", "exp": now.as_second() + 3_600 }),
            );
            let wallet =
                client.get(url("/v1/wallet")).header("x-crease-key", &self.key).header("crease-fan", &fan);
            let wallet = wallet.header("origin", "http://localhost:8000").send().await.unwrap();
            let wallet: Value = wallet.error_for_status().unwrap().json().await.unwrap();
            self.endow(&ledger, &product, wallet["fan_id"].as_str().unwrap(), now).await;
            fans.push(fan);
        }
        // Until somebody has taken its lease.
        let path = url(&format!("/v1/markets/{market}"));
        loop {
            let shown = client.get(&path).header("x-crease-key", &self.key).header("crease-fan", &fans[0]);
            let shown = shown.header("origin", "http://localhost:8000").send().await.unwrap();
            let shown: Value = shown.json().await.unwrap();
            if shown["depth"].is_object() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        (self.fans, self.market) = (fans, market);
    }

    async fn list(&self, now: Timestamp) -> (Product, String) {
        let terms = Terms {
            name: "Seat".to_owned(),
            description: String::new(),
            price: None,
            fan_max: None,
            fan_day_max: None,
            valid_from: now,
            valid_until: now + SignedDuration::from_hours(24),
            claim_seconds: None,
            between: Between { transferable: true, tradable: true },
            codes: Codes::Made,
        };
        let rules =
            listing::Terms { fan_orders_max: 1_000_000, fan_minute_max: 1_000_000, ..listing::Terms::USUAL };
        let listed = self.store.run_tx("bench", async |tx| {
            let id = product::make(tx, Books::Live, None, &terms, now).await?;
            product::set_state(tx, &id, State::OnSale).await?;
            let market = listing::make(tx, &id, &rules, now).await?;
            Ok::<_, rewards::exchange::Error>((product::find(tx, &id).await?.unwrap(), market))
        });
        listed.await.unwrap()
    }

    async fn endow(&self, ledger: &Ledger, product: &Product, fan_id: &str, now: Timestamp) {
        let opened = self.store.run_tx("bench", async |tx| {
            let accounts = wallet::account::of_owner(tx, fan_id, Kind::Fan).await?;
            let points = accounts.iter().find(|it| it.standing.asset == Points::CODE).unwrap().id;
            let vouchers = product.account(tx, fan_id, now).await?;
            let (stock, issuer) = (product.stock(tx, now).await?, product.issuer(tx, now).await?);
            let budget = Budget::<Points>::open(tx, "cmp_1", now).await?;
            let of_points = holder::issuer(tx, Books::Live, Points::CODE, now).await?;
            Ok::<_, rewards::Error>((points, vouchers, stock, issuer, budget, of_points))
        });
        let (points, vouchers, stock, issuer, budget, of_points) = opened.await.unwrap();
        let amount = Amount::new(ENOUGH).unwrap();
        budget.fill(ledger, TransferId::fresh(), of_points, amount).await.unwrap();
        let grant = Grant { id: TransferId::fresh(), to: points, amount, metadata: Metadata::default() };
        budget.grant(ledger, &grant).await.unwrap();
        let of = |from, to, reason| Move::of(product.asset().unwrap(), ENOUGH, from, to, reason).unwrap();
        let issue = Transfer::new(TransferId::fresh(), Act::Post(of(issuer, stock, Reason::Issue)));
        let buy = Transfer::new(TransferId::fresh(), Act::Post(of(stock, vouchers, Reason::Purchase)));
        ledger.make_together(vec![issue, buy]).await.unwrap();
    }

    pub(super) fn load(&self) -> Load {
        let (key, market) = (self.key.clone(), self.market.clone());
        Load { address: self.address, key, market, fans: Arc::new(self.fans.clone()) }
    }

    /// Whether, when all is settled, holds are what resting orders need, and nothing is stuck.
    pub(super) async fn is_right(&self) -> bool {
        let sql = "
            select (select count(*) from rewards.market_order where state = 'asked') as asked,
                (select count(*) from rewards.market_order where state = 'resting')
                    = (select count(*) from wallet.hold where state = 'open')
                and (select count(*) from rewards.stuck) = 0
                and (select coalesce(sum(posted), 0) from wallet.standing where kind = 'market') = 0 as is_right,
                (select count(*) from rewards.market_order) as orders, (select count(*) from rewards.fill) as fills";
        loop {
            let row = self.store.read("bench", async |db| db.query_one(sql, &[]).await).await.unwrap();
            if row.get::<_, i64>("asked") == 0 {
                let (orders, fills): (i64, i64) = (row.get("orders"), row.get("fills"));
                println!("{orders} orders, {fills} fills");
                return row.get("is_right");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.process);
        let _gone = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ended = self.process.wait();
    }
}

fn jwt(secret: &str, claims: &Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}
