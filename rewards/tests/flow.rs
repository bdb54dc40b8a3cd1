//! From what happened to what a fan has: on a real PostgreSQL, each once.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and its helpers too")]

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use jobs::Worker;
use jobs::testing::drain;
use rewards::{
    Amount, Campaign, Caps, Condition, Fact, Heard, Invalid, Judge, Name, QUEUE, Rewards, Rule, Source,
    Streak, Told, Trigger, Whose, budget_of, campaigns, fill, follow, hear, hear_all, review, take_back,
    take_back_all,
};
use std::collections::BTreeMap;
use store::testing::TestStore;
use store::{Clock, Store};
use wallet::holder::{self, Holder, Terms};
use wallet::verify::verify;
use wallet::{Act, Asset, Books, Budget, Ledger, Move, Points, Reason, Transfer, TransferId};

struct Here {
    test: TestStore,
    clock: Clock,
    ledger: Ledger,
    rewards: Rewards,
}

fn start() -> Timestamp {
    "2026-11-30T10:00:00Z".parse().unwrap()
}

const ORG: &str = "org_1";
const MATCH: &str = "mat_1";

impl Here {
    async fn new() -> Self {
        let all = [jobs::MIGRATIONS, access::MIGRATIONS, wallet::MIGRATIONS, rewards::MIGRATIONS];
        let test = TestStore::new(&all).await;
        let clock = Clock::manual(start());
        let ledger = Ledger::start(test.store(), &clock, "test");
        let rewards = Rewards::new(test.store(), &clock, &ledger);
        Self { test, clock, ledger, rewards }
    }

    fn store(&self) -> &Store {
        self.test.store()
    }

    async fn fan(&self, fan_id: &str, organisation_id: &str, books: Books) {
        let (holder, terms) = (Holder { fan_id, organisation_id, books }, Terms::default());
        let opened = self.store().run_tx("test", async |tx| holder::open(tx, &holder, &terms, start()).await);
        opened.await.unwrap();
    }

    /// A live campaign of an organisation's or of all fans, with so many points.
    async fn campaign(
        &self,
        organisation: Option<&str>,
        points: i64,
        caps: Caps,
        rules: Vec<Rule>,
    ) -> String {
        let now = self.clock.now();
        let made = self.store().run_tx("test", async |tx| {
            let id = campaigns::make(tx, Books::Live, organisation, "Sixes", now).await?;
            let campaign = campaign(&id, caps, rules.clone());
            let version = campaigns::write(tx, &campaign, "usr_1", now).await?;
            campaigns::go_live(tx, &id, Some(version)).await?;
            Ok::<_, rewards::Error>(id)
        });
        let id = made.await.unwrap();
        let opened = self.store().run_tx("test", async |tx| {
            let issuer = holder::issuer(tx, Books::Live, Points::CODE, now).await?;
            Ok::<_, wallet::Error>((
                Budget::<Points>::open(tx, &budget_of(&id, Books::Live), now).await?,
                issuer,
            ))
        });
        let (budget, issuer) = opened.await.unwrap();
        let amount = wallet::Amount::new(points).unwrap();
        budget.fill(&self.ledger, TransferId::fresh(), issuer, amount).await.unwrap();
        id
    }

    async fn hear(&self, trigger: &Trigger, fan_id: Option<&str>) -> Heard {
        let scope = if trigger.source == Source::Partner { ORG } else { "" };
        let device = Some("device 1");
        let told = Told { trigger, books: Books::Live, scope, fan_id, match_id: Some(MATCH), device };
        let now = self.clock.now();
        self.store().run_tx("test", async |tx| hear(tx, &told, now).await).await.unwrap()
    }

    /// Does what is due; answers how many jobs that were.
    async fn work(&self) -> usize {
        let worker = self.rewards.on(Worker::new(self.store().clone(), "test").queue(QUEUE));
        drain(&worker).await.unwrap().len()
    }

    /// What a fan has.
    async fn points(&self, fan_id: &str) -> i64 {
        let read = self
            .store()
            .read("test", async |db| wallet::account::of_owner(db, fan_id, wallet::Kind::Fan).await);
        let accounts = read.await.unwrap();
        accounts.iter().find(|it| it.standing.asset == Points::CODE).map_or(0, |it| it.standing.posted)
    }

    async fn rows(&self, sql: &'static str) -> Vec<String> {
        let rows = self.store().read("test", async |db| db.query(sql, &[]).await).await.unwrap();
        rows.iter().map(|it| it.get(0)).collect()
    }

    async fn verify(&self) {
        let report = self.store().read("test", async |db| verify(db).await).await.unwrap();
        assert_eq!(report.faults, []);
    }
}

fn campaign(id: &str, caps: Caps, rules: Vec<Rule>) -> Campaign {
    let (starts_at, ends_at) = (start(), start() + SignedDuration::from_hours(24 * 30));
    Campaign { id: id.to_owned(), version: 1, starts_at, ends_at, priority: 0, group: None, caps, rules }
}

