//! Quizzes: which there are, one with what was answered, and what reviewers do with them. Each deed is in the audit log with its reason.

use super::{PAGE, done};
use crate::app::App;
use crate::http::content::desk::{Answer, Desk, Pressed, html};
use crate::http::content::outside;
use crate::http::content::refusal::Refused;
use crate::http::dashboard::Path;
use crate::http::scorer;
use crate::moments::{MomentError, asking};
use crate::questions::{QuestionsError, usual};
use access::{Deed, audit};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use console::content::newsroom::quiz::{self as shown_page, Shown, WHY_MAX};
use console::content::newsroom::quizzes::{self as pages, List};
use console::controls::Filled;
use console::{Fields, Mistakes};
use quizzes::desk::{self as read, Asked, Listed};
use quizzes::{Board, Change, Ended, Error, Kind, Scope, State as Standing, board, ended_by};
use serde_json::json;
use store::Client;

/// Of the match's board.
const LEADERS: i64 = 10;

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        match error {
            Error::UnknownQuiz { .. } | Error::UnknownQuestion { .. } => {
                Self::not_found("There is no such quiz, or no such question of it.")
            }
            Error::Refused(_) => Self::form("That is none of its choices. Nothing was changed."),
            error => Self::of(error.into()),
        }
    }
}

impl From<QuestionsError> for Refused {
    fn from(error: QuestionsError) -> Self {
        match error {
            QuestionsError::Quizzes(error) => error.into(),
            QuestionsError::Match(MomentError::Log(error)) => Self::of(error.into()),
            QuestionsError::Match(error) => Self::of(crate::problem::Problem::internal(&error)),
            QuestionsError::Access(error) => error.into(),
            QuestionsError::Store(error) => error.into(),
        }
    }
}

pub(super) async fn list(State(app): State<App>, desk: Desk) -> Answer {
    drawn(&app, &desk, (&Fields::default(), &Mistakes::default())).await
}

async fn drawn(app: &App, desk: &Desk, (fields, mistakes): (&Fields, &Mistakes)) -> Answer {
    let of = Some(desk.asked.text("match")).filter(|it| !it.is_empty() && !it.contains('\0'));
    let before = match desk.asked.text("before") {
        "" => None,
        text => {
            let number = text.parse::<i64>().ok().filter(|it| *it > 0);
            let wrong = || Refused::filter("There is no such page of quizzes: follow a link from here.");
            Some(number.ok_or_else(wrong)?)
        }
    };
    let found = app.store.read("quizzes.desk", async |db| {
        read::list(db, of, before.unwrap_or(i64::MAX), PAGE as i64 + 1, desk.now).await
    });
    let (found, is_more) = super::cut(found.await?);
    let typed = fields.text("match").to_owned();
    let ids = found.iter().filter_map(|it| it.match_id.clone()).chain(of.map(str::to_owned)).chain([typed]);
    let ids: Vec<String> = ids.filter(|it| !it.is_empty()).collect();
    let list = List {
        named: &outside::matches(app, &ids).await?,
        of,
        is_later: before.is_some(),
        next: is_more.then(|| found[PAGE - 1].number),
        form: Filled { fields, mistakes },
        found: &found,
    };
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(scorer::html(status, pages::page(&desk.here(done(desk)), &list)))
}

pub(super) async fn show(State(app): State<App>, desk: Desk, Path(id): Path<String>) -> Answer {
    Ok(html(shown(&app, &desk, &id, (&Fields::default(), &Mistakes::default())).await?))
}

async fn shown(
    app: &App,
    desk: &Desk,
    id: &str,
    (fields, mistakes): (&Fields, &Mistakes),
) -> Result<console::Markup, Refused> {
    let seen = app.store.read("quizzes.desk", async |db| {
        let (quiz, questions) = read::find(db, id, desk.now).await?;
        let signs = read::signs(db, &quiz).await?;
        let leaders = match &quiz.match_id {
            Some(id) => {
                let on = Board { books: quiz.books, scope: Scope::Match(id.clone()) };
                board::page(db, &on, None, LEADERS).await?
            }
            None => Vec::new(),
        };
        let ended = ended(db, &quiz, &questions).await?;
        Ok::<_, QuestionsError>((quiz, questions, signs, leaders, ended))
    });
    let (quiz, questions, signs, leaders, ended) = seen.await?;
    let ids: Vec<String> = quiz.match_id.iter().cloned().collect();
    let named = outside::matches(app, &ids).await?;
    let shown = Shown {
        named: quiz.match_id.as_ref().and_then(|it| named.get(it)),
        quiz: &quiz,
        questions: &questions,
        ended: &ended,
        leaders: &leaders,
        signs,
        form: Filled { fields, mistakes },
    };
    Ok(shown_page::page(&desk.here(done(desk)), &shown))
}

