//! The shell that every page of the console shares: header, skip link, live region.

use crate::assets;
use crate::content;
use crate::finance::Bar;
use crate::rewards;
use maud::{DOCTYPE, Markup, html};
use partners::{Permission, Role};

/// One page: its title, whose it is, and what is in `<main>`.
#[derive(Debug)]
pub struct Page<'a> {
    /// Names this page among all: "Home v Away · Scoring".
    pub title: &'a str,
    pub area: Area<'a>,
    /// Read out by the script when this page takes the place of another; usually what just happened.
    pub say: &'a str,
    pub main: Markup,
}

/// Which part of the console, and who is signed in.
#[derive(Clone, Copy, Debug)]
pub enum Area<'a> {
    SignedOut,
    /// What somebody outside is shown by a link.
    Shown,
    /// Scoring, with the name of the feed that is scored for and the session's form token.
    Scorer {
        feed: &'a str,
        csrf: &'a str,
    },
    /// Operations, with the name that the operator gave.
    Operations {
        operator: &'a str,
    },
    /// The books, with the name that the operator gave; without a bar where there is no page.
    Finance {
        operator: &'a str,
        bar: Option<Bar<'a>>,
    },
    /// What fans earn, with the name that the operator gave; without a bar where there is no page.
    Rewards {
        operator: &'a str,
        bar: Option<rewards::Bar<'a>>,
    },
    /// What editors work on; without a tab where there is no page.
    Content {
        desk: content::Desk<'a>,
        tab: Option<content::Tab>,
    },
    /// One's own account.
    Account(Person<'a>),
    /// A partner's organisation.
    Partner {
        person: Person<'a>,
        place: Place<'a>,
        /// Within its rewards.
        bar: Option<rewards::Bar<'a>>,
    },
}

/// Who is signed in.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    pub name: &'a str,
    /// What the session's forms send back.
    pub csrf: &'a str,
}

/// Where in an organisation, and what may be done there.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// `org_…`
    pub organisation_id: &'a str,
    pub organisation: &'a str,
    pub role: Role,
    /// The part that is shown.
    pub tab: Tab,
}

/// The parts of an organisation's dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Overview,
    Sites,
    Keys,
    Embed,
    Usage,
    Rewards,
    Redeem,
    Identity,
    Webhooks,
    Team,
    Audit,
    Settings,
    Docs,
}

impl Tab {
    /// In the order of the bar: each with the last part of its address, and its name.
    const ALL: [(Tab, &'static str, &'static str, Permission); 13] = [
        (Tab::Overview, "", "Overview", Permission::Look),
        (Tab::Embed, "/embed", "Embed", Permission::Look),
        (Tab::Sites, "/sites", "Sites", Permission::Look),
        (Tab::Keys, "/keys", "Keys", Permission::Look),
        (Tab::Usage, "/usage", "Usage", Permission::Look),
        (Tab::Rewards, "/rewards", "Rewards", Permission::Look),
        (Tab::Redeem, "/redeem", "Redeem", Permission::Redeem),
        (Tab::Identity, "/identity", "Identity", Permission::Look),
        (Tab::Webhooks, "/webhooks", "Webhooks", Permission::Look),
        (Tab::Team, "/team", "Team", Permission::Look),
        (Tab::Audit, "/audit", "Audit log", Permission::Manage),
        (Tab::Settings, "/settings", "Settings", Permission::Manage),
        (Tab::Docs, "/docs", "Docs", Permission::Look),
    ];
}

impl Place<'_> {
    /// The address of a page of this organisation.
    pub fn path(&self, rest: &str) -> String {
        format!("/console/o/{}{rest}", self.organisation_id)
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }
}

