use super::*;
use crate::fake::{Fake, Reply, six};
use crate::preset::Preset;
use serde_json::json;
use std::time::Duration;

const SAID: &str = "{\"hype.en\": \"{batter} — SIX!\", \"lively.ta\": \"சிக்ஸர்!\", \"other\": \"x\"}";

fn ask() -> Ask {
    let wanted = |it: &Preset| it.key == "hype" || it.language == crate::Language::Tamil;
    Ask::new(six(), Preset::built_in().into_iter().filter(wanted).collect())
}

fn protocols(fake: &Fake) -> Vec<(&'static str, Box<dyn Model>)> {
    let at_once = || fake.endpoint().streaming(Streaming::AtOnce);
    vec![
        ("openai, in pieces", Box::new(OpenAi::new(fake.endpoint()))),
        ("openai, at once", Box::new(OpenAi::new(at_once()))),
        ("anthropic, in pieces", Box::new(Anthropic::new(fake.endpoint()))),
        ("anthropic, at once", Box::new(Anthropic::new(at_once()))),
    ]
}

#[tokio::test]
async fn each_protocol_brings_the_lines_that_were_asked_for_and_what_they_used() {
    let fake = Fake::always(Reply::Says(SAID.to_owned())).await;
    for (name, model) in protocols(&fake) {
        let told = model.tell(&ask()).await.unwrap();
        assert_eq!(told.lines.keys().collect::<Vec<_>>(), ["hype.en", "lively.ta"], "{name}");
        assert_eq!(told.lines["lively.ta"], "சிக்ஸர்!", "{name}");
        assert_eq!(told.usage, Some(Usage { tokens_in: 900, tokens_out: 40 }), "{name}");
    }
    let received = fake.received();
    assert_eq!(received.len(), 4, "one request each, for two tones");
    assert_eq!(received[0].path, "/v1/chat/completions");
    assert_eq!(received[0].headers["authorization"], "Bearer sk-hunter2");
    assert_eq!(received[0].body["response_format"]["json_schema"]["strict"], true);
    assert_eq!(received[0].body["stream_options"]["include_usage"], true);
    assert!(received[1].body.get("stream").is_none());
    assert_eq!(received[2].path, "/v1/messages");
    assert_eq!(received[2].headers["x-api-key"], "sk-hunter2");
    assert_eq!(received[2].headers["anthropic-version"], "2023-06-01");
    assert_eq!(received[2].body["output_config"]["format"]["type"], "json_schema");
    for it in &received {
        assert_eq!(it.tones(), ["hype.en", "lively.ta"]);
        assert!(it.body.get("tools").is_none());
    }
}

#[tokio::test]
async fn whatever_goes_wrong_has_a_word_of_its_own() {
    let cases = [
        (Reply::status(401, ""), "unauthorised"),
        (Reply::status(403, ""), "unauthorised"),
        (Reply::status(429, "retry-after: 7\r\n"), "rate_limited"),
        (Reply::status(500, ""), "failed"),
        (Reply::status(529, ""), "failed"),
        (Reply::status(400, ""), "not_understood"),
        // Nobody follows it with the key in hand.
        (Reply::status(307, "location: https://example.com/\r\n"), "not_understood"),
        (Reply::Says("no JSON".to_owned()), "not_json"),
        (Reply::Says("{\"hype.en\": 6}".to_owned()), "not_json"),
        (Reply::Says(format!("{{\"hype.en\": {}", "[".repeat(5_000))), "not_json"),
    ];
    let fake = Fake::always(Reply::Silence).await;
    for (reply, word) in cases {
        let shown = format!("{reply:.80?}");
        fake.answers(move |_, _| reply.clone());
        for (name, model) in protocols(&fake) {
            let error = model.tell(&ask()).await.unwrap_err();
            assert_eq!(error.word(), word, "{name}: {shown}");
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }
}

#[tokio::test]
async fn a_server_says_for_how_long_it_wants_to_be_left_alone() {
    let fake = Fake::always(Reply::status(429, "retry-after: 7\r\n")).await;
    let error = fake.model().tell(&ask()).await.unwrap_err();
    assert_eq!(error.leave_alone_ms(), Some(7_000));
    fake.answers(|_, _| Reply::status(503, "retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n"));
    assert_eq!(fake.model().tell(&ask()).await.unwrap_err().leave_alone_ms(), None);
}

#[tokio::test]
async fn answers_that_end_early_are_told_from_those_that_are_complete() {
    let fake = Fake::always(Reply::Silence).await;
    for (openai, anthropic, word) in
        [("length", "max_tokens", "unfinished"), ("content_filter", "refusal", "refused")]
    {
        fake.answers(move |it, _| {
            Reply::Ends(if it.path.ends_with("/messages") { anthropic } else { openai })
        });
        for (name, model) in protocols(&fake) {
            let error = model.tell(&ask()).await.unwrap_err();
            assert_eq!(error.word(), word, "{name}");
            assert_eq!(error.usage().map(|it| it.tokens_out), Some(40), "{name}: it used what it used");
        }
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_noticed() {
    let openai =
        json!({"choices": [{"delta": {"content": "{\"hype.en\": \"SIX!\"}"}, "finish_reason": null}]});
    let anthropic = json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "{}"}});
    let events = vec![openai, anthropic];
    let fake = Fake::always(Reply::Events(events)).await;
    let streaming = protocols(&fake).into_iter().filter(|it| it.0.ends_with("in pieces"));
    for (name, model) in streaming {
        assert_eq!(model.tell(&ask()).await.unwrap_err(), ModelError::Cut, "{name}");
    }
}

