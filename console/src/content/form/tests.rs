//! Documents through forms and back.

use super::*;
use cms::rights::Role;
use cms::schema::{kind, kinds};
use proptest::prelude::*;
use serde_json::{Map, json};

/// Documents as forms write them: what is empty is left out.
fn value(shape: &Shape, is_needed: bool) -> BoxedStrategy<Option<Value>> {
    let some = match shape {
        Shape::Text { widget: Some(widget), .. } if widget == "hidden" => {
            "[a-z0-9]{4,8}".prop_map(Value::from).boxed()
        }
        Shape::Text { length_max, widget, .. } => {
            let lines = widget.as_deref() == Some("lines");
            let max = usize::try_from(*length_max).unwrap_or(60).min(40);
            let text = if lines {
                "[a-zA-Zक्षि&<>\"' \n]{1,40}"
            } else {
                "[a-zA-Zक्षि&<>\"' ]{1,40}"
            };
            text.prop_map(move |it| Value::from(it.chars().take(max).collect::<String>())).boxed()
        }
        Shape::Rich => rich().boxed(),
        Shape::Number { .. } => (0_i64..10).prop_map(Value::from).boxed(),
        Shape::Switch if is_needed => any::<bool>().prop_map(Value::from).boxed(),
        Shape::Switch => Just(Value::Bool(true)).boxed(),
        Shape::DateTime => (0_i64..2_000_000_000, proptest::sample::select(moment::ZONES.to_vec()))
            .prop_map(|(second, zone)| {
                let at = jiff::Timestamp::from_second(second).unwrap();
                Value::from(at.in_tz(zone).unwrap().to_string())
            })
            .boxed(),
        Shape::Select { options, .. } => {
            proptest::sample::select(options.clone()).prop_map(Value::from).boxed()
        }
        Shape::Relation { .. } => "ent_[0-9A-Za-z]{22}".prop_map(Value::from).boxed(),
        Shape::Outside { what } => {
            proptest::string::string_regex(&format!("{}_[0-9A-Za-z]{{22}}", what.prefix()))
                .unwrap()
                .prop_map(Value::from)
                .boxed()
        }
        Shape::Media => "med_[0-9A-Za-z]{22}".prop_map(Value::from).boxed(),
        Shape::Group { fields } => group(fields).prop_map(Value::Object).boxed(),
        Shape::Blocks { blocks } => {
            let all: Vec<_> = blocks
                .iter()
                .map(|it| {
                    let name = it.name.clone();
                    group(&it.fields)
                        .prop_map(move |mut group| {
                            group.insert("type".to_owned(), Value::from(name.clone()));
                            Value::Object(group)
                        })
                        .boxed()
                })
                .collect();
            proptest::strategy::Union::new(all).boxed()
        }
        Shape::List { item, items_max, .. } => {
            let most = usize::try_from(*items_max).unwrap_or(3).min(3);
            let is_text = matches!(item.as_ref(), Shape::Text { .. });
            let item = if is_text {
                "[A-Z]{2}".prop_map(|it| Some(Value::from(it))).boxed()
            } else {
                value(item, true)
            };
            proptest::collection::vec(item, 1..=most)
                .prop_map(|it| {
                    let mut all: Vec<Value> = it.into_iter().flatten().collect();
                    all.dedup();
                    Value::Array(all)
                })
                .boxed()
        }
    };
    let is_kept = |it: &Value| it != &json!({}) && it != &json!([]);
    if is_needed && matches!(shape, Shape::Group { .. } | Shape::Switch | Shape::Blocks { .. }) {
        return some.prop_map(Some).boxed();
    }
    proptest::option::of(some).prop_map(move |it| it.filter(is_kept)).boxed()
}

fn group(fields: &[Field]) -> BoxedStrategy<Map<String, Value>> {
    let mut all = Just(Map::new()).boxed();
    for field in fields {
        let name = field.name.clone();
        all = (all, value(&field.shape, field.is_needed))
            .prop_map(move |(mut group, value)| {
                group.extend(value.map(|it| (name.clone(), it)));
                group
            })
            .boxed();
    }
    all
}

