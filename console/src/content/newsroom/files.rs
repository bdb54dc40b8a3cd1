//! Files: entries go out as JSON or as a table, and come in again, first to see what is wrong with them.

use crate::content::{Here, PATH, Tab};
use crate::finance::table::Column::Text;
use crate::finance::table::table;
use crate::layout::csrf_field;
use cms::file::{BYTES_MAX, DOCUMENTS_MAX, Fault, Imported};
use cms::rights::{Act, Standing, may};
use cms::schema::{Kind, kinds};
use maud::{Markup, html};

/// Characters of what is searched for.
const WORDS_MAX: u16 = 200;
/// Faults that a page tells; the rest are counted.
const FAULTS_MAX: usize = 200;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Csv,
}

impl Format {
    pub const ALL: [Format; 2] = [Format::Json, Format::Csv];

    pub const fn word(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Csv => "csv",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// What became of a file that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was sent yet.
    None,
    /// It would be taken so; nothing was.
    Tried(Imported),
    Done(Imported),
    /// Nothing was taken.
    Faults(Vec<Fault>),
}

/// The page, with what was chosen before.
#[derive(Clone, Debug)]
pub struct Files<'a> {
    pub kind: &'a str,
    pub outcome: &'a Outcome,
    /// The file that was tried, for the press that takes it: as `base64`, in which no browser changes its ends of lines. Empty without one.
    pub carried: &'a str,
    pub name: &'a str,
}

pub fn page(here: &Here<'_>, files: &Files<'_>) -> Markup {
    let may_import = may(here.rights.role, Act::Import, Standing::Other);
    let main = html! {
        h1 { "Files" }
        (outcome(here, files))
        section aria-labelledby="out" {
            h2 #out { "Out" }
            form.filters method="get" action={ (PATH) "/files/export" } {
                (select(here, "out-kind", files.kind))
                div.field {
                    label for="format" { "As" }
                    select #format name="format" {
                        option value="csv" { "a table (CSV)" }
                        option value="json" { "JSON" }
                    }
                }
                div.field {
                    label for="q" { "That have the words" }
                    input #q type="text" name="q" maxlength=(WORDS_MAX) autocomplete="off" placeholder="all";
                }
                button type="submit" { "Download" }
            }
            p.muted { "Drafts as they are now, in all languages. What a spreadsheet would take for a formula has an apostrophe before it, which goes when it comes in again." }
        }
        @if may_import {
            section aria-labelledby="in" {
                h2 #in { "In" }
                form.stack.boxed method="post" action={ (PATH) "/files" } enctype="multipart/form-data" {
                    (csrf_field(here.who.form_token))
                    div.field {
                        label for="file" { "File" }
                        p.hint #file-hint {
                            "CSV or JSON as it goes out here, at most " (BYTES_MAX >> 20) " MB and " (DOCUMENTS_MAX) " documents. All of it is taken, or nothing; what others have written since is not written over."
                        }
                        input #file type="file" name="file" accept=".csv,.json,text/csv,application/json" aria-describedby="file-hint" required;
                    }
                    (select(here, "in-kind", files.kind))
                    p.hint { "The type is for a table; JSON says it itself." }
                    p.row {
                        button.primary type="submit" name="do" value="try" { "See what it would do" }
                        button type="submit" name="do" value="import" { "Take it in" }
                    }
                }
            }
        }
    };
    here.page(Tab::Files, "Files", main)
}

fn select(here: &Here<'_>, id: &str, chosen: &str) -> Markup {
    let seen = |it: &&Kind| here.rights.kinds.as_ref().is_none_or(|own| own.contains(it.facts.name));
    html! {
        div.field {
            label for=(id) { "Type" }
            select #(id) name="kind" {
                @for it in kinds().iter().filter(seen) {
                    option value=(it.facts.name) selected[it.facts.name == chosen] { (it.facts.plural) }
                }
            }
        }
    }
}

fn outcome(here: &Here<'_>, files: &Files<'_>) -> Markup {
    let counted =
        |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let told = |it: &Imported| {
        let made = counted(it.made, "new entry", "new entries");
        format!("{made}, {} of entries that there are", counted(it.written, "document", "documents"))
    };
    html! { @match files.outcome {
        Outcome::None => {}
        Outcome::Done(done) => p.done role="status" { (files.name) " is taken in: " (told(done)) "." },
        Outcome::Tried(done) => {
            section.notice.stack role="status" {
                p { strong { (files.name) " can be taken in: " } (told(done)) ". Nothing was changed yet." }
                form method="post" action={ (PATH) "/files" } enctype="multipart/form-data" {
                    (csrf_field(here.who.form_token))
                    input type="hidden" name="kind" value=(files.kind);
                    input type="hidden" name="name" value=(files.name);
                    input type="hidden" name="carried" value=(files.carried);
                    button.primary type="submit" name="do" value="import" { "Take it in" }
                }
            }
        }
        Outcome::Faults(faults) => {
            section.mistakes role="alert" tabindex="-1" autofocus {
                p { strong { "Nothing of " (files.name) " was taken. " } "What is to be put right:" }
            }
            (table("What is wrong with the file", &[Text("Where"), Text("What")], html! {
                @for it in faults.iter().take(FAULTS_MAX) { tr { th scope="row" { (it.place) } td.wide { (it.what) } } }
            }))
            @if faults.len() > FAULTS_MAX { p.muted { "And " (faults.len() - FAULTS_MAX) " more." } }
        }
    } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::newsroom::testing::{HOSTILE, here};
    use cms::rights::{Rights, Role};

    fn drawn(role: Role, outcome: &Outcome) -> String {
        let rights = Rights::all(role);
        page(&here(&rights), &Files { kind: "banner", outcome, carried: "QQ==", name: HOSTILE }).into_string()
    }

    #[test]
    fn what_is_wrong_is_told_where_it_is_and_stays_a_text() {
        let fault = |place: &str| Fault { place: place.to_owned(), what: HOSTILE.to_owned() };
        let all: Vec<Fault> = (0..FAULTS_MAX + 3).map(|it| fault(&format!("line {it}"))).collect();
        let page = drawn(Role::Editor, &Outcome::Faults(all));
        assert!(
            page.contains("line 199") && !page.contains("line 200<") && page.contains("And 3 more."),
            "{page}"
        );
        assert!(!page.contains("<script>alert") && !page.contains("name=\"carried\""));
    }

    #[test]
    fn what_was_tried_is_carried_to_the_press_that_takes_it() {
        let page = drawn(Role::Editor, &Outcome::Tried(Imported { made: 2, written: 3 }));
        assert!(
            page.contains("name=\"carried\" value=\"QQ==\"") && page.contains("2 new entries, 3 documents"),
            "{page}"
        );
        assert!(page.contains("value=\"banner\" selected"));
        assert!(!drawn(Role::Viewer, &Outcome::None).contains("type=\"file\""));
        assert!(drawn(Role::Translator, &Outcome::None).contains("type=\"file\""));
    }
}
