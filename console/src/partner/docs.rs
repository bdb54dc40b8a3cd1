//! How all of it is used, on one page: short, with the reader's own addresses in what can be copied.

use super::Here;
use super::embed::{Code, Look};
use super::keys::copied;
use super::usage::{Figure, grouped};
use super::webhooks::KINDS;
use maud::{Markup, html};
use partners::Tickets;
use partners::limit::{Limits, Quota};
use partners::webhook::TRIES_MAX;

/// What the examples are filled in with.
#[derive(Clone, Copy, Debug)]
pub struct Docs<'a> {
    /// Where Crease is: `https://crease.example`.
    pub origin: &'a str,
    /// Where the organisation's first site is.
    pub site: &'a str,
    /// The first characters of its key for pages, and "…".
    pub key: &'a str,
    pub match_id: &'a str,
    pub limits: Limits,
    pub countries: Countries,
}

/// Whether the proxy in front of this Crease says where requests come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Countries {
    Known,
    NotKnown,
}

/// A part of the page: its anchor, its title.
type Part = (&'static str, &'static str, fn(Here<'_>, Docs<'_>) -> Markup);

const PARTS: [Part; 11] = [
    ("start", "Quick start", start),
    ("element", "Attributes and events", element),
    ("keys", "Keys and origins", keys),
    ("tickets", "Tickets", tickets),
    ("fans", "Signed fans", fans),
    ("wallets", "Wallets", wallets),
    ("vouchers", "Vouchers", vouchers),
    ("webhooks", "Webhooks", webhooks),
    ("usage", "What is counted", usage),
    ("limits", "Limits and quotas", limits),
    ("policy", "Content security policy", policy),
];

/// The webhook's check, which the browser's tests run.
const VERIFY: &str = include_str!("../../../examples/webhooks/verify.mjs");

pub fn page(here: Here<'_>, of: Docs<'_>) -> Markup {
    let main = html! {
        div.line {
            h1 { "Docs" }
            a.button href="/reference" { "API reference" }
        }
        div.docs {
            nav aria-label="On this page" {
                ul { @for (id, title, _) in PARTS { li { a href={ "#" (id) } { (title) } } } }
            }
            div.parts {
                @for (id, title, part) in PARTS {
                    section #(id) { h2 { (title) } (part(here, of)) }
                }
            }
        }
    };
    here.page("Docs", main)
}

/// Rows of a table of two columns.
fn facts(head: [&str; 2], rows: &[(&str, Markup)]) -> Markup {
    html! {
        div.scroll {
            table.list.told {
                thead { tr { @for it in head { th scope="col" { (it) } } } }
                tbody { @for (name, what) in rows { tr { th scope="row" { code { (name) } } td { (what) } } } }
            }
        }
    }
}

fn text(text: &str) -> Markup {
    html! { (text) }
}

fn start(here: Here<'_>, of: Docs<'_>) -> Markup {
    let look = Look::USUAL;
    let code = Code { origin: of.origin, key: of.key, match_id: of.match_id, look: &look };
    html! {
        ol {
            li { "Name your site: its pages alone may use its key. " a href=(here.path("/sites")) { "Sites" } }
            li { "Copy the code with your key into a page. " a href=(here.path("/embed")) { "Embed" } " makes it, with the widget beside it." }
            li { "Put the id of a match, " code { "mat_…" } ", in the sandbox match's place. The sandbox match never ends and may be shown by test keys." }
        }
        (copied("docs-html", &code.html(), "Copy the HTML"))
        p { "The script goes once into a page, elements wherever you like. Keep their place free, so that nothing moves when the score comes:" }
        (copied("docs-css", "crease-match { display: block; min-height: 26rem }\n\
            crease-match[view=\"compact\"] { min-height: 4.75rem }\ncrease-match[view=\"full\"] { min-height: 48rem }", "Copy the CSS"))
        p { "From a server, which matches there are:" }
        (copied("docs-curl", &format!("curl {}/v1/matches?status=live -H \"Authorization: Bearer crs_sk_live_…\"", of.origin), "Copy the command"))
    }
}

