//! What was thrown away: entries, to be taken out of it, one or many. Pictures have their own.

use crate::content::{Here, PATH, Tab};
use crate::finance::table::Column::Text;
use crate::finance::table::{pager, table};
use crate::layout::csrf_field;
use crate::when;
use cms::list::Line;
use cms::rights::{Act, Standing, may};
use cms::schema::kind;
use form_urlencoded::Serializer;
use maud::{Markup, html};

/// Characters of what is searched for.
const WORDS_MAX: u16 = 200;

/// A page of it.
#[derive(Clone, Copy, Debug)]
pub struct Trash<'a> {
    pub found: &'a [Line],
    pub words: &'a str,
    /// Whether it is not the first page.
    pub after: Option<&'a str>,
    pub next: Option<&'a str>,
}

fn path(words: &str, after: Option<&str>) -> String {
    let mut query = Serializer::new(String::new());
    if !words.is_empty() {
        query.append_pair("q", words);
    }
    after.map(|it| query.append_pair("after", it));
    format!("{PATH}/trash?{}", query.finish())
}

pub fn page(here: &Here<'_>, trash: &Trash<'_>) -> Markup {
    let may_take = may(here.rights.role, Act::Trash, Standing::Main);
    let main = html! {
        h1 { "Trash" }
        p.muted { "Entries that were thrown away stay here. Taken out, they are drafts again. " a href={ (PATH) "/media?which=trash" } { "Pictures in the trash" } }
        form.filters role="search" method="get" action={ (PATH) "/trash" } {
            div.field {
                label for="q" { "Search" }
                input #q type="text" name="q" value=(trash.words) maxlength=(WORDS_MAX) autocomplete="off";
            }
            button type="submit" { "Find" }
        }
        @if trash.found.is_empty() {
            p.muted { @if trash.words.is_empty() { "The trash is empty." } @else { "Nothing in the trash has these words." } }
        } @else if may_take {
            form.stack method="post" action={ (PATH) "/trash" } {
                (csrf_field(here.who.form_token))
                (lines(trash.found, Takes::Yes))
                p.row { button type="submit" { "Take out what is ticked" } }
            }
        } @else { (lines(trash.found, Takes::No)) }
        (pager(trash.after.map(|_| path(trash.words, None)), trash.next.map(|it| path(trash.words, Some(it)))))
    };
    here.page(Tab::Trash, "Trash", main)
}

#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Yes,
    No,
}

fn lines(found: &[Line], takes: Takes) -> Markup {
    let mut columns = vec![Text("Entry"), Text("Type"), Text("Last changed"), Text("By")];
    if takes == Takes::Yes {
        columns.insert(0, Text("Tick"));
        columns.push(Text("Take out"));
    }
    let rows = html! { @for it in found {
        @let title = if it.title.is_empty() { &it.entry } else { &it.title };
        tr {
            @if takes == Takes::Yes { td { input type="checkbox" name="entry" value=(it.entry) aria-label=(title); } }
            th.named scope="row" { a href={ (PATH) "/entries/" (it.entry) } { (title) } }
            td { (kind(&it.kind).map_or("", |it| it.facts.noun)) }
            td { (when(it.changed_at)) }
            td { (it.author_name) }
            @if takes == Takes::Yes { td { button type="submit" name="one" value=(it.entry) aria-label={ "Take out " (title) } { "Take out" } } }
        }
    } };
    table("Entries in the trash", &columns, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::newsroom::testing::{HOSTILE, here, now};
    use cms::draft::State;
    use cms::rights::{Rights, Role};

    #[test]
    fn who_may_not_take_out_is_not_offered_it() {
        let line = Line {
            entry: "ent_1".to_owned(),
            kind: "article".to_owned(),
            key: None,
            language: "en".to_owned(),
            title: HOSTILE.to_owned(),
            state: State::Draft,
            version: 1,
            author_id: "usr_1".to_owned(),
            author_name: HOSTILE.to_owned(),
            changed_at: now(),
            published_at: None,
        };
        for (role, expected) in [(Role::Translator, false), (Role::Editor, true), (Role::Admin, true)] {
            let trash = Trash {
                found: std::slice::from_ref(&line),
                words: "a&b",
                after: None,
                next: Some("1.ent_1"),
            };
            let page = page(&here(&Rights::all(role)), &trash).into_string();
            assert_eq!(page.contains("name=\"one\" value=\"ent_1\""), expected, "{}", role.word());
            assert!(
                page.contains("trash?q=a%26b&amp;after=1.ent_1") && !page.contains("<script>alert"),
                "{page}"
            );
        }
    }
}
