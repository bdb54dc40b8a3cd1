use super::*;
use serde_json::json;

fn said(problems: Vec<Problem>) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

fn news() -> Value {
    json!({
        "headline": "Rain stops play",
        "body": { "type": "doc", "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": "Covers are on." }] }] },
        "leads_to": "nowhere",
        "slot": "match-feed",
    })
}

/// With another value at a JSON pointer's place.
fn with(mut body: Value, path: &str, value: Value) -> Value {
    let (parent, name) = path.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = value;
    body
}

#[test]
fn every_type_has_a_form_whose_fields_say_what_they_are() {
    assert_eq!(kinds().len(), 16);
    for it in kinds() {
        let name = it.facts.name;
        assert_eq!(kind(name).unwrap().facts, it.facts);
        assert!(!it.fields.is_empty(), "{name}");
        let title = it.field(it.facts.title).unwrap();
        assert!(matches!(title.shape, Shape::Text { .. }) && title.is_needed, "{name}");
        check_fields(name, &it.fields);
        let of_schema = it.fields.iter().flat_map(|it| &it.shown_when);
        of_schema.for_each(|on| assert!(it.field(&on.field).is_some(), "{name} {}", on.field));
        assert!(!it.schema.to_string().contains("\"null\""), "{name}: {}", it.schema);
        assert!(!it.schema.to_string().contains("$ref"), "{name}");
    }
    assert!(kind("blog").is_err());
}

fn check_fields(of: &str, fields: &[Field]) {
    for field in fields {
        let place = format!("{of}.{}", field.name);
        assert!(field.label.chars().count() > 1, "{place}");
        check_shape(&place, &field.shape);
    }
}

fn check_shape(place: &str, shape: &Shape) {
    match shape {
        Shape::Text { length_max, .. } => assert!(*length_max < 5_000, "{place} has no end"),
        Shape::List { item, items_max, .. } => {
            assert!(*items_max <= 500, "{place} has no end");
            check_shape(place, item);
        }
        Shape::Relation { kinds } => {
            assert!(!kinds.is_empty(), "{place} names any entry");
            assert!(kinds.iter().all(|it| kind(it).is_ok()), "{place} {kinds:?}");
        }
        Shape::Group { fields } => within(place, fields),
        Shape::Blocks { blocks } => {
            assert!(!blocks.is_empty(), "{place}");
            blocks.iter().for_each(|it| within(&format!("{place}.{}", it.name), &it.fields));
        }
        Shape::Select { options, labels } => {
            assert!(options.len() > 1, "{place}");
            // All of them have one, or none has.
            assert!(labels.is_empty() || options.iter().all(|it| labels.contains_key(it)), "{place}");
            assert!(labels.keys().all(|it| options.contains(it)), "{place}");
        }
        Shape::Rich
        | Shape::Number { .. }
        | Shape::Switch
        | Shape::DateTime
        | Shape::Media
        | Shape::Outside { .. } => {}
    }
}

/// What lies within a field goes with it: it has no language and no writers of its own.
fn within(place: &str, fields: &[Field]) {
    assert!(!fields.is_empty(), "{place}");
    check_fields(place, fields);
    assert!(
        fields.iter().all(|it| !it.is_localised && it.role == crate::rights::Role::Translator),
        "{place}"
    );
}