/// What has locked each that is locked. Of a match that cannot be read nothing is known.
async fn ended(
    client: &Client<'_>,
    quiz: &Listed,
    questions: &[Asked],
) -> Result<Vec<Option<Ended>>, QuestionsError> {
    let is_locked = |it: &Asked| it.state >= Standing::Locked && it.locks_at.is_some();
    let course = match &quiz.match_id {
        Some(id) if questions.iter().any(is_locked) => asking::course(client, id).await?,
        _ => None,
    };
    let course = course.unwrap_or_default();
    let of = |it: &Asked| {
        it.locks_at.filter(|_| is_locked(it)).map(|at| ended_by(&it.window, &it.kind, &course, at))
    };
    Ok(questions.iter().map(of).collect())
}

/// Refused unless they may say what is right, and take down what fans are asked.
fn check(desk: &Desk, what: &str) -> Result<(), Refused> {
    if pages::may_review(&desk.here("")) {
        return Ok(());
    }
    Err(cms::Error::Denied { role: desk.editor.rights.role, what: what.to_owned() }.into())
}

/// Asks the usual questions of a match.
pub(super) async fn ask(State(app): State<App>, Pressed { desk, form, .. }: Pressed) -> Answer {
    check(&desk, "ask fans")?;
    // Of one that was chosen and one that was written, the last.
    let named = form.pairs().filter(|it| it.0 == "match" && !it.1.trim().is_empty()).last();
    let match_id = named.map(|it| it.1.trim().to_owned()).filter(|it| !it.contains('\0'));
    let again = |text: &'static str| (Fields::of([("match", match_id.as_deref().unwrap_or_default())]), text);
    let (fields, text) = match &match_id {
        None => again("Choose a match."),
        Some(id) => {
            let by = &desk.editor.by;
            let asked = app.store.run_tx("quizzes.usual", async |tx| {
                let asked = usual::ask(tx, id, by.at).await?;
                if let usual::Asked::Put(put) = &asked
                    && put.change != Change::Same
                {
                    let after = json!({ "match": id, "set": "usual" });
                    let deed = Deed { object: &put.id, after: Some(after), ..Deed::of("quiz.ask") };
                    audit::record(tx, by, &deed).await?;
                }
                Ok::<_, QuestionsError>(asked)
            });
            match asked.await? {
                usual::Asked::Put(put) => {
                    let word = if put.change == Change::Same { "quiz-same" } else { "quiz-asked" };
                    return Ok(after(&desk, &put.id, word));
                }
                usual::Asked::NoMatch => again("There is no such match."),
                usual::Asked::TooLate => {
                    again("It is over, or nothing of it can be asked any more. Nothing was asked.")
                }
            }
        }
    };
    drawn(&app, &desk, (&fields, &Mistakes::one("match", text))).await
}

fn after(desk: &Desk, id: &str, word: &str) -> Response {
    desk.to(&format!("/quizzes/{id}?done={word}"))
}

/// A quiz that somebody decides on.
struct Deciding {
    quiz: Listed,
    questions: Vec<Asked>,
}

impl Deciding {
    /// The question that a form names.
    fn question(&self, form: &Fields) -> Option<&Asked> {
        self.questions.iter().find(|it| it.id == form.text("question"))
    }
}

async fn deciding(app: &App, desk: &Desk, id: &str) -> Result<Deciding, Refused> {
    let found = app.store.read("quizzes.desk", async |db| read::find(db, id, desk.now).await);
    let (quiz, questions) = found.await?;
    if quiz.withdrawn_at.is_some() {
        return Err(Refused::conflict("This quiz is withdrawn: nothing of it is changed any more."));
    }
    Ok(Deciding { quiz, questions })
}

/// The reason; else what is wrong with it.
fn why(form: &Fields) -> Result<&str, Mistakes> {
    let (why, max) = (form.text("why"), usize::from(WHY_MAX));
    if (1..=max).contains(&why.chars().count()) && !why.contains('\0') {
        return Ok(why);
    }
    let text = format!("Say why, in 1 to {max} characters: who looks next reads it.");
    Err(Mistakes::one(form.text("form").to_owned(), text))
}

