// The end of the bundle's script: it stands behind what wasm-bindgen wrote, in the same module, and calls it by name (`__wbg_init`, `mount`,
// `hear` …). The loader hands each place (an element and what was begun for it) to `take`: here the widget takes over the frame and the
// stream (`stream.js`) in one task, or, where it cannot run, the frame is kept live without it. The wasm decides and draws; what needs the
// browser's events, timers and requests is done here, where it costs a fraction of the bytes.

/** Whether the widget runs: the loader begins nothing of its own then. */
export let up = false;

/** Between two frames where no stream tells that something happened, and at most, when they fail: milliseconds, half of it random. */
const WAIT_MS = 4_000;
const WAIT_MS_MAX = 60_000;
/** Between two frames where a stream does. */
const LISTENING_MS = 30_000;
/** From an update to the frame that shows it: longer than a frame is kept by caches at the least, so that a crowd does not ask at once. */
const UPDATE_MS = 2_000;

/** "https://live.example.com/v1/" */
const BASE = import.meta.url.split("bundle/")[0];
const widgetSheet = new CSSStyleSheet();
/** What the elements on the page do when the widget has died. */
const falls = new Set();
/** The files of each part, by name. */
const PARTS = __CREASE_PARTS__;
/** Tags of the languages beside English. */
const LANGUAGES = __CREASE_LANGUAGES__;
const brought = {};
let loading;
let dead;

/** A file beside this one. */
const beside = (name) => fetch(new URL(name, import.meta.url)).then((answer) => (answer.ok ? answer : Promise.reject(new Error(name))));

const load = () =>
  (loading ??= Promise.all([
    beside("crease.css").then((answer) => answer.text()),
    __wbg_init({ module_or_path: new URL("crease.wasm", import.meta.url) }),
  ])
    .then(([style]) => {
      widgetSheet.replaceSync(style);
      up = true;
    })
    .catch((error) => {
      // The next element tries again.
      loading = undefined;
      throw error;
    }));

/** Brings a file of a part: it puts its functions beside those that are there, in the same memory. */
const bring = async (file) => {
  const part = await WebAssembly.compileStreaming(beside(`${file}.wasm`));
  await load();
  // By this name wasm-bindgen's script has what the module exports.
  await WebAssembly.instantiate(part, { __wasm_split: wasm });
};

/** Brings a part of the widget; resolves with whether it is here. Two may have a file in common. */
const loadPart = (name) =>
  Promise.all(PARTS[name].map((file) => (brought[file] ??= bring(file)))).then(
    () => true,
    () => {
      // Asked for again, it is tried again.
      for (const file of PARTS[name]) delete brought[file];
      return false;
    },
  );

/** What the wasm calls a language, by its tag; 0 is English, and what cannot be had. */
const languages = {};
const language = (tag) => {
  // A page may say more than we tell apart: "hi-IN".
  const name = tag.split("-")[0].toLowerCase();
  if (!LANGUAGES.includes(name)) return 0;
  return (languages[name] ??= Promise.all([beside(`${name}.txt`).then((answer) => answer.text()), loadPart("speech")])
    .then(([table, hasSpeech]) => hasSpeech && learn(table))
    .catch(() => 0)
    .then((number) => number || delete languages[name] && 0));
};

/** Where the fan's choice of a language is kept, for all the pages of the site. */
const CHOICE = "crease-language";
const chosen = () => {
  try {
    const tag = localStorage[CHOICE];
    if (tag === "en" || LANGUAGES.includes(tag)) return tag;
  } catch {
    // Where a browser keeps nothing.
  }
};

/** The tone in which an element's balls are told, as streams and pages are asked for it; empty: none. A line alone has no room for them. */
const toneOf = ({ host, view, lang, defaults }) => {
  let choice = host.getAttribute("tone") || defaults.tone;
  if (choice) choice += ` ${lang || "en"}`;
  try {
    choice = localStorage["crease-tone"] ?? choice;
  } catch {
    // Where a browser keeps nothing.
  }
  const [tone, tag] = /^[\w-]+ [\w-]+$/.test(choice) ? choice.split(" ") : [];
  return tone && tone !== "plain" && view !== "compact" ? `tone=${tone}&lang=${tag}` : "";
};

/** What makes the elements on the page speak another language. */
const turns = new Set();

