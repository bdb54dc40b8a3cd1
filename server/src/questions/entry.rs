//! Quizzes as editors publish them: each is taken in, or taken down, with what fans read of it.
//!
//! Who publishes in the console has it done in the same transaction, and is told what cannot be ([`take_in`]). What is published at its time, or
//! with a release, is found by whoever does jobs ([`follow`]).

use crate::moments::MomentError;
use crate::moments::asking;
use cms::news::{self, News};
use cms::types::{self, Answer, Asks, DateTime, Open};
use cms::{Error, Problem, delivery};
use jiff::Timestamp;
use quizzes::{Band, Course, Kind, Named, Origin, Question, Quiz, Team, Window, Words};
use rewards::Books;
use std::collections::BTreeMap;
use store::{Clock, Migrations, Step, Store, Transaction};
use tokio::sync::mpsc;

/// How far was read, in the schema of this crate.
pub const MIGRATIONS: Migrations = Migrations {
    schema: "server",
    steps: &[Step { name: "0007_quiz_news", sql: include_str!("1_quiz_news.sql") }],
};

/// The type of the entries.
const KIND: &str = "quiz";
/// Of a right answer, where its author says nothing.
const POINTS: u16 = 10;
/// Between tries while the database is away.
const AGAIN: std::time::Duration = std::time::Duration::from_secs(1);

const REACHED: &str = "select number from server.quiz_news for update";
const BEGIN: &str = "insert into server.quiz_news (number) values ($1) on conflict do nothing";
const NOTE: &str = "update server.quiz_news set number = $1 where number < $1";

/// Takes in what this transaction has published of quizzes, if anything: after it was, and before it is committed.
///
/// # Errors
/// [`Error::Unfit`] where a quiz is not what can be asked, or has changed what fans could have answered.
pub async fn take_in(tx: &Transaction<'_>, now: Timestamp) -> Result<(), Error> {
    let last = news::last(tx).await?;
    for it in news::since(tx, last - 1).await? {
        take(tx, &it, now).await?;
    }
    Ok(())
}

async fn take(tx: &Transaction<'_>, news: &News, now: Timestamp) -> Result<(), Error> {
    let mut ids: Vec<&str> =
        news.items.iter().filter(|it| it.kind == KIND).map(|it| it.entry.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        put(tx, id, news.number, now).await?;
    }
    Ok(())
}

/// Follows what is published, for ever: from where was read last, by whichever process.
pub(crate) async fn follow(store: Store, clock: Clock) {
    let since = loop {
        match begin(&store).await {
            Ok(number) => break number,
            Err(error) => tracing::warn!(%error, "what is published of quizzes is not read yet"),
        }
        tokio::time::sleep(AGAIN).await;
    };
    let (tell, mut told) = mpsc::unbounded_channel::<News>();
    let heard = |news: &News| {
        // It is read below for as long as this function is.
        let _is_read = tell.send(news.clone());
    };
    let following = news::follow(&store, since, heard);
    let taking = async {
        while let Some(news) = told.recv().await {
            while let Err(error) = take_once(&store, &news, clock.now()).await {
                tracing::warn!(%error, "what is published of quizzes is tried again");
                tokio::time::sleep(AGAIN).await;
            }
        }
    };
    tokio::join!(following, taking);
}

async fn begin(store: &Store) -> Result<i64, Error> {
    store
        .run_tx("quizzes.begin_entries", async |tx| {
            tx.execute(BEGIN, &[&news::last(tx).await?]).await?;
            Ok(tx.query_one(REACHED, &[]).await?.get("number"))
        })
        .await
}

/// Takes in some news, unless somebody has. What is refused is said in the log, and keeps nothing else back: the quiz stays as it was.
pub async fn take_once(store: &Store, news: &News, now: Timestamp) -> Result<(), Error> {
    let note = async |tx: &Transaction<'_>| {
        let reached: i64 = tx.query_one(REACHED, &[]).await?.get("number");
        tx.execute(NOTE, &[&news.number]).await?;
        Ok::<_, Error>(reached < news.number)
    };
    let taken = store.run_tx("quizzes.entries", async |tx| {
        if note(tx).await? {
            take(tx, news, now).await?;
        }
        Ok::<_, Error>(())
    });
    match taken.await {
        Err(error @ (Error::Unfit { .. } | Error::Unreadable { .. })) => {
            tracing::error!(number = news.number, %error, "a quiz that was published stays as it was");
            store.run_tx("quizzes.entries", async |tx| note(tx).await.map(drop)).await
        }
        taken => taken,
    }
}

