//! Files of comma-separated values that are written while they are read: a page of rows at a time, whatever their length.

use super::refusal::Refused;
use super::view::csv_headers;
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use console::csv::Csv;
use futures_util::stream;
use std::fmt::Display;
use std::future::Future;

/// Lines of one file, at most: some 30 MB.
pub(super) const LINES_MAX: i64 = 100_000;

/// The rows after a place, and the place that they lead to; none when they are the last.
pub(super) type Part<P> = (Csv, Option<P>);

/// A file whose first part is `head`, and the rest what `next` answers, from place to place. Where that fails in the middle the connection breaks,
/// so that a part is not taken for all.
pub(super) fn sheet<P, E, F>(
    name: &str,
    head: Csv,
    start: P,
    next: impl FnMut(P) -> F + Send + 'static,
) -> Response
where
    P: Send + 'static,
    E: Display + Send + 'static,
    F: Future<Output = Result<Part<P>, E>> + Send + 'static,
{
    let state = (Some(head), Some(start), next);
    let parts = stream::try_unfold(state, |(head, place, mut next)| async move {
        if let Some(head) = head {
            return Ok(Some((Bytes::from(head.into_text()), (None, place, next))));
        }
        let Some(place) = place else { return Ok(None) };
        match next(place).await {
            Ok((rows, place)) => Ok(Some((Bytes::from(rows.into_text()), (None, place, next)))),
            Err(error) => {
                tracing::warn!(%error, "a file of the books broke off");
                Err(std::io::Error::other("the rest cannot be read"))
            }
        }
    });
    (csv_headers(name), Body::from_stream(parts)).into_response()
}

/// One whose text is known.
pub(super) fn whole(name: &str, text: String) -> Response {
    (csv_headers(name), text).into_response()
}

/// More lines than a file has.
pub(super) fn too_long(lines: i64) -> Refused {
    Refused::form(format!(
        "That is {lines} lines, and a file has {LINES_MAX} at most: choose a shorter period."
    ))
}
