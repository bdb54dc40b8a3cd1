//! What is read is what is kept, what is shown is only what is known, and whatever else comes is refused.

use super::*;
use crate::text::arbitrary;
use html5ever::driver::{ParseOpts, parse_document};
use html5ever::tendril::TendrilSink;
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Elements and attributes of [`html::of`].
const ELEMENTS: &[(&str, &[&str])] = &[
    ("p", &[]),
    ("h2", &[]),
    ("h3", &[]),
    ("ul", &[]),
    ("ol", &["start"]),
    ("li", &[]),
    ("blockquote", &[]),
    ("hr", &[]),
    ("br", &[]),
    ("strong", &[]),
    ("em", &[]),
    ("s", &[]),
    ("a", &["href", "rel", "target", "data-mention", "data-id"]),
    ("span", &["data-mention", "data-id"]),
    ("figure", &[]),
    ("picture", &[]),
    ("source", &["type", "srcset", "sizes"]),
    ("img", &["src", "srcset", "sizes", "width", "height", "alt", "loading", "decoding"]),
    ("figcaption", &[]),
    ("small", &[]),
    ("div", &["data-embed", "data-id"]),
];

/// Everything that a text refers to, with names that would like to be markup.
fn everything(doc: &Doc) -> Lookup {
    let references = doc.references();
    let source =
        |width: u32| Source { url: format!("/media/{width}.jpg?a=1&b=\"2\""), width, height: width / 2 };
    let picture = |id: &String| {
        let picture = Picture {
            fallback: source(1280),
            fallbacks: vec![source(320), source(1280)],
            webp: vec![source(320)],
            alt: "\"><script>alert(1)</script>".to_owned(),
            credit: "<b>Credit</b>".to_owned(),
        };
        (id.clone(), picture)
    };
    let target = |subject: &Subject| {
        let href = subject.id.len().is_multiple_of(2).then(|| format!("/{}/\"onclick=\"x", subject.id));
        (subject.clone(), Target { label: "<i onmouseover=alert(1)>Name".to_owned(), href })
    };
    Lookup {
        media: references.media.iter().map(picture).collect(),
        subjects: references.subjects.iter().map(target).collect(),
    }
}

