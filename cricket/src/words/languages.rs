//! The languages beside English, as they lie in `cricket/languages`: a line "NAME = text" for each message. A browser downloads the same
//! without the names (`cargo xtask bundle`).

use super::Words;
use crate::text::cut;
use std::sync::LazyLock;

/// English and the others, by tag and by the name that their speakers give them.
pub const NAMES: [(&str, &str); 7] = [
    ("en", "English"),
    ("hi", "हिन्दी"),
    ("bn", "বাংলা"),
    ("ta", "தமிழ்"),
    ("te", "తెలుగు"),
    ("mr", "मराठी"),
    ("ur", "اردو"),
];

/// Of those after English, in the same order.
const SOURCES: [&str; 6] = [
    include_str!("../../languages/hi.txt"),
    include_str!("../../languages/bn.txt"),
    include_str!("../../languages/ta.txt"),
    include_str!("../../languages/te.txt"),
    include_str!("../../languages/mr.txt"),
    include_str!("../../languages/ur.txt"),
];

/// The language of this tag (RFC 5646: "hi", "hi-IN", whatever its capitals); English where it is none of ours.
pub fn named(tag: &str) -> Words {
    static ALL: LazyLock<Vec<Words>> = LazyLock::new(|| SOURCES.iter().map(|it| read(it)).collect());
    let (language, _) = cut(tag, b'-');
    let known = ALL.iter().find(|it| it.tag().eq_ignore_ascii_case(language));
    known.copied().unwrap_or_default()
}

fn read(source: &str) -> Words {
    let lines = source.lines().map(|it| it.split_once(" = ").map_or(it, |it| it.1));
    let table: Vec<&str> = lines.collect();
    Words::read(table.join("\n").leak())
}

#[cfg(test)]
mod tests {
    use super::super::messages::ALL;
    use super::*;

    /// The values that a message asks for, each as often as it does not matter.
    fn places(text: &str) -> Vec<char> {
        let mut places: Vec<char> = text.split('{').skip(1).filter_map(|it| it.chars().next()).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    #[test]
    fn every_language_says_every_message_with_the_same_values() {
        for source in SOURCES {
            let lines: Vec<&str> = source.lines().collect();
            let messages: Vec<(&str, &str)> =
                lines[1..].iter().filter_map(|it| it.split_once(" = ")).collect();
            assert_eq!(messages.len(), ALL.len(), "{}", lines[0]);
            for ((name, text), (wanted, english)) in messages.iter().zip(ALL) {
                assert_eq!(name, wanted, "{}: the order is that of messages.rs", lines[0]);
                assert_eq!(places(text), places(english), "{}: {text}", lines[0]);
                let bars = |it: &str| if it.contains('{') { 0 } else { it.matches('|').count() };
                assert_eq!(bars(text), bars(english), "{}: {text}", lines[0]);
                let words = text.split('{').skip(1).map(|it| it.split('}').next().unwrap_or_default());
                assert!(words.clone().all(|it| [0, 2].contains(&it.matches('|').count())), "{text}");
                assert!(!text.trim().is_empty() && text.trim() == *text, "{}: {name}", lines[0]);
            }
            assert!(lines[1 + ALL.len()..].iter().all(|it| it.matches('\t').count() == 1), "{}", lines[0]);
        }
    }

    #[test]
    fn a_tag_names_its_language_and_any_other_english() {
        for (tag, name) in NAMES {
            assert_eq!(named(tag).tag(), tag);
            let source = SOURCES.iter().find(|it| it.starts_with(tag));
            let told = source.map_or("English", |it| it.lines().next().unwrap().rsplit(' ').next().unwrap());
            assert_eq!(told, name);
        }
        for (tag, wanted) in
            [("hi-IN", "hi"), ("UR", "ur"), ("ur-Arab-PK", "ur"), ("", "en"), ("de", "en"), ("hin", "en")]
        {
            assert_eq!(named(tag).tag(), wanted, "{tag}");
        }
    }
}
