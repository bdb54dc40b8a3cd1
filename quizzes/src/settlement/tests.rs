//! A settlement that is cut off, done twice, or overtaken.

use super::*;
use crate::course::Course;
use crate::quiz::{Origin, Question, Quiz, Words};
use crate::window::Window;
use crate::{Kind, put, turn};
use rewards::Books;
use store::testing::TestStore;

/// Two whole batches and some.
const ANSWERED: i64 = FANS * 2 + 300;

fn start() -> Timestamp {
    "2026-11-30T10:00:00Z".parse().unwrap()
}

fn minutes(count: i64) -> Timestamp {
    start() + jiff::SignedDuration::from_mins(count)
}

struct Here {
    test: TestStore,
    question: i64,
}

impl Here {
    /// A question that is settled, "a" being right, which every third of those who have answered has chosen.
    async fn new() -> Self {
        let all = [
            jobs::MIGRATIONS,
            access::MIGRATIONS,
            wallet::MIGRATIONS,
            rewards::MIGRATIONS,
            crate::MIGRATIONS,
        ];
        let test = TestStore::new(&all).await;
        let quiz = quiz();
        let put = async |tx: &Transaction<'_>| put::put(tx, &quiz, &Course::default(), start()).await;
        test.store().run_tx("test", put).await.unwrap();
        let answers = "
            insert into quizzes.answer (question, fan_id, choice, accepted_at, organisation_id)
            select q.number, 'fan_' || to_char(n, 'FM00000'), case when n % 3 = 0 then 'a' else 'b' end, $1, 'org_' || n % 2
            from quizzes.question q, generate_series(1, $2::bigint) as n";
        let write = async |tx: &Transaction<'_>| tx.execute(answers, &[&At(start()), &ANSWERED]).await;
        test.store().run_tx("test", write).await.unwrap();
        let here = Self { question: 1, test };
        here.due(10).await;
        here
    }

    async fn due(&self, at: i64) {
        let due = async |tx: &Transaction<'_>| turn::is_due(tx, self.question, minutes(at)).await;
        self.test.store().run_tx("test", due).await.unwrap();
    }

    fn job(&self, generation: i32) -> Settle {
        Settle { question: self.question, generation, after: String::new() }
    }

    async fn settle(&self, job: &Settle) -> Option<Settle> {
        let run = async |tx: &Transaction<'_>| settle_some(tx, job, minutes(11)).await;
        self.test.store().run_tx("test", run).await.unwrap()
    }

    /// Killed when all is done, and before it stands.
    async fn cut_off(&self, job: &Settle) {
        let run = async |tx: &Transaction<'_>| {
            settle_some(tx, job, minutes(11)).await?;
            Err::<(), _>(Error::Unsure)
        };
        assert!(matches!(self.test.store().run_tx("test", run).await, Err(Error::Unsure)));
    }

    /// Points and right answers of the match's board, those who are level on all boards, and what was told and stands.
    async fn figures(&self) -> (i64, i64, i64, i64) {
        let sql = "
            select coalesce(sum(s.points), 0)::bigint, coalesce(sum(s.is_right), 0)::bigint,
                (select coalesce(sum(fans), 0)::bigint from quizzes.level),
                (select count(*) from rewards.trigger where kind = 'correct' and taken_back_at is null)
            from quizzes.score s join quizzes.board b on b.number = s.board where b.kind = 'match'";
        let row = self.test.store().read("test", async |db| db.query_one(sql, &[]).await).await.unwrap();
        (row.get(0), row.get(1), row.get(2), row.get(3))
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let row = self.test.store().read("test", async |db| db.query_one(sql, &[]).await).await.unwrap();
        row.get(0)
    }

    /// Sets another choice right, as a correction would.
    async fn correct(&self, choice: &str) {
        let run = async |tx: &Transaction<'_>| {
            let kept = kept::lock(tx, self.question).await?.unwrap();
            let next = crate::standing::Standing {
                outcome: Outcome::Choice(choice.to_owned()),
                ..kept.standing.clone()
            };
            turn::step(tx, &kept, next, None, minutes(12), &mut turn::Moved::default()).await
        };
        self.test.store().run_tx("test", run).await.unwrap();
    }
}

