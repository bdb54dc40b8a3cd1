//! Clicks and keys: one listener for each on the widget's root element.

use crate::{
    shown::{Shown, Tab},
    stream::Stream,
    view::{self, Ask},
};
use js_sys::Function;
use leptos::prelude::*;
use std::rc::Rc;
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{Element, Event, HtmlElement, KeyboardEvent};

/// Listens for as long as it lives.
pub(crate) struct Input {
    root: Element,
    guarded: Function,
    _listener: Closure<dyn Fn(Event)>,
}

const EVENTS: [&str; 2] = ["click", "keydown"];

impl Input {
    pub(crate) fn listen(
        root: &Element,
        stream: &Rc<Stream>,
        shown: RwSignal<Shown>,
        guard: &Function,
    ) -> Self {
        let stream = Rc::downgrade(stream);
        let listener = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            let Some(asked) = asked(&event) else { return };
            match asked {
                Ask::Earlier => {
                    stream.upgrade().inspect(Stream::ask_for_earlier);
                }
                Ask::Filter(filter) => shown.update(|it| it.filter = filter),
                Ask::Show(tab) => show(&event, shown, tab),
            }
        });
        let guarded = crate::stream::guarded(guard, listener.as_ref());
        for name in EVENTS {
            crate::stream::listen(root, name, &guarded);
        }
        Self { root: root.clone(), guarded, _listener: listener }
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        for name in EVENTS {
            // Fails only for a target that takes no listeners.
            let _ = self.root.remove_event_listener_with_callback(name, &self.guarded);
        }
    }
}

fn asked(event: &Event) -> Option<Ask> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let name = target.closest("[data-ask]").ok()??.get_attribute("data-ask")?;
    let key = event.dyn_ref::<KeyboardEvent>().map(KeyboardEvent::key).unwrap_or_default();
    // Where letters run from right to left, so do the tabs. Browsers that do not know the selector refuse it.
    let backwards = target.matches(":dir(rtl)").unwrap_or_default();
    let key = match (key.as_str(), backwards) {
        ("ArrowLeft", true) => "ArrowRight",
        ("ArrowRight", true) => "ArrowLeft",
        (key, _) => key,
    };
    view::ask(&name, key)
}

fn show(event: &Event, shown: RwSignal<Shown>, tab: Tab) {
    event.prevent_default();
    shown.update(|it| it.tab = tab);
    let list = event.target().and_then(|it| it.dyn_into::<Element>().ok()?.parent_element());
    let button = list.and_then(|it| it.query_selector(&["#", view::tab_id(tab)].concat()).ok()?);
    if let Some(button) = button.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        // A tab that cannot be focused stays chosen all the same.
        let _ = button.focus();
    }
}