fn rule(id: &str, kind: &str, units: i64) -> Rule {
    Rule {
        id: id.to_owned(),
        title: None,
        when: Condition::Is { name: Name::parse("trigger.kind").unwrap(), fact: Fact::Text(kind.into()) },
        amount: Amount { units, per: None, tiers: BTreeMap::new() },
        caps: Caps::default(),
        streak: None,
    }
}

fn trigger(source: Source, id: &str, kind: &str) -> Trigger {
    Trigger { source, id: id.to_owned(), kind: kind.to_owned(), at: start(), facts: BTreeMap::new() }
}

#[tokio::test]
async fn what_happens_in_a_match_earns_all_who_follow_it_once() {
    let here = Here::new().await;
    let caps = Caps::default();
    here.campaign(None, 1_000, caps, vec![rule("six", "six", 10), rule("wicket", "wicket", 25)]).await;
    for fan in ["fan_1", "fan_2", "fan_late", "fan_away"] {
        here.fan(fan, ORG, Books::Live).await;
    }
    here.fan("fan_test", ORG, Books::Test).await;
    for (fan, seconds) in [("fan_1", 0), ("fan_2", 0), ("fan_test", 0), ("fan_late", 1)] {
        let at = start() + SignedDuration::from_secs(seconds);
        here.store().run_tx("test", async |tx| follow(tx, MATCH, fan, at).await).await.unwrap();
    }
    let six = trigger(Source::Match, "mat_1.7.6", "six");
    assert_eq!(here.hear(&six, None).await, Heard::Now);
    assert_eq!(here.hear(&six, None).await, Heard::Before);
    assert_eq!(here.work().await, 3, "one tells of two");
    let all = ["fan_1", "fan_2", "fan_late", "fan_away", "fan_test"];
    assert_eq!(join_all(all.map(|it| here.points(it))).await, [10, 10, 0, 0, 0]);
    assert_eq!(here.hear(&six, None).await, Heard::Before);
    assert_eq!(here.work().await, 0);
    // Judged again, and by many at once, it is paid once.
    let again = join_all((0..8).map(|_| here.rewards.judge(1, "fan_1"))).await;
    assert!(again.iter().all(|it| it.as_ref().unwrap().grants.len() == 1), "{again:?}");
    assert_eq!(here.points("fan_1").await, 10);
    here.verify().await;
}

#[tokio::test]
async fn many_are_told_and_taken_back_at_once_each_once() {
    let here = Here::new().await;
    here.campaign(None, 1_000, Caps::default(), vec![rule("answer", "answer", 5)]).await;
    let triggers = [1, 2, 3].map(|it| trigger(Source::Quiz, &format!("answer {it}"), "answer"));
    for fan in ["fan_1", "fan_2"] {
        here.fan(fan, ORG, Books::Live).await;
    }
    let told = |at: usize, fan_id| Told {
        trigger: &triggers[at],
        books: Books::Live,
        scope: "",
        fan_id,
        match_id: Some(MATCH),
        device: None,
    };
    let (one, two) = (Some("fan_1"), Some("fan_2"));
    let tell = async |all: &[Told<'_>]| {
        here.store().run_tx("test", async |tx| hear_all(tx, all, start()).await).await
    };
    assert_eq!(tell(&[told(0, one), told(1, two), told(0, two)]).await.unwrap(), 2, "one comes twice");
    assert_eq!(tell(&[told(0, one), told(2, one)]).await.unwrap(), 1);
    assert_eq!(tell(&[]).await.unwrap(), 0);
    let nobodys = tell(&[told(0, one), told(1, None)]).await.unwrap_err();
    assert!(matches!(nobodys, rewards::Error::OfNobody), "{nobodys}");
    assert_eq!(here.work().await, 3);
    assert_eq!(join_all(["fan_1", "fan_2"].map(|it| here.points(it))).await, [10, 5]);
    let ids = ["answer 1", "answer 2", "unheard of"].map(str::to_owned);
    let back = async || {
        let back = here.store().run_tx("test", async |tx| {
            take_back_all(tx, Books::Live, Source::Quiz, ("", &ids), start()).await
        });
        back.await.unwrap()
    };
    assert_eq!([back().await, back().await], [2, 0]);
    here.work().await;
    assert_eq!(join_all(["fan_1", "fan_2"].map(|it| here.points(it))).await, [5, 0]);
    here.verify().await;
}

