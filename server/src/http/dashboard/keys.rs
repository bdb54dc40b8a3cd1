//! An organisation's keys.

use super::asked::{Path, Query};
use super::door::WRONG;
use super::failure::{Failure, mistake};
use super::organisations::Done;
use super::signed_in::{MemberOf, Pressed, PressedIn, SignedIn};
use crate::app::App;
use crate::http::scorer::html;
use access::attempts::{self, Allowed, Rule};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use console::controls::Filled;
use console::layout::Tab;
use console::partner::keys::{self, Found, SCOPES};
use console::{Fields, Mistakes};
use jiff::SignedDuration;
use partners::limit::{Override, Rate, table};
use partners::usage::Rows;
use partners::{
    Key, Kind, Mode, NewKey, Origins, Overlap, Permission, Record, Scopes, Site, key, member, site, usage,
};

/// Where a key is used, the latest places: some fifty in a day have a name of their own.
const ORIGINS_MAX: i64 = 100;
/// Keys that one user may look up: guessing finds none, but it need not be free.
const LOOKED_UP: Rule = Rule { name: "leaked", max: 30, within: SignedDuration::from_mins(15) };

async fn all(app: &App, member: &MemberOf) -> Result<(Vec<Record>, Vec<Site>), Failure> {
    let read = app.store.read("partners.keys", async |db| {
        let keys = key::of_organisation(db, member.id()).await?;
        Ok::<_, partners::Error>((keys, site::list(db, member.id()).await?))
    });
    Ok(read.await?)
}

pub(super) async fn list(
    State(app): State<App>,
    member: MemberOf,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    let (all, sites) = all(&app, &member).await?;
    let now = member.signed_in.caller.now;
    Ok(html(StatusCode::OK, keys::list(member.here(Tab::Keys, done.words()), &all, &sites, now)))
}

pub(super) async fn blank(State(app): State<App>, member: MemberOf) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let (_, sites) = all(&app, &member).await?;
    let first = sites.first().map_or("secret", |it| it.id.as_str());
    let fields = Fields::of([("for", first), ("mode", "live"), ("scope_feed", "yes"), ("scope_read", "yes")]);
    let mistakes = Mistakes::default();
    let filled = Filled { fields: &fields, mistakes: &mistakes };
    Ok(html(StatusCode::OK, keys::new(member.here(Tab::Keys, ""), &sites, filled)))
}

pub(super) async fn issue(
    State(app): State<App>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let mode = if fields.text("mode") == "test" { Mode::Test } else { Mode::Live };
    let scopes: Vec<_> = SCOPES.iter().filter(|it| fields.has(it.1)).map(|it| it.0).collect();
    let is_secret = fields.text("for") == "secret";
    if is_secret && !member.role.may_issue(Scopes::of(&scopes)) {
        return Err(Failure::NotAllowed);
    }
    let days: Option<i64> = fields.text("lasts").parse().ok().filter(|it| (1..=3650).contains(it));
    let expires_at = days.map(|it| member.signed_in.caller.now + SignedDuration::from_hours(24 * it));
    let new = match fields.text("for") {
        "secret" => NewKey::secret(mode, fields.text("name"), Scopes::of(&scopes)),
        site => NewKey::publishable(mode, fields.text("name"), Origins::OfSite(site)),
    };
    let new = NewKey { expires_at, ..new };
    let issued = app
        .store
        .run_tx("partners.issue_key", async |tx| key::issue(tx, member.id(), &new, &member.by()).await);
    match issued.await {
        Ok(issued) => {
            app.keys.insert(&issued.record);
            Ok(html(StatusCode::OK, keys::issued(member.here(Tab::Keys, ""), &issued)))
        }
        Err(error) => {
            let mistakes = match (&error, mistake(&error)) {
                (partners::Error::NameLength { .. } | partners::Error::ControlCharacter, Some(text)) => {
                    Mistakes::one("name", text)
                }
                (partners::Error::ScopesMissing, Some(text)) => Mistakes::one("scope_feed", text),
                (partners::Error::UnknownSite { .. }, _) => Mistakes::one("for", "Say what it is for."),
                (_, Some(text)) => Mistakes::one("", text),
                (_, None) => return Err(error.into()),
            };
            let (_, sites) = all(&app, &member).await?;
            let filled = Filled { fields: &fields, mistakes: &mistakes };
            Ok(html(WRONG, keys::new(member.here(Tab::Keys, ""), &sites, filled)))
        }
    }
}

