//! The code to paste, for programs that write pages.

use super::caller::Manager;
use crate::app::App;
use crate::http::dashboard;
use crate::http::feed::parse;
use crate::http::guard;
use crate::http::openapi::alike;
use crate::http::request::Content;
use crate::problem::{Problem, types};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use console::partner::embed::{self, Code, Colour, Look, Tokens};
use cricket::words::languages;
use partners::{Key, Kind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much the widget shows.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum View {
    /// A line.
    Compact,
    #[default]
    Card,
    Full,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Theme {
    /// As the fan's device.
    #[default]
    Auto,
    Light,
    Dark,
}

/// How the commentary is told.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Tone {
    Plain,
}

/// What the code shows, and how it looks; what is left out is as it usually is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SnippetsWanted)]
pub(super) struct Wanted {
    /// "mat_…"; the sandbox match, when left out.
    #[serde(rename = "match")]
    match_id: Option<String>,
    /// The text of a publishable key of yours; the first characters of one that works, when left out.
    key: Option<String>,
    #[serde(default)]
    view: View,
    #[serde(default)]
    theme: Theme,
    /// "hi", a language that the widget speaks; the page's, when left out.
    lang: Option<String>,
    tone: Option<Tone>,
    /// "#rrggbb", the background
    paper: Option<String>,
    /// "#rrggbb", the text
    ink: Option<String>,
    /// "#rrggbb", what stands out
    accent: Option<String>,
    /// Corners, in pixels: 0 to 40.
    radius: Option<u8>,
}

/// The same widget for three kinds of pages.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Snippets {
    html: String,
    /// With the npm package.
    react: String,
    /// With the plug-in.
    wordpress: String,
    /// A sentence for each pair of colours whose contrast is below what WCAG 2.2 asks for.
    hard_to_read: Vec<String>,
}

impl Wanted {
    fn look(&self) -> Result<Look, Problem> {
        let lang = self.lang.clone().unwrap_or_default();
        if !lang.is_empty() && !languages::NAMES.iter().any(|it| it.0 == lang) {
            let all: Vec<&str> = languages::NAMES.iter().map(|it| it.0).collect();
            return Err(invalid(format!("lang: the widget speaks {}", all.join(", "))));
        }
        if self.radius.is_some_and(|it| it > 40) {
            return Err(invalid("radius: 0 to 40".to_owned()));
        }
        let tokens = Tokens {
            paper: colour("paper", self.paper.as_deref())?,
            ink: colour("ink", self.ink.as_deref())?,
            accent: colour("accent", self.accent.as_deref())?,
            radius: self.radius,
        };
        let view = match self.view {
            View::Compact => embed::View::Compact,
            View::Card => embed::View::Card,
            View::Full => embed::View::Full,
        };
        let theme = match self.theme {
            Theme::Auto => embed::Theme::Auto,
            Theme::Light => embed::Theme::Light,
            Theme::Dark => embed::Theme::Dark,
        };
        Ok(Look { view, theme, lang, tone: self.tone.map(|Tone::Plain| embed::Tone::Plain), tokens })
    }
}

fn colour(name: &str, text: Option<&str>) -> Result<Option<Colour>, Problem> {
    let parsed = text.map(|it| Colour::parse(it).ok_or_else(|| invalid(format!("{name}: #rrggbb"))));
    parsed.transpose()
}

fn invalid(detail: String) -> Problem {
    Problem::new(&types::INVALID_VALUE, detail)
}

/// Writes the code to paste, as the dashboard does. Nothing is kept.
#[utoipa::path(post, path = "/v1/snippets", tag = "sites", request_body = Wanted, responses(
    (status = 200, body = Snippets),
    alike::BadRequest, alike::Unprocessable,
))]
pub(super) async fn write(
    State(app): State<App>,
    manager: Manager,
    headers: HeaderMap,
    Content(body): Content,
) -> Result<Json<Snippets>, Problem> {
    let wanted: Wanted = parse(&body)?;
    let look = wanted.look()?;
    let key = match &wanted.key {
        Some(text) => own(&app, &manager, text)?,
        None => dashboard::prefix_for_pages(&app, manager.organisation_id(), manager.by.at).await?,
    };
    let match_id = match wanted.match_id {
        Some(id) if store::ids::is_valid("mat", &id) => Some(id),
        Some(_) => return Err(invalid("match: \"mat_…\"".to_owned())),
        None => app.store.read("server.sandbox", dashboard::sandbox).await?,
    };
    let public_url = &app.config.http.public_url;
    let secure = guard::is_secure(&headers, public_url);
    let origin = dashboard::base(&headers, public_url, secure);
    let code = Code {
        origin: origin.as_deref().unwrap_or("https://…"),
        key: key.as_deref().unwrap_or("crs_pk_live_…"),
        match_id: match_id.as_deref().unwrap_or("mat_…"),
        look: &look,
    };
    Ok(Json(Snippets {
        html: code.html(),
        react: code.react(),
        wordpress: code.wordpress(),
        hard_to_read: look.hard_to_read(),
    }))
}

/// The text again, if it is a key that works on the organisation's pages.
fn own(app: &App, manager: &Manager, text: &str) -> Result<Option<String>, Problem> {
    let key = Key::parse(text).ok();
    let record = key.as_ref().and_then(|it| app.keys.find(it));
    let is_own = record.is_some_and(|it| {
        it.organisation_id == manager.organisation_id()
            && it.kind == Kind::Publishable
            && !it.is_over(manager.by.at)
    });
    if is_own {
        Ok(Some(text.to_owned()))
    } else {
        // A secret key has no place in a page, and is not repeated.
        Err(invalid("key: no publishable key of your organisation that works".to_owned()))
    }
}