fn element(_: Here<'_>, _: Docs<'_>) -> Markup {
    html! {
        (facts(["Attribute", "Value"], &[
            ("match", html! { "the match, " code { "mat_…" } }),
            ("view", html! { code { "compact" } ", one line; " code { "card" } ", the usual one; " code { "full" } ", ball by ball with scorecard" }),
            ("theme", html! { code { "auto" } ", as the reader's system; " code { "light" } "; " code { "dark" } }),
            ("lang", html! { code { "en hi bn ta te mr ur" } "; else the page's. A fan's own choice comes first" }),
            ("tone", html! { "how the commentary is told: " code { "plain" } }),
            ("key", text("another publishable key than the script's")),
        ]))
        p { "All can be changed at any time. Colours and corners are custom properties, " code { "--crease-accent" } " and so on." }
        (facts(["Event", "When"], &[
            ("crease:ready", text("the first score is on the screen")),
            ("crease:ball", text("a ball was bowled")),
            ("crease:wicket", text("a wicket fell; its text says how")),
            ("crease:result", text("the match has a result; its text says which")),
            ("crease:fan", text("who is signed in was accepted or refused")),
            ("crease:error", text("the match cannot be shown; its text says why")),
        ]))
        p { "They bubble from the element; " code { "detail" } " is " code { "{ seq, t, text }" } ". From a script:" }
        (copied("docs-script", "Crease.mount(place, { match: \"mat_…\", view: \"full\" });\nCrease.unmount(place);\n\
            const stop = Crease.on(\"wicket\", ({ detail }) => console.log(detail.text));", "Copy the script"))
    }
}

fn keys(here: Here<'_>, of: Docs<'_>) -> Markup {
    html! {
        (facts(["Key", "What it opens"], &[
            ("crs_pk_live_…", text("publishable: stands in pages, reads matches, works on its site's addresses alone")),
            ("crs_pk_test_…", text("the same, of the sandbox match alone: for building")),
            ("crs_sk_live_…", text("secret: stays on a server, does what its scopes say")),
            ("crs_sk_test_…", text("the same, of the sandbox match alone")),
        ]))
        p {
            "An address is scheme, host and port: " code { (of.site) } ". " code { "https://*.example.com" } " is every name below that one, and not "
            code { "https://example.com" } " itself; " code { "http://localhost:*" } " is your own machine. Where a key was refused, " a href=(here.path("/sites")) { "Sites" } " says so, with a button that allows it."
        }
        p {
            "Send a key as " code { "Authorization: Bearer …" } " or " code { "X-Crease-Key" } "; where no header can be set, a publishable one as "
            code { "?key=" } ". It is shown once, when it is made. A key that is replaced goes on for as long as you say; one that is revoked is refused within a second, "
            "and who watches with it is cut off."
        }
    }
}

fn tickets(_: Here<'_>, of: Docs<'_>) -> Markup {
    let ask = format!(
        "curl -X POST {}/v1/tickets -H \"Authorization: Bearer crs_sk_live_…\" -d '{{\"match\": \"{}\"}}'",
        of.origin, of.match_id
    );
    let frame = format!(
        "<iframe src=\"{}/v1/embed/{}?frame=page&amp;key=crt_…\"\n  sandbox=\"allow-scripts allow-same-origin allow-popups\" title=\"Live score\"></iframe>",
        of.origin, of.match_id
    );
    html! {
        p {
            "For apps and frames that should carry no key: your server asks for a ticket as it writes the page, and puts it where a key would stand. It needs a secret key "
            "with the scope " code { "read" } "; with a publishable one, the frame can be shown on your sites alone."
        }
        (copied("docs-ticket", &ask, "Copy the command"))
        (copied("docs-frame", &frame, "Copy the frame"))
        p {
            "A ticket is good for " (Tickets::LASTS.as_mins()) " minutes; a stream that is open goes on. The widget exchanges it for the next by "
            code { "POST /v1/tickets/renew" } ", for " (Tickets::RENEWABLE.as_hours()) " hours in all, and an app does the same. When the key is revoked, its tickets are."
        }
    }
}

fn fans(here: Here<'_>, of: Docs<'_>) -> Markup {
    let ask = format!(
        "curl {}/v1/fans/me -H \"X-Crease-Key: {}\" -H \"Origin: {}\" -H \"Crease-Fan: eyJhbGciOi…\"",
        of.origin, of.key, of.site
    );
    html! {
        p {
            "Your server signs its own user's id, in a JWT (HS256) or by an HMAC; " a href=(here.path("/identity")) { "Identity" }
            " has the secret and the code in five languages. The page says where it gets what was signed:"
        }
        (copied("docs-identify", "Crease.identify(() => fetch(\"/my-crease-token\").then((answer) => answer.text()));\n\
            Crease.identify(\"guest\"); // nobody is signed in\nCrease.identify(null); // your user has signed out", "Copy the script"))
        p {
            code { "crease:fan" } " on the document tells who it is, " code { "detail.fan" } ", or in " code { "detail.text" } " why it was refused. The token stays in memory, and goes to "
            code { (of.origin) } " alone, in the header " code { "Crease-Fan" } ". To try one:"
        }
        (copied("docs-me", &ask, "Copy the command"))
    }
}

