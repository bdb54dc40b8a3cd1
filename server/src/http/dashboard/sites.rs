//! An organisation's sites.

use super::asked::{Path, Query};
use super::door::WRONG;
use super::embed;
use super::failure::{Failure, mistake};
use super::organisations::Done;
use super::signed_in::{MemberOf, PressedIn};
use super::usage;
use crate::app::App;
use crate::http::scorer::html;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use console::controls::Filled;
use console::layout::Tab;
use console::partner::sites;
use console::{Fields, Mistakes};
use partners::usage::Part;
use partners::{Mode, NewKey, Origins, Permission, key, site};

pub(super) async fn list(
    State(app): State<App>,
    member: MemberOf,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    let all = app.store.read("partners.sites", async |db| site::list(db, member.id()).await).await?;
    let refused = usage::refused(&app, &member, Part::All).await?.origins;
    Ok(html(StatusCode::OK, sites::list(member.here(Tab::Sites, done.words()), &all, &refused)))
}

pub(super) async fn blank(member: MemberOf) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let (fields, mistakes) = (Fields::default(), Mistakes::default());
    Ok(html(
        StatusCode::OK,
        sites::new(member.here(Tab::Sites, ""), Filled { fields: &fields, mistakes: &mistakes }),
    ))
}

/// The lines of the form's text.
fn origins(fields: &Fields) -> Vec<&str> {
    fields.raw("origins").split(['\n', '\r', ',', ' ']).map(str::trim).filter(|it| !it.is_empty()).collect()
}

/// Beside which field an error of a site is told.
fn field_of(error: &partners::Error) -> &'static str {
    match error {
        partners::Error::NameLength { .. } | partners::Error::ControlCharacter => "name",
        partners::Error::TooMany { .. } => "",
        _ => "origins",
    }
}

pub(super) async fn create(
    State(app): State<App>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let made = app.store.run_tx("partners.create_site", async |tx| {
        site::create(tx, member.id(), fields.text("name"), &origins(&fields), &member.by()).await
    });
    match made.await {
        Ok(_) => Ok(Redirect::to(&format!("/console/o/{}/sites?done=site", member.id())).into_response()),
        Err(error) => {
            let Some(text) = mistake(&error) else { return Err(error.into()) };
            let mistakes = Mistakes::one(field_of(&error), text);
            let filled = Filled { fields: &fields, mistakes: &mistakes };
            Ok(html(WRONG, sites::new(member.here(Tab::Sites, ""), filled)))
        }
    }
}

pub(super) async fn show(
    State(app): State<App>,
    member: MemberOf,
    Path((_, id)): Path<(String, String)>,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    shown(&app, &member, &id, done.words(), StatusCode::OK, None).await
}

/// What somebody sent that was not right, and where.
type Refused<'a> = (&'a Fields, Mistakes);

async fn shown(
    app: &App,
    member: &MemberOf,
    id: &str,
    done: &str,
    status: StatusCode,
    refused: Option<Refused<'_>>,
) -> Result<Response, Failure> {
    let now = member.signed_in.caller.now;
    let read = app.store.read("partners.site", async |db| {
        let site = site::find(db, member.id(), id).await?;
        Ok::<_, partners::Error>((site, key::of_organisation(db, member.id()).await?))
    });
    let (site, keys) = read.await?;
    let keys: Vec<_> =
        keys.iter().filter(|it| it.site_id.as_deref() == Some(id) && !it.is_over(now)).collect();
    let stored = Fields::of([("name", &site.name), ("origins", &sites::origins(&site, "\n"))]);
    let none = Mistakes::default();
    let filled = match &refused {
        Some((fields, mistakes)) => Filled { fields, mistakes },
        None => Filled { fields: &stored, mistakes: &none },
    };
    let lately = usage::refused(app, member, Part::Site(id)).await?;
    let lately = sites::Lately { reasons: &lately.reasons, origins: &lately.origins };
    Ok(html(status, sites::one(member.here(Tab::Sites, done), &site, &keys, lately, filled)))
}

