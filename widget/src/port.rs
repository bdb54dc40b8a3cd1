//! What the widget asks of the browser. `loader/takeover.js` has the other end: events, timers, requests and the stream are done there,
//! where they cost a fraction of the bytes.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// One element's. None of its functions calls back before it returns, and none throws.
    pub type Port;

    /// Dispatches `crease:{name}` to the page, with `{ seq, t, text }` as its `detail`. `t`: when the server accepted the update,
    /// milliseconds since 1970.
    #[wasm_bindgen(method)]
    pub fn tell(this: &Port, name: &str, seq: f64, t: f64, text: &str);

    /// What came does not follow on what is known: a snapshot is to be heard next.
    #[wasm_bindgen(method, js_name = startOver)]
    pub fn start_over(this: &Port);

    /// Gets a part of the widget; the answer comes by `arrived`.
    #[wasm_bindgen(method)]
    pub fn load(this: &Port, part: &str);

    /// The fan chooses a language, by its tag: `speak` follows for all widgets on the page, now and when they come again.
    #[wasm_bindgen(method)]
    pub fn choose(this: &Port, language: &str);

    /// Asks for balls before those that are shown; the answer comes by `put_earlier`. `history`: "epoch rev". `shown`: how many lines have
    /// no `seq`; then `from` is where their snapshot stood. -1: all have, and `from` is the oldest one's. `size`: balls a page.
    #[wasm_bindgen(method)]
    pub fn earlier(this: &Port, history: &str, from: f64, shown: i32, size: u32);
}