/// Takes in how an entry is published now: `revision` is the number of the news that say so, which grows with each.
async fn put(tx: &Transaction<'_>, entry: &str, revision: i64, now: Timestamp) -> Result<(), Error> {
    let origin =
        Origin::Entry { id: entry.to_owned(), revision: u32::try_from(revision).unwrap_or(u32::MAX) };
    let edition = delivery::editions(tx, &[entry.to_owned()]).await?.pop();
    let mut documents = Vec::new();
    for it in edition.iter().flat_map(|it| &it.documents) {
        let body: types::Quiz = serde_json::from_value(it.body.clone())
            .map_err(|_| Error::Unreadable { what: entry.to_owned(), column: "body" })?;
        documents.push((it.language.to_string(), body));
    }
    let Some((language, main)) = documents.first() else {
        return withdraw(tx, &origin, &[Books::Live, Books::Test], now).await;
    };
    let unfit = |path: &str, what: &str| Error::Unfit {
        id: entry.to_owned(),
        language: language.clone(),
        title: main.title.clone(),
        problems: vec![Problem::new(path, what)],
    };
    let (books, course) = match &main.match_id {
        None => (Books::Live, Course::default()),
        Some(id) => {
            let found = asking::so_far(tx, id).await.map_err(|error| of_match(&error, id))?;
            let (row, course) = found.ok_or_else(|| unfit("/match_id", "is no match"))?;
            (if row.sandbox { Books::Test } else { Books::Live }, course)
        }
    };
    let quiz = quiz_of(origin, books, &documents).ok_or_else(|| unfit("/answers", "cannot be asked"))?;
    let other = if books == Books::Live { Books::Test } else { Books::Live };
    withdraw(tx, &quiz.origin, &[other], now).await?;
    let refused = |error: quizzes::Error| match error {
        quizzes::Error::Invalid { at, why } => unfit(&at, &why.to_string()),
        quizzes::Error::Opened { key, what } => {
            let at = main.answers.iter().position(|it| it.id.as_str() == key);
            let path = at.map_or_else(|| "/answers".to_owned(), |at| format!("/answers/{at}"));
            unfit(&path, &format!("is open, or was: its {what} stays as it is"))
        }
        error => of_quizzes(error, entry),
    };
    quizzes::correct(tx, &quiz, now).await.map_err(&refused)?;
    match quizzes::put(tx, &quiz, &course, now).await {
        // Somebody has taken in what came after it.
        Ok(_) | Err(quizzes::Error::OldRevision { .. }) => Ok(()),
        Err(error) => Err(refused(error)),
    }
}

async fn withdraw(
    tx: &Transaction<'_>,
    origin: &Origin,
    books: &[Books],
    now: Timestamp,
) -> Result<(), Error> {
    for books in books {
        match quizzes::withdraw(tx, *books, origin, now).await {
            Ok(()) | Err(quizzes::Error::UnknownQuiz { .. }) => {}
            Err(error) => return Err(of_quizzes(error, "a quiz")),
        }
    }
    Ok(())
}

fn of_quizzes(error: quizzes::Error, what: &str) -> Error {
    match error {
        quizzes::Error::Store(error) => Error::Store(error),
        quizzes::Error::Jobs(error) => Error::Jobs(error),
        quizzes::Error::Rewards(rewards::Error::Store(error)) => Error::Store(error),
        error => {
            tracing::error!(%error, what, "a quiz cannot be taken in");
            Error::Unreadable { what: what.to_owned(), column: "its quiz" }
        }
    }
}

fn of_match(error: &MomentError, match_id: &str) -> Error {
    tracing::error!(%error, match_id, "the match of a quiz cannot be read");
    Error::Unreadable { what: match_id.to_owned(), column: "its log" }
}