fn wallets(_: Here<'_>, of: Docs<'_>) -> Markup {
    let element = format!(
        "<script async src=\"{}/v1/crease-wallet.js\" data-key=\"{}\"></script>\n<crease-wallet signin-href=\"/login\"></crease-wallet>",
        of.origin, of.key
    );
    let ask = format!(
        "curl {}/v1/fans/fan_…/wallet -H \"Authorization: Bearer crs_sk_live_…\"\n\
         curl -X PUT {}/v1/fans/fan_…/wallet/limits/points -H \"Authorization: Bearer crs_sk_live_…\" \\\n  \
         -H \"Content-Type: application/json\" -d '{{\"in_max\": 5000, \"out_max\": 2000}}'",
        of.origin, of.origin
    );
    html! {
        p {
            "A fan whose id you sign has a wallet: points that are earned, and coins that are bought. The element shows what is in it, live, with the history; it opens "
            "a panel, and leads who is not signed in to your page:"
        }
        (copied("docs-wallet", &element, "Copy the HTML"))
        p {
            "It takes " code { "lang" } " as the match does. " code { "crease:wallet" } " on the document has the balances in " code { "detail" }
            ". Without the element, a page asks " code { "GET /v1/wallet" } ", " code { "…/entries" } ", " code { "…/export" } " and " code { "…/stream" }
            " with the fan's token in " code { "Crease-Fan" } "."
        }
        p { "The same script shows what a fan earns and has for it: missions, vouchers, markets. In a match in full they are a tab, without a word of yours:" }
        (copied("docs-rewards", "<crease-rewards signin-href=\"/login\"></crease-rewards>", "Copy the HTML"))
        p { "Your server, by a secret key with the scope " code { "wallet" } ", looks, limits what comes and goes in a day, freezes, thaws and erases:" }
        (copied("docs-wallets", &ask, "Copy the commands"))
        p {
            "Test keys have wallets of their own, whose coins are bought from the sandbox and cost nothing. Points are never money and cannot be bought; no quiz costs "
            "anything to enter. An erased wallet is empty and nobody's, and the books still add up."
        }
    }
}

fn vouchers(here: Here<'_>, of: Docs<'_>) -> Markup {
    let key = "-H \"Authorization: Bearer crs_sk_live_…\"";
    let json = "-H \"Content-Type: application/json\"";
    let sell = format!(
        "curl {0}/v1/rewards/products {key} {json} \\\n  \
         -d '{{\"name\": \"A cap\", \"price\": 120, \"codes\": \"imported\", \"valid_until\": \"2027-06-30T18:30:00Z\"}}'\n\
         curl {0}/v1/rewards/products/prd_…/codes/import {key} \\\n  \
         -H \"Content-Type: text/csv\" --data-binary @codes.csv\n\
         curl -X PATCH {0}/v1/rewards/products/prd_… {key} {json} -d '{{\"state\": \"on-sale\"}}'",
        of.origin
    );
    let redeem = format!(
        "curl {}/v1/vouchers/redeem {key} {json} \\\n  -H \"Idempotency-Key: till-4-000187\" -d '{{\"code\": \"ABCD-…\", \"place\": \"Gate 4\"}}'",
        of.origin
    );
    html! {
        p {
            "What fans have for points. Your server, by a secret key with the scope " code { "manage" } ", makes a product, brings your codes or has them made, and puts it on sale:"
        }
        (copied("docs-sell", &sell, "Copy the commands"))
        p {
            "A fan's page asks " code { "GET /v1/products" } ", reserves with " code { "…/reservations" } ", and confirms or releases within ten minutes. A voucher that is held has no code: "
            "it is given (" code { "…/gifts" } ") where you allow it, and opened by " code { "…/claims" } ", which shows the code. " code { "GET /v1/vouchers/{id}/qr" }
            " draws one that is good for a minute. POSTs take an " code { "Idempotency-Key" } ": sent again, they are done once."
        }
        p { "A till's key has the scope " code { "redeem" } " and no other; staff use " a href=(here.path("/redeem")) { "Redeem" } ", or scan the fan's QR code with their phone:" }
        (copied("docs-redeem", &redeem, "Copy the command"))
        p {
            "Whatever is not to be redeemed is answered by one problem, " code { "not-redeemable" } "; many tries in vain are answered by 429. Test keys have products, vouchers and tills of their own."
        }
    }
}

