//! The fan's side: the element `<crease-match>`, fed by one event stream, folding with the same engine as the server.
//!
//! The loader (`loader/crease.js`) defines the element, shows the frame and opens the stream; the end of the bundle's script
//! (`loader/takeover.js`, `loader/stream.js`) is the widget's browser: it calls the functions of this file, and does what [`Port`] asks.
//! The widget draws only inside the element's shadow root, stores nothing but the fan's choice of a language, and never throws into the page: what goes wrong here ends in a
//! frame that is kept live without it.
//!
//! The pure modules know no browser and are tested natively: [`session`] (the state machine of what is heard), [`board`], [`scorecard`],
//! [`lines`] and [`news`] (the match in words). Read [`shown::Shown`] first: it is everything on the screen, and `view` places it.

pub mod board;
pub mod charts;
mod drawing;
pub mod lines;
pub mod news;
pub mod node;
pub mod parts;
pub mod performers;
mod port;
pub mod scorecard;
pub mod session;
pub mod shown;
#[cfg(test)]
mod testing;
pub mod view;

use cricket::{Command, Words, text};
use drawing::Drawing;
use js_sys::Array;
use leptos::prelude::{ArcRwSignal, Update, With, WithUntracked};
use leptos::reactive::graph::ReactiveNode;
use lines::{Earlier, Lines};
use node::Drawn;
use parts::Part;
use port::Port;
use session::Step;
use shown::{Link, Shown, Tab};
use std::{cell::RefCell, rc::Rc, sync::Arc};
use view::{Ask, Size};
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Element;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// One element's widget.
struct Widget {
    shown: ArcRwSignal<Shown>,
    port: Port,
    root: Element,
    size: Size,
    drawn: RefCell<Option<Drawn>>,
    drawing: Arc<Drawing>,
}

thread_local! {
    /// What [`learn`] has learnt.
    static LANGUAGES: RefCell<Vec<Words>> = const { RefCell::new(Vec::new()) };
    /// The page's widgets; [`unmount`] empties a place, [`mount`] fills the first empty one.
    static WIDGETS: RefCell<Vec<Option<Rc<Widget>>>> = const { RefCell::new(Vec::new()) };
}

/// Begins a match that [`draw`] is to draw into `root`, and returns its handle. `insight`: that part is here.
#[wasm_bindgen]
pub fn mount(root: Element, size: &str, port: Port, insight: bool) -> usize {
    let insight = if insight { Part::Here } else { Part::Away };
    let shown = ArcRwSignal::new(Shown { insight, is_panel_late: true, ..Shown::default() });
    let size = Size::named(size);
    WIDGETS.with_borrow_mut(|all| {
        let free = all.iter().position(Option::is_none).unwrap_or(all.len());
        if free == all.len() {
            all.push(None);
        }
        let drawing = Drawing::of(free);
        all[free] = Some(Rc::new(Widget { shown, port, root, size, drawn: RefCell::default(), drawing }));
        free
    })
}

/// Draws all that was heard but what is in the panel, and from now on whatever is heard; when called again, the panel too. In steps, so
/// that none takes a slow processor for long.
#[wasm_bindgen]
pub fn draw(handle: usize) {
    with(handle, |it| {
        let is_first = it.drawn.borrow().is_none();
        if is_first {
            it.drawing.mark_dirty();
        } else {
            it.shown.update(|it| it.is_panel_late = false);
        }
    });
}

/// Learns a language from its table, as [`Words::read`] has it, once and for all; returns its number. The part "speech" is here.
#[wasm_bindgen]
pub fn learn(table: String) -> usize {
    LANGUAGES.with_borrow_mut(|all| {
        all.push(parts::learn(table));
        all.len()
    })
}

/// Says all in the language of that number from now on; 0: in English.
#[wasm_bindgen]
pub fn speak(handle: usize, language: usize) {
    let learnt = LANGUAGES.with_borrow(|all| all.get(language.wrapping_sub(1)).copied());
    with(handle, |it| it.shown.update(|it| it.speak(learnt.unwrap_or_default())));
}

/// Ends what [`mount`] began.
#[wasm_bindgen]
pub fn unmount(handle: usize) {
    let widget = WIDGETS.with_borrow_mut(|all| all.get_mut(handle).and_then(Option::take));
    drop(widget);
}

/// The stream says something: `kind` is "snapshot", "ball" or "state", `id` the update's, "<epoch>.<seq>".
#[wasm_bindgen]
pub fn hear(handle: usize, kind: &str, id: &str, text: &str) {
    with(handle, |it| take(&it.shown, &it.port, kind, id, text));
}

/// How the stream is: heard again (`seconds` < 0), silent for so many seconds, or refused, and `why`.
#[wasm_bindgen]
pub fn link(handle: usize, seconds: i32, why: Option<String>) {
    let link = match (why, u32::try_from(seconds)) {
        (Some(why), _) => Link::Refused(why),
        (None, Ok(seconds)) => Link::Lost { seconds },
        (None, Err(_)) => Link::Live,
    };
    with(handle, |it| it.shown.update(|it| it.set_link(link)));
}