fn rich() -> impl Strategy<Value = Value> {
    let text = "[a-zA-Z][a-zA-Z <>&\"']{0,20}[a-zA-Z]";
    let bold = any::<bool>().prop_map(|it| if it { json!([{ "type": "bold" }]) } else { json!([]) });
    let paragraph = (text, bold).prop_map(|(text, marks)| {
        json!({ "type": "paragraph", "content": [{ "type": "text", "text": text, "marks": marks }] })
    });
    proptest::collection::vec(paragraph, 1..3).prop_map(|it| {
        let doc = cms::text::Doc::parse(&json!({ "type": "doc", "content": it })).unwrap();
        serde_json::to_value(&doc).unwrap()
    })
}

/// Any type with a document of it.
fn document() -> impl Strategy<Value = (&'static str, Value)> {
    proptest::sample::select((0..kinds().len()).collect::<Vec<_>>()).prop_flat_map(|at| {
        let kind = &kinds()[at];
        group(&kind.fields).prop_map(move |mut it| {
            // A group that has nothing in it is what was there before: of an empty document it is not.
            it.retain(|_, value| value != &json!({}));
            (kind.facts.name, Value::Object(it))
        })
    })
}

fn main_of<'a>(kind: &'static Kind, rights: &'a Rights) -> Of<'a> {
    Of { kind, part: Part::Main, rights }
}

/// As a browser sends it: what a page has, in its order, names repeated.
fn sent_by_browser(html: &str) -> Sent {
    Sent::of(&crate::content::testing::submitted(html))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_document_in_a_form_and_back_is_the_same((name, body) in document()) {
        let kind = kind(name).unwrap();
        let rights = Rights::all(Role::Admin);
        let sent = Sent::filled(&kind.fields, &body);
        for base in [&body, &json!({})] {
            let read = read(&main_of(kind, &rights), &sent, base);
            prop_assert_eq!(&read.problems, &Vec::new());
            prop_assert_eq!(&read.body, &body);
        }
    }

    /// With what the page itself has in its controls, the text of rich fields as words alone.
    #[test]
    fn a_page_sent_as_it_came_changes_nothing((name, body) in document()) {
        let kind = kind(name).unwrap();
        let rights = Rights::all(Role::Admin);
        let sent = Sent::filled(&kind.fields, &body);
        let form = Form { of: main_of(kind, &rights), sent: &sent, problems: &[], language: "en", source: None, named: &BTreeMap::new(), thumbnail: "/{id}" };
        let read = read(&form.of, &sent_by_browser(&form.render().into_string()), &body);
        prop_assert_eq!(&read.problems, &Vec::new());
        prop_assert_eq!(&read.body, &body);
    }
}

#[test]
fn what_was_not_changed_keeps_its_spelling() {
    let rights = Rights::all(Role::Editor);
    let flag = kind("flag").unwrap();
    // Its targets are for reviewers: "{}" and "[]" are not taken out by who may not.
    let body = json!({ "name": "Charts", "why": "", "is_on": false, "targets": { "partners": [] } });
    let mut sent = Sent::filled(&flag.fields, &body);
    let of = main_of(flag, &rights);
    assert_eq!(read(&of, &sent, &body), Read { body: body.clone(), problems: Vec::new() });
    sent.add("/why", "For the final");
    sent.add("/is_on", "yes");
    let after = read(&of, &sent, &body).body;
    assert_eq!(
        after,
        json!({ "name": "Charts", "why": "For the final", "is_on": false, "targets": { "partners": [] } })
    );
}

#[test]
fn a_field_that_cannot_be_kept_keeps_no_other_from_being() {
    let rights = Rights::all(Role::Editor);
    let tone = kind("tone").unwrap();
    let base = json!({ "name": "Calm", "warmth": 3 });
    let fields = crate::Fields::of([
        ("/name", "x".repeat(31).as_str()),
        ("/warmth", "warm"),
        ("/guide", "Say\r\nlittle"),
        ("/targets/from#date", "2026-12-01"),
        ("/targets/from#time", "25:00"),
        ("/targets/from#zone", "Asia/Kolkata"),
    ]);
    let read = read(&main_of(tone, &rights), &Sent::of(&fields), &base);
    assert_eq!(read.body, json!({ "name": "Calm", "warmth": 3, "guide": "Say\nlittle" }));
    let told: Vec<(&str, &str)> =
        read.problems.iter().map(|it| (it.path.as_str(), it.what.as_str())).collect();
    assert_eq!(
        told,
        [
            ("/warmth", "is to be a whole number"),
            ("/targets/from", "has no time such as 19:00"),
            ("/name", "has 30 characters at most, and 31 now"),
        ]
    );
}