#[tokio::test]
async fn a_partners_word_counts_for_its_own_fans_and_its_ids_are_its_own() {
    let here = Here::new().await;
    here.campaign(None, 1_000, Caps::default(), vec![rule("visit", "visit", 5)]).await;
    here.campaign(Some("org_2"), 1_000, Caps::default(), vec![rule("visit", "visit", 7)]).await;
    here.fan("fan_1", ORG, Books::Live).await;
    here.fan("fan_2", "org_2", Books::Live).await;
    let visit = trigger(Source::Partner, "visit 1", "visit");
    here.hear(&visit, Some("fan_1")).await;
    // Another's fan, under an id of its own.
    here.hear(&trigger(Source::Partner, "visit 2", "visit"), Some("fan_2")).await;
    let told = Told {
        trigger: &visit,
        books: Books::Live,
        scope: "org_2",
        fan_id: Some("fan_2"),
        match_id: None,
        device: None,
    };
    let heard = here.store().run_tx("test", async |tx| hear(tx, &told, start()).await).await.unwrap();
    assert_eq!(heard, Heard::Now, "the same id of another partner is another");
    here.work().await;
    assert_eq!((here.points("fan_1").await, here.points("fan_2").await), (5, 5 + 7));
    here.verify().await;
}

#[tokio::test]
async fn caps_hold_for_many_at_once_and_a_budget_is_never_overspent() {
    let here = Here::new().await;
    let mut six = rule("six", "six", 10);
    six.caps = Caps { all: Some(95), device_day: Some(60), ..Caps::default() };
    here.campaign(None, 40, Caps { fan: Some(25), ..Caps::default() }, vec![six]).await;
    let fans: Vec<String> = (0..6).map(|it| format!("fan_{it}")).collect();
    for fan in &fans {
        here.fan(fan, ORG, Books::Live).await;
    }
    let mut judged = Vec::new();
    for number in 0..4 {
        for fan in &fans {
            here.hear(&trigger(Source::Quiz, &format!("{number} {fan}"), "six"), Some(fan)).await;
            judged.push((judged.len() as i64 + 1, fan.clone()));
        }
    }
    let all = join_all(judged.iter().map(|(number, fan)| here.rewards.judge(*number, fan))).await;
    let granted: Vec<_> = all.into_iter().flat_map(|it| it.unwrap().grants).collect();
    // Sixty of the device, though the rule would give more; forty of the budget, and the rest is refused.
    let sum = |is_paid: bool| -> i64 {
        granted.iter().filter(|it| it.refused.is_none() == is_paid).map(|it| it.units).sum()
    };
    assert_eq!(sum(true) + sum(false), 60, "{granted:?}");
    assert_eq!(sum(true), 40, "{granted:?}");
    assert!(granted.iter().all(|it| it.refused.as_deref().is_none_or(|it| it == "the budget is used up")));
    let mut points = 0;
    for fan in &fans {
        let has = here.points(fan).await;
        assert!(has <= 25, "{fan} has {has}");
        points += has;
    }
    assert_eq!(points, 40);
    assert_eq!(here.work().await, 24, "the jobs find all of it done");
    here.verify().await;
}

#[tokio::test]
async fn a_streak_and_a_days_cap_are_remembered_over_days() {
    let here = Here::new().await;
    let mut daily = rule("daily", "check-in", 1);
    daily.streak = Some(Streak::Days { length: 3, units: 10 });
    daily.caps.fan_day = Some(11);
    here.campaign(None, 1_000, Caps::default(), vec![daily]).await;
    here.fan("fan_1", ORG, Books::Live).await;
    let mut had = Vec::new();
    // The last comes late, of a day that is full.
    for (number, hours) in [0, 24, 48, 49, 72, 50].into_iter().enumerate() {
        let at = start() + SignedDuration::from_hours(hours);
        let trigger = Trigger { at, ..trigger(Source::CheckIn, &number.to_string(), "check-in") };
        here.hear(&trigger, Some("fan_1")).await;
        here.work().await;
        had.push(here.points("fan_1").await);
    }
    // The third day fills its cap.
    assert_eq!(had, [1, 2, 13, 13, 14, 14]);
    let whys = "select d ->> 'why' from rewards.judged, jsonb_array_elements(decisions) d where d ->> 'why' is not null";
    assert_eq!(here.rows(whys).await, ["fan-day", "fan-day"]);
}

#[tokio::test]
async fn who_has_no_wallet_or_a_frozen_one_earns_nothing_and_a_paused_campaign_gives_nothing() {
    let here = Here::new().await;
    let id = here.campaign(None, 1_000, Caps::default(), vec![rule("six", "six", 10)]).await;
    here.fan("fan_1", ORG, Books::Live).await;
    here.fan("fan_cold", ORG, Books::Live).await;
    let cold = Holder { fan_id: "fan_cold", organisation_id: ORG, books: Books::Live };
    here.store().run_tx("test", async |tx| holder::freeze(tx, &cold, start()).await).await.unwrap();
    for (number, fan) in ["fan_1", "fan_cold", "fan_unknown"].into_iter().enumerate() {
        here.hear(&trigger(Source::Quiz, &number.to_string(), "six"), Some(fan)).await;
    }
    here.work().await;
    assert_eq!((here.points("fan_1").await, here.points("fan_cold").await), (10, 0));
    here.store().run_tx("test", async |tx| campaigns::go_live(tx, &id, None).await).await.unwrap();
    here.hear(&trigger(Source::Quiz, "4", "six"), Some("fan_1")).await;
    here.work().await;
    assert_eq!(here.points("fan_1").await, 10);
    assert_eq!(here.rows("select count(*)::text from rewards.judged").await, ["4"]);
}

