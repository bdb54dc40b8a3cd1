//! The fan's side: the element `<crease-match>`, fed by one event stream, folding with the same engine as the server.
//!
//! The loader (`loader/crease.js`) defines the element, shows the frame and opens the stream; the end of the bundle's script
//! (`loader/takeover.js`) calls [`mount`] and [`unmount`]. It draws only inside the element's shadow root, stores nothing, and never throws
//! into the page: what goes wrong here ends in a frame that is kept live without it.
//!
//! The pure modules know no browser and are tested natively: [`session`] (the stream's state machine), [`refusal`], [`board`], [`scorecard`],
//! [`lines`] and [`news`] (the match in words). Read [`shown::Shown`] first: it is everything on the screen, and `view` places it.

pub mod board;
pub mod charts;
mod input;
pub mod lines;
pub mod news;
pub mod node;
mod notify;
pub mod performers;
pub mod refusal;
mod rest;
pub mod scorecard;
pub mod session;
pub mod shown;
mod stream;
#[cfg(test)]
mod testing;
pub mod view;

use input::Input;
use js_sys::{Array, Function};
use leptos::mount::mount_to_renderer;
use leptos::prelude::*;
use std::{any::Any, cell::RefCell, rc::Rc};
use stream::{Address, Early, Stream};
use view::Size;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::{Element, EventSource, HtmlElement};

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// One element's widget. Dropping it closes the stream, removes the view and frees the signals, in this order.
struct Mounted {
    _stream: Rc<Stream>,
    _input: Input,
    _view: Box<dyn Any>,
    _owner: Owner,
}

thread_local! {
    /// The page's widgets; [`unmount`] empties a place, [`mount`] fills the first empty one.
    static MOUNTED: RefCell<Vec<Option<Mounted>>> = const { RefCell::new(Vec::new()) };
}

/// The style sheet of every widget, for one constructable sheet.
#[wasm_bindgen]
pub fn style() -> String {
    include_str!(concat!(env!("OUT_DIR"), "/style.css")).to_owned()
}

/// Reports a panic to `fail`, which gets its message: the widgets of the page are dead then.
#[wasm_bindgen]
pub fn on_panic(fail: Function) {
    thread_local!(static FAIL: RefCell<Option<Function>> = const { RefCell::new(None) });
    FAIL.set(Some(fail));
    std::panic::set_hook(Box::new(|info| {
        FAIL.with_borrow(|it| it.as_ref().map(|it| it.call1(&JsValue::NULL, &info.to_string().into())));
    }));
}

/// Draws a match into `root`, an element for `host`'s shadow root, and returns its handle. `guard` takes a function and returns
/// one that never throws. `source` is a stream of the match that is open already, `heard` what such a stream has said (objects with the
/// `type`, `data` and `lastEventId` of its events): when this returns, all of it is drawn.
#[expect(
    clippy::too_many_arguments,
    reason = "they cross to JavaScript, where an object would cost bytes and checks"
)]
#[wasm_bindgen]
pub fn mount(
    host: HtmlElement,
    root: Element,
    base: String,
    key: String,
    id: String,
    size: &str,
    guard: Function,
    source: Option<EventSource>,
    heard: Array,
) -> usize {
    let owner = Owner::new();
    let size = Size::named(size);
    let (stream, input, view) = owner.with(|| {
        let shown = RwSignal::new(shown::Shown::default());
        let stream = Stream::open(host, Address { base, key, id }, shown, &guard, Early { source, heard });
        let input = Input::listen(&root, &stream, shown, &guard);
        let view = mount_to_renderer(&root, move || move || shown.with(|it| view::widget(it, size)));
        (stream, input, view)
    });
    let mounted = Mounted { _stream: stream, _input: input, _view: Box::new(view), _owner: owner };
    MOUNTED.with_borrow_mut(|all| {
        let free = all.iter().position(Option::is_none).unwrap_or(all.len());
        if free == all.len() {
            all.push(None);
        }
        all[free] = Some(mounted);
        free
    })
}

/// Ends what [`mount`] began.
#[wasm_bindgen]
pub fn unmount(handle: usize) {
    let mounted = MOUNTED.with_borrow_mut(|all| all.get_mut(handle).and_then(Option::take));
    drop(mounted);
}
