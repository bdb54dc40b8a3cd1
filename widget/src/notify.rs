//! DOM events for the partner's page: `crease:ready`, `ball`, `wicket`, `result`, `error`.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{CustomEvent, CustomEventInit, HtmlElement};

/// What an event carries as its `detail`: `{seq, t, text}`.
pub(crate) struct Detail {
    /// Without the "crease:".
    pub(crate) name: &'static str,
    pub(crate) seq: u64,
    /// When the server accepted the update, milliseconds since 1970.
    pub(crate) accepted_ms: u64,
    pub(crate) text: String,
}

/// Dispatches the event once what it tells of has been painted: `Date.now() - detail.t` is then the time from the server's
/// acceptance to the screen (on one clock). In a hidden page nothing is painted, and it goes out at once.
pub(crate) fn notify(host: &HtmlElement, detail: Detail) {
    let Some(window) = web_sys::window() else { return };
    let host = host.clone();
    if window.document().is_none_or(|it| it.hidden()) {
        return dispatch(&host, &detail);
    }
    // The frame's callback runs before its painting, a timer set by it after.
    let painted = Closure::once_into_js(move || dispatch(&host, &detail));
    let in_frame = Closure::once_into_js(move || {
        let window = web_sys::window();
        window.map(|it| it.set_timeout_with_callback(painted.unchecked_ref()));
    });
    // Fails only where there is no page; then there is nobody to tell.
    let _ = window.request_animation_frame(in_frame.unchecked_ref());
}

fn dispatch(host: &HtmlElement, detail: &Detail) {
    let object = Object::new();
    let fields: [(&str, JsValue); 3] = [
        ("seq", JsValue::from_f64(detail.seq as f64)),
        ("t", JsValue::from_f64(detail.accepted_ms as f64)),
        ("text", JsValue::from_str(&detail.text)),
    ];
    for (name, value) in fields {
        // A plain object takes every property.
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    let init = CustomEventInit::new();
    init.set_bubbles(true);
    init.set_composed(true);
    init.set_detail(&object);
    let event = CustomEvent::new_with_event_init_dict(&["crease:", detail.name].concat(), &init);
    // A handler that throws is the page's own affair; the browser reports it.
    let _ = event.map(|it| host.dispatch_event(&it));
}