fn quiz() -> Quiz {
    let choices = ["a", "b"].map(str::to_owned);
    let words = Words {
        text: "Which?".into(),
        choices: choices.iter().map(|it| (it.clone(), it.clone())).collect(),
        after: None,
    };
    let question = Question {
        key: "t".into(),
        kind: Kind::Trivia { choices: choices.into(), right: "a".into() },
        window: Window::Between { from: start(), until: minutes(10) },
        points: 10,
        texts: [("en".to_owned(), words)].into(),
    };
    Quiz {
        origin: Origin::Entry { id: "ent_1".into(), revision: 1 },
        books: Books::Live,
        organisation_id: None,
        match_id: Some("mat_1".into()),
        series: Some("cup".into()),
        fence: None,
        titles: [("en".to_owned(), "Quiz".to_owned())].into(),
        questions: vec![question],
    }
}

/// When so many fans are done: each on the match's board, the series' and one of the partners'.
fn expected(fans: i64, right: i64) -> (i64, i64, i64, i64) {
    (right * 10, right, fans * 3, right)
}

#[tokio::test]
async fn it_goes_on_where_it_was_cut_off_and_each_is_scored_once() {
    let here = Here::new().await;
    let mut job = here.job(1);
    let mut done = 0;
    loop {
        let before = here.figures().await;
        here.cut_off(&job).await;
        assert_eq!(here.figures().await, before, "what does not stand has not happened");
        let next = here.settle(&job).await;
        done = (done + FANS).min(ANSWERED);
        assert_eq!(here.figures().await, expected(done, done / 3));
        // Whoever did not hear that it was done does it again.
        assert_eq!(here.settle(&job).await, next);
        assert_eq!(here.figures().await, expected(done, done / 3));
        match next {
            Some(next) => job = next,
            None => break,
        }
    }
    assert_eq!(done, ANSWERED);
    assert_eq!(here.count("select done::bigint from quizzes.question").await, 1);
    let right = here.count("select count(*) from quizzes.streak where answers = 1").await;
    assert_eq!(right, ANSWERED / 3);
}

#[tokio::test]
async fn a_correction_in_the_middle_overtakes_it() {
    let here = Here::new().await;
    let second = here.settle(&here.job(1)).await.unwrap();
    assert_eq!(here.figures().await, expected(FANS, FANS / 3));
    here.correct("b").await;
    assert_eq!(here.settle(&second).await, None, "of an older generation nothing is done any more");
    assert_eq!(here.figures().await, expected(FANS, FANS / 3));
    let mut job = Some(here.job(2));
    while let Some(it) = job {
        here.cut_off(&it).await;
        job = here.settle(&it).await;
    }
    let right = ANSWERED - ANSWERED / 3;
    assert_eq!(here.figures().await, expected(ANSWERED, right));
    let taken = "select count(*) from rewards.trigger where kind = 'correct' and taken_back_at is not null";
    assert_eq!(here.count(taken).await, FANS / 3);
    let wrong = here.count("select count(*) from quizzes.streak where answers = 0 and best = 0").await;
    assert_eq!(wrong, ANSWERED / 3);
}

#[tokio::test]
async fn two_who_settle_the_same_at_once_score_each_once() {
    let here = Here::new().await;
    let job = here.job(1);
    let all = futures_util::future::join_all((0..3).map(|_| here.settle(&job))).await;
    assert!(all.windows(2).all(|it| it[0] == it[1]), "{all:?}");
    assert_eq!(here.figures().await, expected(FANS, FANS / 3));
}

#[test]
fn a_day_is_of_utc_before_1970_as_well() {
    for (at, day) in [("1970-01-01T00:00:00Z", 0), ("1970-01-02T23:59:59Z", 1), ("1969-12-31T23:59:59Z", -1)]
    {
        assert_eq!(day_of(at.parse().unwrap()), day, "{at}");
    }
}

#[test]
fn a_run_that_is_told_of_is_told_of_once() {
    let told: Vec<i32> = (0..=30).filter(|it| is_told(*it)).collect();
    assert_eq!(told, [3, 5, 10, 20, 30]);
}