#[test]
fn a_form_has_its_fields_in_the_order_of_the_struct_with_what_is_known_of_them() {
    let banner = kind("banner").unwrap();
    let names: Vec<&str> = banner.fields.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["name", "text", "call", "address", "picture", "is_paid", "slot", "targets"]);
    let field = banner.field("call").unwrap();
    assert_eq!((field.label.as_str(), field.help.as_str()), ("Call", "On its button."));
    assert!(field.is_localised && !field.is_needed);
    let Shape::Text { length_max: 24, .. } = field.shape else { panic!("{:?}", field.shape) };
    assert_eq!(banner.field("is_paid").unwrap().role, crate::rights::Role::Reviewer);
    let Shape::Group { fields } = &banner.field("targets").unwrap().shape else { panic!() };
    assert_eq!(fields[0].label, "Partners");
    let preview = kind("match-preview").unwrap();
    let Shape::List { item, .. } = &preview.field("parts").unwrap().shape else { panic!() };
    let Shape::Blocks { blocks } = item.as_ref() else { panic!("{item:?}") };
    let quote = &blocks[2];
    assert_eq!((quote.name.as_str(), quote.label.as_str()), ("quote", "Quote"));
    let names: Vec<&str> = quote.fields.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["id", "words", "player"]);
    let card = kind("news-card").unwrap().field("article").unwrap();
    let [on] = card.shown_when.as_slice() else { panic!("{card:?}") };
    assert!(on.holds(&json!({ "leads_to": "article" })) && !on.holds(&json!({ "leads_to": "address" })));
    assert!(!on.holds(&json!({})));
}

#[test]
fn an_answer_of_a_quiz_is_asked_for_in_words_and_for_what_it_needs_alone() {
    let answers = kind("quiz").unwrap().field("answers").unwrap();
    let Shape::List { item, .. } = &answers.shape else { panic!("{answers:?}") };
    let Shape::Group { fields } = item.as_ref() else { panic!("{item:?}") };
    let field = |name: &str| fields.iter().find(|it| it.name == name).unwrap();
    assert_eq!(field("id").label, "Question");
    for (name, word, label) in [
        ("asks", "over-runs", "Runs in an over"),
        ("open", "before-over", "Before the over"),
        ("side", "away", "The away side"),
    ] {
        let Shape::Select { options, labels } = &field(name).shape else { panic!("{name}") };
        assert!(options.iter().any(|it| it == word) && labels[word] == label, "{labels:?}");
    }
    let shown = |name: &str, answer: &Value| {
        let on = &field(name).shown_when;
        on.is_empty() || on.iter().any(|it| it.holds(answer))
    };
    for (answer, expected) in [
        (json!({ "asks": "trivia", "open": "by-the-clock" }), &["choice"][..]),
        (json!({ "asks": "trivia", "open": "before-over" }), &["choice", "innings", "over", "seconds"]),
        (json!({ "asks": "winner", "open": "before-innings" }), &["innings", "seconds"]),
        (json!({ "asks": "over-wicket", "open": "by-the-clock" }), &["innings", "over"]),
        (json!({ "asks": "next-wicket", "open": "before-toss" }), &["innings", "wicket"]),
        (json!({ "asks": "top-scorer", "open": "before-toss" }), &["side", "players"]),
    ] {
        let some = ["choice", "innings", "over", "ball", "wicket", "up_to", "side", "players", "seconds"];
        let there: Vec<&str> = some.into_iter().filter(|it| shown(it, &answer)).collect();
        let mut sorted = expected.to_vec();
        sorted.sort_by_key(|it| some.iter().position(|one| one == it));
        assert_eq!(there, sorted, "{answer}");
    }
}

#[test]
fn a_draft_may_lack_anything_and_may_not_have_what_there_is_not() {
    let news = kind("news-card").unwrap();
    for (body, expected) in [
        (json!({}), vec![]),
        (json!({ "headline": "" }), vec![]),
        (json!({ "address": "htt" }), vec![]),
        (json!({ "article": "ent_half" }), vec![]),
        (json!({ "targets": { "until": "tomorr", "priority": 999 } }), vec![]),
        (json!([]), vec!["the document is to be an object"]),
        (json!({ "stake": 1 }), vec!["/stake is no field that there is"]),
        (json!({ "targets": { "who": [] } }), vec!["/targets/who is no field that there is"]),
        (json!({ "headline": 7 }), vec!["/headline is to be a text"]),
        (json!({ "headline": null }), vec!["/headline is to be a text"]),
        (json!({ "headline": "x".repeat(71) }), vec!["/headline has 70 characters at most, and 71 now"]),
        (
            json!({ "slot": "roof" }),
            vec!["/slot is one of match-top, match-feed, match-bottom, innings-break, result"],
        ),
        (json!({ "body": "text" }), vec!["/body is to be a group of fields"]),
        (json!({ "headline": "a\0b" }), vec!["/headline has a character that no text has"]),
        (
            json!({ "body": { "type": "doc", "content": "x".repeat(BODY_BYTES_MAX) } }),
            vec!["the document has 262144 bytes at most, and 262180 now"],
        ),
    ] {
        assert_eq!(said(news.check_draft(&body, Part::Main)), expected, "{:.100}", body.to_string());
    }
    let problems = news.check_draft(&json!({ "headline": "वर्षा", "slot": "result" }), Part::Other);
    assert_eq!(said(problems), ["/slot is the same in all languages: change it in the main one"]);
}

