//! Who may do what to which content: pure, and one table.

use crate::error::Error;
use crate::language::Language;
use crate::schema::{Field, Kind};
use crate::types::Review;
use access::By;
use serde::Serialize;
use std::collections::BTreeSet;
use std::str::FromStr;

/// What somebody is to the content, each with all that those before it may and more: but for translators, who have other languages alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Viewer,
    /// Writes and publishes in other than the main languages.
    Translator,
    Editor,
    /// Approves what others have written.
    Reviewer,
    Admin,
}

impl Role {
    pub const ALL: [Role; 5] = [Role::Viewer, Role::Translator, Role::Editor, Role::Reviewer, Role::Admin];

    pub const fn word(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Translator => "translator",
            Role::Editor => "editor",
            Role::Reviewer => "reviewer",
            Role::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        let unknown = || Error::UnknownRole { word: word.chars().take(40).collect() };
        Self::ALL.into_iter().find(|it| it.word() == word).ok_or_else(unknown)
    }
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    Read,
    /// Make a preview for somebody outside.
    Preview,
    /// Make an entry, with its main language.
    Create,
    /// Write, restore, ask for a review.
    Write,
    Approve,
    /// Publish, unpublish, now or later.
    Publish,
    /// Put into the trash and take out of it.
    Trash,
    Import,
    /// Say who is what.
    Assign,
}

impl Act {
    pub const ALL: [Act; 9] = [
        Act::Read,
        Act::Preview,
        Act::Create,
        Act::Write,
        Act::Approve,
        Act::Publish,
        Act::Trash,
        Act::Import,
        Act::Assign,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Act::Read => "read",
            Act::Preview => "preview",
            Act::Create => "make",
            Act::Write => "write",
            Act::Approve => "approve",
            Act::Publish => "publish",
            Act::Trash => "trash",
            Act::Import => "import",
            Act::Assign => "assign roles for",
        }
    }
}

/// Whether it is the language that an entry begins in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Main,
    Other,
}

impl Standing {
    pub fn of(language: &Language, main: &Language) -> Self {
        if language == main { Standing::Main } else { Standing::Other }
    }
}

/// What somebody may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    pub role: Role,
    /// Content types; none: all.
    pub kinds: Option<BTreeSet<String>>,
    /// Languages that may be changed; none: all. Reading is in all.
    pub languages: Option<BTreeSet<String>>,
}

/// Whether a role may do that, whatever the type and the language are. For a type that needs a review, publishing is for who may approve, or
/// what has been approved.
pub fn may(role: Role, act: Act, standing: Standing) -> bool {
    use Role::{Admin, Editor, Reviewer, Translator, Viewer};
    use Standing::Other;
    match (act, role) {
        (_, Admin) | (Act::Read, _) => true,
        (_, Viewer) | (Act::Assign, _) => false,
        (Act::Preview, _) => true,
        (Act::Write | Act::Publish | Act::Import, Translator) => standing == Other,
        (Act::Create | Act::Trash | Act::Approve, Translator) => false,
        (Act::Approve, Editor) => false,
        (Act::Create | Act::Write | Act::Publish | Act::Trash | Act::Import, Editor | Reviewer) => true,
        (Act::Approve, Reviewer) => true,
    }
}

/// Whether a role may upload pictures, say what they show, and throw them away. They are of no type and of no language; all may look at them.
pub fn may_keep_pictures(role: Role) -> bool {
    role >= Role::Editor
}

/// Whether a role may change a field.
pub fn may_write(role: Role, field: &Field) -> bool {
    role >= field.role && role >= Role::Translator
}

impl Rights {
    pub fn all(role: Role) -> Self {
        Self { role, kinds: None, languages: None }
    }

    /// Refused unless they may do that to an entry of a type, in a language.
    pub fn check(&self, act: Act, kind: &Kind, language: &Language, main: &Language) -> Result<(), Error> {
        let denied = |what: String| Err(Error::Denied { role: self.role, what });
        let name = kind.facts.name;
        if self.kinds.as_ref().is_some_and(|it| !it.contains(name)) {
            return denied(format!("{} {}", act.word(), kind.facts.plural));
        }
        let is_changing = !matches!(act, Act::Read | Act::Preview);
        if is_changing && self.languages.as_ref().is_some_and(|it| !it.contains(language.as_str())) {
            return denied(format!("{} in {language}", act.word()));
        }
        if !may(self.role, act, Standing::of(language, main)) {
            return denied(format!("{} {} in {language}", act.word(), kind.facts.plural));
        }
        Ok(())
    }

    /// Refused unless they may change all of these fields.
    pub fn check_fields<'f>(
        &self,
        kind: &Kind,
        names: impl IntoIterator<Item = &'f str>,
    ) -> Result<(), Error> {
        for name in names {
            if kind.field(name).is_some_and(|it| !may_write(self.role, it)) {
                return Err(Error::Denied {
                    role: self.role,
                    what: format!("change {name} of {}", kind.facts.plural),
                });
            }
        }
        Ok(())
    }

    /// Refused unless they may do something to pictures other than look at them.
    pub fn check_pictures(&self) -> Result<(), Error> {
        if may_keep_pictures(self.role) {
            return Ok(());
        }
        Err(Error::Denied { role: self.role, what: "change pictures".to_owned() })
    }

    /// Refused unless they may say who is what: for admins whose own rights have no ends.
    pub fn check_members(&self) -> Result<(), Error> {
        if *self == Rights::all(Role::Admin) {
            return Ok(());
        }
        Err(Error::Denied { role: self.role, what: "say who is what".to_owned() })
    }

    /// Whether they may publish what nobody else has approved.
    pub fn needs_review(&self, kind: &Kind) -> bool {
        kind.facts.review == Review::Needed && self.role != Role::Admin
    }
}