impl Area<'_> {
    /// What its pages load beside the style.
    fn script(self) -> Option<&'static str> {
        match self {
            Area::SignedOut | Area::Shown | Area::Finance { .. } | Area::Rewards { .. } => None,
            Area::Account(_) | Area::Partner { .. } => Some("partner.js"),
            Area::Content { .. } => Some("content.js"),
            Area::Scorer { .. } => Some("console.js"),
            Area::Operations { .. } => Some("operations.js"),
        }
    }

    /// Where its pages begin, and what that is called.
    fn home(self) -> (&'static str, &'static str) {
        match self {
            Area::Account(_) | Area::Partner { .. } => ("/console", "Go to your organisation"),
            Area::SignedOut | Area::Shown => ("/console", "Go to the console"),
            Area::Scorer { .. } => ("/console/scorer/matches", "Go to the matches"),
            Area::Operations { .. } => ("/console/operations", "Back to operations"),
            Area::Finance { .. } => ("/console/finance", "Go to the books"),
            Area::Rewards { .. } => (rewards::PATH, "Go to the campaigns"),
            Area::Content { .. } => (content::PATH, "Go to the entries"),
        }
    }
}

/// Swaps parts of pages; pages do without it where it is not to be had. Its version is in its name.
const HTMX: &str = "/console/parts/htmx-4.0.1.js";
/// No style of its own, which the policy would refuse; "back" loads the page; what is refused is no part of a page, but for 422: a form with
/// its mistakes.
const HTMX_CONFIG: &str =
    r#"{"includeIndicatorCSS": false, "history": "reload", "noSwap": [204, 304, "40x", 429, "5xx"]}"#;

impl Area<'_> {
    /// Whether its pages are laid out in sections, as partners' are.
    fn is_wide(self) -> bool {
        match self {
            Area::SignedOut | Area::Scorer { .. } | Area::Operations { .. } => false,
            Area::Shown
            | Area::Account(_)
            | Area::Finance { .. }
            | Area::Rewards { .. }
            | Area::Content { .. }
            | Area::Partner { .. } => true,
        }
    }

    /// Whether its pages are of one of the books.
    fn has_books(self) -> bool {
        matches!(self, Area::Finance { .. } | Area::Content { .. }) || self.has_rewards()
    }

    fn has_rewards(self) -> bool {
        matches!(self, Area::Rewards { .. } | Area::Partner { bar: Some(_), .. })
    }

    /// Where the product's name leads.
    fn brand(self) -> &'static str {
        match self {
            Area::Scorer { .. } => "/console/scorer",
            Area::SignedOut | Area::Shown => "/console",
            _ => self.home().0,
        }
    }
}

impl Page<'_> {
    /// The whole document.
    pub fn render(&self) -> Markup {
        let is_scorer = matches!(self.area, Area::Scorer { .. });
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="same-origin";
                    title { (self.title) " · Crease" }
                    link rel="icon" href=(assets::path("icon.svg")) type="image/svg+xml";
                    link rel="stylesheet" href=(assets::path("console.css"));
                    @if !is_scorer && !matches!(self.area, Area::Operations { .. }) { link rel="stylesheet" href=(assets::path("partner.css")); }
                    @if self.area.has_books() { link rel="stylesheet" href=(assets::path("finance.css")); }
                    @if self.area.has_rewards() { link rel="stylesheet" href=(assets::path("rewards.css")); }
                    @if matches!(self.area, Area::Content { .. }) {
                        link rel="stylesheet" href=(assets::path("rich.css"));
                        link rel="stylesheet" href=(assets::path("content.css"));
                    }
                    @if matches!(self.area, Area::Content { .. } | Area::Shown) { link rel="stylesheet" href=(assets::path("library.css")); }
                    @if matches!(self.area, Area::Partner { .. } | Area::Content { .. }) {
                        meta name="htmx-config" content=(HTMX_CONFIG);
                        script defer src=(HTMX) {}
                    }
                    @if let Some(script) = self.area.script() { script type="module" src=(assets::path(script)) {} }
                }
                body class=[self.area.is_wide().then_some("partner")] {
                    a.skip href="#main" { "Skip to the page" }
                    (header(self.area))
                    @if let Area::Partner { place, .. } = self.area { (tabs(place)) }
                    @if let Area::Partner { bar: Some(bar), .. } = self.area { (bar.render()) }
                    @if let Area::Finance { bar: Some(bar), .. } = self.area { (bar.render()) }
                    @if let Area::Rewards { bar: Some(bar), .. } = self.area { (bar.render()) }
                    @if let Area::Content { desk, tab: Some(tab) } = self.area { (content::bar(desk, tab)) }
                    // Outside <main>, which the script replaces: a live region must be there before its text.
                    p #said .unseen role="status" {}
                    @if is_scorer {
                        div #unsent .unsent role="alert" hidden {
                            p { strong { "Not sent." } " " span #unsent-why {} }
                            button #unsent-retry type="button" { "Send again" }
                        }
                    }
                    main #main tabindex="-1" data-say=(self.say) { (self.main) }
                }
            }
        }
    }
}