async fn again(app: &App, desk: &Desk, id: &str, form: &Fields, mistakes: &Mistakes) -> Answer {
    let page = shown(app, desk, id, (form, mistakes)).await?;
    Ok(scorer::html(StatusCode::UNPROCESSABLE_ENTITY, page))
}

/// Says what is right of a question whose author knows, or has it settled before its time is over.
pub(super) async fn right(
    State(app): State<App>,
    Path(id): Path<String>,
    Pressed { desk, form, .. }: Pressed,
) -> Answer {
    check(&desk, "settle quizzes")?;
    let it = deciding(&app, &desk, &id).await?;
    let why = match why(&form) {
        Ok(why) => why,
        Err(mistakes) => return again(&app, &desk, &id, &form, &mistakes).await,
    };
    let question = it.question(&form).ok_or_else(|| Refused::form("Choose a question of this quiz."))?;
    let Kind::Trivia { right, .. } = &question.kind else {
        return Err(Refused::form("The match says what is right of it. Nothing was changed."));
    };
    if question.state == Standing::Void {
        return Err(Refused::conflict("This question is void, and stays so. Nothing was changed."));
    }
    let (choice, by) = (form.text("choice"), &desk.editor.by);
    let closes = form.text("do") == "close";
    let done = app.store.run_tx("quizzes.right", async |tx| {
        quizzes::set_right(tx, &question.id, choice, by.at).await?;
        if closes {
            quizzes::close(tx, &question.id, by.at).await?;
        }
        let before = json!({ "right": right });
        let after = json!({ "question": question.text, "right": choice, "reason": why });
        let action = if closes { "quiz.settle" } else { "quiz.right" };
        let deed = Deed { object: &it.quiz.id, ..Deed::of(action) }.changing(before, after);
        audit::record(tx, by, &deed).await?;
        Ok::<_, QuestionsError>(())
    });
    done.await?;
    Ok(after(&desk, &id, if closes { "quiz-settled" } else { "quiz-right" }))
}

/// Ends a question of which nobody is to be right or wrong.
pub(super) async fn void(
    State(app): State<App>,
    Path(id): Path<String>,
    Pressed { desk, form, .. }: Pressed,
) -> Answer {
    check(&desk, "void questions")?;
    let it = deciding(&app, &desk, &id).await?;
    let Some(question) = it.question(&form) else {
        return again(&app, &desk, &id, &form, &Mistakes::one("question", "Choose a question.")).await;
    };
    let why = match why(&form) {
        Ok(why) => why,
        Err(mistakes) => return again(&app, &desk, &id, &form, &mistakes).await,
    };
    let by = &desk.editor.by;
    let done = app.store.run_tx("quizzes.void", async |tx| {
        if quizzes::void(tx, &question.id, by.at).await? {
            let before = json!({ "state": question.state.word() });
            let after = json!({ "question": question.text, "state": "void", "reason": why });
            let deed = Deed { object: &it.quiz.id, ..Deed::of("quiz.void") }.changing(before, after);
            audit::record(tx, by, &deed).await?;
        }
        Ok::<_, QuestionsError>(())
    });
    done.await?;
    Ok(after(&desk, &id, "quiz-void"))
}

/// Takes the whole quiz down.
pub(super) async fn withdraw(
    State(app): State<App>,
    Path(id): Path<String>,
    Pressed { desk, form, .. }: Pressed,
) -> Answer {
    check(&desk, "withdraw quizzes")?;
    let it = deciding(&app, &desk, &id).await?;
    let why = match why(&form) {
        Ok(why) => why,
        Err(mistakes) => return again(&app, &desk, &id, &form, &mistakes).await,
    };
    let by = &desk.editor.by;
    let done = app.store.run_tx("quizzes.withdraw", async |tx| {
        quizzes::withdraw(tx, it.quiz.books, &it.quiz.origin, by.at).await?;
        let after = json!({ "title": it.quiz.title, "reason": why });
        let deed = Deed { object: &it.quiz.id, after: Some(after), ..Deed::of("quiz.withdraw") };
        audit::record(tx, by, &deed).await?;
        Ok::<_, QuestionsError>(())
    });
    done.await?;
    Ok(after(&desk, &id, "quiz-withdrawn"))
}