/// Who works on content, from where and when, and what they may do.
#[derive(Clone, Debug)]
pub struct Editor {
    pub by: By,
    pub rights: Rights,
}

impl Editor {
    /// A part of the product, which may do everything.
    pub fn system(part: &str, at: jiff::Timestamp) -> Self {
        Self { by: By::system(part, at), rights: Rights::all(Role::Admin) }
    }

    pub(crate) fn id(&self) -> &str {
        &self.by.actor.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{kind, kinds};
    use Standing::{Main, Other};

    fn language(text: &str) -> Language {
        Language::parse(text).unwrap()
    }

    /// Viewer, translator, editor, reviewer, admin: in the main language, and in another.
    const TABLE: [(Act, &str, &str); 9] = [
        (Act::Read, "vtera", "vtera"),
        (Act::Preview, "-tera", "-tera"),
        (Act::Create, "--era", "--era"),
        (Act::Write, "--era", "-tera"),
        (Act::Approve, "---ra", "---ra"),
        (Act::Publish, "--era", "-tera"),
        (Act::Trash, "--era", "--era"),
        (Act::Import, "--era", "-tera"),
        (Act::Assign, "----a", "----a"),
    ];

    #[test]
    fn each_role_may_do_what_the_table_says() {
        assert_eq!(TABLE.map(|it| it.0), Act::ALL);
        for (act, main, other) in TABLE {
            for (standing, cells) in [(Main, main), (Other, other)] {
                for (role, cell) in Role::ALL.into_iter().zip(cells.chars()) {
                    let what = format!("{} {act:?} {standing:?}", role.word());
                    assert_eq!(may(role, act, standing), cell != '-', "{what}");
                    let (english, of) = (language("en"), kind("article").unwrap());
                    let in_language = if standing == Main { english.clone() } else { language("hi") };
                    let checked = Rights::all(role).check(act, of, &in_language, &english);
                    assert_eq!(checked.is_ok(), cell != '-', "{what}");
                }
            }
        }
    }

    #[test]
    fn pictures_are_kept_by_editors_and_members_by_admins_without_ends() {
        for role in Role::ALL {
            assert_eq!(Rights::all(role).check_pictures().is_ok(), role >= Role::Editor, "{}", role.word());
            assert_eq!(Rights::all(role).check_members().is_ok(), role == Role::Admin, "{}", role.word());
        }
        let of_some =
            Rights { languages: Some(BTreeSet::from(["en".to_owned()])), ..Rights::all(Role::Admin) };
        assert!(of_some.check_members().is_err() && of_some.check_pictures().is_ok());
    }

    #[test]
    fn rights_end_where_types_and_languages_do() {
        let only = |kinds: &[&str], languages: &[&str]| Rights {
            role: Role::Editor,
            kinds: Some(kinds.iter().map(|it| (*it).to_owned()).collect()),
            languages: Some(languages.iter().map(|it| (*it).to_owned()).collect()),
        };
        let rights = only(&["article"], &["en", "hi"]);
        for (act, of, tag, expected) in [
            (Act::Write, "article", "en", true),
            (Act::Write, "article", "ta", false),
            (Act::Read, "article", "ta", true),
            (Act::Preview, "article", "ta", true),
            (Act::Publish, "article", "hi", true),
            (Act::Publish, "article", "ta", false),
            (Act::Read, "banner", "en", false),
            (Act::Write, "banner", "en", false),
        ] {
            let checked = rights.check(act, kind(of).unwrap(), &language(tag), &language("en"));
            assert_eq!(checked.is_ok(), expected, "{act:?} {of} {tag}");
        }
        let denied = rights.check(Act::Write, kind("article").unwrap(), &language("ta"), &language("en"));
        assert_eq!(denied.unwrap_err().to_string(), "as editor you may not write in ta");
    }

    #[test]
    fn a_field_is_written_by_who_it_is_for() {
        for (of, name, first) in [
            ("flag", "is_on", Role::Reviewer),
            ("flag", "name", Role::Translator),
            ("globals", "hides_promotions", Role::Admin),
            ("banner", "is_paid", Role::Reviewer),
            ("article", "headline", Role::Translator),
        ] {
            for role in Role::ALL {
                let checked = Rights::all(role).check_fields(kind(of).unwrap(), [name]);
                assert_eq!(checked.is_ok(), role >= first, "{of}.{name} {}", role.word());
            }
        }
        // Nobody is shut out of everything.
        assert!(kinds().iter().all(|it| it.fields.iter().any(|it| may_write(Role::Translator, it))));
    }
}