fn check_html(html: &str) {
    let whole = format!("<!doctype html><title>x</title><body>{html}</body>");
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(whole);
    assert_eq!(dom.errors.borrow().as_slice(), &[] as &[std::borrow::Cow<'_, str>], "{html}");
    check_node(&dom.document, html, 0);
}

fn check_node(node: &Handle, html: &str, links: usize) {
    let mut links = links;
    if let NodeData::Element { name, attrs, .. } = &node.data {
        let name = &*name.local;
        if !["html", "head", "title", "body"].contains(&name) {
            let known = ELEMENTS.iter().find(|it| it.0 == name);
            let (_, known) = known.unwrap_or_else(|| panic!("an element {name} in {html}"));
            for attr in attrs.borrow().iter() {
                assert!(known.contains(&&*attr.name.local), "{name} {} in {html}", &*attr.name.local);
                if &*attr.name.local == "href" {
                    let is_safe = ["https:", "mailto:", "/", "#"].iter().any(|it| attr.value.starts_with(it));
                    assert!(is_safe, "{} in {html}", attr.value);
                }
            }
        }
        links += usize::from(name == "a");
        assert!(links <= 1, "a link in a link: {html}");
    }
    node.children.borrow().iter().for_each(|it| check_node(it, html, links));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_text_is_read_back_as_it_was_written(doc in arbitrary::doc()) {
        let value = serde_json::to_value(&doc).unwrap();
        let again = Doc::parse(&value);
        prop_assert_eq!(again.as_ref(), Ok(&doc), "{}", value);
        prop_assert_eq!(&serde_json::from_value::<Doc>(value.clone()).unwrap(), &doc);
        prop_assert_eq!(Doc::read(&value.to_string()), Ok(doc));
    }

    #[test]
    fn html_of_any_text_has_only_what_is_known(doc in arbitrary::doc()) {
        check_html(&html::of(&doc, &everything(&doc)));
        check_html(&html::of(&doc, &Lookup::default()));
    }

    #[test]
    fn plain_text_of_any_text_can_be_edited_without_a_script(doc in arbitrary::doc()) {
        let plain = doc.plain();
        prop_assert_eq!(Doc::submitted(&plain.replace('\n', "\r\n"), &doc), Ok(doc.clone()));
        prop_assert!(Doc::of_plain(&plain).is_ok());
    }

    #[test]
    fn an_excerpt_is_as_long_as_it_may_be(doc in arbitrary::doc(), characters in 0..200_usize) {
        use unicode_segmentation::UnicodeSegmentation;
        let excerpt = doc.excerpt(characters);
        prop_assert!(excerpt.graphemes(true).count() <= characters, "{}", excerpt);
    }

    /// Whatever it is: an answer, and no panic.
    #[test]
    fn any_json_is_a_text_or_is_refused_with_reasons(value in any_json()) {
        if let Err(problems) = Doc::parse(&value) {
            prop_assert!((1..=PROBLEMS_MAX).contains(&problems.len()));
        }
    }
}

/// JSON that is nearly a text.
fn any_json() -> impl Strategy<Value = Value> {
    let words = vec![
        "doc",
        "paragraph",
        "text",
        "listItem",
        "bulletList",
        "orderedList",
        "image",
        "embed",
        "mention",
        "bold",
        "link",
        "heading",
        "script",
        "",
    ];
    let keys =
        vec!["type", "content", "attrs", "marks", "text", "level", "href", "media", "id", "kind", "onclick"];
    let leaf = prop_oneof![
        prop::sample::select(words).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(5, 64, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(prop::sample::select(keys.clone()), inner, 0..5)
                .prop_map(|it| it.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Value>()),
        ]
    })
}

fn in_doc(block: Value) -> Value {
    json!({"type": "doc", "content": [block]})
}

fn in_line(inline: Value) -> Value {
    in_doc(json!({"type": "paragraph", "content": [inline]}))
}

fn marked(mark: Value) -> Value {
    in_line(json!({"type": "text", "text": "x", "marks": [mark]}))
}

#[test]
fn what_is_not_known_is_refused_and_where_it_is_is_said() {
    let text = json!({"type": "text", "text": "x"});
    let paragraph = json!({"type": "paragraph", "content": [text]});
    let cases = [
        (json!(null), "", "an object"),
        (json!([]), "", "an object"),
        (json!("<p>"), "", "an object"),
        (json!({}), "", "type is missing"),
        (json!({"type": 1}), "/type", "a text"),
        (json!({"type": "html"}), "", "no \"html\""),
        (json!({"type": "doc", "version": 2}), "", "no \"version\""),
        (json!({"type": "doc", "content": {}}), "/content", "a list"),
        (in_doc(json!({"type": "script", "content": []})), "/content/0/type", "no \"script\""),
        (
            in_doc(json!({"type": "iframe", "attrs": {"src": "https://x.example"}})),
            "/content/0/type",
            "iframe",
        ),
        (in_doc(json!({"type": "codeBlock"})), "/content/0/type", "codeBlock"),
        (in_doc(text.clone()), "/content/0/type", "no \"text\""),
        (in_doc(json!({"type": "paragraph", "attrs": {"style": "x"}})), "/content/0", "no \"attrs\""),
        (in_doc(json!({"type": "paragraph", "onclick": "x"})), "/content/0", "onclick"),
        (in_doc(json!({"type": "paragraph", "content": "x"})), "/content/0/content", "a list"),
        (
            in_doc(json!({"type": "paragraph", "content": [paragraph]})),
            "/content/0/content/0/type",
            "paragraph",
        ),
        (in_doc(json!({"type": "heading", "attrs": {"level": 1}})), "/content/0/attrs/level", "2 or 3"),
        (in_doc(json!({"type": "heading", "attrs": {"level": "2"}})), "/content/0/attrs/level", "2 or 3"),
        (in_doc(json!({"type": "heading"})), "/content/0", "attrs is missing"),
        (in_doc(json!({"type": "bulletList"})), "/content/0", "nothing in it"),
        (
            in_doc(json!({"type": "bulletList", "content": [paragraph]})),
            "/content/0/content/0/type",
            "paragraph",
        ),
        (
            in_doc(json!({"type": "bulletList", "content": [{"type": "listItem", "content": [
                {"type": "horizontalRule"}]}]})),
            "/content/0/content/0",
            "begins with a paragraph",
        ),
        (
            in_doc(json!({"type": "orderedList", "attrs": {"start": -1}, "content": [
                {"type": "listItem", "content": [paragraph]}]})),
            "/content/0/attrs/start",
            "0 to 9999",
        ),
        (in_doc(json!({"type": "blockquote", "content": []})), "/content/0", "nothing in it"),
        (in_line(json!({"type": "text"})), "/content/0/content/0/text", "missing"),
        (in_line(json!({"type": "text", "text": ["x"]})), "/content/0/content/0/text", "a text"),
        (
            in_line(json!({"type": "text", "text": "x", "marks": "bold"})),
            "/content/0/content/0/marks",
            "a list",
        ),
        (marked(json!({"type": "textStyle"})), "/content/0/content/0/marks/0/type", "textStyle"),
        (marked(json!({"type": "bold", "attrs": {"style": "x"}})), "/content/0/content/0/marks/0", "attrs"),
        (
            in_line(json!({"type": "text", "text": "x", "marks": [{"type": "bold"}, {"type": "bold"}]})),
            "/content/0/content/0/marks",
            "twice",
        ),
        (
            marked(json!({"type": "link", "attrs": {"href": "javascript:alert(1)"}})),
            "/content/0/content/0/marks/0/attrs/href",
            "a link is https:",
        ),
        (
            marked(json!({"type": "link", "attrs": {"href": "/a", "onclick": "alert(1)"}})),
            "/content/0/content/0/marks/0/attrs",
            "onclick",
        ),
        (
            marked(json!({"type": "link", "attrs": {"href": "/a", "target": "_self"}})),
            "/content/0/content/0/marks/0/attrs",
            "target",
        ),
        (
            in_doc(json!({"type": "image", "attrs": {"src": "https://x.example/1.png"}})),
            "/content/0/attrs",
            "src",
        ),
        (
            in_doc(json!({"type": "image", "attrs": {"media": "https://x.example/1.png"}})),
            "/content/0/attrs/media",
            "an id",
        ),
        (in_doc(json!({"type": "image", "attrs": {"media": "usr_1"}})), "/content/0/attrs/media", "med_"),
        (
            in_doc(json!({"type": "image", "attrs": {"media": "med_1", "alt": "x".repeat(ALT_MAX + 1)}})),
            "/content/0/attrs/alt",
            "300 characters",
        ),
        (
            in_doc(json!({"type": "embed", "attrs": {"kind": "iframe", "id": "1"}})),
            "/content/0/attrs/kind",
            "match, player",
        ),
        (
            in_line(json!({"type": "mention", "attrs": {"kind": "poll", "id": "1", "label": "x"}})),
            "/content/0/content/0/attrs/kind",
            "player, team",
        ),
        (
            in_line(json!({"type": "mention", "attrs": {"kind": "team", "id": "../1", "label": "x"}})),
            "/content/0/content/0/attrs/id",
            "an id",
        ),
        (
            in_line(json!({"type": "mention", "attrs": {"kind": "team", "id": "1", "label": "\u{202e}"}})),
            "/content/0/content/0/attrs/label",
            "nothing in it",
        ),
    ];
    for (value, path, what) in cases {
        let problems = Doc::parse(&value).expect_err(&value.to_string());
        let found = problems.iter().any(|it| it.path == path && it.what.to_string().contains(what));
        assert!(found, "{value}: {path}: {what} is not among {problems:?}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_no_more_than_is_read() {
    let two =
        json!({"type": "doc", "content": [{"type": "video"}, {"type": "paragraph"}, {"type": "audio"}]});
    assert_eq!(Doc::parse(&two).unwrap_err().len(), 2);
    let many: Vec<Value> = (0..1_000).map(|_| json!({"type": "video"})).collect();
    assert_eq!(Doc::parse(&json!({"type": "doc", "content": many})).unwrap_err().len(), PROBLEMS_MAX);
    let long = json!({"type": "x".repeat(100_000)});
    assert!(Doc::parse(&long).unwrap_err()[0].to_string().len() < 100);
    let why = serde_json::from_value::<Doc>(two).unwrap_err().to_string();
    assert_eq!(why, "/content/0/type: there is no \"video\" here");
}

#[test]
fn what_is_too_deep_too_much_or_too_long_is_refused() {
    let whats = |value: &Value| -> Vec<What> {
        Doc::parse(value).unwrap_err().into_iter().map(|it| it.what).collect()
    };
    let paragraph = |text: &str| json!({"type": "paragraph", "content": [{"type": "text", "text": text}]});
    // As deep as it may be, and one more.
    let quoted = |times: usize| {
        (0..times).fold(paragraph("x"), |inner, _| json!({"type": "blockquote", "content": [inner]}))
    };
    assert!(Doc::parse(&in_doc(quoted(DEPTH_MAX - 1))).is_ok());
    assert_eq!(whats(&in_doc(quoted(DEPTH_MAX))), [What::Deep { max: DEPTH_MAX }]);

    let of = |content: Vec<Value>| json!({"type": "doc", "content": content});
    let most = of(vec![json!({"type": "horizontalRule"}); NODES_MAX]);
    assert!(Doc::parse(&most).is_ok());
    let more = of(vec![json!({"type": "horizontalRule"}); NODES_MAX + 1]);
    assert_eq!(whats(&more), [What::Nodes { max: NODES_MAX }]);
    let marks = vec![json!({"type": "bold"}); 200_000];
    let bomb = in_line(json!({"type": "text", "text": "x", "marks": marks}));
    assert_eq!(whats(&bomb), [What::Nodes { max: NODES_MAX }]);

    assert!(Doc::parse(&of(vec![paragraph(&"x".repeat(CHARACTERS_MAX))])).is_ok());
    let more = of(vec![paragraph(&"x".repeat(CHARACTERS_MAX)), paragraph("y")]);
    assert_eq!(whats(&more), [What::Long { max: CHARACTERS_MAX }]);

    let json = format!("\"{}\"", "x".repeat(BYTES_MAX));
    let problems = Doc::read(&json).unwrap_err();
    assert_eq!(problems[0].what, What::Bytes { bytes: BYTES_MAX + 2, max: BYTES_MAX });
}

/// Neither reading nor refusing goes down as far as what is sent does: the stack is not endless.
#[test]
fn a_hundred_thousand_levels_are_refused_at_the_first_dozen() {
    const LEVELS: usize = 100_000;
    let text = format!("{}{}", "[".repeat(LEVELS), "]".repeat(LEVELS));
    assert!(matches!(Doc::read(&text).unwrap_err()[0].what, What::Json { .. }));
    // `json!` would copy what it is given, as deep as it is.
    let around = |name: &str, inner: Value| {
        let parts = [("type".to_owned(), json!(name)), ("content".to_owned(), Value::Array(vec![inner]))];
        Value::Object(parts.into_iter().collect())
    };
    let quotes = (0..LEVELS).fold(json!({"type": "horizontalRule"}), |it, _| around("blockquote", it));
    let mut value = around("doc", quotes);
    assert_eq!(Doc::parse(&value).unwrap_err()[0].what, What::Deep { max: DEPTH_MAX });
    // To drop it would go as deep as it is: it is taken apart from the top.
    while let Some(inner) = value.get_mut("content").and_then(|it| it.get_mut(0)).map(Value::take) {
        value = inner;
    }
}

#[test]
fn pieces_of_a_line_that_look_alike_are_one() {
    let text = |text: &str, marks: Value| json!({"type": "text", "text": text, "marks": marks});
    let (bold, italic) = (json!({"type": "bold"}), json!({"type": "italic"}));
    let line = json!({"type": "paragraph", "content": [
        text("Jose", json!([bold, italic])),
        text("\u{301}", json!([italic, bold])),
        text("\u{202e}", json!([])),
        text("!", json!([bold, italic])),
    ]});
    let doc = Doc::parse(&in_doc(line)).unwrap();
    let marks = vec![Mark::Bold {}, Mark::Italic {}];
    assert_eq!(doc.blocks()[0].line(), [Inline::Text { text: "José!".to_owned(), marks }]);
}

#[test]
fn names_and_pictures_are_shown_as_they_are_now_and_missing_ones_by_their_words() {
    let doc = Doc::parse(&json!({"type": "doc", "content": [
        {"type": "paragraph", "content": [
            {"type": "mention", "attrs": {"kind": "player", "id": "p1", "label": "V. Kohli"}},
            {"type": "text", "text": " is out"},
            {"type": "mention", "attrs": {"kind": "team", "id": "t1", "label": "RCB"},
             "marks": [{"type": "link", "attrs": {"href": "https://example.com/"}}, {"type": "bold"}]},
            {"type": "text", "text": "?", "marks": [{"type": "link", "attrs": {"href": "https://example.com/"}}]},
        ]},
        {"type": "image", "attrs": {"media": "med_1", "alt": "", "caption": "Out"}},
        {"type": "embed", "attrs": {"kind": "quiz", "id": "q1", "label": "Who wins?"}},
        {"type": "paragraph"},
    ]}))
    .unwrap();
    let link = r#"<a href="https://example.com/" rel="noopener noreferrer" target="_blank">"#;
    assert_eq!(
        html::of(&doc, &Lookup::default()),
        format!("<p>V. Kohli is out{link}<strong>RCB</strong>?</a></p><p>Who wins?</p>")
    );
    let mut lookup = Lookup::default();
    let subject = |kind, id: &str| Subject { kind, id: id.to_owned() };
    let target = |label: &str, href: &str| Target { label: label.to_owned(), href: Some(href.to_owned()) };
    lookup.subjects.insert(subject(SubjectKind::Player, "p1"), target("Virat Kohli", "/players/p1"));
    lookup.subjects.insert(subject(SubjectKind::Team, "t1"), target("Bengaluru", "/teams/t1"));
    lookup.subjects.insert(subject(SubjectKind::Quiz, "q1"), target("Who won?", "/quizzes/q1"));
    let source = |width: u32| Source { url: format!("/m/{width}"), width, height: 9 };
    let picture = Picture {
        fallback: source(640),
        fallbacks: vec![],
        webp: vec![source(320), source(640)],
        alt: "A bat".to_owned(),
        credit: "Reuters".to_owned(),
    };
    lookup.media.insert("med_1".to_owned(), picture);
    assert_eq!(
        html::of(&doc, &lookup),
        format!(
            "<p><a href=\"/players/p1\" data-mention=\"player\" data-id=\"p1\">Virat Kohli</a> is out{link}\
             <strong><span data-mention=\"team\" data-id=\"t1\">Bengaluru</span></strong>?</a></p>\
             <figure><picture><source type=\"image/webp\" srcset=\"/m/320 320w, /m/640 640w\" \
             sizes=\"(max-width: 45rem) 100vw, 45rem\"><img src=\"/m/640\" width=\"640\" height=\"9\" alt=\"A bat\" \
             loading=\"lazy\" decoding=\"async\"></picture><figcaption>Out <small>Reuters</small></figcaption></figure>\
             <div data-embed=\"quiz\" data-id=\"q1\"><a href=\"/quizzes/q1\">Who won?</a></div>"
        )
    );
}

/// What `e2e/tests/editor.spec.ts` has the editor write in a browser, with every node and mark in it.
#[test]
fn what_the_editor_writes_is_read_as_it_is() {
    let written: Value = serde_json::from_str(include_str!("fixtures/everything.json")).unwrap();
    let doc = Doc::parse(&written).unwrap();
    assert_eq!(serde_json::to_value(&doc).unwrap(), written);
    check_html(&html::of(&doc, &everything(&doc)));
    assert_eq!(doc.words(), 11, "as the editor counts");
}

#[test]
fn a_schema_says_every_name_and_leaves_no_other() {
    let schema = Doc::schema().to_value();
    let text = schema.to_string();
    for name in [
        "doc",
        "paragraph",
        "heading",
        "bulletList",
        "orderedList",
        "listItem",
        "blockquote",
        "horizontalRule",
    ] {
        assert!(text.contains(&format!("{{\"const\":\"{name}\",\"type\":\"string\"}}")), "{name} in {text}");
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&json!({"type": "doc", "content": []})));
    for refused in [
        json!({"type": "doc", "content": [], "version": 1}),
        in_doc(json!({"type": "paragraph", "onclick": "x"})),
        in_doc(json!({"type": "heading", "attrs": {"level": 1}})),
        in_doc(json!({"type": "horizontalRule", "attrs": {}})),
        marked(json!({"type": "link", "attrs": {"href": "/a", "target": "x"}})),
        marked(json!({"type": "code"})),
    ] {
        assert!(!validator.is_valid(&refused), "{refused}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_text_is_one_by_the_schema(doc in arbitrary::doc()) {
        static SCHEMA: std::sync::LazyLock<jsonschema::Validator> =
            std::sync::LazyLock::new(|| jsonschema::validator_for(&Doc::schema().to_value()).unwrap());
        let value = serde_json::to_value(&doc).unwrap();
        prop_assert!(SCHEMA.is_valid(&value), "{}", value);
    }
}
