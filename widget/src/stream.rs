//! The live match: one `EventSource`, the session that folds it, and the signal the views read.
//!
//! The browser reconnects a broken `EventSource` by itself, with `Last-Event-ID`; after an HTTP error it gives up, and then this
//! does: it waits as [`Session`] says and opens another with `?last_event_id=`.

use crate::{
    notify::{Detail, notify},
    refusal::Refusal,
    rest,
    session::{Session, Step},
    shown::{Link, Shown},
};
use cricket::Command;
use js_sys::{Array, Function};
use leptos::prelude::*;
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{Document, Event, EventSource, HtmlElement, MessageEvent, Window};

/// Where a match is and who asks.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// "https://live.example.com"
    pub(crate) base: String,
    pub(crate) key: String,
    /// "mat_…"
    pub(crate) id: String,
}

impl Address {
    /// "…/v1/matches/mat_1/stream?key=…", with `path` as "/stream?".
    pub(crate) fn url(&self, path: &str) -> String {
        let encode = |text: &str| String::from(js_sys::encode_uri_component(text));
        [&self.base, "/v1/matches/", &encode(&self.id), path, "key=", &encode(&self.key)].concat()
    }
}

/// What the page's loader had of a match before this code was there.
pub(crate) struct Early {
    /// An open stream, to go on with.
    pub(crate) source: Option<EventSource>,
    /// What it has said: objects with the `type`, `data` and `lastEventId` of events.
    pub(crate) heard: Array,
}

/// Follows one match for one element until it is dropped.
pub(crate) struct Stream {
    host: HtmlElement,
    address: Address,
    shown: RwSignal<Shown>,
    session: RefCell<Session>,
    source: RefCell<Option<EventSource>>,
    listeners: Listeners,
    /// When to open the stream again, if it is closed, by [`now_ms`].
    reopen_ms: Cell<Option<f64>>,
    heard_ms: Cell<f64>,
    timer: Cell<Option<i32>>,
}

/// One closure for each thing that can happen; they live as long as the stream and serve each `EventSource` in turn.
struct Listeners {
    _message: Closure<dyn Fn(MessageEvent)>,
    _link: Closure<dyn Fn(Event)>,
    /// The timer (no argument), or the page that is seen or online again (an event).
    _wake: Closure<dyn Fn(JsValue)>,
    /// The same, wrapped so that nothing they throw reaches the page.
    guarded: [Function; 3],
}

impl Listeners {
    /// `guard` is the loader's: it takes a function and returns one that never throws.
    fn new(stream: &Weak<Stream>, guard: &Function) -> Self {
        let (on_message, on_link, on_wake) = (stream.clone(), stream.clone(), stream.clone());
        let message = Closure::<dyn Fn(MessageEvent)>::new(move |event| {
            on_message.upgrade().inspect(|it| it.received(&event));
        });
        let link = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            on_link.upgrade().inspect(|it| it.link_changed(&event.type_()));
        });
        let wake = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
            on_wake.upgrade().inspect(|it| it.wake(!event.is_undefined()));
        });
        let guarded = [message.as_ref(), link.as_ref(), wake.as_ref()].map(|it| guarded(guard, it));
        Self { _message: message, _link: link, _wake: wake, guarded }
    }
}

impl Stream {
    /// Starts to follow the match from where `early` ends.
    pub(crate) fn open(
        host: HtmlElement,
        address: Address,
        shown: RwSignal<Shown>,
        guard: &Function,
        early: Early,
    ) -> Rc<Self> {
        let stream = Rc::new_cyclic(|this| Stream {
            host,
            address,
            shown,
            session: RefCell::default(),
            source: RefCell::default(),
            listeners: Listeners::new(this, guard),
            reopen_ms: Cell::default(),
            heard_ms: Cell::new(now_ms()),
            timer: Cell::default(),
        });
        stream.watch_the_page();
        for event in early.heard.iter() {
            stream.received(event.unchecked_ref());
        }
        match early.source {
            // What was heard asked for another stream.
            Some(source) if stream.reopen_ms.get().is_some() => source.close(),
            Some(source) => stream.follow(source),
            None if stream.reopen_ms.get().is_none() => stream.connect(),
            None => {}
        }
        stream
    }

