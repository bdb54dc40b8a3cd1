//! Pictures as they come: one of a script, which is answered as JSON, or as many as a form without one has chosen.

use super::{back, grid};
use crate::app::App;
use crate::http::content::desk::{Answer, Desk, PressedFile};
use crate::http::content::refusal::Refused;
use crate::http::form::Chosen;
use crate::http::scorer;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cms::media::{self, BYTES_MAX, Uploaded};
use console::content::library::{self as pages, Became, Sent};
use serde::Serialize;

/// Bytes of a form: some pictures of a camera, or one of the largest with its frame.
pub(super) const FORM_BYTES_MAX: usize = 3 * BYTES_MAX;
/// When one that had to wait may come again.
const AGAIN_SECONDS: u16 = 2;

/// What a script is told of a picture.
#[derive(Debug, Serialize)]
struct Taken<'t> {
    id: &'t str,
    label: &'t str,
    alt: &'t str,
    thumbnail: String,
    /// Its page.
    href: String,
    /// Whether the same bytes were there.
    before: bool,
}

#[derive(Debug, Serialize)]
struct Not<'t> {
    error: &'t str,
}

pub(super) async fn take(
    State(app): State<App>,
    headers: HeaderMap,
    PressedFile(pressed): PressedFile,
) -> Answer {
    let is_script = headers.get(header::ACCEPT).is_some_and(|it| it == "application/json");
    let desk = pressed.desk;
    if let Err(error) = desk.editor.rights.check_pictures() {
        let refused = Refused::from(error);
        return if is_script { Ok(not(refused.status(), refused.text())) } else { Err(refused) };
    }
    let mut files = pressed.files.into_iter();
    if is_script {
        let Some(file) = files.next() else {
            return Ok(not(StatusCode::UNPROCESSABLE_ENTITY, "No file came with it."));
        };
        return Ok(answer(&one(&app, &desk, file).await));
    }
    let mut sent = Vec::new();
    for file in files {
        let name = file.name.clone();
        let became = match one(&app, &desk, file).await {
            Ok(Uploaded::Now(asset)) => Became::Picture { id: asset.id },
            Ok(Uploaded::Before(asset)) => Became::Before { id: asset.id },
            Err(error) => Became::Refused { why: said(&error) },
        };
        sent.push(Sent { name, became });
    }
    match sent.as_slice() {
        [] => Err(Refused::form("No file was chosen. Go back, and choose at least one.")),
        [Sent { became: Became::Picture { id }, .. }] => Ok(back(&desk, &format!("/{id}"), "uploaded")),
        all => {
            let is_any = all.iter().any(|it| !matches!(it.became, Became::Refused { .. }));
            let status = if is_any { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            Ok(scorer::html(status, grid(&app, &desk, all).await?))
        }
    }
}

async fn one(app: &App, desk: &Desk, file: Chosen) -> Result<Uploaded, media::Error> {
    app.media.upload(file.bytes, &file.name, &desk.editor.by).await
}

/// Why a file is no picture here: its own fault in its own words, ours in ours.
fn said(error: &media::Error) -> String {
    match error {
        media::Error::Refused(refused) => format!("{refused}."),
        media::Error::Busy => "other pictures are looked at now: send it again in a moment.".to_owned(),
        error => Refused::from(error.clone()).text().to_owned(),
    }
}

fn answer(uploaded: &Result<Uploaded, media::Error>) -> Response {
    let uploaded = match uploaded {
        Ok(uploaded) => uploaded,
        Err(error) => return not(Refused::from(error.clone()).status(), &said(error)),
    };
    let asset = uploaded.asset();
    let before = matches!(uploaded, Uploaded::Before(_));
    let taken = Taken {
        id: &asset.id,
        label: pages::label(asset),
        alt: &asset.description.alt,
        thumbnail: pages::thumbnail(&asset.id),
        href: pages::path(&asset.id),
        before,
    };
    (if before { StatusCode::OK } else { StatusCode::CREATED }, Json(taken)).into_response()
}

fn not(status: StatusCode, error: &str) -> Response {
    let mut response = (status, Json(Not { error })).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(AGAIN_SECONDS));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_to_wait_is_told_when_to_come_again_and_what_is_refused_is_not() {
        let refused = media::Refused::Moving;
        for (error, status, again) in [
            (media::Error::Busy, StatusCode::SERVICE_UNAVAILABLE, Some("2")),
            (refused.into(), StatusCode::UNPROCESSABLE_ENTITY, None),
        ] {
            let response = answer(&Err(error));
            let told = response.headers().get(header::RETRY_AFTER).map(|it| it.to_str().unwrap());
            assert_eq!((response.status(), told), (status, again));
        }
    }
}
