//! What translators have to do.

use crate::content::{Here, PATH, Tab};
use crate::finance::table::Column::Text;
use crate::finance::table::{pager, table};
use cms::missing::{Missing as Line, Why};
use cms::schema::{Kind, kinds};
use form_urlencoded::Serializer;
use maud::{Markup, html};

const LANGUAGES_MAX: u16 = 300;

/// What is missing of the entries of a type.
#[derive(Clone, Copy)]
pub struct Missing<'a> {
    pub of: &'static Kind,
    /// As they were asked for, or all that anything is written in.
    pub languages: &'a [String],
    pub found: &'a [Line],
    pub after: &'a str,
    pub next: Option<&'a str>,
}

fn path(of: &Kind, languages: &[String], after: Option<&str>) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("kind", of.facts.name).append_pair("lang", &languages.join(","));
    after.map(|it| query.append_pair("after", it));
    format!("{PATH}/missing?{}", query.finish())
}

const fn told(why: Why) -> (&'static str, &'static str) {
    match why {
        Why::Unwritten => ("nobody has begun it", "off"),
        Why::Unpublished => ("written, and not published", ""),
        Why::Behind => ("behind the main language", "bad"),
    }
}

pub fn page(here: &Here<'_>, missing: &Missing<'_>) -> Markup {
    let Missing { of, languages, found, after, next } = *missing;
    let seen = |it: &&Kind| here.rights.kinds.as_ref().is_none_or(|own| own.contains(it.facts.name));
    let main = html! {
        h1 { "Missing translations" }
        p.muted { "Of what fans read in its main language." }
        form.filters method="get" action={ (PATH) "/missing" } {
            div.field {
                label for="kind" { "Type" }
                select #kind name="kind" {
                    @for it in kinds().iter().filter(seen) {
                        option value=(it.facts.name) selected[it.facts.name == of.facts.name] { (it.facts.plural) }
                    }
                }
            }
            div.field {
                label for="lang" { "Languages" }
                input #lang type="text" name="lang" value=(languages.join(", ")) maxlength=(LANGUAGES_MAX) autocomplete="off" spellcheck="false"
                    placeholder="hi, ta";
            }
            button type="submit" { "Show" }
        }
        @if found.is_empty() {
            p.muted {
                @if languages.is_empty() { "Nothing is written yet." }
                @else if next.is_some() { "Nothing on this page: go on to the next." }
                @else { "Nothing is missing: " (of.facts.plural) " that fans read are there in " (languages.join(", ")) "." }
            }
        } @else { (lines(found)) }
        (pager((!after.is_empty()).then(|| path(of, languages, None)), next.map(|it| path(of, languages, Some(it)))))
    };
    here.page(Tab::Missing, "Missing translations", main)
}

fn lines(found: &[Line]) -> Markup {
    let rows = html! { @for it in found {
        @let (told, class) = told(it.why);
        tr {
            th.named scope="row" {
                a href={ (PATH) "/entries/" (it.entry) "?lang=" (it.language) } { @if it.title.is_empty() { (it.entry) } @else { (it.title) } }
            }
            td { (it.language) }
            td { span class={ "flag " (class) } { (told) } }
        }
    } };
    table("Missing translations", &[Text("Entry"), Text("Language"), Text("What is missing")], rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::newsroom::testing::{HOSTILE, here};
    use cms::rights::{Rights, Role};
    use cms::schema::kind;

    #[test]
    fn one_sees_types_that_are_ones_own_and_each_line_leads_to_its_language() {
        let rights = Rights { kinds: Some(["article".to_owned()].into()), ..Rights::all(Role::Translator) };
        let found = [Line {
            entry: "ent_1".to_owned(),
            kind: "article".to_owned(),
            title: HOSTILE.to_owned(),
            language: "hi".to_owned(),
            why: Why::Behind,
        }];
        let (of, languages) = (kind("article").unwrap(), ["hi".to_owned(), "ta".to_owned()]);
        let missing = Missing { of, languages: &languages, found: &found, after: "", next: Some("ent_1") };
        let page = page(&here(&rights), &missing).into_string();
        assert!(
            page.contains("href=\"/console/content/entries/ent_1?lang=hi\"") && page.contains("behind"),
            "{page}"
        );
        assert!(!page.contains("value=\"banner\"") && !page.contains("<script>alert"), "{page}");
        assert!(page.contains("missing?kind=article&amp;lang=hi%2Cta&amp;after=ent_1"), "{page}");
    }
}
