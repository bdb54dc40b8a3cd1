//! What partners' pages load: the loader, the bundle, the manifest; and what the console loads of others' scripts. `cargo xtask bundle`
//! writes them, compressed ahead.

use crate::app::App;
use crate::config::Config;
use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

/// A fixed address whose content changes with a release.
const SHORT: &str = "public, max-age=300, stale-while-revalidate=86400";
/// An address with the content's hash in it.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

pub(super) fn routes(config: &Config) -> Router<App> {
    let dist = &config.web.dist;
    let file = |name: &str| ServeFile::new(dist.join(name)).precompressed_br().precompressed_gzip();
    let short = Router::new()
        .route_service("/v1/crease.js", file("crease.js"))
        .route_service("/v1/crease-matches.js", file("crease-matches.js"))
        .route_service("/v1/crease-wallet.js", file("crease-wallet.js"))
        .route_service("/v1/manifest.json", ServeFile::new(dist.join("manifest.json")));
    // Pages that were opened before a release, and loaders that caches still hold, ask for the bundle of then.
    let earlier = ServeDir::new(&config.web.earlier_bundles).precompressed_br().precompressed_gzip();
    let bundle = ServeDir::new(dist.join("bundle")).precompressed_br().precompressed_gzip().fallback(earlier);
    // Named by their versions. Without them the console's pages do with less.
    let console = ServeDir::new(dist.join("console")).precompressed_br().precompressed_gzip();
    let immutable = Router::new().nest_service("/v1/bundle", bundle).nest_service("/console/parts", console);
    cached(short, SHORT).merge(cached(immutable, IMMUTABLE))
}

/// Other sites load these files, so their pages must be allowed to. A file that is not there must not be kept for a year.
fn cached(routes: Router<App>, cache: &'static str) -> Router<App> {
    let when_found =
        move |response: &Response| response.status().is_success().then(|| HeaderValue::from_static(cache));
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    // The widget asks by which protocol it came: over HTTP/2 it may open as many streams as it likes.
    let timing = HeaderName::from_static("timing-allow-origin");
    routes
        .layer(SetResponseHeaderLayer::overriding(timing, HeaderValue::from_static("*")))
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, when_found))
        .layer(SetResponseHeaderLayer::overriding(policy, HeaderValue::from_static("cross-origin")))
}