/// The quiz that a document is, in all of its languages, the main one's first. None where it lacks what [`types::Quiz`] checks.
fn quiz_of(origin: Origin, books: Books, documents: &[(String, types::Quiz)]) -> Option<Quiz> {
    let (_, main) = documents.first()?;
    let titles = documents.iter().map(|(language, it)| (language.clone(), it.title.clone()));
    let questions = main.questions.iter().map(|question| {
        let answer = main.answers.iter().find(|it| it.id == question.id)?;
        let kind = kind_of(answer, question)?;
        let choices: Vec<&str> = kind.choices();
        let mut texts = BTreeMap::new();
        for (language, document) in documents {
            // A language may lack a question: who reads it gets another one's words.
            let own = document.questions.iter().find(|it| it.id == question.id);
            let Some(own) = own.filter(|it| it.choices.len() == choices.len()) else { continue };
            texts.insert(language.clone(), words_of(own, answer, &choices));
        }
        Some(Question {
            key: question.id.as_str().to_owned(),
            window: window_of(answer, main)?,
            points: answer.score.unwrap_or(POINTS),
            kind: kind.clone(),
            texts,
        })
    });
    Some(Quiz {
        origin,
        books,
        organisation_id: main.targets.partners.first().map(|it| it.as_str().to_owned()),
        match_id: main.match_id.clone(),
        series: main.series.clone(),
        fence: main.fence.clone(),
        titles: titles.collect(),
        questions: questions.collect::<Option<_>>()?,
    })
}

/// Of trivia by their ids, else in the order of the kind's.
fn words_of(question: &types::Question, answer: &Answer, choices: &[&str]) -> Words {
    let texts = question.choices.iter().map(|it| it.text.clone());
    let ids = question.choices.iter().zip(choices).map(|(own, id)| match answer.asks {
        Asks::Trivia => own.id.as_str().to_owned(),
        _ => (*id).to_owned(),
    });
    Words { text: question.text.clone(), choices: ids.zip(texts).collect(), after: question.after.clone() }
}

fn kind_of(answer: &Answer, question: &types::Question) -> Option<Kind> {
    let bands = || {
        let mut from = 0;
        let ends = answer.ends().into_iter().map(Some).chain([None]);
        let band = |(at, to): (usize, Option<u16>)| {
            let band = Band { id: format!("b{}", at + 1), from, to };
            from = to.map_or(from, |to| to.saturating_add(1));
            band
        };
        ends.enumerate().map(band).collect()
    };
    Some(match answer.asks {
        Asks::Trivia => Kind::Trivia {
            choices: question.choices.iter().map(|it| it.id.as_str().to_owned()).collect(),
            right: answer.choice.as_ref()?.as_str().to_owned(),
        },
        Asks::OverRuns => Kind::OverRuns { innings: answer.innings?, over: answer.over?, bands: bands() },
        Asks::OverWicket => Kind::OverWicket { innings: answer.innings?, over: answer.over? },
        Asks::OverBoundaries => {
            Kind::OverBoundaries { innings: answer.innings?, over: answer.over?, bands: bands() }
        }
        Asks::BallRuns => Kind::BallRuns {
            innings: answer.innings?,
            over: answer.over?,
            ball: answer.ball?,
            bands: bands(),
        },
        Asks::Winner => Kind::Winner,
        Asks::WinnerOrDraw => Kind::WinnerOrDraw,
        Asks::TopScorer => Kind::TopScorer {
            side: match answer.side? {
                types::Side::Home => Team::Home,
                types::Side::Away => Team::Away,
            },
            players: (1..)
                .zip(&answer.players)
                .map(|(at, name)| Named { id: format!("p{at}"), name: name.clone() })
                .collect(),
        },
        Asks::InningsTotal => Kind::InningsTotal { innings: answer.innings?, bands: bands() },
        Asks::PowerplayTotal => {
            Kind::PowerplayTotal { innings: answer.innings?, overs: answer.over?, bands: bands() }
        }
        Asks::NextWicket => Kind::NextWicket { innings: answer.innings?, wicket: answer.wicket? },
    })
}

fn window_of(answer: &Answer, quiz: &types::Quiz) -> Option<Window> {
    let at = |it: &Option<DateTime>| it.as_ref().and_then(DateTime::at);
    Some(match answer.open {
        Open::ByTheClock => Window::Between { from: at(&quiz.opens)?, until: at(&quiz.closes)? },
        Open::BeforeToss => Window::BeforeToss { from: at(&quiz.opens)? },
        Open::BeforeInnings => Window::BeforeInnings { innings: answer.innings?, seconds: answer.seconds },
        Open::BeforeOver => {
            Window::BeforeOver { innings: answer.innings?, over: answer.over?, seconds: answer.seconds? }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::testing::TestStore;

    #[tokio::test]
    async fn every_statement_can_be_prepared() {
        let test = TestStore::new(crate::role::MIGRATIONS).await;
        for sql in [REACHED, BEGIN, NOTE] {
            let prepared = test.store().read("test", async |client| client.prepare(sql).await).await;
            assert!(prepared.is_ok(), "{sql}: {prepared:?}");
        }
    }
}