#[tokio::test]
async fn what_did_not_happen_is_taken_back_as_far_as_it_is_there() {
    let here = Here::new().await;
    let id = here
        .campaign(None, 1_000, Caps { fan: Some(30), ..Caps::default() }, vec![rule("six", "six", 30)])
        .await;
    for fan in ["fan_1", "fan_2"] {
        here.fan(fan, ORG, Books::Live).await;
        here.store().run_tx("test", async |tx| follow(tx, MATCH, fan, start()).await).await.unwrap();
    }
    let six = trigger(Source::Match, "mat_1.7.6", "six");
    here.hear(&six, None).await;
    here.work().await;
    // One has spent most of it.
    let accounts = here
        .store()
        .read("test", async |db| wallet::account::of_owner(db, "fan_1", wallet::Kind::Fan).await)
        .await
        .unwrap();
    let points = accounts.iter().find(|it| it.standing.asset == Points::CODE).unwrap().id;
    let issuer =
        async |tx: &store::Transaction<'_>| holder::issuer(tx, Books::Live, Points::CODE, start()).await;
    let issuer = here.store().run_tx("test", issuer).await.unwrap();
    let of = Move::of(Points::CODE, 22, points, issuer, Reason::Purchase).unwrap();
    here.ledger.make(Transfer::new(TransferId::fresh(), Act::Post(of))).await.unwrap();

    let back = async |id: &'static str| {
        let taken = here
            .store()
            .run_tx("test", async |tx| take_back(tx, Books::Live, Source::Match, ("", id), start()).await);
        taken.await.unwrap()
    };
    assert_eq!(back("mat_1.7.5").await, Heard::Before, "nobody has told of it");
    assert_eq!((back("mat_1.7.6").await, back("mat_1.7.6").await), (Heard::Now, Heard::Before));
    here.work().await;
    assert_eq!((here.points("fan_1").await, here.points("fan_2").await), (0, 0));
    let rows = "select fan_id || ' ' || state || ' ' || taken from rewards.grant order by fan_id";
    assert_eq!(here.rows(rows).await, ["fan_1 taken 8", "fan_2 taken 30"]);
    let opened = async |tx: &store::Transaction<'_>| {
        Budget::<Points>::open(tx, &budget_of(&id, Books::Live), start()).await
    };
    let budget = here.store().run_tx("test", opened).await.unwrap();
    let left = here.store().read("test", async |db| budget.left(db).await).await.unwrap();
    assert_eq!(left, 1_000 - 22);
    // One that was not paid yet, as when a process ends in between, is paid and taken.
    here.hear(&trigger(Source::Match, "mat_1.7.7", "six"), None).await;
    here.work().await;
    here.store()
        .run_tx("test", async |tx| {
            tx.batch("update rewards.grant set state = 'earned' where trigger = 2").await
        })
        .await
        .unwrap();
    back("mat_1.7.7").await;
    here.work().await;
    let state = "select distinct state from rewards.grant";
    assert_eq!((here.points("fan_2").await, here.rows(state).await), (0, vec!["taken".to_owned()]));
    // Their caps have room again; who is judged late for what did not happen earns nothing.
    here.hear(&trigger(Source::Match, "mat_1.8.1", "six"), None).await;
    here.work().await;
    assert_eq!((here.points("fan_1").await, here.points("fan_2").await), (30, 30));
    here.fan("fan_3", ORG, Books::Live).await;
    assert!(here.rewards.judge(1, "fan_3").await.unwrap().grants.is_empty());
    here.verify().await;
}

#[tokio::test]
async fn a_dry_run_says_what_the_same_would_cost_and_earns_nothing() {
    let here = Here::new().await;
    let fans: Vec<String> = (0..5).map(|it| format!("fan_{it}")).collect();
    for fan in &fans {
        here.fan(fan, ORG, Books::Live).await;
    }
    let mut daily = rule("daily", "check-in", 3);
    daily.streak = Some(Streak::Times { length: 3, units: 10 });
    daily.caps = Caps { fan_day: Some(5), device_day: Some(17), ..Caps::default() };
    let mut six = rule("six", "six", 7);
    six.caps.all = Some(40);
    let (caps, rules) = (Caps { fan: Some(25), ..Caps::default() }, vec![daily, six]);
    let all = async |round: &str| {
        for hours in [0_i64, 2, 25, 30] {
            for fan in &fans {
                for kind in ["check-in", "six"] {
                    let at = start() + SignedDuration::from_hours(hours);
                    let id = format!("{round} {hours} {fan} {kind}");
                    here.hear(&Trigger { at, ..trigger(Source::Quiz, &id, kind) }, Some(fan)).await;
                }
            }
        }
        here.work().await;
    };
    // Nothing is live: it is heard, and earns nothing.
    all("before").await;
    let tried = campaign("cmp_none", caps, rules.clone());
    let span = (start(), start() + SignedDuration::from_hours(100));
    let run = here.rewards.dry_run(&tried, Books::Live, Some(ORG), span).await.unwrap();
    assert_eq!((run.judged, run.is_cut), (40, false));
    let nobody = here.rewards.dry_run(&tried, Books::Live, Some("org_2"), span).await.unwrap();
    assert_eq!((nobody.judged, nobody.units), (0, 0));
    assert_eq!(here.rows("select count(*)::text from rewards.grant").await, ["0"]);
    // The same happens again, and it is live.
    here.campaign(None, 10_000, caps, rules).await;
    all("after").await;
    let mut had = 0;
    for fan in &fans {
        had += here.points(fan).await;
    }
    assert_eq!(run.units, had);
    assert!(had > 0);
    let sums =
        "select rule || ' ' || count(*) || ' ' || sum(units) from rewards.grant group by rule order by rule";
    let told: Vec<String> =
        run.rules.iter().map(|(id, it)| format!("{id} {} {}", it.grants, it.units)).collect();
    assert_eq!(here.rows(sums).await, told);
    let withheld: u64 = run.rules.values().flat_map(|it| it.withheld.values()).sum();
    assert_eq!(withheld + run.rules.values().map(|it| it.grants).sum::<u64>(), 80);
}