#[test]
fn what_is_published_is_whole() {
    let kind = kind("news-card").unwrap();
    assert_eq!(kind.check_whole(&news()), []);
    for (body, expected) in [
        (json!({}), vec!["/body is needed", "/headline is needed", "/leads_to is needed", "/slot is needed"]),
        (with(news(), "/headline", json!("")), vec!["/headline is needed"]),
        (
            with(news(), "/headline", json!("one\ntwo")),
            vec!["/headline has a character that nobody sees: write it anew"],
        ),
        (
            with(news(), "/headline", json!("\u{202e}evil")),
            vec!["/headline has a character that nobody sees: write it anew"],
        ),
        (with(news(), "/leads_to", json!("address")), vec!["/address is needed"]),
        (
            with(news(), "/address", json!("javascript:alert(1)")),
            vec!["/address is to begin with https://, mailto: or a single /"],
        ),
        (with(news(), "/article", json!("ent_1")), vec!["/article is no entry"]),
        (with(news(), "/picture", json!("cat.jpg")), vec!["/picture is no picture of the library"]),
        (
            with(news(), "/targets", json!({ "places": ["in"] })),
            vec!["/targets/places/0 is to be a country or a part of one (ISO 3166-2), such as IN-KA"],
        ),
        (
            with(news(), "/targets", json!({ "languages": ["hi_in"] })),
            vec!["/targets/languages/0 is no language"],
        ),
        (
            with(news(), "/targets", json!({ "from": "2026-12-01T19:00:00Z" })),
            vec!["/targets/from is to be a moment with its zone"],
        ),
        (
            with(
                news(),
                "/targets",
                json!({
                    "from": "2026-12-01T19:00:00+05:30[Asia/Kolkata]", "until": "2026-12-01T13:30:00+00:00[Europe/London]",
                }),
            ),
            vec!["/targets/until is after it begins, or left out"],
        ),
    ] {
        assert_eq!(said(kind.check_whole(&body)), expected, "{body}");
    }
}

#[test]
fn what_is_wrong_within_a_block_is_told_there() {
    let preview = kind("match-preview").unwrap();
    let body = json!({ "parts": [
        { "type": "quote", "id": "a", "words": "x".repeat(401) },
        { "type": "song", "id": "b" },
        { "id": "c" },
        { "type": "quote", "id": "d", "stake": 5 },
    ] });
    let expected = [
        "/parts/0/words has 400 characters at most, and 401 now",
        "/parts/1 is of no type that there is",
        "/parts/2 is of no type that there is",
        "/parts/3/stake is no field that there is",
    ];
    assert_eq!(said(preview.check_draft(&body, Part::Main)), expected);
    let half = json!({ "parts": [{ "type": "quote" }, { "type": "players", "id": "b", "players": [] }] });
    assert_eq!(preview.check_draft(&half, Part::Main), []);
}

fn quiz() -> Value {
    json!({
        "title": "Who bowls first?",
        "opens": "2026-12-01T18:00:00+05:30[Asia/Kolkata]",
        "closes": "2026-12-01T19:00:00+05:30[Asia/Kolkata]",
        "questions": [{ "id": "q1", "text": "Who?", "choices": [{ "id": "a", "text": "A" }, { "id": "b", "text": "B" }] }],
        "answers": [{ "id": "q1", "choice": "b" }],
    })
}

