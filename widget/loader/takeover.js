// The end of the bundle's script: it stands behind what wasm-bindgen wrote, in the same module, and calls it by name (`__wbg_init`, `mount`,
// `unmount`, `style`, `on_panic`). The loader hands each place (an element and what was begun for it) to `take`: here the widget
// takes over the frame and the stream in one task, or, where it cannot run, the frame is kept live without it.

/** Whether the widget runs: the loader begins nothing of its own then. */
export let up = false;

/** Between two frames where no stream tells that something happened, and at most, when they fail: milliseconds, half of it random. */
const WAIT_MS = 4_000;
const WAIT_MS_MAX = 60_000;
/** Between two frames where a stream does. */
const LISTENING_MS = 30_000;
/** From an update to the frame that shows it: longer than a frame is kept by caches at the least, so that a crowd does not ask at once. */
const UPDATE_MS = 2_000;

const widgetSheet = new CSSStyleSheet();
/** What the elements on the page do when the widget has died. */
const falls = new Set();
let loading;
let dead;

const load = () =>
  (loading ??= __wbg_init({ module_or_path: new URL("crease.wasm", import.meta.url) })
    .then(() => {
      on_panic(die);
      widgetSheet.replaceSync(style());
      up = true;
    })
    .catch((error) => {
      // The next element tries again.
      loading = undefined;
      throw error;
    }));

const die = (error) => {
  if (dead) return;
  dead = error;
  up = false;
  for (const fall of falls) fall(error);
};

/** Wraps what the widget hands to the browser: an exception ends the widgets, not the page's scripts. */
const guard =
  (run) =>
  (...values) => {
    if (dead) return;
    try {
      return run(...values);
    } catch (error) {
      die(error);
    }
  };

/** When a line has something to show, or was refused. While the browser still connects, the frame stays. */
const spoken = (line) =>
  (line.spoken ??= new Promise((ready) => {
    line.hear = () => {
      if (line.heard.some((it) => it.data) || line.source.readyState === EventSource.CLOSED) ready();
    };
    line.hear();
  }));

/** Gives the line's stream to the first who asks; to all, what it said. */
const handOver = (line) => {
  const { source, heard } = line;
  line.last ??= heard.filter((it) => it.data);
  line.source = undefined;
  // What the stream says from now on is the widget's.
  line.heard = [];
  line.hear = () => (line.heard.length = 0);
  return { source, events: [...line.last] };
};

/** Shows the place's match by the widget, or without it. */
export const take = (place) => {
  const { host, shadow, line, defaults } = place;
  let ended;
  let handle;
  let source;
  let timer;
  let soon;
  let wait = WAIT_MS;
  let shown;
  if (place.still) return;

  const tell = (name, text) => {
    const detail = { seq: 0, t: 0, text };
    host.dispatchEvent(new CustomEvent(`crease:${name}`, { bubbles: true, composed: true, detail }));
  };

  const fall = (error) => {
    falls.delete(fall);
    handle = undefined;
    source?.close();
    if (error) tell("error", String(error));
    place.still = 0;
    if (line) {
      // Each update of a line wakes all who follow it.
      (line.wakes ??= new Set()).add(wake);
      line.hear = () => {
        line.heard.length = 0;
        for (const wake of line.wakes) wake();
      };
    }
    document.addEventListener("visibilitychange", wake);
    paint();
  };

  const wake = () => {
    if (soon || document.hidden) return;
    soon = true;
    paintIn(UPDATE_MS);
  };

  const paintIn = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(paint, (ms / 2) * (1 + Math.random()));
  };

  const paint = async () => {
    soon = false;
    try {
      if (!document.hidden) await place.paint();
      wait = WAIT_MS;
      if (!ended && !shown) tell("ready", "");
      shown = true;
    } catch {
      wait = Math.min(wait * 2, WAIT_MS_MAX);
      if (!ended && !shadow.querySelector(".card")) leaveLink();
    }
    const listening = line?.source?.readyState === EventSource.OPEN && wait === WAIT_MS;
    // An update that came meanwhile has its own time set.
    if (!ended && !soon) paintIn(listening ? LISTENING_MS : wait);
  };

  const leaveLink = () => {
    const link = document.createElement("a");
    link.href = place.page;
    link.target = "_blank";
    link.textContent = "The live score could not be loaded. Open it on a page of its own.";
    shadow.replaceChildren(link);
  };

  const begin = async () => {
    const declared = shadow.querySelector("[data-at]");
    await load();
    if (line && !declared) await spoken(line);
    if (ended) return;
    if (dead) throw dead;
    const taken = line ? handOver(line) : { events: [] };
    source = taken.source;
    if (declared) taken.events.unshift({ type: "snapshot", data: declared.textContent, lastEventId: "" });
    const root = document.createElement("div");
    const base = place.base.replace(/\/v1\/$/, "");
    handle = mount(host, root, base, place.key, place.match, place.view, guard, source, taken.events);
    place.still = 1;
    shadow.adoptedStyleSheets = [widgetSheet];
    shadow.replaceChildren(root);
    falls.add(fall);
  };

  place.end = () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", wake);
    line?.wakes?.delete(wake);
    falls.delete(fall);
    if (handle !== undefined) guard(unmount)(handle);
  };

  if (defaults.wasm === "off") fall();
  else begin().catch((error) => ended || fall(error));
};
