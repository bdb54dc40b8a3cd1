//! Who is what to the content: for admins alone.

use super::{PAGE, cut, done};
use crate::app::App;
use crate::http::content::desk::{Answer, Desk, Pressed, html};
use crate::http::content::refusal::Refused;
use crate::http::dashboard::Path;
use crate::http::scorer;
use access::{Email, user};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use cms::member::{self, Member};
use cms::rights::{Rights, Role};
use console::content::newsroom::members::{self as pages, List, Row};
use console::controls::Filled;
use console::{Fields, Mistakes};
use std::collections::BTreeMap;

pub(super) async fn list(State(app): State<App>, desk: Desk) -> Answer {
    desk.editor.rights.check_members()?;
    let form = pages::fields(&Rights::all(Role::Editor));
    drawn(&app, &desk, (&form, &Mistakes::default())).await
}

async fn drawn(app: &App, desk: &Desk, (fields, mistakes): (&Fields, &Mistakes)) -> Answer {
    let after = desk.asked.text("after");
    let read = app.store.read("cms.members", async |db| {
        let found = member::list(db, after, PAGE as i64 + 1).await?;
        let ids: Vec<&str> = found.iter().map(|it| it.user_id.as_str()).collect();
        let users = user::find_all(db, &ids).await?;
        Ok::<_, cms::Error>((found, users))
    });
    let (found, users) = read.await?;
    let mut users: BTreeMap<String, user::User> = users.into_iter().map(|it| (it.id.clone(), it)).collect();
    let (found, is_more) = cut(found);
    let rows: Vec<Row> = found.into_iter().map(|it| row(users.remove(&it.user_id), it)).collect();
    let next = is_more.then(|| rows[PAGE - 1].member.user_id.as_str());
    let after = Some(after).filter(|it| !it.is_empty());
    let list = List { found: &rows, after, next, form: Filled { fields, mistakes } };
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(scorer::html(status, pages::list(&desk.here(done(desk)), &list)))
}

fn row(user: Option<user::User>, member: Member) -> Row {
    let (name, email) = user.map_or_else(
        || (member.user_id.clone(), String::new()),
        |it| (it.name, it.email.as_str().to_owned()),
    );
    Row { member, name, email }
}

pub(super) async fn add(State(app): State<App>, Pressed { desk, form, .. }: Pressed) -> Answer {
    desk.editor.rights.check_members()?;
    let read = pages::read(&form);
    let email = Email::parse(form.text("email")).ok();
    let found = match &email {
        Some(email) => app.store.read("access.user", async |db| user::by_email(db, email).await).await?,
        None => None,
    };
    let (rights, user) = match (read, found) {
        (Ok(rights), Some(user)) => (rights, user),
        (read, found) => {
            let mut mistakes = read.err().unwrap_or_default();
            if found.is_none() {
                mistakes.add("email", "Nobody has an account with that address: they sign up first.");
            }
            return drawn(&app, &desk, (&form, &mistakes)).await;
        }
    };
    assign(&app, &desk, &user.id, &rights).await
}

async fn assign(app: &App, desk: &Desk, user_id: &str, rights: &Rights) -> Answer {
    let who = &desk.editor;
    app.store.run_tx("cms.member_assign", async |tx| member::assign(tx, who, user_id, rights).await).await?;
    Ok(back(desk, "assigned"))
}

fn back(desk: &Desk, done: &str) -> Response {
    desk.to(&format!("/members?done={done}"))
}

async fn find(app: &App, id: &str) -> Result<Row, Refused> {
    let read = app.store.read("cms.member", async |db| {
        let rights = member::of_user(db, id).await?;
        Ok::<_, cms::Error>((rights, user::find(db, id).await?))
    });
    let (rights, user) = read.await?;
    let unknown = || Refused::not_found("There is no such member: somebody may have dismissed them.");
    let rights = rights.ok_or_else(unknown)?;
    Ok(row(user, Member { user_id: id.to_owned(), rights }))
}

pub(super) async fn show(State(app): State<App>, desk: Desk, Path(id): Path<String>) -> Answer {
    desk.editor.rights.check_members()?;
    let row = find(&app, &id).await?;
    let (fields, mistakes) = (pages::fields(&row.member.rights), Mistakes::default());
    let form = Filled { fields: &fields, mistakes: &mistakes };
    Ok(html(pages::show(&desk.here(done(&desk)), &row, form)))
}

pub(super) async fn change(
    State(app): State<App>,
    Path(id): Path<String>,
    Pressed { desk, form, .. }: Pressed,
) -> Answer {
    desk.editor.rights.check_members()?;
    let row = find(&app, &id).await?;
    match pages::read(&form) {
        Ok(rights) => assign(&app, &desk, &id, &rights).await,
        Err(mistakes) => {
            let form = Filled { fields: &form, mistakes: &mistakes };
            let page = pages::show(&desk.here(""), &row, form);
            Ok(scorer::html(StatusCode::UNPROCESSABLE_ENTITY, page))
        }
    }
}

pub(super) async fn dismiss(State(app): State<App>, Path(id): Path<String>, pressed: Pressed) -> Answer {
    let desk = pressed.desk;
    desk.editor.rights.check_members()?;
    find(&app, &id).await?;
    let (who, id) = (&desk.editor, id.as_str());
    app.store.run_tx("cms.member_dismiss", async |tx| member::dismiss(tx, who, id).await).await?;
    Ok(back(&desk, "dismissed"))
}