const die = (error) => {
  if (dead) return;
  // Where in the wasm: a panic has no other words (xtask/src/bundle/trim.rs).
  dead = new Error([error, /wasm-function\S*/.exec(error.stack)].join(" "), { cause: error });
  up = false;
  for (const fall of falls) fall(dead);
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

/** Between two pieces of work, so that none of them keeps a slow processor from the page for long. */
const breath = () => new Promise((go) => setTimeout(go));

/** After the next frame, or at once in a hidden page, where nothing is painted. */
const oncePainted = (run) => {
  if (document.hidden) return run();
  // The frame's callback runs before its painting, a timer set by it after.
  requestAnimationFrame(() => setTimeout(run));
};

/** Tells the page of an update, once that has been painted: `Date.now() - detail.t` is then the time from the server's acceptance to the
 * screen (on one clock). */
const tell = (host, name, detail) =>
  oncePainted(() => host.dispatchEvent(new CustomEvent(`crease:${name}`, { bubbles: true, composed: true, detail })));

/** Balls before those that are shown: pages of them as texts, without a hole; none when they could not be had, or belong to another history.
 * `shown` lines have no `seq` and are to be among them; then `from` is where their snapshot stood, else the oldest ball's `seq`. */
const earlier = async (place, history, from, shown, size) => {
  const url = `${BASE}matches/${place.match}/balls?key=${place.key}&${place.tone || `lang=${place.lang}`}`;
  const page = async (query) => {
    const answer = await fetch(`${url}&${query}`);
    if (!answer.ok) throw new Error(answer.status);
    const text = await answer.text();
    const { epoch = 0, rev = 0, balls = [], next } = JSON.parse(text);
    if (`${epoch} ${rev}` !== history) throw new Error("another history");
    return { text, balls, next };
  };
  try {
    if (shown < 0) return [(await page(`before=${from}&limit=${size}`)).text, ""];
    // From a ball not long ago to the last one. After many updates that were no balls that is too few: then all of them.
    for (const start of [Math.max(0, from - size), 0]) {
      const pages = [];
      let count = 0;
      for (let after = start; after !== undefined; ) {
        const { text, balls, next } = await page(`after=${after}`);
        pages.push(text);
        count += balls.length;
        after = next;
      }
      if (count >= Math.max(shown, 1) || start === 0) return [...pages, start ? "more" : ""];
    }
  } catch {
    // The button stays, to be pressed again.
  }
  return [];
};

/** Clicks and keys in a widget's root, told to the widget by the name of what was asked for. */
const listen = (root, handle) => {
  const asked = guard((event) => {
    const target = event.target.closest?.("[data-ask]");
    if (!target) return;
    let { key = "" } = event;
    // Where letters run from right to left, so do the tabs.
    if (getComputedStyle(target).direction === "rtl") key = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" }[key] ?? key;
    const focus = ask(handle, target.dataset.ask, key);
    if (!focus) return;
    event.preventDefault();
    target.parentElement.querySelector(`#${focus}`)?.focus();
  });
  for (const name of ["click", "keydown"]) root.addEventListener(name, asked);
};

/** Shows the place's match by the widget, or without it. */
export const take = (place) => {
  const { host, line, defaults, match, view } = place;
  if (place.still) return;
  const shadow = host.shadowRoot;
  const declared = shadow.querySelector("[data-at]");
  place.tone = toneOf({ ...place, lang: chosen() ?? place.lang });
  const stream = streamOf(place);
  stream.adopt(line, declared);
  let ended;
  let handle;
  let timer;
  let soon;
  let wait = WAIT_MS;
  let shown;
  /** What the page is to be told once the widget is in it. */
  let untold = [];

  /** What the stream tells: the widget while it runs, then what keeps the frame live. */
  const member = { place, hear() {}, live() {}, lost() {}, refused() {} };

  const refused = (why) => tell(host, "error", { seq: 0, t: 0, text: why });

  /** What the widget asks of the browser. */
  const port = {
    tell(name, seq, t, text) {
      const run = () => tell(host, name, { seq, t, text });
      if (untold) untold.push(run);
      else run();
    },
    startOver() {
      member.wants = true;
      stream.call();
    },
    async load(name) {
      const here = await loadPart(name);
      if (handle !== undefined) guard(arrived)(handle, name, here);
    },
    choose(tag) {
      try {
        localStorage[CHOICE] = tag;
      } catch {
        // It lasts as long as the page.
      }
      for (const turn of turns) turn(tag);
    },
    async earlier(...asked) {
      const [pages, hasDetail] = await Promise.all([earlier(place, ...asked), loadPart("detail")]);
      if (hasDetail && handle !== undefined) guard(put_earlier)(handle, asked[1], asked[2] >= 0, pages);
    },
  };

  /** Puts other texts in the places of balls' lines: `pages` as `put_earlier` has them. */
  place.retell = async (pages) => (await loadPart("detail")) && handle !== undefined && guard(put_earlier)(handle, 0, false, pages);

  /** Speaks another language, once that is here; of two that are asked for, the later. */
  const turn = async (tag) => {
    place.lang = tag;
    const number = await language(tag);
    if (handle !== undefined && place.lang === tag) guard(speak)(handle, number);
  };

  const fall = (error) => {
    falls.delete(fall);
    turns.delete(turn);
    handle = undefined;
    if (error) tell(host, "error", { seq: 0, t: 0, text: String(error) });
    place.still = 0;
    member.hear = (type) => isAside(type) || wake();
    member.lost = member.live = member.refused = () => {};
    document.addEventListener("visibilitychange", wake);
    paint();
    // The update over which the widget fell may be younger than the frame that a cache has.
    wake();
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
      if (!document.hidden && !(await place.paint())) throw new Error("no frame");
      wait = WAIT_MS;
      if (!ended && !shown) tell(host, "ready", { seq: 0, t: 0, text: "" });
      shown = true;
    } catch {
      wait = Math.min(wait * 2, WAIT_MS_MAX);
      if (!ended && !shadow.querySelector(".card")) leaveLink();
    }
    // An update that came meanwhile has its own time set.
    if (!ended && !soon) paintIn(stream.link === "live" && wait === WAIT_MS ? LISTENING_MS : wait);
  };

  const leaveLink = () => {
    const link = document.createElement("a");
    link.href = `${BASE}embed/${match}?key=${place.key}&view=${view}&lang=${place.lang}&frame=page`;
    link.target = "_blank";
    link.textContent = "The live score could not be loaded. Open it on a page of its own.";
    shadow.replaceChildren(link);
  };

  const begin = async () => {
    await breath();
    // What the card says beyond the score comes with it, so that nothing moves when it does; not where the reader spares bytes.
    const insight = place.view !== "compact" && !navigator.connection?.saveData && loadPart("insight");
    place.lang = chosen() ?? place.lang;
    const [hasInsight, , , number] = await Promise.all([insight, load(), stream.spoken, language(place.lang)]);
    await breath();
    const story = await stream.story();
    if (ended) return;
    if (dead) throw dead;
    const root = document.createElement("div");
    handle = mount(root, place.view, port, hasInsight);
    if (number) speak(handle, number);
    member.hear = guard((type, ...heard) => isAside(type) || hear(handle, type, ...heard));
    for (const { type, id, text } of story) member.hear(type, id, text);
    member.live = guard(() => link(handle, -1));
    member.lost = guard((seconds) => link(handle, seconds));
    member.refused = guard((why) => {
      link(handle, -1, why);
      refused(why);
    });
    if (stream.link === "lost") member.lost(stream.silence());
    if (stream.link === "refused") member.refused(stream.why);
    await breath();
    if (ended) return;
    draw(handle);
    listen(root, handle);
    await breath();
    if (ended) return;
    if (dead) throw dead;
    place.still = 1;
    shadow.adoptedStyleSheets = [widgetSheet];
    shadow.replaceChildren(root);
    // Now the panel.
    oncePainted(guard(() => handle !== undefined && draw(handle)));
    for (const run of untold) run();
    untold = undefined;
    falls.add(fall);
    turns.add(turn);
    // What editors publish stands beside a match, not in its one line.
    if (view !== "compact") oncePainted(() => import("./content.js").then((it) => ended || it.take(place, stream, story)).catch(() => {}));
  };

  place.end = () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", wake);
    stream.leave(member);
    falls.delete(fall);
    turns.delete(turn);
    if (handle !== undefined) guard(unmount)(handle);
    handle = undefined;
  };

  stream.join(member);
  if (defaults.wasm === "off") fall();
  else {
    begin().catch((error) => {
      // After a trap the wasm's memory is anything: no widget goes on in it.
      if (error instanceof WebAssembly.RuntimeError) die(error);
      if (!ended) fall(dead ?? error);
    });
  }
};