/// The site, and why an origin cannot be one of its own.
pub(super) async fn not_allowed(
    app: &App,
    member: &MemberOf,
    id: &str,
    origin: &str,
    text: String,
) -> Result<Response, Failure> {
    let site = app.store.read("partners.site", async |db| site::find(db, member.id(), id).await).await?;
    let origins = sites::origins(&site, "\n") + "\n" + origin;
    let fields = Fields::of([("name", site.name.as_str()), ("origins", &origins)]);
    shown(app, member, id, "", WRONG, Some((&fields, Mistakes::one("origins", text)))).await
}

pub(super) async fn change(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let changed = app.store.run_tx("partners.change_site", async |tx| {
        site::change(tx, member.id(), &id, fields.text("name"), &origins(&fields), &member.by()).await
    });
    match changed.await {
        Ok(_) => {
            Ok(Redirect::to(&format!("/console/o/{}/sites/{id}?done=saved", member.id())).into_response())
        }
        Err(error) => match mistake(&error) {
            Some(text) => {
                let mistakes = Mistakes::one(field_of(&error), text);
                shown(&app, &member, &id, "", WRONG, Some((&fields, mistakes))).await
            }
            None => Err(error.into()),
        },
    }
}

pub(super) async fn remove(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let removed = app.store.run_tx("partners.remove_site", async |tx| {
        let site = site::find(tx, member.id(), &id).await?;
        if site.name != fields.text("sure") {
            return Ok(false);
        }
        site::remove(tx, member.id(), &id, &member.by()).await?;
        Ok::<_, partners::Error>(true)
    });
    if removed.await? {
        return Ok(Redirect::to(&format!("/console/o/{}/sites?done=removed", member.id())).into_response());
    }
    let mistakes = Mistakes::one("sure", "That is not the site's name. Nothing was removed.");
    let read = app.store.read("partners.site", async |db| site::find(db, member.id(), &id).await).await?;
    let fields = Fields::of([("name", &read.name), ("origins", &sites::origins(&read, "\n"))]);
    shown(&app, &member, &id, "", WRONG, Some((&fields, mistakes))).await
}

pub(super) async fn start_form(member: MemberOf) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let fields = Fields::of([("origin", "https://")]);
    let mistakes = Mistakes::default();
    let filled = Filled { fields: &fields, mistakes: &mistakes };
    Ok(html(StatusCode::OK, sites::start(member.here(Tab::Sites, ""), filled)))
}

/// What is typed as an address, up to its host: people copy it from the browser's bar.
fn origin_of(text: &str) -> String {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}")
}

/// A first site with a key for its pages, and one to try things out: the answer shows the code with the key in it.
pub(super) async fn start(
    State(app): State<App>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let origin = origin_of(fields.text("origin"));
    let name = origin.split_once("://").map_or("", |it| it.1).trim_start_matches("www.").to_owned();
    let made = app.store.run_tx("partners.start", async |tx| {
        let by = member.by();
        let site = site::create(tx, member.id(), &name, &[&origin], &by).await?;
        let new = |mode, name| NewKey::publishable(mode, name, Origins::OfSite(&site.id));
        let live = key::issue(tx, member.id(), &new(Mode::Live, "Pages"), &by).await?;
        let test = key::issue(tx, member.id(), &new(Mode::Test, "Pages, while building"), &by).await?;
        Ok::<_, partners::Error>((live, test))
    });
    match made.await {
        Ok((live, test)) => {
            app.keys.insert(&live.record);
            app.keys.insert(&test.record);
            embed::with_new_key(&app, &member, &live).await
        }
        Err(error) => match mistake(&error) {
            Some(text) => {
                let mistakes = Mistakes::one("origin", text);
                let filled = Filled { fields: &fields, mistakes: &mistakes };
                Ok(html(WRONG, sites::start(member.here(Tab::Sites, ""), filled)))
            }
            None => Err(error.into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::origin_of;

    #[test]
    fn an_address_may_come_as_browsers_show_it() {
        for (text, origin) in [
            ("https://www.example.com/sport?x=1#top", "https://www.example.com"),
            ("www.example.com", "https://www.example.com"),
            (" https://example.com:8443 ", "https://example.com:8443"),
            ("http://example.com/", "http://example.com"),
        ] {
            assert_eq!(origin_of(text), origin, "{text}");
        }
    }
}
