//! Bodies that are not sent again to who has them (RFC 9110 §8.8.3, §13.1.2).

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use wire::Position;

/// A JSON body under an ETag of the match's position; nothing is written when the caller has it already.
pub(super) fn unless_unchanged(
    headers: &HeaderMap,
    position: Position,
    body: impl FnOnce() -> String,
) -> Response {
    tagged(headers, &format!("\"{position}\""), "private, no-cache", body)
}

/// A JSON body under an ETag of its own content, fresh for a second.
pub(super) fn unless_same(headers: &HeaderMap, body: String) -> Response {
    let hash = Sha256::digest(&body);
    let tag: String = hash.iter().take(8).map(|it| format!("{it:02x}")).collect();
    tagged(headers, &format!("\"{tag}\""), "private, max-age=1", || body)
}

/// A body that any cache may keep for a second, under an ETag of its own; a weak one, since it is compressed on its way.
pub(super) fn fresh_for_a_second(
    headers: &HeaderMap,
    tag: &str,
    kind: &'static str,
    body: impl FnOnce() -> String,
) -> Response {
    let mut response = tagged(headers, &format!("\"{tag}\""), "public, max-age=1", body);
    let headers = response.headers_mut();
    if headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    if let Ok(tag) = HeaderValue::from_str(&format!("W/\"{tag}\"")) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn tagged(headers: &HeaderMap, tag: &str, cache: &'static str, body: impl FnOnce() -> String) -> Response {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|it| it.to_str().ok());
    let is_known =
        known.is_some_and(|it| it.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(header::CONTENT_TYPE, "application/json")], body()).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
