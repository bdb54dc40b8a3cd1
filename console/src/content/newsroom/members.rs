//! Who works on content, and what each may do: for admins.

use crate::content::{Here, PATH, Tab};
use crate::controls::{Choice, Filled, Label, Line};
use crate::finance::table::Column::Text;
use crate::finance::table::{pager, table};
use crate::form::{Fields, Mistakes};
use cms::Language;
use cms::member::Member;
use cms::rights::{Rights, Role};
use cms::schema::{kind, kinds};
use maud::{Markup, html};
use std::collections::BTreeSet;

const EMAIL_MAX: u16 = 254;
const LANGUAGES_MAX: u16 = 300;

/// A member, with what people call them.
#[derive(Clone, Debug)]
pub struct Row {
    pub member: Member,
    /// Of the account; the id where there is none any more.
    pub name: String,
    pub email: String,
}

#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    pub found: &'a [Row],
    /// Whether it is not the first page.
    pub after: Option<&'a str>,
    pub next: Option<&'a str>,
    /// The form that adds one.
    pub form: Filled<'a>,
}

const fn noun(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Translator => "Translator",
        Role::Editor => "Editor",
        Role::Reviewer => "Reviewer",
        Role::Admin => "Admin",
    }
}

const fn told(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer: looks at everything",
        Role::Translator => "Translator: writes and publishes in other than the main language",
        Role::Editor => "Editor: writes and publishes, keeps pictures",
        Role::Reviewer => "Reviewer: approves what others have written, too",
        Role::Admin => "Admin: does everything, and says who is what",
    }
}

fn tick(name: &str) -> String {
    format!("kind-{name}")
}

/// The form of what somebody may.
pub fn fields(rights: &Rights) -> Fields {
    let mut fields = Fields::default();
    fields.set("role", rights.role.word());
    for it in rights.kinds.iter().flatten() {
        fields.set(&tick(it), "yes");
    }
    let languages: Vec<&str> = rights.languages.iter().flatten().map(String::as_str).collect();
    fields.set("languages", languages.join(", "));
    fields
}

/// What a form says that somebody may, or what is to be put right. Without a type, or without a language, it is all of them.
pub fn read(form: &Fields) -> Result<Rights, Mistakes> {
    let mut mistakes = Mistakes::default();
    let role: Option<Role> = form.text("role").parse().ok();
    if role.is_none() {
        mistakes.add("role", "Choose what they are.");
    }
    let ticked = kinds().iter().map(|it| it.facts.name).filter(|it| form.has(&tick(it)));
    let ticked: BTreeSet<String> = ticked.map(str::to_owned).collect();
    let mut languages = BTreeSet::new();
    for tag in form.text("languages").split([',', ' ', ';']).filter(|it| !it.is_empty()) {
        match Language::parse(tag) {
            Ok(language) => drop(languages.insert(language.to_string())),
            Err(error) => mistakes.add("languages", format!("{error}.")),
        }
    }
    let some = |it: BTreeSet<String>| (!it.is_empty()).then_some(it);
    let role = role.unwrap_or(Role::Viewer);
    mistakes.unless_any(Rights { role, kinds: some(ticked), languages: some(languages) })
}

fn rights_of(form: Filled<'_>) -> Markup {
    let roles: Vec<Choice> = Role::ALL.iter().map(|it| Choice::new(it.word(), told(*it))).collect();
    let languages = Label::new("languages", "Languages that they may change")
        .hint("Such as: hi, ta, pt-BR. Empty: all. Everybody may read all languages.");
    html! {
        (form.radios(Label::new("role", "Role"), &roles))
        fieldset.kinds {
            legend { "Types of content" }
            p.hint { "Nothing ticked: all." }
            div.ticks {
                @for it in kinds() {
                    label { input type="checkbox" name=(tick(it.facts.name)) value="yes" checked[form.fields.has(&tick(it.facts.name))]; (it.facts.plural) }
                }
            }
        }
        (form.line(languages, Line::Text, LANGUAGES_MAX))
    }
}