    /// Shows the balls before those that are shown.
    pub(crate) fn ask_for_earlier(self: &Rc<Self>) {
        let history = self.session.borrow().history();
        let lines = self.shown.try_with_untracked(|it| (it.lines.earlier, it.lines.unnumbered()));
        let (Some(history), Some((asked, shown))) = (history, lines) else { return };
        self.shown.update(|it| it.lines.waiting = true);
        let address = self.address.clone();
        let this = Rc::downgrade(self);
        wasm_bindgen_futures::spawn_local(async move {
            let page = rest::earlier(&address, asked, shown, history).await;
            let Some(this) = this.upgrade() else { return };
            this.shown.update(|it| match page {
                Some(page) => it.lines.put_earlier(asked, &page),
                None => it.lines.waiting = false,
            });
        });
    }

    fn connect(&self) {
        self.reopen_ms.set(None);
        let mut url = self.address.url("/stream?");
        if let Some(position) = self.session.borrow().position {
            url.extend(["&last_event_id=", &position.to_string()]);
        }
        self.disconnect();
        match EventSource::new(&url) {
            Ok(source) => self.listen_to(source),
            Err(_) => self.reopen_later(Session::BACKOFF_MS_MAX),
        }
    }

    /// Goes on with a stream that another opened.
    fn follow(self: &Rc<Self>, source: EventSource) {
        let is_refused = source.ready_state() == EventSource::CLOSED;
        self.listen_to(source);
        if is_refused {
            self.link_changed("error");
        }
    }

    fn listen_to(&self, source: EventSource) {
        let [message, link, _] = &self.listeners.guarded;
        for name in ["snapshot", "ball", "state", "bye"] {
            listen(&source, name, message);
        }
        for name in ["open", "error"] {
            listen(&source, name, link);
        }
        *self.source.borrow_mut() = Some(source);
    }

    fn disconnect(&self) {
        if let Some(source) = self.source.take() {
            source.close();
        }
    }

    fn received(self: &Rc<Self>, event: &MessageEvent) {
        let Some(text) = event.data().as_string() else { return };
        self.heard_ms.set(now_ms());
        let first = self.session.borrow().game.is_none();
        let random = js_sys::Math::random();
        let step = {
            let mut session = self.session.borrow_mut();
            match event.type_().as_str() {
                "snapshot" => session.snapshot(&text, random),
                "bye" => session.bye(&text, random),
                _ => session.update(&event.last_event_id(), &text, random),
            }
        };
        self.shown.update(|it| it.follow(&self.session.borrow(), &step));
        match step {
            Step::Keep => {}
            Step::Reopen { after_ms } => self.reopen_later(after_ms),
            Step::Replaced => {
                if first {
                    self.tell("ready", String::new());
                }
            }
            Step::Folded { command, change } => {
                if matches!(command, Command::Ball(_)) {
                    self.tell("ball", String::new());
                }
                let said = || self.shown.try_with_untracked(|it| it.said.clone()).unwrap_or_default();
                if change.wickets > 0 {
                    self.tell("wicket", said());
                }
                if change.finished {
                    self.tell(
                        "result",
                        self.session
                            .borrow()
                            .game
                            .as_ref()
                            .and_then(|it| it.result_text())
                            .unwrap_or_default(),
                    );
                }
            }
        }
    }

    fn tell(&self, name: &'static str, text: String) {
        let session = self.session.borrow();
        let seq = session.position.map_or(0, |it| it.seq);
        notify(&self.host, Detail { name, seq, accepted_ms: session.accepted_ms, text });
    }

    /// `open`: the server answers. `error`: the connection broke, or could not be made.
    fn link_changed(self: &Rc<Self>, kind: &str) {
        if kind == "open" {
            self.heard_ms.set(now_ms());
            let known = self.session.borrow().game.is_some();
            return self.shown.update(|it| {
                if known {
                    it.link = Link::Live;
                }
            });
        }
        let closed = self.source.borrow().as_ref().is_none_or(|it| it.ready_state() == EventSource::CLOSED);
        if closed {
            let step = self.session.borrow_mut().refused(js_sys::Math::random());
            if let Step::Reopen { after_ms } = step {
                self.reopen_later(after_ms);
            }
            self.ask_why();
        } else {
            self.show_silence();
            self.wake_in(1000.0);
        }
    }

