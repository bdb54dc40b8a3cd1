//! Parts of pages, which htmx takes out of whole ones and swaps in.

use axum::extract::Request;
use axum::http::{HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

/// Sent by htmx with each of its requests.
const ASKS: HeaderName = HeaderName::from_static("hx-request");
/// Tells it to load the page at an address.
const GO_TO: HeaderName = HeaderName::from_static("hx-redirect");

/// Who is sent elsewhere, such as to sign in, goes there as a whole: a browser would follow within the request, and that page has none of
/// the parts that were asked for.
pub(super) async fn whole_pages(request: Request, next: Next) -> Response {
    let is_swap = request.headers().contains_key(ASKS);
    let mut response = next.run(request).await;
    if is_swap
        && response.status().is_redirection()
        && let Some(to) = response.headers_mut().remove(header::LOCATION)
    {
        response.headers_mut().insert(GO_TO, to);
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    response
}