pub fn list(here: &Here<'_>, list: &List<'_>) -> Markup {
    let rows = html! { @for Row { member, name, email } in list.found {
        tr {
            th scope="row" { a href=(path(&member.user_id)) { (name) } }
            td { (email) }
            td { (noun(member.rights.role)) }
            td.wide { (kinds_of(&member.rights)) }
            td { (languages_of(&member.rights)) }
        }
    } };
    let columns = [Text("Name"), Text("E-mail"), Text("Role"), Text("Types"), Text("Languages")];
    let email =
        Label::new("email", "E-mail address").hint("Of their account here. Who has none signs up first.");
    let main = html! {
        h1 { "Members" }
        p.muted { "Operators are admins without being in this list." }
        @if list.found.is_empty() { p.muted { "Nobody is in it yet." } } @else { (table("Members", &columns, rows)) }
        (pager(list.after.map(|_| format!("{PATH}/members")), list.next.map(|it| format!("{PATH}/members?after={it}"))))
        section aria-labelledby="add" {
            h2 #add { "Add somebody" }
            (list.form.summary())
            (here.form("/members",
                html! { (list.form.line(email, Line::Email, EMAIL_MAX)) (rights_of(list.form)) },
                html! { p.row { button.primary type="submit" { "Add them" } } }))
        }
    };
    here.page(Tab::Members, "Members", main)
}

/// The page of one.
pub fn path(user_id: &str) -> String {
    format!("{PATH}/members/{user_id}")
}

fn kinds_of(rights: &Rights) -> String {
    let Some(kinds) = &rights.kinds else { return "all".to_owned() };
    let plurals = kinds.iter().filter_map(|it| kind(it).ok()).map(|it| it.facts.plural);
    plurals.collect::<Vec<_>>().join(", ")
}

fn languages_of(rights: &Rights) -> String {
    match &rights.languages {
        None => "all".to_owned(),
        Some(languages) => languages.iter().cloned().collect::<Vec<_>>().join(", "),
    }
}

pub fn show(here: &Here<'_>, row: &Row, form: Filled<'_>) -> Markup {
    let rest = format!("/members/{}", row.member.user_id);
    let main = html! {
        div {
            p.back { a href={ (PATH) "/members" } { "Members" } }
            h1 { (row.name) }
            p.muted { (row.email) }
        }
        (form.summary())
        (here.form(&rest, rights_of(form), html! { p.row { button.primary type="submit" { "Save" } } }))
        section.apart {
            p.muted { "Whoever is dismissed sees nothing of the newsroom from the next moment on. What they wrote stays." }
            (here.form(&format!("{rest}/dismiss"), html! {}, html! { button.danger type="submit" { "Dismiss them" } }))
        }
    };
    here.page(Tab::Members, &row.name, main)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::newsroom::testing::{HOSTILE, here};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_somebody_may_is_read_back_from_its_form(
            role in prop::sample::select(Role::ALL.to_vec()),
            kinds in prop::collection::btree_set(prop::sample::select(kinds().iter().map(|it| it.facts.name.to_owned()).collect::<Vec<_>>()), 0..4),
            languages in prop::collection::btree_set(prop::sample::select(vec!["hi", "ta", "pt-BR", "zh-Hant"]), 0..3),
        ) {
            let some = |it: BTreeSet<String>| (!it.is_empty()).then_some(it);
            let languages = languages.into_iter().map(str::to_owned).collect();
            let rights = Rights { role, kinds: some(kinds), languages: some(languages) };
            prop_assert_eq!(read(&fields(&rights)), Ok(rights));
        }
    }

    #[test]
    fn what_is_no_role_or_no_language_is_put_right_beside_its_field() {
        let form = Fields::of([("role", "owner"), ("languages", "hi, klingon!")]);
        let mistakes = read(&form).unwrap_err();
        assert!(mistakes.of("role").is_some() && mistakes.of("languages").is_some());
        let spelled = Fields::of([("role", "editor"), ("languages", "HI_in;ta")]);
        let languages = read(&spelled).unwrap().languages.unwrap();
        assert_eq!(languages.into_iter().collect::<Vec<_>>(), ["hi-IN", "ta"]);
    }

    #[test]
    fn names_stay_texts() {
        let rights = Rights::all(Role::Admin);
        let member = Member { user_id: "usr_1".to_owned(), rights: rights.clone() };
        let row = Row { member, name: HOSTILE.to_owned(), email: HOSTILE.to_owned() };
        let (typed, mistakes) = (fields(&rights), Mistakes::default());
        let form = Filled { fields: &typed, mistakes: &mistakes };
        let of = List { found: std::slice::from_ref(&row), after: None, next: None, form };
        for page in [list(&here(&rights), &of), show(&here(&rights), &row, form)] {
            let page = page.into_string();
            assert!(!page.contains("<script>alert") && page.contains("value=\"admin\" checked"), "{page}");
        }
    }
}