/// The part of that `name` is here, or could not be had.
#[wasm_bindgen]
pub fn arrived(handle: usize, name: &str, here: bool) {
    let part = if here { Part::Here } else { Part::Failed };
    with(handle, |it| it.shown.update(|it| it.arrived(name, part)));
}

/// A click (`key` is empty) or a key on the element of that `name`. Returns the id of the element that is to have the focus; then the
/// event is used up.
#[wasm_bindgen]
pub fn ask(handle: usize, name: &str, key: &str) -> Option<String> {
    let mut focus = None;
    with(handle, |widget| match view::ask(name, key) {
        None => {}
        Some(Ask::Earlier) => widget.ask_for_earlier(),
        Some(Ask::Language(tag)) => widget.port.choose(tag),
        Some(Ask::Filter(filter)) => widget.shown.update(|it| it.filter = filter),
        Some(Ask::Show(tab)) => {
            widget.open(tab);
            focus = Some(view::tab_id(tab).to_owned());
        }
    });
    focus
}

/// Shows balls that were asked for with `from` and, where lines without a `seq` are among them, `unnumbered`: `pages` of texts, the
/// last of them "more" where there are others before. Empty when they could not be had. The part "detail" is here.
#[wasm_bindgen]
pub fn put_earlier(handle: usize, from: f64, unnumbered: bool, pages: &Array) {
    let from = from as u64;
    let asked = if unnumbered { Earlier::Unnumbered(from) } else { Earlier::Before(from) };
    with(handle, |it| it.shown.update(|it| parts::put_earlier(&mut it.lines, asked, pages)));
}

/// Nothing when the widget is gone.
fn with(handle: usize, run: impl FnOnce(&Widget)) {
    // Not within the borrow: what is called may come back to this module.
    let widget = WIDGETS.with_borrow(|all| all.get(handle).cloned().flatten());
    widget.inspect(|it| run(it));
}

/// Folds what was heard, shows it and tells the page.
fn take(shown: &ArcRwSignal<Shown>, port: &Port, kind: &str, id: &str, text: &str) {
    let mut heard = (false, Step::Keep);
    shown.update(|it| heard = (it.board.is_none(), it.hear(kind, id, text)));
    let (first, step) = heard;
    // Not while the signal is read: in a hidden page the page's own code runs before this returns.
    let (seq, t) =
        shown.with_untracked(|it| (it.session.position.map_or(0, |it| it.seq), it.session.accepted_ms));
    let tell = |name, text: &str| port.tell(name, seq as f64, t as f64, text);
    match step {
        Step::Keep => {}
        Step::StartOver => port.start_over(),
        Step::Replaced if first => tell("ready", ""),
        Step::Replaced => {}
        Step::Folded { command, change } => {
            if matches!(command, Command::Ball(_)) {
                tell("ball", "");
            }
            let said = || shown.with_untracked(|it| it.said.clone());
            if change.wickets > 0 {
                tell("wicket", &said());
            }
            if change.finished {
                let result = shown.with_untracked(|it| it.session.game.as_ref()?.result_text(it.words));
                tell("result", &result.unwrap_or_default());
            }
        }
    }
}

impl Widget {
    /// Opens a panel, and gets what it needs.
    fn open(&self, tab: Tab) {
        let part = self.shown.with_untracked(|it| it.detail);
        let load = tab != Tab::Live && !matches!(part, Part::Here | Part::Coming);
        self.shown.update(|it| {
            it.tab = tab;
            if load {
                it.detail = Part::Coming;
            }
        });
        if load {
            self.port.load("detail");
        }
    }

    /// Draws what is shown, and whatever else changes with it from now on.
    fn draw(&self) {
        let node = self.shown.with(|it| view::widget(it, self.size));
        let mut drawn = self.drawn.borrow_mut();
        match drawn.as_mut() {
            None => *drawn = Drawn::new(&self.root, node),
            Some(drawn) => drawn.redraw(node),
        }
    }

    /// Asks for the balls before those that are shown.
    fn ask_for_earlier(&self) {
        let asked = self
            .shown
            .with_untracked(|it| Some((it.session.history()?, it.lines.earlier, it.lines.unnumbered())));
        let Some(((epoch, rev), earlier, unnumbered)) = asked else { return };
        let (from, shown) = match earlier {
            Earlier::None => return,
            Earlier::Before(seq) => (seq, -1),
            Earlier::Unnumbered(seq) => (seq, unnumbered as i32),
        };
        self.shown.update(|it| it.lines.waiting = true);
        let history = text!(epoch.to_string(), " ", rev.to_string());
        self.port.earlier(&history, from as f64, shown, Lines::PAGE as u32);
    }
}