#[test]
fn another_language_has_its_own_fields_alone() {
    let rights = Rights::all(Role::Translator);
    let card = kind("news-card").unwrap();
    let of = Of { kind: card, part: Part::Other, rights: &rights };
    let fields =
        crate::Fields::of([("/headline", "भारत जीता"), ("/slot", "match-top"), ("/leads_to", "nowhere")]);
    assert_eq!(read(&of, &Sent::of(&fields), &json!({})).body, json!({ "headline": "भारत जीता" }));
    let main = json!({ "headline": "India <won>", "slot": "match-top" });
    let form = Form {
        of,
        sent: &Sent::default(),
        problems: &[],
        language: "hi",
        source: Some(("en", &main)),
        named: &BTreeMap::new(),
        thumbnail: "/{id}",
    };
    let html = form.render().into_string();
    assert!(html.contains("India &lt;won&gt;") && !html.contains("name=\"/slot\""), "{html}");
    assert!(html.contains(r#"lang="hi""#), "{html}");
}

#[test]
fn what_a_role_may_not_write_is_shown_and_locked() {
    let rights = Rights::all(Role::Editor);
    let flag = kind("flag").unwrap();
    let sent = Sent::filled(&flag.fields, &json!({ "name": "Charts", "is_on": true }));
    let form = Form {
        of: main_of(flag, &rights),
        sent: &sent,
        problems: &[],
        language: "en",
        source: None,
        named: &BTreeMap::new(),
        thumbnail: "/{id}",
    };
    let html = form.render().into_string();
    let locked = html.split("fieldset").find(|it| it.contains("disabled") && it.contains("/is_on")).unwrap();
    assert!(locked.contains("For reviewers to change."), "{locked}");
    assert!(html.contains(r#"data-shown-when="[[&quot;/is_on&quot;,[&quot;yes&quot;]]]""#), "{html}");
}

#[test]
fn an_answer_names_a_question_and_a_choice_that_there_are() {
    let rights = Rights::all(Role::Editor);
    let quiz = kind("quiz").unwrap();
    let body = json!({
        "questions": [{ "id": "q1", "text": "Who opens?", "choices": [{ "id": "c1", "text": "Asha" }] }],
        "answers": [{ "id": "q1", "choice": "c1" }],
    });
    let sent = Sent::filled(&quiz.fields, &body);
    let form = Form {
        of: main_of(quiz, &rights),
        sent: &sent,
        problems: &[],
        language: "en",
        source: None,
        named: &BTreeMap::new(),
        thumbnail: "/{id}",
    };
    let html = form.render().into_string();
    assert!(html.contains(r#"<input type="hidden" name="/questions/0/id" value="q1">"#), "{html}");
    assert!(html.contains(r#"<option value="q1" selected>Who opens?</option>"#), "{html}");
    assert!(html.contains(r#"<option value="c1" selected>Asha</option>"#), "{html}");
}

#[test]
fn each_problem_is_told_beside_its_field_and_above_all() {
    let rights = Rights::all(Role::Editor);
    let card = kind("news-card").unwrap();
    let problems = card.check_whole(&json!({ "headline": "" }));
    let form = Form {
        of: main_of(card, &rights),
        sent: &Sent::default(),
        problems: &problems,
        language: "en",
        source: None,
        named: &BTreeMap::new(),
        thumbnail: "/{id}",
    };
    let html = form.render().into_string();
    assert!(html.contains(r#"id="/headline-mistake">Headline is needed."#), "{html}");
    assert!(form.summary().into_string().contains(r##"<a href="#/headline">Headline: is needed</a>"##));
}
