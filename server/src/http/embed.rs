//! The first paint of a match: what a fan sees before the widget's own code is there, and all there is where that code may not run.
//!
//! One address, three forms ([`Form`]): an element for a partner's server to put into its page, an array for the loader, which draws
//! it without ever parsing markup, and a page for an `<iframe>`. All three are drawn from one [`frame`].

mod bundle;
mod frame;
mod node;
mod page;

use super::caller::Reader;
use super::etag::fresh_for_a_second;
use super::guard::is_secure;
use super::matches::visible;
use super::request::{Asked, Id};
use crate::app::App;
use crate::config::Config;
use crate::http::openapi::alike;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use bundle::Bundle;
use cricket::words::languages;
use frame::{Frame, View};
use page::Place;
use partners::limit::QuotaKind;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use utoipa::{IntoParams, ToSchema};

/// Brotli's middle: a frame shrinks to a third in some 0.3 ms.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(5);
/// What a shared cache must tell apart: the key decides who may read, and the origin whether it may be used there.
const VARY: &str = "origin, authorization, x-crease-key, host";

pub(super) fn routes(config: &Config) -> Router<App> {
    Router::new()
        .route("/v1/embed/{id}", get(show))
        .layer(Extension(Arc::new(Bundle::read(&config.web.dist))))
        .layer(CompressionLayer::new().quality(COMPRESSION))
}

/// How the first paint is written down.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Form {
    /// `<crease-match>` with its shadow root declared in it, for a partner's server to put into a page.
    #[default]
    Element,
    /// JSON for the loader: `["tag", {"attribute": "value"}, "text" or another such array …]`.
    Tree,
    /// A whole page for an `<iframe>`.
    Page,
}

/// What keeps a page's score moving.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Live {
    /// The whole widget.
    #[default]
    Widget,
    /// The loader alone, which asks for the frame again every few seconds; no WebAssembly.
    Frame,
}

/// Whether an element brings its style along.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Style {
    #[default]
    Inline,
    /// For pages whose policy forbids `<style>`: the frame is plain until the loader has drawn it anew.
    None,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EmbedQuery {
    /// `compact`, `card` or `full`; anything else is a card.
    view: Option<String>,
    /// `light`, `dark` or `auto`; only an element and a page use it.
    theme: Option<String>,
    /// `element`, `tree` or `page`.
    #[param(inline)]
    frame: Option<Form>,
    /// The language, `hi` for one; English when left out or not known.
    lang: Option<String>,
    /// Of a page: `widget`, or `frame` for one without WebAssembly.
    #[param(inline)]
    live: Option<Live>,
    /// Of an element: `inline`, or `none`.
    #[param(inline)]
    style: Option<Style>,
    /// The publishable key, or a ticket, which a page hands on to its loader.
    #[param(ignore)]
    key: Option<String>,
}

/// What the loader draws.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EmbedTree {
    /// The frame's style sheet, for a constructable one.
    style: &'static str,
    /// `["tag", {"attribute": "value"}, children …]`; a child is a text or another such array.
    #[schema(value_type = Vec<serde_json::Value>)]
    frame: node::Node,
}

/// The first paint of a match in one answer: the score as HTML, the snapshot that the widget begins with, and where its code is.
#[utoipa::path(get, path = "/v1/embed/{id}", tag = "matches", params(("id" = String, Path, description = "mat_…"), EmbedQuery), responses(
    (status = 200, description = "an element or a page; with frame=tree JSON", content(
        (String = "text/html"),
        (EmbedTree = "application/json"),
    )),
    (status = 304, description = "unchanged since the ETag"),
    alike::BadRequest, alike::NotFound,
))]
pub(super) async fn show(
    reader: Reader,
    State(app): State<App>,
    Extension(bundle): Extension<Arc<Bundle>>,
    Id(id): Id,
    Asked(query): Asked<EmbedQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let topic = visible(&app, &reader, &id).await?;
    reader.has_left(&app, QuotaKind::Impressions, &topic)?;
    let snapshot = topic.snapshot();
    let form = query.frame.unwrap_or_default();
    // What the answer depends on beside its address: the match's state, and the release that wrote it.
    let tag = format!("{}-{}", snapshot.position(), bundle.name());
    let place = Place {
        origin: origin(&headers, &app.config.http.public_url),
        view: View::named(query.view.as_deref().unwrap_or_default()),
        theme: theme(query.theme.as_deref().unwrap_or_default()),
        key: query.key.filter(|it| is_key(it)),
        live: query.live.unwrap_or_default(),
        style: query.style.unwrap_or_default(),
    };
    let words = languages::named(query.lang.as_deref().unwrap_or_default());
    let frame = || Frame::of(&snapshot.state, place.view, words);
    let mut response = match form {
        Form::Element => fresh_for_a_second(&headers, &tag, "text/html; charset=utf-8", || {
            page::element(&frame(), &snapshot, &place, &bundle)
        }),
        Form::Tree => fresh_for_a_second(&headers, &tag, "application/json", || {
            let tree = EmbedTree { style: place.view.style(), frame: frame().root };
            serde_json::to_string(&tree).expect("texts are JSON")
        }),
        Form::Page => fresh_for_a_second(&headers, &tag, "text/html; charset=utf-8", || {
            page::whole(&frame(), &snapshot, &place, &bundle)
        }),
    };
    reader.saw(&app, &topic, &response);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static(VARY));
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(policy, HeaderValue::from_static("cross-origin"));
    if form == Form::Page {
        let policy = page::policy(&place, &reader.origins());
        // Every part of it is ASCII: origins are normalised, and the host was sifted.
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_str(&policy).expect("a policy is ASCII"),
        );
    }
    Ok(response)
}

/// Where fans reach this server: as configured, else as this request did.
fn origin(headers: &HeaderMap, public_url: &str) -> String {
    if !public_url.is_empty() {
        return public_url.to_owned();
    }
    let host = headers.get(header::HOST).and_then(|it| it.to_str().ok()).unwrap_or("localhost");
    // It goes into attributes and a policy: only what cannot leave them is let in.
    let host: String =
        host.chars().filter(|it| it.is_ascii_alphanumeric() || ".:-[]".contains(*it)).collect();
    format!("{}://{host}", if is_secure(headers, public_url) { "https" } else { "http" })
}

/// Whether a text has the characters of keys and tickets alone: none that could leave an attribute or an address.
fn is_key(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

fn theme(word: &str) -> &'static str {
    match word {
        "light" => "light",
        "dark" => "dark",
        _ => "auto",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_cannot_leave_the_attribute_that_it_is_put_into() {
        for (host, forwarded, public_url, expected) in [
            ("live.example:8700", None, "", "http://live.example:8700"),
            ("live.example", Some("https"), "", "https://live.example"),
            ("a\"><script>; script-src *", None, "", "http://ascriptscript-src"),
            ("live.example", None, "https://fans.example", "https://fans.example"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            if let Some(forwarded) = forwarded {
                headers.insert("x-forwarded-proto", forwarded.parse().unwrap());
            }
            assert_eq!(origin(&headers, public_url), expected);
        }
    }
}
