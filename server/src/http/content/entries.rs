//! Pages of entries: `/console/content` and what is below it of entries, schedules and releases.

mod clash;
mod later;
mod list;
mod loaded;
mod look;
mod presence;
mod publish;
mod releases;
mod review;
mod revisions;
mod write;

use super::desk::Desk;
use super::refusal::Refused;
use crate::app::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

/// A document is 256 KiB at most; browsers write some of its letters with nine.
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

pub(super) fn routes() -> Router<App> {
    let entry = |rest: &str| format!("/console/content/entries/{{id}}{rest}");
    Router::new()
        .route("/console/content", get(list::page))
        .route("/console/content/look", get(look::entries))
        .route("/console/content/palette", get(look::palette))
        .route("/console/content/entries/new", get(list::new).post(list::make))
        .route("/console/content/entries/bulk", post(list::bulk))
        .route(&entry(""), get(write::show).post(write::press))
        .route(&entry("/presence"), post(presence::see))
        .route(&entry("/leave"), post(presence::leave))
        .route(&entry("/clash"), get(clash::show).post(clash::settle))
        .route(&entry("/let-go"), post(clash::let_go))
        .route(&entry("/revisions"), get(revisions::list))
        .route(&entry("/revisions/compare"), get(revisions::compare))
        .route(&entry("/restore"), post(revisions::restore))
        .route(&entry("/review"), post(review::press))
        .route(&entry("/publish"), post(publish::publish))
        .route(&entry("/unpublish"), post(publish::unpublish))
        .route(&entry("/roll-back"), post(publish::roll_back))
        .route(&entry("/trash"), post(publish::trash))
        .route(&entry("/schedule"), post(later::schedule))
        .route(&entry("/release"), post(releases::put))
        .route("/console/content/schedules/{id}/withdraw", post(later::withdraw))
        .route("/console/content/releases", get(releases::list).post(releases::make))
        .route("/console/content/releases/{id}", get(releases::show))
        .route("/console/content/releases/{id}/take", post(releases::take))
        .route("/console/content/releases/{id}/publish", post(releases::publish))
        .route("/console/content/releases/{id}/schedule", post(releases::schedule))
        .route("/console/content/releases/{id}/revert", post(releases::revert))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// What was done before a page, by its word in the address.
const DONE: [(&str, &str); 20] = [
    ("made", "It is made. Fans see it once it is published."),
    ("saved", "Saved."),
    ("merged", "Saved, with what both have written."),
    ("let-go", "What was kept aside is let go."),
    ("restored", "It is brought back as the draft. Fans see what they saw."),
    ("asked", "A review is asked for."),
    ("approved", "It is approved as it is."),
    ("sent-back", "It is sent back."),
    ("published", "It is published."),
    ("unpublished", "It is unpublished: fans do not see it any more."),
    ("rolled-back", "Rolled back: fans see what was published before."),
    ("scheduled", "It is scheduled."),
    ("withdrawn", "It is withdrawn: nothing will be done."),
    ("put", "It is in the release, as it is now."),
    ("release-made", "The release is made. Put entries into it on their pages."),
    ("taken", "It is taken out of the release."),
    ("release-published", "The release is published."),
    ("release-scheduled", "The release is scheduled."),
    ("reverted", "What was there before the release is there again."),
    ("trashed", "It is in the trash."),
];

impl Desk {
    /// What was just done, as the address says.
    fn done(&self) -> &'static str {
        let word = self.asked.text("done");
        DONE.iter().find(|it| it.0 == word).map_or("", |it| it.1)
    }

    /// To a page of these, which says what was done.
    fn after(&self, rest: &str, done: &str) -> axum::response::Response {
        let and = if rest.contains('?') { '&' } else { '?' };
        self.to(&format!("{rest}{and}done={done}"))
    }
}

/// The number that a form's field says.
fn number<T: std::str::FromStr>(form: &console::Fields, name: &str) -> Result<T, Refused> {
    let unknown =
        || Refused::form("This form is not whole. Load its page, and try once more. Nothing was done.");
    form.text(name).parse().map_err(|_| unknown())
}