#[test]
fn a_quiz_has_an_answer_key_and_a_window_and_no_stake() {
    let kind = kind("quiz").unwrap();
    assert_eq!(kind.check_whole(&quiz()), []);
    for (path, value, expected) in [
        (
            "/answers",
            json!([{ "id": "q1", "choice": "z" }]),
            "/questions/0 has no right answer among its choices",
        ),
        (
            "/answers",
            json!([{ "id": "q1", "choice": "a" }, { "id": "q2", "choice": "a" }]),
            "/answers/1 is of no question",
        ),
        ("/answers", json!([]), "/answers has 1 items at least"),
        ("/closes", json!("2026-12-01T18:00:00+05:30[Asia/Kolkata]"), "/closes is after it opens"),
        ("/stake", json!(100), "/stake is no field that there is"),
        ("/amount", json!(0), "/amount is no field that there is"),
    ] {
        assert_eq!(said(kind.check_whole(&with(quiz(), path, value))), [expected]);
    }
    let asked = |answer: Value| {
        let body = with(quiz(), "/answers", json!([answer]));
        with(body, "/match_id", json!("mat_0123456789012345678901"))
    };
    let whole = json!({ "id": "q1", "asks": "over-runs", "innings": 1, "over": 6, "up_to": "5", "open": "before-over", "seconds": 30 });
    assert_eq!(said(kind.check_whole(&asked(whole.clone()))), [""; 0]);
    for (path, value, expected) in [
        (
            "/up_to",
            json!("9, 5"),
            vec![
                "/answers/0/up_to grows from each to the next",
                "/questions/0/choices are 3, as its answer says",
            ],
        ),
        ("/up_to", json!("5, 9"), vec!["/questions/0/choices are 3, as its answer says"]),
        (
            "/asks",
            json!("next-wicket"),
            vec!["/answers/0/wicket is needed", "/questions/0/choices are 7, as its answer says"],
        ),
        (
            "/asks",
            json!("top-scorer"),
            vec![
                "/answers/0/players is needed",
                "/answers/0/side is needed",
                "/questions/0/choices are 1, as its answer says",
            ],
        ),
        (
            "/asks",
            json!("trivia"),
            vec!["/answers/0/choice is needed", "/questions/0 has no right answer among its choices"],
        ),
    ] {
        assert_eq!(said(kind.check_whole(&asked(with(whole.clone(), path, value)))), expected);
    }
    for (path, value, expected) in [
        ("/match_id", json!("mat_1"), "/match_id"),
        (
            "/targets",
            json!({ "places": ["IN"] }),
            "/targets/places is empty of a quiz: its fence says from where",
        ),
        (
            "/targets",
            json!({ "partners": ["org_1", "org_2"] }),
            "/targets/partners is one partner, or none for all of them",
        ),
    ] {
        let found = said(kind.check_whole(&with(quiz(), path, value)));
        assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}");
    }
    let money = ["amount", "stake", "price", "fee", "units", "points", "currency"];
    let mut names = Vec::new();
    all_names(&kind.fields, &mut names);
    assert!(names.iter().all(|it| !money.contains(&it.as_str())), "{names:?}");
}

fn all_names(fields: &[Field], out: &mut Vec<String>) {
    for field in fields {
        out.push(field.name.clone());
        match &field.shape {
            Shape::Group { fields } => all_names(fields, out),
            Shape::List { item, .. } => {
                if let Shape::Group { fields } = item.as_ref() {
                    all_names(fields, out);
                }
            }
            _ => {}
        }
    }
}

#[test]
fn a_theme_is_readable() {
    let colours = json!({ "ground": "#ffffff", "text": "#111111", "quiet": "#767676", "accent": "#0b5fff", "on_accent": "#ffffff" });
    let theme = json!({ "name": "Day", "light": colours, "dark": colours, "typeface": "system" });
    let kind = kind("theme").unwrap();
    assert_eq!(kind.check_whole(&theme), []);
    let pale = with(theme, "/dark/quiet", json!("#777777"));
    let expected = "/dark/quiet is hard to see: its contrast is 4.47:1, and 4.50:1 is needed";
    assert_eq!(said(kind.check_whole(&pale)), [expected]);
}

