//! Who leads: on a match, in a series, among a partner's own fans.

use super::Looker;
use crate::app::App;
use crate::http::matches::visible;
use crate::http::openapi::alike;
use crate::http::request::Asked;
use crate::http::wallet::{books, private};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use quizzes::board::{self, AROUND_MAX, After, Around, Line, PAGE_MAX};
use quizzes::{Board, Scope};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Lines of a page, unless asked for fewer; lines before and after a fan's own.
const LINES_MAX: i64 = PAGE_MAX - 1;
const BESIDE: i64 = 3;
/// Bytes of a series' name.
const NAME_MAX: usize = 480;
/// What a cursor is sealed for: it names a fan, whom nobody else is to know.
const CURSOR: &str = "quizzes.board";

/// Far longer than any that we give.
const CURSOR_CHARS_MAX: usize = 1_000;

const _: () = assert!(BESIDE <= AROUND_MAX);

/// Which board, and which of its lines.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BoardQuery {
    /// match, series or partner
    #[param(value_type = String)]
    scope: ScopeWord,
    /// The match, "mat_…", or the series' name; nothing of a partner: it is the one whose key it is.
    of: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Lines of the page, 1 to 100.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ScopeWord {
    Match,
    Series,
    Partner,
}

/// A leaderboard.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuizBoard)]
pub(super) struct BoardShown {
    data: Vec<LineShown>,
    /// Ask again with `cursor=` this; null on the last page.
    next: Option<String>,
    /// The fan's own line, with those beside it: on the first page, where the fan has anything there.
    own: Option<OwnShown>,
}

/// A line of a board. Who has the same points has the same rank: 1, 2, 2, 4.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuizBoardLine)]
struct LineShown {
    /// Null where the fan is not ranked.
    rank: Option<i64>,
    /// What the fan has picked to be called; most have picked nothing.
    name: Option<String>,
    points: i32,
    answered: i32,
    right: i32,
    /// Whether it is the fan who asks.
    is_own: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuizBoardOwn)]
struct OwnShown {
    above: Vec<LineShown>,
    line: LineShown,
    below: Vec<LineShown>,
    /// How many are ranked.
    ranked: i64,
}

impl LineShown {
    fn of(line: Line, fan_id: Option<&str>) -> Self {
        Self {
            is_own: fan_id == Some(line.fan_id.as_str()),
            rank: line.rank,
            name: line.handle,
            points: line.points,
            answered: line.answered,
            right: line.right,
        }
    }
}

impl OwnShown {
    fn of(around: Around, fan_id: Option<&str>) -> Self {
        let lines = |all: Vec<Line>| all.into_iter().map(|it| LineShown::of(it, fan_id)).collect();
        Self {
            above: lines(around.above),
            line: LineShown::of(around.own, fan_id),
            below: lines(around.below),
            ranked: around.ranked,
        }
    }
}

/// Who leads. Speed decides between nobody; nobody is named who has not picked a name.
#[utoipa::path(get, path = "/v1/quizzes/board", tag = "quizzes", params(
    ("Crease-Fan" = Option<String>, Header, description = "Who it is"),
    BoardQuery,
), responses((status = 200, body = BoardShown), alike::BadRequest, alike::NotFound))]
pub(super) async fn show(
    looker: Looker,
    State(app): State<App>,
    Asked(query): Asked<BoardQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.unwrap_or(LINES_MAX);
    if !(1..=LINES_MAX).contains(&limit) {
        return Err(Problem::invalid(format!("limit: {limit}, 1 to {LINES_MAX} are allowed")));
    }
    let board = board_of(&app, &looker, &query).await?;
    let after = query.cursor.as_deref().map(|it| after(&app, it)).transpose()?;
    let fan_id = looker.fan_id();
    let read = async |db: &store::Client<'_>| {
        let lines = board::page(db, &board, after.as_ref(), limit + 1).await?;
        let around = match fan_id.filter(|_| after.is_none()) {
            Some(fan_id) => board::around(db, &board, fan_id, BESIDE).await?,
            None => None,
        };
        Ok::<_, quizzes::Error>((lines, around))
    };
    let (mut lines, around) = app.store.read("quizzes.board", read).await?;
    let limit = usize::try_from(limit).unwrap_or_default();
    let has_more = lines.len() > limit;
    lines.truncate(limit);
    let next = lines.last().filter(|_| has_more).map(|it| cursor(&app, it));
    let data = lines.into_iter().map(|it| LineShown::of(it, fan_id)).collect();
    let own = around.map(|it| OwnShown::of(it, fan_id));
    Ok(private(Json(BoardShown { data, next, own })))
}

async fn board_of(app: &App, looker: &Looker, query: &BoardQuery) -> Result<Board, Problem> {
    let of = query.of.as_deref().unwrap_or_default();
    let mode_books = looker.books();
    match query.scope {
        ScopeWord::Match => {
            let topic = visible(app, &looker.reader, of).await?;
            let mode = if topic.is_sandbox() { partners::Mode::Test } else { partners::Mode::Live };
            Ok(Board { books: books(mode), scope: Scope::Match(of.to_owned()) })
        }
        ScopeWord::Series if of.is_empty() || of.len() > NAME_MAX => {
            Err(Problem::invalid(format!("of: a series' name has 1 to {NAME_MAX} bytes")))
        }
        ScopeWord::Series => Ok(Board { books: mode_books, scope: Scope::Series(of.to_owned()) }),
        ScopeWord::Partner => {
            Ok(Board { books: mode_books, scope: Scope::Partner(looker.organisation_id().to_owned()) })
        }
    }
}

fn cursor(app: &App, last: &Line) -> String {
    let place = serde_json::to_vec(&(last.points, &last.fan_id)).expect("a number and a text are JSON");
    URL_SAFE_NO_PAD.encode(app.seal.seal(CURSOR, &place))
}

fn after(app: &App, cursor: &str) -> Result<After, Problem> {
    let sealed = Some(cursor).filter(|it| it.len() <= CURSOR_CHARS_MAX);
    let sealed = sealed.and_then(|it| URL_SAFE_NO_PAD.decode(it).ok());
    let opened = sealed.and_then(|it| app.seal.open(CURSOR, &it).ok());
    let found = opened.and_then(|it| serde_json::from_slice(&it).ok());
    let (points, fan_id) = found.ok_or_else(|| Problem::invalid("cursor: it is of another list"))?;
    Ok(After { points, fan_id })
}