pub(super) async fn show(
    State(app): State<App>,
    member: MemberOf,
    Path((_, id)): Path<(String, String)>,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    shown(&app, &member, &id, done.words(), None).await
}

async fn shown(
    app: &App,
    member: &MemberOf,
    id: &str,
    done: &str,
    refused: Option<(&Fields, &Mistakes)>,
) -> Result<Response, Failure> {
    let (all, sites) = all(app, member).await?;
    let key = all.iter().find(|it| it.id == id).ok_or(Failure::NotFound)?;
    let successor = all.iter().find(|it| it.succeeds.as_deref() == Some(id));
    let read = app.store.read("partners.key_details", async |db| {
        let origins = usage::origins_of_key(db, member.id(), id, Rows::first(ORIGINS_MAX)).await?;
        let limits = table::find(db, member.id()).await?;
        let in_use = usage::in_use(db, key, member.signed_in.caller.now).await?;
        Ok::<_, partners::Error>((origins, limits, table::find_for_key(db, id).await?, in_use))
    });
    let (mut origins, limits, own, in_use) = read.await?;
    if let Some(successor) = successor.filter(|_| !key.is_over(member.signed_in.caller.now)) {
        // Who still uses the old one: since there is a new one.
        origins.retain(|it| it.last_used_at >= successor.created_at);
    }
    let text = |number: Option<u64>| number.map(|it| it.to_string()).unwrap_or_default();
    let rate = |of: fn(&Rate) -> u32| text(own.rate.as_ref().map(|it| of(it).into()));
    let (per_minute, burst) = (rate(|it| it.per_minute()), rate(|it| it.burst()));
    let stored: [(&str, &str); 5] = [
        ("name", &key.name),
        ("overlap", "24"),
        ("per_minute", &per_minute),
        ("burst", &burst),
        ("streams", &text(own.streams_max)),
    ];
    // What was typed stays.
    let typed = |name| refused.map(|it| it.0).filter(|it| it.has(name)).map(|it| it.text(name));
    let fields = Fields::of(stored.map(|(name, value)| (name, typed(name).unwrap_or(value))));
    let now = member.signed_in.caller.now;
    let plan = limits.rate_of(key.kind);
    let of =
        keys::One { key, sites: &sites, successor, origins: &origins, in_use: in_use.as_ref(), plan, now };
    let none = Mistakes::default();
    let (status, mistakes) = refused.map_or((StatusCode::OK, &none), |it| (WRONG, it.1));
    let filled = Filled { fields: &fields, mistakes };
    Ok(html(status, keys::one(member.here(Tab::Keys, done), of, filled)))
}

pub(super) async fn rename(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let renamed = app.store.run_tx("partners.rename_key", async |tx| {
        key::rename(tx, member.id(), &id, fields.text("name"), &member.by()).await
    });
    match renamed.await {
        Ok(()) => {
            Ok(Redirect::to(&format!("/console/o/{}/keys/{id}?done=saved", member.id())).into_response())
        }
        Err(error) => match mistake(&error) {
            Some(text) => shown(&app, &member, &id, "", Some((&fields, &Mistakes::one("name", text)))).await,
            None => Err(error.into()),
        },
    }
}

pub(super) async fn limit(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let own = match limits_of(&fields) {
        Ok(own) => own,
        Err((field, text)) => {
            let mistakes = Mistakes::one(field, text);
            return shown(&app, &member, &id, "", Some((&fields, &mistakes))).await;
        }
    };
    let limited = app.store.run_tx("partners.limit_key", async |tx| {
        table::set_within_plan(tx, member.id(), &id, &own, &member.by()).await
    });
    match limited.await {
        Ok(()) => {
            Ok(Redirect::to(&format!("/console/o/{}/keys/{id}?done=saved", member.id())).into_response())
        }
        Err(error) => match mistake(&error) {
            Some(text) => {
                shown(&app, &member, &id, "", Some((&fields, &Mistakes::one("per_minute", text)))).await
            }
            None => Err(error.into()),
        },
    }
}

