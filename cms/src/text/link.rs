//! Where a link may lead.

use schemars::JsonSchema;
use serde::Serialize;
use url::Url;

/// Bytes of an address.
pub(super) const HREF_MAX: usize = 2_048;

/// An address of a link: `https:`, `mailto:` with an address and nothing else, or one of the same site that begins with `/` or `#`. In the URL
/// Standard's own form, so that what was judged is what a browser reads: hosts in lower case and as ASCII.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Href(String);

/// Why a link is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefused {
    #[error("an address has {max} bytes at most")]
    Long { max: usize },

    #[error("an address has no spaces, backslashes and unseen characters in it")]
    Characters,

    #[error("this is no address: {reason}")]
    Unreadable { reason: String },

    #[error("a link is https:, mailto: or begins with / or #")]
    Scheme,

    #[error("an address has no user and password in it")]
    Credentials,

    #[error("this is no e-mail address")]
    Mail,
}

impl Href {
    pub fn parse(text: &str) -> Result<Self, LinkRefused> {
        if text.len() > HREF_MAX {
            return Err(LinkRefused::Long { max: HREF_MAX });
        }
        // Browsers leave some of these out and read on, as in "java\tscript:"; others they take for "/".
        let is_odd = |it: char| it.is_whitespace() || it.is_control() || it == '\\' || is_unseen(it);
        if text.contains(is_odd) {
            return Err(LinkRefused::Characters);
        }
        if text.starts_with('/') || text.starts_with('#') {
            return own(text);
        }
        let unreadable = |error: url::ParseError| match error {
            url::ParseError::RelativeUrlWithoutBase => LinkRefused::Scheme,
            error => LinkRefused::Unreadable { reason: error.to_string() },
        };
        let url = Url::parse(text).map_err(unreadable)?;
        match url.scheme() {
            "https" if !url.username().is_empty() || url.password().is_some() => {
                Err(LinkRefused::Credentials)
            }
            "https" => kept(url.as_str()),
            "mailto" if is_mail(&url) => kept(url.as_str()),
            "mailto" => Err(LinkRefused::Mail),
            _ => Err(LinkRefused::Scheme),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it leads to another site.
    pub fn is_elsewhere(&self) -> bool {
        self.0.starts_with("https:")
    }
}

/// An address of the same site: whatever that is, it leads nowhere else ("//elsewhere.example" does).
fn own(text: &str) -> Result<Href, LinkRefused> {
    let base = Url::parse("https://here.invalid/").expect("an address that is one");
    let url = base.join(text).map_err(|error| LinkRefused::Unreadable { reason: error.to_string() })?;
    if url.origin() != base.origin() || text.starts_with("//") {
        return Err(LinkRefused::Scheme);
    }
    let whole = &url[url::Position::BeforePath..];
    match text.strip_prefix('#') {
        Some(_) => kept(whole.strip_prefix('/').unwrap_or(whole)),
        // "/./" before another "/" is how the URL Standard keeps a path from being a host.
        None if whole.starts_with("//") => Err(LinkRefused::Scheme),
        None => kept(whole),
    }
}

/// Encoding makes an address longer.
fn kept(text: &str) -> Result<Href, LinkRefused> {
    if text.len() > HREF_MAX { Err(LinkRefused::Long { max: HREF_MAX }) } else { Ok(Href(text.to_owned())) }
}

/// One address without anything that fills the letter in.
fn is_mail(url: &Url) -> bool {
    let is_plain = url.query().is_none() && url.fragment().is_none();
    let sides = url.path().split_once('@');
    let is_word =
        |it: &str| !it.is_empty() && it.chars().all(|it| it.is_ascii_alphanumeric() || ".+-_".contains(it));
    is_plain && sides.is_some_and(|(user, host)| is_word(user) && is_word(host) && host.contains('.'))
}

fn is_unseen(it: char) -> bool {
    matches!(it, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_where_it_was_judged_to() {
        let cases = [
            ("https://example.com", "https://example.com/"),
            ("HTTPS://EXAMPLE.com/a b", ""),
            ("https://example.com/Score?over=3#wicket", "https://example.com/Score?over=3#wicket"),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"),
            ("https://example.com/../../x", "https://example.com/x"),
            ("mailto:desk@example.com", "mailto:desk@example.com"),
            ("/matches/1?x=1#y", "/matches/1?x=1#y"),
            ("/a/../b", "/b"),
            ("#top", "#top"),
            ("/", "/"),
        ];
        for (given, expected) in cases {
            match Href::parse(given) {
                Ok(href) => {
                    assert_eq!(href.as_str(), expected, "{given}");
                    assert_eq!(Href::parse(href.as_str()), Ok(href), "{given}: judged again it is the same");
                }
                Err(why) => assert_eq!(expected, "", "{given}: {why}"),
            }
        }
    }

    #[test]
    fn what_runs_a_program_or_hides_where_it_leads_is_no_link() {
        let refused = [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "javascript&colon;alert(1)",
            "java\tscript:alert(1)",
            "java\nscript:alert(1)",
            " javascript:alert(1)",
            "\u{1}javascript:alert(1)",
            "\u{200b}javascript:alert(1)",
            "javascript://example.com/%0aalert(1)",
            "vbscript:msgbox(1)",
            "data:text/html,<script>alert(1)</script>",
            "blob:https://example.com/1",
            "file:///etc/passwd",
            "ftp://example.com/",
            "http://example.com/",
            "intent://scan/#Intent;scheme=zxing;end",
            "//evil.example/",
            "///evil.example/",
            "/\\evil.example/",
            "\\\\evil.example/",
            "/\t/evil.example/",
            "/..//evil.example/",
            "/.//evil.example/",
            "https:\\\\evil.example",
            "https://user:password@example.com/",
            "https://bank.example@evil.example/",
            "https://exa\u{202e}mple.com/",
            "https://",
            "https://[::1",
            "mailto:",
            "mailto:a@b.example?cc=all@b.example",
            "mailto:a@b.example,c@d.example",
            "matches/1",
            "?x=1",
            "",
        ];
        for text in refused {
            assert!(Href::parse(text).is_err(), "{text:?}: {:?}", Href::parse(text));
        }
        let long = format!("https://example.com/{}", "a".repeat(HREF_MAX));
        assert_eq!(Href::parse(&long), Err(LinkRefused::Long { max: HREF_MAX }));
        // Short as it is given, and long as it would be kept.
        assert_eq!(
            Href::parse(&format!("/{}", "ß".repeat(HREF_MAX / 2 - 1))),
            Err(LinkRefused::Long { max: HREF_MAX })
        );
    }
}
