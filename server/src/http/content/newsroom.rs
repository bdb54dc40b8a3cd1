//! The newsroom's other pages: members, the trash, missing translations, plans, files, quizzes, tones, the log.

mod audit;
mod calendar;
mod files;
mod members;
mod missing;
mod quizzes;
mod tones;
mod trash;

use crate::app::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

/// A form with a tick for each type, or for each entry of a page.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Rows of a page.
const PAGE: usize = 50;

pub(super) fn routes() -> Router<App> {
    let files = Router::new()
        .route("/console/content/files", get(files::page).post(files::import))
        .layer(DefaultBodyLimit::max(files::FORM_BYTES_MAX));
    Router::new()
        .route("/console/content/members", get(members::list).post(members::add))
        .route("/console/content/members/{id}", get(members::show).post(members::change))
        .route("/console/content/members/{id}/dismiss", post(members::dismiss))
        .route("/console/content/missing", get(missing::page))
        .route("/console/content/quizzes", get(quizzes::list).post(quizzes::ask))
        .route("/console/content/quizzes/{id}", get(quizzes::show))
        .route("/console/content/quizzes/{id}/right", post(quizzes::right))
        .route("/console/content/quizzes/{id}/void", post(quizzes::void))
        .route("/console/content/quizzes/{id}/withdraw", post(quizzes::withdraw))
        .route("/console/content/tones", get(tones::page).post(tones::tried))
        .route("/console/content/trash", get(trash::page).post(trash::take_out))
        .route("/console/content/audit", get(audit::page))
        .route("/console/content/calendar", get(calendar::page))
        .route("/console/content/files/export", get(files::export))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(files)
}

/// What was done before a page, by its word in the address.
const DONE: [(&str, &str); 11] = [
    ("assigned", "It is saved. It holds from now on."),
    ("dismissed", "They are dismissed: they see nothing of the newsroom any more."),
    ("taken-out", "It is out of the trash, as a draft."),
    ("all-taken-out", "They are out of the trash, as drafts."),
    ("quiz-asked", "The usual questions are asked: each opens at its moment."),
    ("quiz-same", "They are asked already, and nothing has changed."),
    ("quiz-right", "It is set right. Who has answered is marked anew."),
    ("quiz-settled", "It is locked, and settled."),
    ("quiz-void", "It is void: nobody is right or wrong."),
    ("quiz-withdrawn", "It is withdrawn: fans do not see it any more."),
    ("preview-ended", "All links to its previews are over."),
];

fn done(desk: &super::desk::Desk) -> &'static str {
    let word = desk.asked.text("done");
    DONE.iter().find(|it| it.0 == word).map_or("", |it| it.1)
}

/// So many as a page has, of one more that were read; and the last of them, where there are more.
fn cut<T>(mut found: Vec<T>) -> (Vec<T>, bool) {
    let is_more = found.len() > PAGE;
    found.truncate(PAGE);
    (found, is_more)
}
