//! The frame as HTML: an element for a partner's page, and a page of our own for an `<iframe>`.

use super::bundle::Bundle;
use super::frame::{Frame, View};
use super::node::escape;
use super::{Live, Style};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};
use wire::Snapshot;

/// A page's own style: the element fills it.
const PAGE_STYLE: &str =
    "html,body{margin:0;height:100%;background:transparent}crease-match{--crease-min-height:100vh}";
/// Where scripts are switched off the page loads itself again, in seconds.
const REFRESH_SECONDS: u32 = 20;

/// Where and how a match is shown. Invariant: nothing in it needs escaping within an attribute.
#[derive(Debug)]
pub(super) struct Place {
    /// "https://live.example.com"
    pub(super) origin: String,
    pub(super) view: View,
    pub(super) theme: &'static str,
    /// The publishable key, or the ticket, that came in the address.
    pub(super) key: Option<String>,
    pub(super) live: Live,
    pub(super) style: Style,
}

/// `<crease-match>` with its shadow root declared in it (HTML Living Standard §4.12.3): the browser draws it before any script runs.
pub(super) fn element(frame: &Frame, snapshot: &Snapshot, place: &Place, bundle: &Bundle) -> String {
    let Place { origin, view, theme, .. } = place;
    let mut html = format!(
        r#"<crease-match match="{}" view="{}" lang="{}" theme="{theme}"><template shadowrootmode="open">"#,
        snapshot.id,
        view.word(),
        frame.words.tag(),
    );
    if place.style == Style::Inline {
        html.extend(["<style>", view.style(), "</style>"]);
    }
    frame.root.write_html(&mut html);
    if let Some(key) = &place.key {
        let page = format!(
            "{origin}/v1/embed/{}?frame=page&amp;lang={}&amp;key={key}",
            snapshot.id,
            frame.words.tag()
        );
        html.extend([
            r#"<noscript><p class="status"><a href=""#,
            &page,
            r#"">Live score</a></p></noscript>"#,
        ]);
    }
    // Without its style the frame is drawn anew by the loader, and its stream brings the snapshot.
    if place.style == Style::Inline {
        let (at, bundle) = (snapshot.position(), bundle.name());
        // The bundle is named, and not preloaded: on a slow processor that would hold the first paint back.
        html += &format!(r#"<script type="application/json" data-at="{at}" data-bundle="{bundle}">"#);
        // Within a script element only this letter could end it (HTML Living Standard §4.12.1.3).
        html.push_str(&wire::encode(snapshot).replace('<', "\\u003c"));
        html.push_str("</script>");
    }
    html.push_str("</template></crease-match>");
    html
}

/// A page that shows the match alone. It is live by the widget or by the loader, as `place.live` says, and for a reader who has switched
/// scripts off by loading itself again.
pub(super) fn whole(frame: &Frame, snapshot: &Snapshot, place: &Place, bundle: &Bundle) -> String {
    let mut title = String::new();
    escape(&frame.title, &mut title);
    let (origin, key) = (&place.origin, place.key.as_deref().unwrap_or_default());
    let wasm = match place.live {
        Live::Widget => "",
        Live::Frame => r#" data-wasm="off""#,
    };
    let element = element(
        frame,
        snapshot,
        &Place { key: None, origin: origin.clone(), style: Style::Inline, ..*place },
        bundle,
    );
    format!(
        "<!doctype html><html lang=\"{}\" dir=\"{}\"><head><meta charset=\"utf-8\"><title>{title}</title>\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><link rel=\"icon\" href=\"data:,\">\
        <noscript><meta http-equiv=\"refresh\" content=\"{REFRESH_SECONDS}\"></noscript><style>{PAGE_STYLE}</style>\
        <script defer src=\"{origin}/v1/crease.js\" data-key=\"{key}\"{wasm}></script></head><body>{element}</body></html>",
        frame.words.tag(),
        frame.words.direction().unwrap_or("ltr"),
    )
}

/// The page's content security policy. `ancestors` are the origins that the key is bound to; none: any site may frame it.
pub(super) fn policy(place: &Place, ancestors: &[String]) -> String {
    let styles = [place.view.style(), PAGE_STYLE].map(source).join(" ");
    let origin = &place.origin;
    let wasm = match place.live {
        Live::Widget => " 'wasm-unsafe-eval'",
        Live::Frame => "",
    };
    let ancestors =
        if ancestors.is_empty() { "*".to_owned() } else { format!("'self' {}", ancestors.join(" ")) };
    format!(
        "default-src 'none'; script-src {origin}{wasm}; connect-src {origin}; style-src {}; img-src data: {origin}; base-uri 'none'; \
        form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors {ancestors}",
        styles
    )
}

/// A style sheet as a policy names it (CSP Level 3 §2.3.1).
fn source(style: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(style)))
}