#[tokio::test]
async fn versions_stay_as_they_are_and_what_cannot_be_is_not_kept() {
    let here = Here::new().await;
    let id = here.campaign(None, 10, Caps::default(), vec![rule("six", "six", 10)]).await;
    let write = async |campaign: &Campaign| {
        let now = here.clock.now();
        here.store().run_tx("test", async |tx| campaigns::write(tx, campaign, "usr_1", now).await).await
    };
    let better = campaign(&id, Caps::default(), vec![rule("six", "six", 20)]);
    assert_eq!(write(&better).await.unwrap(), 2);
    let live = async || {
        let read = here.store().read("test", async |db| here.rewards.live(db, Books::Live, ORG).await);
        read.await.unwrap().remove(0)
    };
    assert_eq!((live().await.version, live().await.rules[0].amount.units), (1, 10));
    here.store().run_tx("test", async |tx| campaigns::go_live(tx, &id, Some(2)).await).await.unwrap();
    assert_eq!((live().await.version, live().await.rules[0].amount.units), (2, 20));
    let empty = write(&campaign(&id, Caps::default(), vec![])).await.unwrap_err();
    assert!(matches!(empty, rewards::Error::Invalid(Invalid::Rules { .. })), "{empty}");
    let unknown =
        write(&campaign("cmp_none", Caps::default(), vec![rule("six", "six", 1)])).await.unwrap_err();
    assert!(matches!(unknown, rewards::Error::UnknownCampaign { .. }), "{unknown}");
    let never = here.store().run_tx("test", async |tx| campaigns::go_live(tx, &id, Some(3)).await).await;
    assert!(matches!(never, Err(rewards::Error::UnknownVersion { version: 3, .. })), "{never:?}");
    for sql in ["update rewards.version set made_by = ''", "delete from rewards.version"] {
        assert!(here.store().run_tx("test", async |tx| tx.batch(sql).await).await.is_err(), "{sql}");
    }
    // What nobody did, and what has no name.
    let nobody = trigger(Source::Quiz, "1", "six");
    let nameless = trigger(Source::Quiz, "", "six");
    for (trigger, match_id) in [(&nobody, None), (&nameless, Some(MATCH))] {
        let told = Told { trigger, books: Books::Live, scope: "", fan_id: None, match_id, device: None };
        let refused = here.store().run_tx("test", async |tx| hear(tx, &told, start()).await).await;
        assert!(refused.is_err(), "{trigger:?}");
    }
    assert!(jobs::testing::enqueued::<Judge>(here.store()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_fan_sees_what_was_earned_and_what_can_be() {
    let here = Here::new().await;
    let day = Caps { fan_day: Some(30), ..Caps::default() };
    let six = Rule { title: Some("Every six".into()), caps: day, ..rule("six", "six", 20) };
    let visit = Rule { streak: Some(Streak::Days { length: 3, units: 50 }), ..rule("visit", "visit", 1) };
    let id = here.campaign(None, 1_000, Caps::default(), vec![six, visit]).await;
    here.fan("fan_1", ORG, Books::Live).await;
    for number in ["1", "2"] {
        here.hear(&trigger(Source::Partner, number, "six"), Some("fan_1")).await;
    }
    here.hear(&trigger(Source::Partner, "3", "visit"), Some("fan_1")).await;
    here.work().await;
    let sees = here.rewards.of_fan("fan_1", ORG, Books::Live, start()).await.unwrap();
    let earned: Vec<_> =
        sees.earned.iter().map(|it| (it.title.as_str(), it.units, it.state.word())).collect();
    let mut sorted = earned.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [("Every six", 10, "paid"), ("Every six", 20, "paid"), ("visit", 1, "paid")]);
    // The wallet's history has it too; where a rule has no title, nothing.
    let whats = "
        select coalesce(metadata::jsonb ->> 'what', 'nothing') from wallet.transfer
        where metadata::jsonb ->> 'rule' is not null order by 1";
    assert_eq!(here.rows(whats).await, ["Every six", "Every six", "nothing"]);
    assert_eq!(sees.missions.len(), 2);
    let six = &sees.missions[0];
    assert_eq!((six.campaign.as_str(), six.title.as_str()), (id.as_str(), "Every six"));
    assert_eq!((six.units, six.earned_today, six.left_today, six.streak), (20, 30, Some(0), None));
    let progress = |sees: &rewards::OfFan| sees.missions[1].streak.map(|it| (it.done, it.of, it.units));
    assert_eq!(progress(&sees), Some((1, 3, 50)));
    // The next day all of it is there again, and the streak goes on; a day later it is over.
    for (hours, left, done) in [(24, Some(30), 1), (48, Some(30), 0)] {
        let now = start() + SignedDuration::from_hours(hours);
        let later = here.rewards.of_fan("fan_1", ORG, Books::Live, now).await.unwrap();
        assert_eq!((later.missions[0].left_today, progress(&later).unwrap().0), (left, done), "{hours}");
    }
    let other = here.rewards.of_fan("fan_2", ORG, Books::Test, start()).await.unwrap();
    assert_eq!((other.earned.len(), other.missions.len()), (0, 0));
}

#[tokio::test]
async fn a_tier_is_by_what_was_earned_and_gives_more() {
    let here = Here::new().await;
    let tiers = [("gold".to_owned(), 100), ("silver".to_owned(), 20)];
    let set = async |tiers: &[(String, i64)]| {
        here.store().run_tx("test", async |tx| review::set_tiers(tx, Books::Live, tiers).await).await
    };
    set(&tiers).await.unwrap();
    for bad in [vec![("Gold".to_owned(), 1)], vec![("a".into(), 1), ("b".into(), 1)], vec![("a".into(), 0)]] {
        assert!(set(&bad).await.is_err(), "{bad:?}");
    }
    let found = here.store().read("test", async |db| review::tiers(db, Books::Live).await).await.unwrap();
    assert_eq!(found, [("silver".to_owned(), 20), ("gold".to_owned(), 100)]);
    let amount = Amount { units: 20, per: None, tiers: BTreeMap::from([("silver".to_owned(), 150)]) };
    here.campaign(None, 1_000, Caps::default(), vec![Rule { amount, ..rule("six", "six", 20) }]).await;
    here.fan("fan_1", ORG, Books::Live).await;
    for (number, expected) in [("1", 20), ("2", 50)] {
        here.hear(&trigger(Source::Partner, number, "six"), Some("fan_1")).await;
        here.work().await;
        assert_eq!(here.points("fan_1").await, expected);
    }
    let sees = here.rewards.of_fan("fan_1", ORG, Books::Live, start()).await.unwrap();
    assert_eq!(sees.tier.as_deref(), Some("silver"));
}

#[tokio::test]
async fn what_looks_wrong_is_shown_once_and_people_decide() {
    let here = Here::new().await;
    here.campaign(None, 100_000, Caps::default(), vec![rule("six", "six", 1)]).await;
    for fan in 1..=6 {
        here.fan(&format!("fan_{fan}"), ORG, Books::Live).await;
    }
    for number in 0..=review::GRANTS_IN_HOUR_MAX {
        here.hear(&trigger(Source::Partner, &number.to_string(), "six"), Some("fan_1")).await;
    }
    // All of them with the device "device 1".
    for fan in 2..=6 {
        here.hear(&trigger(Source::Partner, &format!("of {fan}"), "six"), Some(&format!("fan_{fan}"))).await;
    }
    while here.work().await > 0 {}
    let open = async || {
        let read = here
            .store()
            .read("test", async |db| review::list(db, Books::Live, review::Verdict::Open, None, 10).await);
        read.await.unwrap()
    };
    here.rewards.look_over().await.unwrap();
    assert_eq!(here.rewards.look_over().await.unwrap(), 0, "nothing is new");
    let signals = open().await;
    let kinds: Vec<_> = signals.iter().map(|it| (it.kind.word(), it.subject.as_str(), it.count)).collect();
    assert_eq!(kinds, [("device", "device 1", 6), ("velocity", "fan_1", review::GRANTS_IN_HOUR_MAX + 1)]);
    assert_eq!(signals[0].fans.len(), 6);
    let decide = async |number, verdict| {
        let now = here.clock.now();
        let decide = async |tx: &store::Transaction<'_>| {
            review::decide(tx, number, verdict, ("usr_1", "a farm of phones"), now).await
        };
        here.store().run_tx("test", decide).await
    };
    let points = here.points("fan_1").await;
    let blocked = decide(signals[0].number, review::Verdict::Blocked).await.unwrap();
    assert_eq!(blocked.reviewed_by.as_deref(), Some("usr_1"));
    here.hear(&trigger(Source::Partner, "more", "six"), Some("fan_1")).await;
    here.work().await;
    assert_eq!(here.points("fan_1").await, points, "who is blocked earns nothing");
    decide(signals[0].number, review::Verdict::Cleared).await.unwrap();
    decide(signals[1].number, review::Verdict::Cleared).await.unwrap();
    here.hear(&trigger(Source::Partner, "again", "six"), Some("fan_1")).await;
    here.work().await;
    assert_eq!(here.points("fan_1").await, points + 1);
    here.rewards.look_over().await.unwrap();
    assert_eq!(open().await, [], "what was cleared today stays so");
    assert!(decide(9_999, review::Verdict::Cleared).await.is_err());
}

#[tokio::test]
async fn a_partners_campaign_is_judged_for_its_own_fans_by_its_own_word_and_paid_from_its_own_budget() {
    let here = Here::new().await;
    let rules = || vec![rule("six", "six", 10), rule("visit", "visit", 5)];
    let own = here.campaign(Some(ORG), 100, Caps::default(), rules()).await;
    let dry = here.campaign(Some("org_2"), 1, Caps::default(), vec![rule("six", "six", 1)]).await;
    here.fan("fan_1", ORG, Books::Live).await;
    here.fan("fan_2", "org_2", Books::Live).await;
    here.fan("fan_test", ORG, Books::Test).await;
    let tell = async |scope: &str, id: &str, kind: &str, fan_id: Option<&str>, match_id: Option<&str>| {
        let source = if scope.is_empty() { Source::Match } else { Source::Partner };
        let trigger = trigger(source, id, kind);
        let told = Told { trigger: &trigger, books: Books::Live, scope, fan_id, match_id, device: None };
        here.store().run_tx("test", async |tx| hear(tx, &told, start()).await).await.unwrap();
        here.work().await;
        join_all(["fan_1", "fan_2", "fan_test"].map(|it| here.points(it))).await
    };
    // A match that nobody follows pays nobody.
    assert_eq!(tell("", "mat_away.1.1", "six", None, Some("mat_away")).await, [0, 0, 0]);
    // Another partner's word of this partner's fan, this partner's of another's fan, and of a fan in the other books.
    assert_eq!(tell("org_2", "1", "visit", Some("fan_1"), None).await, [0, 0, 0]);
    assert_eq!(tell(ORG, "2", "visit", Some("fan_2"), None).await, [0, 0, 0]);
    assert_eq!(tell(ORG, "3", "visit", Some("fan_test"), None).await, [0, 0, 0]);
    // In a match that fans of both follow, each earns by their own partner's; who has none gets none of the other's budget.
    for fan in ["fan_1", "fan_2", "fan_test"] {
        here.store().run_tx("test", async |tx| follow(tx, MATCH, fan, start()).await).await.unwrap();
    }
    assert_eq!(tell("", "mat_1.1.1", "six", None, Some(MATCH)).await, [10, 1, 0]);
    assert_eq!(tell("", "mat_1.1.2", "six", None, Some(MATCH)).await, [20, 1, 0]);
    assert_eq!(tell(ORG, "4", "visit", Some("fan_1"), None).await, [25, 1, 0]);
    let left = here.store().read("test", async |db| fill::left(db, Books::Live, &[&own, &dry]).await);
    assert_eq!(left.await.unwrap(), [75, 0]);
    // What was heard is tried for its own fans alone.
    let tried = campaign(&own, Caps::default(), rules());
    let span = (start(), start() + SignedDuration::from_hours(1));
    let run = here.rewards.dry_run(&tried, Books::Live, Some(ORG), span).await.unwrap();
    assert_eq!((run.fans, run.units), (1, 25));
    // Whose it is stays so.
    for sql in
        ["update rewards.campaign set organisation_id = null", "update rewards.campaign set books = 'test'"]
    {
        assert!(here.store().run_tx("test", async |tx| tx.batch(sql).await).await.is_err(), "{sql}");
    }
    here.verify().await;
}

#[tokio::test]
async fn a_group_is_of_one_owners_campaigns() {
    let here = Here::new().await;
    let grouped = async |organisation: Option<&str>, priority: i32, units: i64| {
        let id = here.campaign(organisation, 1_000, Caps::default(), vec![rule("six", "six", 1)]).await;
        let six = campaign(&id, Caps::default(), vec![rule("six", "six", units)]);
        let six = Campaign { group: Some("sixes".to_owned()), priority, ..six };
        let written = here.store().run_tx("test", async |tx| {
            let version = campaigns::write(tx, &six, "usr_1", start()).await?;
            campaigns::go_live(tx, &id, Some(version)).await
        });
        written.await.unwrap();
    };
    grouped(None, 0, 10).await;
    // Of a partner's two one earns; it keeps no fan from what the house gives.
    grouped(Some(ORG), 9, 5).await;
    grouped(Some(ORG), 8, 3).await;
    here.fan("fan_1", ORG, Books::Live).await;
    here.hear(&trigger(Source::Quiz, "1", "six"), Some("fan_1")).await;
    here.work().await;
    assert_eq!(here.points("fan_1").await, 15);
}

#[tokio::test]
async fn a_campaign_that_was_ended_stays_so_and_is_seen_by_whose_it_is() {
    let here = Here::new().await;
    let id = here.campaign(Some(ORG), 100, Caps::default(), vec![rule("six", "six", 10)]).await;
    let house = here.campaign(None, 100, Caps::default(), vec![rule("four", "four", 4)]).await;
    let seen = async |whose: Whose<'_>| {
        let all = here.store().read("test", async |db| {
            let all = campaigns::list(db, (Books::Live, whose), None, 10).await?;
            let one = campaigns::find(db, (Books::Live, whose), &id).await?;
            let of_test = campaigns::list(db, (Books::Test, whose), None, 10).await?;
            assert!(of_test.is_empty());
            Ok::<_, rewards::Error>((all, one))
        });
        let (all, one) = all.await.unwrap();
        let mut ids: Vec<String> = all.into_iter().map(|it| it.id).collect();
        ids.sort();
        (ids, one.is_some())
    };
    let mut both = vec![id.clone(), house];
    both.sort();
    assert_eq!(seen(Whose::Everybodys).await, (both, true));
    assert_eq!(seen(Whose::Of(ORG)).await, (vec![id.clone()], true));
    assert_eq!(seen(Whose::Of("org_2")).await, (vec![], false));

    here.fan("fan_1", ORG, Books::Live).await;
    let end = async || here.store().run_tx("test", async |tx| campaigns::end(tx, &id, start()).await).await;
    assert_eq!(end().await.unwrap(), campaigns::Ended::Now);
    assert_eq!(end().await.unwrap(), campaigns::Ended::Before);
    here.hear(&trigger(Source::Quiz, "1", "six"), Some("fan_1")).await;
    here.work().await;
    assert_eq!(here.points("fan_1").await, 0);
    let again = here.store().run_tx("test", async |tx| campaigns::go_live(tx, &id, Some(1)).await).await;
    assert!(matches!(again, Err(rewards::Error::Ended { .. })), "{again:?}");
    let next = campaign(&id, Caps::default(), vec![rule("six", "six", 20)]);
    let written = async |tx: &store::Transaction<'_>| campaigns::write(tx, &next, "usr_1", start()).await;
    let written = here.store().run_tx("test", written).await;
    assert!(matches!(written, Err(rewards::Error::Ended { .. })), "{written:?}");
    let fill = fill::Fill {
        id: TransferId::fresh(),
        campaign: id.clone(),
        amount: wallet::Amount::new(1).unwrap(),
        why: "more".to_owned(),
        by: "usr_1".to_owned(),
    };
    let filled = here.store().run_tx("test", async |tx| fill::ask(tx, &fill, start()).await).await;
    assert!(matches!(filled, Err(rewards::Error::Ended { .. })), "{filled:?}");
    let read =
        here.store().read("test", async |db| campaigns::find(db, (Books::Live, Whose::Of(ORG)), &id).await);
    let found = read.await.unwrap().unwrap();
    assert_eq!((found.ended_at, found.live_version, found.has_been_live), (Some(start()), None, true));
}