/// The form's numbers; what is left out is as in the plan.
fn limits_of(fields: &Fields) -> Result<Override, (&'static str, String)> {
    let number = |field: &'static str| match fields.text(field).replace([',', ' '], "").as_str() {
        "" => Ok(None),
        text => text.parse::<u32>().map(Some).map_err(|_| (field, "Say a whole number.".to_owned())),
    };
    let rate = match (number("per_minute")?, number("burst")?) {
        (None, None) => None,
        (Some(_), None) => return Err(("burst", "Say how many may come at once, too.".to_owned())),
        (None, Some(_)) => return Err(("per_minute", "Say how many may come in a minute, too.".to_owned())),
        (Some(per_minute), Some(burst)) => {
            let rate = Rate::new(per_minute, burst);
            Some(rate.map_err(|error| ("per_minute", mistake(&error).unwrap_or_default()))?)
        }
    };
    Ok(Override { rate, streams_max: number("streams")?.map(u64::from) })
}

pub(super) async fn rotate(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    let overlap = fields.text("overlap").parse().ok().and_then(Overlap::of_hours);
    let Some(overlap) = overlap else {
        let mistakes = Mistakes::one("overlap", "Say how long the old one works.");
        return shown(&app, &member, &id, "", Some((&fields, &mistakes))).await;
    };
    let (all, _) = all(&app, &member).await?;
    let key = all.iter().find(|it| it.id == id).ok_or(Failure::NotFound)?;
    if !member.role.may_issue(key.scopes) {
        return Err(Failure::NotAllowed);
    }
    let rotated = app.store.run_tx("partners.rotate_key", async |tx| {
        key::rotate(tx, member.id(), &id, overlap, &member.by()).await
    });
    match rotated.await {
        Ok(issued) => {
            app.keys.insert(&issued.record);
            Ok(html(StatusCode::OK, keys::issued(member.here(Tab::Keys, ""), &issued)))
        }
        Err(error) => match mistake(&error) {
            Some(text) => shown(&app, &member, &id, "", Some((&fields, &Mistakes::one("", text)))).await,
            None => Err(error.into()),
        },
    }
}

pub(super) async fn revoke(
    State(app): State<App>,
    Path((_, id)): Path<(String, String)>,
    PressedIn { member, fields }: PressedIn,
) -> Result<Response, Failure> {
    member.may(Permission::Build)?;
    if !fields.has("sure") {
        let mistakes = Mistakes::one("sure", "Tick the box, if it is to be revoked.");
        return shown(&app, &member, &id, "", Some((&fields, &mistakes))).await;
    }
    let revoked = app
        .store
        .run_tx("partners.revoke_key", async |tx| key::revoke(tx, member.id(), &id, &member.by()).await);
    revoked.await?;
    app.revoke_key(&id);
    Ok(Redirect::to(&format!("/console/o/{}/keys?done=revoked", member.id())).into_response())
}

pub(super) async fn leaked_form(signed_in: SignedIn) -> Response {
    leaked_page(StatusCode::OK, &signed_in, Found::NotAsked)
}

fn leaked_page(status: StatusCode, signed_in: &SignedIn, found: Found<'_>) -> Response {
    let (fields, mistakes) = (Fields::default(), Mistakes::default());
    html(status, keys::leaked(signed_in.person(), found, Filled { fields: &fields, mistakes: &mistakes }))
}

/// Says of a key what its finder can act on, and no name of anybody else.
pub(super) async fn leaked(State(app): State<App>, pressed: Pressed) -> Result<Response, Failure> {
    let (signed_in, now) = (&pressed.signed_in, pressed.signed_in.caller.now);
    let user = &signed_in.session.user.id;
    let counted =
        app.store.run_tx("partners.leaked", async |tx| attempts::count(tx, LOOKED_UP, user, now).await);
    if let Allowed::No { .. } = counted.await? {
        return Err(Failure::TooOften);
    }
    let record = Key::parse(pressed.fields.text("key")).ok().and_then(|it| app.keys.find(&it));
    let Some(record) = record else { return Ok(leaked_page(StatusCode::OK, signed_in, Found::NoKey)) };
    if record.is_over(now) {
        return Ok(leaked_page(StatusCode::OK, signed_in, Found::Over));
    }
    let organisation = &record.organisation_id;
    let read = app.store.read("partners.member", async |db| member::find(db, organisation, user).await);
    let path = format!("/console/o/{organisation}/keys/{}", record.id);
    let found = match (read.await?, record.kind) {
        (Some(_), _) => Found::Yours { name: &record.name, path: &path },
        (None, Kind::Publishable) => Found::Others { kind: Kind::Publishable, mode: record.mode },
        (None, Kind::Secret) => Found::Others { kind: Kind::Secret, mode: record.mode },
    };
    Ok(leaked_page(StatusCode::OK, signed_in, found))
}
