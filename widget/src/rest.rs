//! The two plain requests: why a stream was refused, and earlier balls.

use crate::{
    lines::{Earlier, Lines},
    refusal::Refusal,
    stream::Address,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;
use wire::Balls;

/// The balls before those that are shown, without a hole; none when they could not be had, or belong to another history than `rev`
/// of `epoch`. `shown` lines have no `seq` and are to be among them.
pub(crate) async fn earlier(
    address: &Address,
    asked: Earlier,
    shown: usize,
    (epoch, rev): (u64, u32),
) -> Option<Balls> {
    let page = async |query: String| {
        let (status, text) = get(&address.url(&["/balls?", &query, "&"].concat())).await.ok()?;
        let page: Balls = (status == 200).then(|| wire::decode(&text).ok()).flatten()?;
        ((page.epoch, page.rev) == (epoch, rev)).then_some(page)
    };
    let seq = match asked {
        Earlier::None => return None,
        Earlier::Before(seq) => {
            return page(["before=", &seq.to_string(), "&limit=", &Lines::PAGE.to_string()].concat()).await;
        }
        Earlier::Unnumbered(seq) => seq,
    };
    // From a ball not long ago to the last one. After many updates that were no balls that is too few: then all of them.
    for mut after in [seq.saturating_sub(Lines::PAGE), 0] {
        let mut all = Balls::default();
        let from = after;
        loop {
            let page = page(["after=", &after.to_string()].concat()).await?;
            all.balls.extend(page.balls);
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
        if all.balls.len() >= shown.max(1) || from == 0 {
            all.next = all.balls.first().map(|it| it.seq).filter(|_| from > 0);
            return Some(all);
        }
    }
    None
}

/// Why a stream is refused, which an `EventSource` does not tell: asks for one as it does, and lets it go when it is granted. None
/// when there is no answer either.
pub(crate) async fn refusal(url: &str) -> Option<Refusal> {
    let window = web_sys::window()?;
    let response: Response = JsFuture::from(window.fetch_with_str(url)).await.ok()?.unchecked_into();
    if response.ok() {
        // Not awaited: nothing depends on when the stream ends.
        let _ = response.body().map(|it| it.cancel());
        return None;
    }
    let retry_after = response.headers().get("retry-after").ok().flatten();
    let text = text(&response).await.unwrap_or_default();
    Refusal::of(response.status(), retry_after.as_deref(), &text, js_sys::Math::random())
}

async fn get(url: &str) -> Result<(u16, String), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response: Response = JsFuture::from(window.fetch_with_str(url)).await?.unchecked_into();
    Ok((response.status(), text(&response).await?))
}

async fn text(response: &Response) -> Result<String, JsValue> {
    let text = JsFuture::from(response.text()?).await?;
    Ok(text.as_string().unwrap_or_default())
}