#[tokio::test]
async fn a_partner_has_so_many_campaigns_and_so_many_of_them_live() {
    let here = Here::new().await;
    let store = here.store();
    let fifty = "
        insert into rewards.campaign (id, books, organisation_id, name, made_at)
            select 'cmp_' || i, 'live', 'org_1', 'x', now() from generate_series(1, 499) i;
        insert into rewards.version (campaign, version, body, made_by, made_at)
            select 'cmp_' || i, 1, '{}', '', now() from generate_series(1, 50) i;
        update rewards.campaign set live_version = 1 where id in (select campaign from rewards.version)";
    store.run_tx("test", async |tx| tx.batch(fifty).await).await.unwrap();
    let made = store
        .run_tx("test", async |tx| {
            let id = campaigns::make(tx, Books::Live, Some(ORG), "The last", start()).await?;
            let six = campaign(&id, Caps::default(), vec![rule("six", "six", 1)]);
            campaigns::write(tx, &six, "usr_1", start()).await?;
            Ok::<_, rewards::Error>(id)
        })
        .await;
    let id = made.unwrap();
    let live = store.run_tx("test", async |tx| campaigns::go_live(tx, &id, Some(1)).await).await;
    assert!(matches!(live, Err(rewards::Error::TooMany { max: 50, .. })), "{live:?}");
    let more = async |organisation| {
        let make = async |tx: &store::Transaction<'_>| {
            campaigns::make(tx, Books::Live, organisation, "One more", start()).await
        };
        store.run_tx("test", make).await
    };
    let refused = more(Some(ORG)).await;
    assert!(matches!(refused, Err(rewards::Error::TooMany { max: 500, .. })), "{refused:?}");
    assert!(more(Some("org_2")).await.is_ok() && more(None).await.is_ok());
}