    /// An `EventSource` does not tell the answer's status: another request does, and the next attempt is put off as it says.
    fn ask_why(self: &Rc<Self>) {
        let url = self.address.url("/stream?");
        let this = Rc::downgrade(self);
        wasm_bindgen_futures::spawn_local(async move {
            let Some(refusal) = rest::refusal(&url).await else { return };
            let Some(this) = this.upgrade() else { return };
            // The next attempt may have begun: then this answer is too late, and if need be another will be asked for.
            let Some(at) = this.reopen_ms.get() else { return };
            match refusal {
                Refusal::Busy { after_ms } => {
                    this.reopen_ms.set(Some(at.max(now_ms() + f64::from(after_ms))));
                }
                Refusal::Final { why } => this.refuse(why),
            }
        });
    }

    /// Tells the fan and the page, once, and asks again much later.
    fn refuse(&self, why: String) {
        if !self.is_refused() {
            self.shown.update(|it| it.link = Link::Refused(why.clone()));
            self.tell("error", why);
        }
        self.reopen_later(Refusal::again_ms(js_sys::Math::random()));
    }

    fn is_refused(&self) -> bool {
        self.shown.try_with_untracked(|it| matches!(it.link, Link::Refused(_))).unwrap_or_default()
    }

    fn reopen_later(&self, after_ms: u32) {
        self.disconnect();
        self.reopen_ms.set(Some(now_ms() + f64::from(after_ms)));
        if self.is_refused() {
            return self.wake_in(f64::from(after_ms));
        }
        self.show_silence();
        self.wake_in(f64::from(after_ms.min(1000)));
    }

    /// Once a second while the stream is away, and when the page is looked at again.
    fn wake(&self, seen_again: bool) {
        let away =
            self.shown.try_with_untracked(|it| matches!(it.link, Link::Lost { .. })).unwrap_or_default();
        let silent_ms = now_ms() - self.heard_ms.get();
        let due = self.reopen_ms.get().is_some_and(|at| at <= now_ms());
        if due || seen_again && !self.is_refused() && (away || silent_ms > Session::SILENCE_MS_MAX) {
            self.connect();
        }
        if away {
            self.show_silence();
            self.wake_in(1000.0);
        } else if let Some(at) = self.reopen_ms.get() {
            self.wake_in((at - now_ms()).max(1.0));
        }
    }

    fn show_silence(&self) {
        let seconds = ((now_ms() - self.heard_ms.get()) / 1000.0) as u32;
        self.shown.update(|it| it.link = Link::Lost { seconds });
    }

    fn wake_in(&self, after_ms: f64) {
        let Some(window) = web_sys::window() else { return };
        if let Some(timer) = self.timer.take() {
            window.clear_timeout_with_handle(timer);
        }
        let [.., wake] = &self.listeners.guarded;
        let timer = window.set_timeout_with_callback_and_timeout_and_arguments_0(wake, after_ms as i32);
        self.timer.set(timer.ok());
    }

    fn watch_the_page(&self) {
        let [.., wake] = &self.listeners.guarded;
        if let Some((window, document)) = page() {
            listen(&document, "visibilitychange", wake);
            listen(&window, "online", wake);
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.disconnect();
        let [.., wake] = &self.listeners.guarded;
        let Some((window, document)) = page() else { return };
        if let Some(timer) = self.timer.take() {
            window.clear_timeout_with_handle(timer);
        }
        // Removing a listener fails only for a target that does not take any.
        let _ = document.remove_event_listener_with_callback("visibilitychange", wake);
        let _ = window.remove_event_listener_with_callback("online", wake);
    }
}

/// `function`, wrapped so that nothing it throws reaches the page.
pub(crate) fn guarded(guard: &Function, function: &JsValue) -> Function {
    let wrapped = guard.call1(&JsValue::NULL, function);
    wrapped.map_or_else(|_| function.clone().unchecked_into(), JsCast::unchecked_into)
}

fn page() -> Option<(Window, Document)> {
    let window = web_sys::window()?;
    let document = window.document()?;
    Some((window, document))
}

pub(crate) fn listen(target: &web_sys::EventTarget, name: &str, function: &Function) {
    // Adding a listener fails only for a target that does not take any.
    let _ = target.add_event_listener_with_callback(name, function);
}

fn now_ms() -> f64 {
    js_sys::Date::now()
}