fn webhooks(here: Here<'_>, of: Docs<'_>) -> Markup {
    let body = format!(
        "{{\n  \"type\": \"match.wicket\",\n  \"timestamp\": \"2026-11-29T14:03:11Z\",\n  \"data\": {{\n    \"match\": \"{}\",\n    \
         \"teams\": [\"Harbour\", \"Meadow\"],\n    \"innings\": 1,\n    \"scores\": [{{\"team\": \"Harbour\", \"score\": \"120/4\", \"overs\": \"14.2\"}}],\n    \"status\": \"Harbour are batting\"\n  }}\n}}",
        of.match_id
    );
    html! {
        p {
            "Your server is told by a POST, once " a href=(here.path("/webhooks")) { "Webhooks" } " has its address. Messages come at least once and in no order: a "
            code { "webhook-id" } " that you know already is the same message."
        }
        (facts(["Type", "What is told"], &KINDS.map(|(kind, _, words)| (kind.word(), text(words)))))
        p { "Of a match:" }
        (copied("docs-message", &body, "Copy the message"))
        p {
            code { "quota.reached" } " has " code { "quota, threshold, used, soft, hard, month" } "; " code { "key.expiring" } " has "
            code { "key, name, prefix, expires_at" } "."
        }
        p {
            "Each is signed as " a href="https://www.standardwebhooks.com/" { "Standard Webhooks" } " say, whose libraries check it in many languages. In Node.js without one:"
        }
        (copied("docs-verify", VERIFY, "Copy the check"))
        p {
            "Answer with a status of 200 to 299 within 10 seconds. Anything else, a redirect too, is tried again: " (TRIES_MAX) " times over some 18 hours, then it waits in the log, "
            "from which you send it again. 410 switches the webhook off, and so do five days without one that arrived."
        }
    }
}

fn usage(here: Here<'_>, of: Docs<'_>) -> Markup {
    html! {
        dl.facts {
            @for figure in Figure::ALL {
                @let (name, what) = figure.words();
                div { dt { (name) } dd { (what) } }
            }
            div {
                dt { "Countries" }
                dd {
                    "Where a stream was opened, as the network in front of Crease says by the fan's address. We keep no addresses."
                    @if of.countries == Countries::NotKnown { " On this Crease it says nothing: all are “not known”." }
                }
            }
            div { dt { "Refusals" } dd { "Requests that were turned away, with the reason. They count for nothing else." } }
        }
        p {
            "Hours are those of UTC. What happens is in " a href=(here.path("/usage")) { "Usage" } " ten seconds later at most, in "
            code { "GET /v1/usage" } " too, and as CSV."
        }
    }
}

fn limits(here: Here<'_>, of: Docs<'_>) -> Markup {
    let Limits { secret, publishable, streams, stream_minutes, impressions } = of.limits;
    let rate = |it: partners::limit::Rate| {
        format!(
            "{} requests a minute, {} at once",
            grouped(it.per_minute().into()),
            grouped(it.burst().into())
        )
    };
    let rows = [
        ("Each secret key", rate(secret)),
        ("Each publishable key", rate(publishable)),
        ("Streams at once", amount(streams)),
        ("Minutes watched a month", amount(stream_minutes)),
        ("Impressions a month", amount(impressions)),
    ];
    html! {
        p { "What " strong { (here.place.organisation) } " may use:" }
        dl.facts { @for (name, what) in rows { div { dt { (name) } dd { (what) } } } }
        p {
            "Each answer says how the key stands in " code { "RateLimit" } ". Beyond it, and where a quota is used up, the answer is 429 with " code { "Retry-After" }
            ", and the widget comes back by itself. Feeds and streams have no rate: no ball and no fan is turned away for coming fast. When a quota is nearly used up, and when it is, you get a letter and "
            code { "quota.reached" } ". A " a href=(here.path("/keys")) { "key" } " can be given less than its plan."
        }
    }
}

/// How much there is of something.
fn amount(quota: Quota) -> String {
    let number = |it: u64| grouped(i64::try_from(it).unwrap_or(i64::MAX));
    match (quota.soft(), quota.hard()) {
        (_, Some(hard)) => format!("{}, then refused", number(hard)),
        (Some(soft), None) => format!("told of at {}, not limited", number(soft)),
        (None, None) => "not limited".to_owned(),
    }
}

fn policy(_: Here<'_>, of: Docs<'_>) -> Markup {
    let line = format!("script-src {} 'wasm-unsafe-eval'; connect-src {}", of.origin, of.origin);
    html! {
        p { "A page with a " code { "Content-Security-Policy" } " adds to it:" }
        (copied("docs-policy", &line, "Copy the policy"))
        p {
            "No " code { "style-src" } " is needed, and Trusted Types may be on. Without " code { "'wasm-unsafe-eval'" } ", say " code { "data-wasm=\"off\"" }
            " in the script tag: the score is then drawn by the server, a second or two after each ball. A frame needs " code { "frame-src " (of.origin) } " instead."
        }
    }
}
