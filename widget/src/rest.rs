//! The two plain requests: why a stream was refused, and earlier balls.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;
use wire::{Balls, Reader};

/// A page of balls; none when it could not be had.
pub(crate) async fn balls(url: &str) -> Option<Balls> {
    let (status, text) = get(url).await.ok()?;
    (status == 200).then(|| wire::decode(&text).ok()).flatten()
}

/// The reason in words when the server says that asking again is no use: an unknown match, a key that may not. None when all is well,
/// or when it may be well later.
pub(crate) async fn refusal(url: &str) -> Option<String> {
    let (status, text) = get(url).await.ok()?;
    let final_answer = matches!(status, 400..=407 | 410..=428);
    final_answer.then(|| title(&text).unwrap_or_else(|| "This match is not available.".to_owned()))
}

/// `title` of a problem body (RFC 9457 §3.1.3).
fn title(text: &str) -> Option<String> {
    let mut title = None;
    let read = Reader::new(text).object(&mut |reader, name| match name {
        "title" => reader.string().map(|it| title = Some(it)),
        _ => reader.skip(),
    });
    read.ok().and(title)
}

async fn get(url: &str) -> Result<(u16, String), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response: Response = JsFuture::from(window.fetch_with_str(url)).await?.unchecked_into();
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.status(), text.as_string().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn the_title_of_a_problem_is_shown() {
        let problem =
            r#"{"type":"https://crease.dev/problems/unknown-match","status":404,"title":"No such match"}"#;
        assert_eq!(title(problem).as_deref(), Some("No such match"));
        assert_eq!(title("<html>"), None);
        assert_eq!(title("{}"), None);
    }
}
