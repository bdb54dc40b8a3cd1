//! What becomes of balls that are told in tones, and what comes of a try.

use super::Newsroom;
use cms::rights::Role;
use reqwest::StatusCode;

#[tokio::test]
async fn a_line_is_tried_on_a_ball_and_told_why_it_is_refused() {
    let newsroom = Newsroom::open().await;
    let (asha, vera) = (newsroom.is(Role::Editor).await, newsroom.is(Role::Viewer).await);
    let page = newsroom.page(&vera, "/tones").await;
    for text in
        ["Nobody follows a match in a tone", "the phrases that we ship", "Hype (en)", "Josheela (hi-Latn)"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    let tried = async |line: &str| {
        let form = [("tone", "hype en"), ("ball", "six"), ("line", line), ("guide", ""), ("do", "try")];
        let response = newsroom.press(&asha, "/tones", &form).await;
        assert_eq!(response.status(), StatusCode::OK, "{line}");
        response.text().await.unwrap()
    };
    let stands = tried("{batter} — SIX!").await;
    assert!(stands.contains("It stands.") && stands.contains("Vale — SIX!"), "{stands}");
    let refused = tried("{bowler} hits {batter} for SIX!").await;
    assert!(refused.contains("It is refused.") && refused.contains("stands as"), "{refused}");
    let nothing = tried("").await;
    assert!(nothing.contains("Our phrases") && !nothing.contains("Your line"), "{nothing}");

    let long = "é".repeat(401);
    for (tone, ball, line, word) in [
        ("hype xx", "six", "", "Choose a tone."),
        ("hype en", "lob", "", "Choose a ball."),
        ("hype en", "six", long.as_str(), "It has 400 characters at most."),
    ] {
        let form = [("tone", tone), ("ball", ball), ("line", line), ("do", "try")];
        let response = newsroom.press(&asha, "/tones", &form).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{word}");
        assert!(response.text().await.unwrap().contains(word), "{word}");
    }
    // Asking costs money: who only looks may not. Where there is no model, nobody is asked.
    let ask = [("tone", "hype en"), ("ball", "six"), ("do", "ask")];
    assert_eq!(newsroom.press(&vera, "/tones", &ask).await.status(), StatusCode::FORBIDDEN);
    let asked = newsroom.press(&asha, "/tones", &ask).await;
    assert_eq!(asked.status(), StatusCode::OK);
    assert!(!asked.text().await.unwrap().contains("The model"), "there is none");
}