#[tokio::test]
async fn what_has_ended_is_taken_without_what_servers_send_after_it() {
    let events = vec![
        json!({"choices": [{"delta": {"content": "{\"hype.en\": \"SIX!\"}"}, "finish_reason": null}]}),
        json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}),
    ];
    let fake = Fake::always(Reply::Events(events)).await;
    let told = fake.model().tell(&ask()).await.unwrap();
    assert_eq!((told.lines["hype.en"].as_str(), told.usage), ("SIX!", None));
}

#[tokio::test]
async fn an_error_in_the_middle_of_a_stream_is_one() {
    let failed = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let fake = Fake::always(Reply::Events(vec![failed])).await;
    let anthropic = Anthropic::new(fake.endpoint());
    assert_eq!(anthropic.tell(&ask()).await.unwrap_err().word(), "failed");
    assert_eq!(fake.model().tell(&ask()).await.unwrap_err().word(), "failed");
}

#[tokio::test]
async fn no_more_of_an_answer_is_read_than_its_bound() {
    let fake = Fake::always(Reply::Flood).await;
    for (name, model) in protocols(&fake) {
        let error = model.tell(&ask()).await.unwrap_err();
        assert_eq!(error, ModelError::TooLong { max: endpoint::ANSWER_BYTES_MAX }, "{name}");
    }
}

#[tokio::test]
async fn a_silent_server_is_waited_for_no_longer_than_our_patience() {
    let fake = Fake::always(Reply::Silence).await;
    let model = OpenAi::new(fake.endpoint().patience(Duration::from_millis(30)));
    assert_eq!(model.tell(&ask()).await.unwrap_err(), ModelError::TimedOut { ms: 30 });
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_without_its_address() {
    let port = {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let endpoint = Endpoint::new(&format!("http://127.0.0.1:{port}/v1"), None, "m").unwrap();
    let error = OpenAi::new(endpoint).tell(&ask()).await.unwrap_err();
    assert_eq!(error.word(), "unreachable");
    assert!(!error.to_string().contains(&port.to_string()), "{error}");
}

#[tokio::test]
async fn a_fence_around_the_object_is_taken_off() {
    let fake = Fake::always(Reply::Says(format!("```json\n{SAID}\n```"))).await;
    assert_eq!(fake.model().tell(&ask()).await.unwrap().lines.len(), 2);
}

#[tokio::test]
async fn phrases_are_a_model_whose_lines_the_guard_lets_stand() {
    let ask = Ask::new(six(), Preset::built_in());
    let told = Offline.tell(&ask).await.unwrap();
    assert_eq!(told.lines.len(), ask.presets.len());
    for preset in &ask.presets {
        let line = &told.lines[&crate::prompt::label(preset)];
        let checked = ask.subject.check(preset, line);
        assert!(checked.is_ok(), "{line}: {checked:?}");
    }
}
