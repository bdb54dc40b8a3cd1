//! Answers, balls, corrections and a clock in any order: in the end each fan has what a look at the whole gives.

use crate::here::{Here, MATCH, SERIES, begun, question, quiz, submission, trivia};
use crate::scene::{Scene, bands};
use cricket::Command;
use jiff::Timestamp;
use proptest::prelude::*;
use quizzes::{Course, Error, Kind, Mark, Marked, Outcome, Refusal, Scope, Streak, Window, in_a_row, settle};
use rewards::Books;
use std::collections::BTreeMap;
use std::time::Duration;

const FANS: usize = 3;
const OVERS: u16 = 4;
/// The overs that are asked about, and one question that its author answers.
const ASKED: usize = 4;

#[derive(Clone, Debug)]
enum Step {
    Answer {
        fan: usize,
        question: usize,
        choice: usize,
    },
    /// The match up to a ball, maybe fewer than before, in which the first ball of some overs was corrected.
    Tell {
        balls: usize,
        corrected: u8,
    },
    Work,
    Pass {
        seconds: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let tell = |(balls, corrected)| Step::Tell { balls, corrected };
    prop_oneof![
        6 => (0..FANS, 0..ASKED, 0..2_usize)
            .prop_map(|(fan, question, choice)| Step::Answer { fan, question, choice }),
        4 => (0..=6 * usize::from(OVERS), 0..16_u8).prop_map(tell),
        2 => Just(Step::Work),
        3 => (0..8_u64).prop_map(|seconds| Step::Pass { seconds }),
    ]
}

/// Four overs of ones, told up to a ball; of those that are corrected the first ball brought three.
fn told(scene: &Scene, balls: usize, corrected: u8) -> Course {
    let mut log = scene.log[..2 + balls].to_vec();
    for over in (0..usize::from(OVERS)).filter(|it| corrected & (1 << it) != 0) {
        if let Some((_, Command::Ball(ball))) = log.get_mut(2 + over * 6) {
            ball.runs = 3;
        }
    }
    let setup = crate::scene::setup(cricket::Format::T20, Some(20));
    Course::of(&setup, log.iter().map(|(at, command)| (*at, command))).unwrap()
}

fn kinds() -> Vec<Kind> {
    let over = |over| Kind::OverRuns { innings: 1, over, bands: bands(&[6]) };
    (2..=OVERS).map(over).collect()
}

fn choices(question: usize) -> [&'static str; 2] {
    if question + 1 == ASKED { ["a", "b"] } else { ["b0", "b1"] }
}

type Receipts = BTreeMap<(usize, usize), (&'static str, Timestamp)>;

/// Answers how many were all right.
async fn run(steps: &[Step]) -> usize {
    let here = Here::new().await;
    let mut scene = begun();
    for _ in 0..OVERS {
        scene.over([1; 6]);
    }
    let before = |it: &Kind| match it {
        Kind::OverRuns { over, .. } => Window::BeforeOver { innings: 1, over: *over, seconds: 30 },
        other => panic!("{other:?}"),
    };
    let mut questions: Vec<_> = kinds()
        .into_iter()
        .enumerate()
        .map(|(at, it)| question(&format!("q{at}"), it.clone(), before(&it)))
        .collect();
    questions.push(trivia("t", "a", 0, 60));
    let ids = here.ask(&quiz(questions), &told(&scene, 0, 0)).await;
    let mut receipts = Receipts::new();
    for it in steps {
        match it {
            Step::Answer { fan, question, choice } => {
                let choice = choices(*question)[*choice];
                let answered = here.answer(&submission(&ids[*question], &name(*fan), choice)).await;
                note(&mut receipts, (*question, *fan), choice, answered);
            }
            Step::Tell { balls, corrected } => drop(here.happened(&told(&scene, *balls, *corrected)).await),
            Step::Work => drop(here.work().await),
            Step::Pass { seconds } => here.clock.advance(Duration::from_secs(*seconds)),
        }
    }
    // In the end all is known; done once more it is the same.
    let last = steps.iter().rev().find_map(|it| match it {
        Step::Tell { corrected, .. } => Some(*corrected),
        _ => None,
    });
    let course = told(&scene, 6 * usize::from(OVERS), last.unwrap_or_default());
    here.clock.advance(Duration::from_secs(60));
    for _ in 0..2 {
        here.happened(&course).await;
        here.work().await;
    }
    look(&here, &course, &receipts).await
}

fn name(fan: usize) -> String {
    format!("fan_{fan}")
}

fn note(
    receipts: &mut Receipts,
    key: (usize, usize),
    choice: &'static str,
    answered: Result<quizzes::Receipt, Error>,
) {
    match (answered, receipts.get(&key)) {
        (Ok(receipt), Some((first, at))) => {
            assert_eq!((receipt.choice.as_str(), receipt.accepted_at), (*first, *at));
        }
        (Ok(receipt), None) => drop(receipts.insert(key, (choice, receipt.accepted_at))),
        (Err(Error::Refused(Refusal::Answered { choice: had })), Some((first, _))) => {
            assert_eq!(had, *first);
            assert_ne!(choice, *first);
        }
        (Err(Error::Refused(Refusal::Late)), Some(_)) => {}
        (Err(Error::Refused(Refusal::NotOpen { .. } | Refusal::Locked { .. })), None) => {}
        (other, had) => panic!("{other:?} after {had:?}"),
    }
}

/// What a question has come to.
struct Ended {
    locks_at: Timestamp,
    ordinal: i64,
    outcome: Outcome,
}

async fn ended(here: &Here, course: &Course) -> Vec<Ended> {
    let sql = "select (extract(epoch from locks_at) * 1000)::bigint as locks_at, ordinal, choice from quizzes.question
        where generation = done order by place";
    let rows = here.store().read("test", async |db| db.query(sql, &[]).await).await.unwrap();
    let expected = kinds().into_iter().map(|it| settle(&it, course)).chain([Outcome::Choice("a".into())]);
    let ended = rows.iter().zip(expected).map(|(row, outcome)| {
        assert_eq!(row.get::<_, Option<String>>("choice").map(Outcome::Choice), Some(outcome.clone()));
        let locks_at = Timestamp::from_millisecond(row.get("locks_at")).unwrap();
        Ended { locks_at, ordinal: row.get("ordinal"), outcome }
    });
    let ended: Vec<Ended> = ended.collect();
    assert_eq!(ended.len(), ASKED, "each is settled, for all");
    ended
}

async fn look(here: &Here, course: &Course, receipts: &Receipts) -> usize {
    let ended = ended(here, course).await;
    let mut marks: BTreeMap<usize, Vec<Marked>> = BTreeMap::new();
    let mut counted = 0;
    for ((question, fan), (choice, accepted_at)) in receipts {
        let it = &ended[*question];
        // Accepted at its lock or later, as is known by now: it counts nowhere.
        if *accepted_at >= it.locks_at {
            continue;
        }
        counted += 1;
        let is_right = it.outcome == Outcome::Choice((*choice).to_owned());
        let day = i32::try_from(accepted_at.as_second().div_euclid(86_400)).unwrap();
        let mark = if is_right { Mark::Right } else { Mark::Wrong };
        marks.entry(*fan).or_default().push(Marked { ordinal: it.ordinal, day, mark });
    }
    let right = |all: &[Marked]| all.iter().filter(|it| it.mark == Mark::Right).count();
    let points: BTreeMap<String, i32> =
        marks.iter().map(|(fan, all)| (name(*fan), i32::try_from(right(all)).unwrap() * 10)).collect();
    for scope in [Scope::Match(MATCH.into()), Scope::Series(SERIES.into())] {
        // Who had something that was taken back is there with nothing.
        let page = here.page(scope).await;
        let on: BTreeMap<String, i32> =
            page.iter().filter(|it| it.answered > 0).map(|it| (it.fan_id.clone(), it.points)).collect();
        assert_eq!(on, points);
        assert!(page.iter().all(|it| it.answered > 0 || it.points == 0), "{page:?}");
        for line in &page {
            let better = page.iter().filter(|it| it.points > line.points).count() as i64;
            assert_eq!(line.rank, Some(better + 1), "{page:?}");
        }
    }
    let tally = here.rows("select coalesce(sum(fans), 0)::text from quizzes.tally").await;
    assert_eq!(tally, [counted.to_string()]);
    assert_eq!(here.told("answer").await.len(), counted);
    let (mut correct, mut streaks, mut perfect) = (Vec::new(), Vec::new(), Vec::new());
    for (fan, all) in &marks {
        let (streak, runs) = Streak::of(all.clone());
        let (now, name) = (here.now(), name(*fan));
        let of = (SERIES, name.as_str());
        let read = here.store().read("test", async |db| in_a_row(db, Books::Live, of, now).await);
        let read = read.await.unwrap();
        assert_eq!(
            (read.answers, read.best, read.best_days),
            (streak.answers, streak.best, streak.best_days)
        );
        correct.extend(std::iter::repeat_n(name.clone(), right(all)));
        streaks.extend(std::iter::repeat_n(name.clone(), runs.iter().filter(|it| it.1 == 3).count()));
        perfect.extend((right(all) == ASKED).then_some(name));
    }
    assert_eq!(here.told("correct").await, correct);
    assert_eq!(here.told("streak").await, streaks);
    assert_eq!(here.told("perfect").await, perfect);
    perfect.len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_in_whatever_order_each_has_what_the_whole_gives(steps in proptest::collection::vec(step(), 10..50)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async { run(&steps).await; });
    }
}

/// The way that is seldom drawn: all is right, then wrong, then right again.
#[tokio::test]
async fn four_that_are_right_are_perfect_until_one_is_corrected() {
    let answers = |question, choice| (0..FANS).map(move |fan| Step::Answer { fan, question, choice });
    let told = |balls, corrected| Step::Tell { balls, corrected };
    let mut steps: Vec<Step> = answers(3, 0).collect();
    for over in 1..usize::from(OVERS) {
        steps.extend([Step::Pass { seconds: 6 }, told(over * 6, 0)]);
        steps.extend(answers(over - 1, 0));
        steps.push(told(over * 6 + 1, 0));
    }
    for (corrected, perfect) in [(0, FANS), (4, 0), (0, FANS)] {
        steps.extend([told(24, corrected), Step::Work]);
        assert_eq!(run(&steps).await, perfect, "{corrected}");
    }
}