fn header(area: Area<'_>) -> Markup {
    html! {
        header.top {
            a.brand href=(area.brand()) {
                img src=(assets::path("icon.svg")) alt="" width="24" height="24";
                "Crease"
            }
            @match area {
                Area::SignedOut | Area::Shown => {}
                Area::Operations { operator } => { (operators("/console/operations", operator)) }
                Area::Finance { operator, .. } => { (operators("/console/finance", operator)) }
                Area::Rewards { operator, .. } => { (operators(rewards::PATH, operator)) }
                Area::Content { desk, .. } if desk.is_operator => { (operators(content::PATH, desk.name)) }
                Area::Content { desk, .. } => {
                    @if !desk.csrf.is_empty() { (who(Person { name: desk.name, csrf: desk.csrf })) }
                }
                Area::Account(person) => { (who(person)) }
                Area::Partner { person, place, .. } => {
                    a.whose href="/console/organisations" title="Your organisations" { (place.organisation) }
                    (who(person))
                }
                Area::Scorer { feed, csrf } => {
                    nav aria-label="Scorer" {
                        a href="/console/scorer/matches" { "Matches" }
                        a href="/console/scorer/matches/new" { "New match" }
                    }
                    form.who method="post" action="/console/scorer/sign-out" data-plain {
                        span.muted { (feed) }
                        (csrf_field(csrf))
                        button.quiet type="submit" { "Sign out" }
                    }
                }
            }
        }
    }
}

/// What operators may see, and the part of it that they are in.
fn operators(at: &str, operator: &str) -> Markup {
    let parts = [
        ("/console/operations", "Operations"),
        ("/console/finance", "Finance"),
        (rewards::PATH, "Rewards"),
        (content::PATH, "Content"),
        ("/metrics", "Metrics"),
    ];
    html! {
        nav.areas aria-label="Operators" {
            @for (path, name) in parts { a href=(path) aria-current=[(path == at).then_some("true")] { (name) } }
        }
        p.who { span.muted { (operator) } }
    }
}

/// One's own account, and the way out.
fn who(person: Person<'_>) -> Markup {
    html! {
        form.who method="post" action="/console/sign-out" data-plain {
            a href="/console/account" { (person.name) }
            (csrf_field(person.csrf))
            button.quiet type="submit" { "Sign out" }
        }
    }
}

/// The parts of an organisation's dashboard that its member may see.
fn tabs(place: Place<'_>) -> Markup {
    html! {
        nav.tabs aria-label=(place.organisation) {
            ul {
                @for (tab, rest, name, permission) in Tab::ALL {
                    @if place.may(permission) {
                        li { a href=(place.path(rest)) aria-current=[(tab == place.tab).then_some("page")] { (name) } }
                    }
                }
            }
        }
    }
}

/// The session's token, which every form must send back.
pub fn csrf_field(csrf: &str) -> Markup {
    html! { input type="hidden" name="csrf" value=(csrf); }
}

/// A page that says one thing: not found, refused, gone wrong.
pub fn message(title: &str, text: &str, area: Area<'_>) -> Markup {
    let main = html! {
        div.narrow {
            h1 { (title) }
            p { (text) }
            p { a href=(area.home().0) { (area.home().1) } }
        }
    };
    Page { title, area, say: title, main }.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out_of_the_page() {
        let hostile = "\"><script>alert(1)</script>";
        let area = Area::Scorer { feed: hostile, csrf: hostile };
        let page = message(hostile, hostile, area).into_string();
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(page.contains(r#"value="&quot;&gt;&lt;script&gt;"#), "{page}");
    }

    #[test]
    fn nothing_is_inline() {
        let page = message("A", "b", Area::Scorer { feed: "f", csrf: "c" }).into_string();
        assert!(!page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick="));
        assert_eq!(page.matches("<script").count(), 1);
    }
}
