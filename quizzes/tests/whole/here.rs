//! A store with quizzes, rewards and a ledger, and a clock that is moved.

use crate::scene::{Scene, start};
use cricket::Format;
use jiff::{SignedDuration, Timestamp};
use jobs::Worker;
use jobs::testing::drain;
use quizzes::{
    Board, Course, Error, Intake, Kind, Moved, Origin, Position, Put, Question, Quiz, Quizzes, Receipt,
    Refusal, Scope, Shown, Submission, View, Window, Words, board, board::Line, happened, put, shown,
};
use rewards::{Amount, Books, Campaign, Caps, Condition, Fact, Name, Rewards, Rule, budget_of, campaigns};
use std::collections::BTreeMap;
use std::time::Duration;
use store::testing::TestStore;
use store::{Clock, Store};
use wallet::holder::{self, Holder, Terms};
use wallet::{Asset, Budget, Ledger, Points, TransferId};

pub(crate) const ORG: &str = "org_1";
pub(crate) const MATCH: &str = "mat_1";
pub(crate) const SERIES: &str = "cup 2026";

/// Whatever the machine's clock shows.
const YEARS: Duration = Duration::from_secs(20 * 366 * 86_400);

pub(crate) struct Here {
    pub(crate) test: TestStore,
    pub(crate) clock: Clock,
    pub(crate) quizzes: Quizzes,
    ledger: Ledger,
    rewards: Rewards,
}

impl Here {
    pub(crate) async fn new() -> Self {
        let all = [
            jobs::MIGRATIONS,
            access::MIGRATIONS,
            wallet::MIGRATIONS,
            rewards::MIGRATIONS,
            quizzes::MIGRATIONS,
        ];
        let test = TestStore::new(&all).await;
        let clock = Clock::manual(start());
        let ledger = Ledger::start(test.store(), &clock, "test");
        let rewards = Rewards::new(test.store(), &clock, &ledger);
        let quizzes = Quizzes::new(test.store(), &clock);
        Self { test, clock, quizzes, ledger, rewards }
    }

