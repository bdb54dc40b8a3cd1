//! What was done to content, from the audit log.

use crate::content::{Here, PATH, Tab};
use crate::finance::audit::said;
use crate::finance::table::Column::Text;
use crate::finance::table::{pager, table};
use crate::when;
use access::audit::Entry;
use maud::{Markup, html};

/// The first parts of the actions that are shown: "entry" of "entry.publish".
pub const NOUNS: [&str; 4] = ["entry", "media", "release", "quiz"];
/// The same where no organisation is meant: partners have members of their own.
pub const NOUNS_OF_HOUSE: [&str; 1] = ["member"];

pub fn page(here: &Here<'_>, all: &[Entry], before: Option<i64>, next: Option<i64>) -> Markup {
    let main = html! {
        h1 { "Audit log" }
        p.muted { "Who did what to content, the latest first. Nothing in it is ever changed." }
        @if all.is_empty() { p.muted { "Nothing was done yet." } } @else { (entries(all)) }
        (pager(before.map(|_| format!("{PATH}/audit")), next.map(|it| format!("{PATH}/audit?before={it}"))))
    };
    here.page(Tab::Audit, "Audit log", main)
}

fn entries(all: &[Entry]) -> Markup {
    let columns = [
        Text("Time"),
        Text("Who"),
        Text("What"),
        Text("To what"),
        Text("Before"),
        Text("After"),
        Text("From"),
    ];
    let rows = html! { @for it in all {
        tr {
            th scope="row" { (when(it.at)) }
            td.person { (it.actor.name) " " span.muted { (it.actor.kind.word()) } }
            td { (it.action) }
            td { (object(&it.object)) }
            td.wide { (said(it.before.as_ref())) }
            td.wide { (said(it.after.as_ref())) }
            td { span.muted { (it.address) } }
        }
    } };
    table("What was done", &columns, rows)
}

/// By what an id begins with it is known what it names.
fn object(id: &str) -> Markup {
    let rest = match id.split('_').next() {
        Some("ent") => "entries",
        Some("med") => "media",
        Some("rel") => "releases",
        Some("quz") => "quizzes",
        Some("usr") => "members",
        _ => return html! { code.id { (id) } },
    };
    html! { a href={ (PATH) "/" (rest) "/" (id) } { code.id { (id) } } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::newsroom::testing::{HOSTILE, here, now};
    use access::{Actor, ActorKind};
    use cms::rights::{Rights, Role};

    #[test]
    fn what_is_told_leads_to_what_it_was_done_to() {
        let of = |object: &str| Entry {
            id: 7,
            at: now(),
            actor: Actor { kind: ActorKind::User, id: "usr_1".to_owned(), name: HOSTILE.to_owned() },
            organisation_id: None,
            action: "entry.publish".to_owned(),
            object: object.to_owned(),
            address: "192.0.2.1".to_owned(),
            agent: HOSTILE.to_owned(),
            before: None,
            after: Some(serde_json::json!({ "title": HOSTILE })),
        };
        let all = [of("ent_1"), of("med_1"), of("rel_1"), of("quz_1"), of("usr_1"), of(HOSTILE)];
        let rights = Rights::all(Role::Admin);
        let page = page(&here(&rights), &all, Some(9), Some(7)).into_string();
        for rest in [
            "entries/ent_1",
            "media/med_1",
            "releases/rel_1",
            "quizzes/quz_1",
            "members/usr_1",
            "audit?before=7",
        ] {
            assert!(page.contains(&format!("href=\"/console/content/{rest}\"")), "{rest}");
        }
        assert!(!page.contains("<script>alert"), "{page}");
    }
}