#[test]
fn a_menu_has_no_loops() {
    let kind = kind("navigation").unwrap();
    let menu = |items: &[(&str, Option<&str>)]| {
        let items = items.iter().map(|(id, under)| match under {
            Some(under) => json!({ "id": id, "label": id, "under": under }),
            None => json!({ "id": id, "label": id }),
        });
        json!({ "name": "Main", "items": items.collect::<Vec<_>>() })
    };
    for (items, expected) in [
        (vec![("a", None), ("b", Some("a")), ("c", Some("b"))], vec![]),
        (vec![("a", Some("a"))], vec!["/items/0/under is within itself, or more than 3 deep"]),
        (
            vec![("a", Some("b")), ("b", Some("a"))],
            vec![
                "/items/0/under is within itself, or more than 3 deep",
                "/items/1/under is within itself, or more than 3 deep",
            ],
        ),
        (
            vec![("a", None), ("b", Some("a")), ("c", Some("b")), ("d", Some("c"))],
            vec!["/items/3/under is within itself, or more than 3 deep"],
        ),
        (vec![("a", Some("z"))], vec!["/items/0/under is no item of this menu"]),
        (vec![("a", None), ("a", None)], vec!["/items/1/id is another item's, too"]),
    ] {
        assert_eq!(said(kind.check_whole(&menu(&items))), expected, "{items:?}");
    }
}

#[test]
fn a_banner_ends() {
    let banner = json!({ "name": "Sale", "text": "Shirts", "address": "/shop", "slot": "result" });
    let found = said(kind("banner").unwrap().check_whole(&banner));
    assert_eq!(found, ["/targets/until is needed: a banner ends"]);
}

#[test]
fn what_a_document_names_is_found_in_fields_lists_blocks_and_rich_text() {
    let (one, other, third, picture) =
        (store::ids::new("ent"), store::ids::new("ent"), store::ids::new("ent"), store::ids::new("med"));
    let rich = json!({ "type": "doc", "content": [{ "type": "paragraph", "content": [
        { "type": "text", "text": "Hello" }, { "type": "mention", "attrs": { "id": other, "label": "Rohit" } },
        { "type": "image", "attrs": { "media": picture, "alt": "Bat" } },
    ] }] });
    let body = json!({
        "headline": "Final", "teams": [one], "parts": [
            { "type": "text", "id": "a", "text": rich },
            { "type": "players", "id": "b", "players": [third] },
        ],
    });
    let preview = kind("match-preview").unwrap();
    let found: Vec<(String, String)> =
        preview.relations(&body).into_iter().map(|it| (it.path, it.target)).collect();
    let expected = [("/parts/0/text", &other), ("/parts/1/players/0", &third), ("/teams/0", &one)];
    assert_eq!(found, expected.map(|(path, id)| (path.to_owned(), id.clone())));
    assert_eq!(preview.media(&body)[0].target, picture);
    assert_eq!(preview.relations(&body)[2].kinds, ["team"]);
    let words = preview.words(&body);
    assert!(
        words.contains("Final")
            && words.contains("Hello")
            && words.contains("Rohit")
            && words.contains("Bat"),
        "{words}"
    );
    assert!(!words.contains("paragraph") && !words.contains("ent_"), "{words}");
}

#[test]
fn a_language_has_its_own_words_and_shares_the_rest() {
    let kind = kind("banner").unwrap();
    let main =
        json!({ "name": "Sale", "text": "Shirts", "call": "Buy", "address": "/shop", "slot": "result" });
    let hindi = json!({ "text": "कमीज़", "address": "/hi/shop" });
    let expected = json!({ "name": "Sale", "text": "कमीज़", "address": "/hi/shop", "slot": "result" });
    assert_eq!(kind.merged(&main, &hindi), expected);
    assert_eq!(kind.merged(&main, &main), main);
}