    pub(crate) fn store(&self) -> &Store {
        self.test.store()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock to so many seconds after the start.
    pub(crate) fn at(&self, seconds: i64) {
        let by = (start() + SignedDuration::from_secs(seconds)).duration_since(self.now());
        self.clock.advance(Duration::try_from(by).expect("a manual clock is moved forward"));
    }

    pub(crate) async fn put(&self, quiz: &Quiz, course: &Course) -> Result<Put, Error> {
        let now = self.now();
        self.store().run_tx("test", async |tx| put(tx, quiz, course, now).await).await
    }

    /// Puts it, and answers the ids of its questions.
    pub(crate) async fn ask(&self, quiz: &Quiz, course: &Course) -> Vec<String> {
        let id = self.put(quiz, course).await.unwrap().id;
        let sql = "select q.id from quizzes.question q join quizzes.quiz z on z.number = q.quiz
            where z.id = $1 order by q.place";
        let rows = self.store().read("test", async |db| db.query(sql, &[&id]).await).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    pub(crate) async fn answer(&self, submission: &Submission) -> Result<Receipt, Error> {
        self.answer_by(&self.clock, submission).await
    }

    pub(crate) async fn answer_by(&self, clock: &Clock, it: &Submission) -> Result<Receipt, Error> {
        self.store().run_tx("test", async |tx| quizzes::answer(tx, clock, it).await).await
    }

    pub(crate) async fn answered(&self, question: &str, fans: &[(&str, &str)]) {
        for (fan, choice) in fans {
            self.answer(&submission(question, fan, choice)).await.unwrap();
        }
    }

    /// Why it is not accepted.
    pub(crate) async fn refused(&self, submission: &Submission) -> Refusal {
        match self.answer(submission).await {
            Err(Error::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn happened(&self, course: &Course) -> Moved {
        self.happened_in(1, course).await
    }

    /// In a log of such an epoch.
    pub(crate) async fn happened_in(&self, epoch: u64, course: &Course) -> Moved {
        let (now, position) = (self.now(), Position { epoch, rev: 0, seq: 1 });
        self.store()
            .run_tx("test", async |tx| happened(tx, MATCH, course, position, now).await)
            .await
            .unwrap()
    }

    /// Does all that is to be done, as if its time had come by the database's clock; answers how many jobs that were.
    pub(crate) async fn work(&self) -> usize {
        jobs::testing::pass(self.store(), YEARS).await.unwrap();
        let worker = self.quizzes.on(Worker::new(self.store().clone(), "test").queue(quizzes::QUEUE));
        drain(&worker).await.unwrap().len()
    }

    /// Judges and pays what was told.
    pub(crate) async fn pay(&self) {
        let worker = self.rewards.on(Worker::new(self.store().clone(), "test").queue(rewards::QUEUE));
        drain(&worker).await.unwrap();
    }

    /// The same by a worker as processes have it, until something is so.
    pub(crate) async fn pay_until(&self, fact: impl Future<Output = ()>) {
        let worker = self.rewards.on(Worker::new(self.store().clone(), "test").queue(rewards::QUEUE));
        worker.run(fact).await.unwrap();
    }

    pub(crate) fn intake(&self) -> Intake {
        Intake::start(self.store(), &self.clock)
    }

    pub(crate) async fn rows(&self, sql: &'static str) -> Vec<String> {
        let rows = self.store().read("test", async |db| db.query(sql, &[]).await).await.unwrap();
        rows.iter().map(|it| it.get(0)).collect()
    }

    pub(crate) async fn page(&self, scope: Scope) -> Vec<Line> {
        let on = Board { books: Books::Live, scope };
        self.store().read("test", async |db| board::page(db, &on, None, 100).await).await.unwrap()
    }

    /// "fan_1 1 30": a fan, its rank and its points, of each who is ranked.
    pub(crate) async fn ranks(&self, scope: Scope) -> Vec<String> {
        let lines = self.page(scope).await;
        let line = |it: &Line| format!("{} {} {}", it.fan_id, it.rank.unwrap_or_default(), it.points);
        lines.iter().map(line).collect()
    }

    pub(crate) async fn shown(&self, fan_id: Option<&str>, language: &str) -> Vec<Shown> {
        let view = View { books: Books::Live, organisation_id: ORG, match_id: Some(MATCH), fan_id, language };
        let now = self.now();
        self.store().read("test", async |db| shown(db, view, now).await).await.unwrap()
    }

    /// Triggers that stand, as "answer fan_1".
    pub(crate) async fn told(&self, kind: &str) -> Vec<String> {
        let sql =
            "select fan_id from rewards.trigger where kind = $1 and taken_back_at is null order by fan_id";
        let rows = self.store().read("test", async |db| db.query(sql, &[&kind]).await).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    pub(crate) async fn fan(&self, fan_id: &str) {
        let (holder, terms) = (Holder { fan_id, organisation_id: ORG, books: Books::Live }, Terms::default());
        let opened = self.store().run_tx("test", async |tx| holder::open(tx, &holder, &terms, start()).await);
        opened.await.unwrap();
    }

    /// A campaign that pays so much for what is told by these kinds.
    pub(crate) async fn campaign(&self, kinds: &[(&str, i64)]) {
        let now = self.now();
        let rules: Vec<Rule> = kinds.iter().map(|(kind, units)| rule(kind, *units)).collect();
        let made = self.store().run_tx("test", async |tx| {
            let id = campaigns::make(tx, Books::Live, None, "Quiz", now).await?;
            let campaign = Campaign {
                id: id.clone(),
                version: 1,
                starts_at: start(),
                ends_at: start() + SignedDuration::from_hours(24 * 30),
                priority: 0,
                group: None,
                caps: Caps::default(),
                rules: rules.clone(),
            };
            let version = campaigns::write(tx, &campaign, "usr_1", now).await?;
            campaigns::go_live(tx, &id, Some(version)).await?;
            Ok::<_, rewards::Error>(id)
        });
        let id = made.await.unwrap();
        let opened = self.store().run_tx("test", async |tx| {
            let issuer = holder::issuer(tx, Books::Live, Points::CODE, now).await?;
            let owner = budget_of(&id, Books::Live);
            Ok::<_, wallet::Error>((Budget::<Points>::open(tx, &owner, now).await?, issuer))
        });
        let (budget, issuer) = opened.await.unwrap();
        let amount = wallet::Amount::new(10_000).unwrap();
        budget.fill(&self.ledger, TransferId::fresh(), issuer, amount).await.unwrap();
    }

    /// What a fan has in its wallet.
    pub(crate) async fn wallet(&self, fan_id: &str) -> i64 {
        let read = self
            .store()
            .read("test", async |db| wallet::account::of_owner(db, fan_id, wallet::Kind::Fan).await);
        let accounts = read.await.unwrap();
        accounts.iter().find(|it| it.standing.asset == Points::CODE).map_or(0, |it| it.standing.posted)
    }
}

fn rule(kind: &str, units: i64) -> Rule {
    Rule {
        id: kind.to_owned(),
        title: None,
        when: Condition::Is { name: Name::parse("trigger.kind").unwrap(), fact: Fact::Text(kind.into()) },
        amount: Amount { units, per: None, tiers: BTreeMap::new() },
        caps: Caps::default(),
        streak: None,
    }
}

pub(crate) fn submission(question: &str, fan: &str, choice: &str) -> Submission {
    Submission {
        books: Books::Live,
        question: question.to_owned(),
        match_id: Some(MATCH.to_owned()),
        choice: choice.to_owned(),
        fan_id: fan.to_owned(),
        organisation_id: ORG.to_owned(),
        device: None,
        place: None,
    }
}

pub(crate) fn question(key: &str, kind: Kind, window: Window) -> Question {
    let choices = kind.choices().into_iter().map(|it| (it.to_owned(), format!("the {it}")));
    let words =
        Words { text: format!("{key}?"), choices: choices.collect(), after: Some("So it is.".into()) };
    let texts = [("en".to_owned(), words)].into();
    Question { key: key.to_owned(), kind, window, points: 10, texts }
}

pub(crate) fn quiz(questions: Vec<Question>) -> Quiz {
    Quiz {
        origin: Origin::Entry { id: "ent_1".into(), revision: 1 },
        books: Books::Live,
        organisation_id: None,
        match_id: Some(MATCH.into()),
        series: Some(SERIES.into()),
        fence: None,
        titles: [("en".to_owned(), "A quiz".to_owned())].into(),
        questions,
    }
}

pub(crate) fn trivia(key: &str, right: &str, from: i64, until: i64) -> Question {
    let choices = ["a", "b", "c"].map(str::to_owned).into();
    let second = |it| start() + SignedDuration::from_secs(it);
    let window = Window::Between { from: second(from), until: second(until) };
    question(key, Kind::Trivia { choices, right: right.to_owned() }, window)
}

pub(crate) fn wicket_in(over: u16) -> Question {
    let kind = Kind::OverWicket { innings: 1, over };
    question(&format!("o{over}"), kind, Window::BeforeOver { innings: 1, over, seconds: 30 })
}

/// After the toss and the beginning of an innings: two seconds.
pub(crate) fn begun() -> Scene {
    let mut scene = Scene::new(Format::T20, Some(20));
    scene.toss().innings(cricket::Side::Home);
    scene
}
