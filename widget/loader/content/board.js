// What editors publish beside a match. `takeover.js` brings this module once the widget is on the page, and not for a view of one line: it asks
// for the board, hears on the match's own stream what changes, and sees to flags, theme and names. What is drawn comes with the first that
// there is to draw (`cards.js`). Where the server has no board, nothing happens.

/** "https://live.example.com/v1/" */
const BASE = import.meta.url.split("bundle/")[0];
/** A crowd hears of a change at once: the board is asked for anew within so long, and when a stream is back, within more; milliseconds. */
const CHANGED_MS_MAX = 400;
const BACK_MS_MAX = 4_000;
/** A board that a cache kept too long is asked for again after so long, so many times. */
const STALE_MS = 1_500;
const STALE_TRIES = 4;
/** Where no stream tells of changes, from one look to the next. */
const POLL_MS = 60_000;
/** Changes that are kept until a board has them. */
const HEARD_MAX = 64;
/** Longest wait that a timer knows. */
const WAIT_MS_MAX = 2 ** 31 - 1;
/** What flags turn off by hiding it, as `data-hides` of the card. */
const HIDEABLE = ["charts", "chances", "rewards", "market"];

const sheet = new CSSStyleSheet();
sheet.replaceSync(`__CREASE_STYLE__`);

/** What goes wrong here is not the page's, nor the score's. */
const warn = (error) => console.warn("Crease: what editors publish cannot be shown.", error);
const safely =
  (run) =>
  (...values) => {
    try {
      const done = run(...values);
      done?.catch?.(warn);
      return done;
    } catch (error) {
      warn(error);
    }
  };

/** Cards, of whatever was sent for them. */
const cardsOf = (cards) => (Array.isArray(cards) ? cards.filter((it) => typeof it?.id === "string") : []);

/** By stream, language and draft. */
const boards = new Map();

class Board {
  elements = new Set();
  cards = [];
  /** Changes that are newer than the board. */
  heard = [];
  /** The board's, and that of the newest change. */
  number = 0;
  newest = 0;
  toss = false;
  isOver = false;
  tries = 0;

  constructor(name, stream, { match, key }, tag, draft) {
    Object.assign(this, { name, stream, match, tag, draft });
    this.member = {
      place: { match, key },
      hear: safely((type, _, text) => this.hear(type, text)),
      live() {},
      lost() {},
      refused() {},
    };
  }

  join(element, story) {
    this.elements.add(element);
    if (this.elements.size > 1) return this.isKnown && element.show();
    // What came since is in the stream's own story.
    for (const { type, text } of [...story, ...this.stream.heard]) this.fold(type, text);
    this.stream.join(this.member);
    this.ask();
  }

  leave(element) {
    this.elements.delete(element);
    if (this.elements.size) return;
    boards.delete(this.name);
    this.stream.leave(this.member);
    clearTimeout(this.asking);
    clearTimeout(this.turning);
  }

  now() {
    return Date.now() + (this.skew ?? 0);
  }

  hear(type, text) {
    if (type === "content") return this.told(JSON.parse(text));
    if (type === "commentary") return;
    if (type === "quiz") {
      for (const it of this.elements) it.more("quiz").then((quiz) => quiz?.hear(JSON.parse(text)));
      return;
    }
    this.fold(type, text);
    for (const element of this.elements) element.settle();
    const isTold = this.stream.source || this.stream.isFollowing;
    if (!isTold && Date.now() - this.askedAt > POLL_MS) this.ask();
  }

  /** Learns of the match what its card does not say. */
  fold(type, text) {
    if (type === "ball") return;
    const { state, c = {} } = JSON.parse(text);
    this.toss = !!(state ? state.toss : this.toss || c.toss);
    this.isOver = state ? state.phase === "finished" : this.isOver || !!c.result;
  }

  told(change) {
    // A stream that was away, or another tab's, tells nothing of what it missed.
    if (!change) return this.isKnown && this.askIn(BACK_MS_MAX);
    // The server's clock is so far from ours, or further: what came late says less.
    if (change.t > 0) this.skew = Math.max(this.skew ?? -Infinity, change.t - Date.now());
    if (!(change.number > this.newest)) return;
    this.newest = change.number;
    this.heard.push(change);
    if (this.heard.length > HEARD_MAX) this.heard.shift();
    this.apply(change);
    this.show();
  }

  apply({ cards, gone = [], ask }) {
    const [previews, others] = [true, false].map((is) => cardsOf(cards).filter((it) => (it.kind === "match-preview") === is));
    this.cards = changed(this.cards, { cards: others, gone });
    for (const it of previews) if (it.match === this.match) this.preview = it;
    const isGone = (id) => gone.includes(id) || previews.some((it) => it.id === id && it.match !== this.match);
    if (this.preview && isGone(this.preview.id)) {
      this.preview = null;
      // There may be another, which only the server knows.
      ask = true;
    }
    if (ask) this.askIn(CHANGED_MS_MAX);
  }

  askIn(ms) {
    this.asking ??= setTimeout(() => this.ask(), Math.random() * ms);
  }

  async ask() {
    clearTimeout(this.asking);
    this.asking = undefined;
    this.askedAt = Date.now();
    // After the first, what the browser has kept may be older than what was heard.
    const cache = this.isKnown || this.heard.length ? "no-cache" : "default";
    // Where it did not come, the next change, or the next stream, asks again.
    const answer = await fetch(`${BASE}content/board?${this.query({ match: this.match })}`, { cache, credentials: "omit" }).catch(() => {});
    const board = answer?.ok && (await answer.json().catch(() => {}));
    if (board && this.elements.size) safely(() => this.take(board))();
  }

  /** What each question says. */
  query(more) {
    return new URLSearchParams({ key: this.stream.key, lang: this.tag, ...(this.draft && { preview: this.draft }), ...more });
  }

  take({ number = 0, hides_promotions, ...rest }) {
    // Answers may overtake each other.
    if (this.isKnown && number < this.number) return;
    const { preview, players, flags, theme, notice, tones, quizzes } = rest;
    const cards = cardsOf(rest.cards);
    Object.assign(this, { number, cards, preview, players, flags, theme, notice, tones, quizzes, hidesPromotions: hides_promotions, isKnown: true });
    this.newest = Math.max(this.newest, number);
    this.heard = this.heard.filter((it) => it.number > number);
    const isStale = this.heard.some((it) => it.ask);
    for (const change of this.heard) this.apply({ ...change, ask: false });
    if (isStale && this.tries++ < STALE_TRIES) this.askIn(STALE_MS);
    if (!isStale) this.tries = 0;
    if (isShared(flags)) learnFan();
    this.show();
  }

  show() {
    clearTimeout(this.turning);
    for (const element of this.elements) safely(() => element.show())();
    const at = turning([...this.cards, this.preview ?? {}], this.now());
    if (at) this.turning = setTimeout(() => this.show(), Math.min(at - this.now(), WAIT_MS_MAX));
  }
}

/** Who the fan is, for flags: nobody in particular, until it is known. */
let fan = String(Math.random());
let isLearning;

/** Only where it makes a difference: `fan.js` is not on each page. */
const learnFan = async () => {
  if (isLearning) return;
  isLearning = true;
  const know = (id) => {
    if (!id || id === fan) return;
    fan = id;
    for (const board of boards.values()) board.show();
  };
  document.addEventListener("crease:fan", ({ detail }) => know(detail.fan?.id));
  const { who } = await import("./fan.js").catch(() => ({}));
  know(who?.()?.id);
};

let cardsPart;
const bringCards = () =>
  (cardsPart ??= import("./cards.js").catch((error) => {
    cardsPart = undefined;
    throw error;
  }));

const hasFavourites = () => {
  try {
    return localStorage["crease-favourites"];
  } catch {
    return undefined;
  }
};

/** What stands beside one element's score. */
class Beside {
  constructor(place, stream, story) {
    const shadow = place.host.shadowRoot;
    const root = shadow.firstElementChild;
    Object.assign(this, { place, stream, story, shadow, root, card: root.firstElementChild, stop: new AbortController() });
    shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
    const { signal } = this.stop;
    for (const name of ["click", "keydown"]) {
      root.addEventListener(name, safely((event) => this.asked(event)), { signal, capture: true });
    }
    this.speaking = new MutationObserver(safely(() => this.speak()));
    this.speaking.observe(this.card, { attributeFilter: ["lang"] });
    const { end } = place;
    place.end = () => {
      end();
      this.end();
    };
    this.speak();
  }

  /** Asks in the language that the widget speaks. */
  speak() {
    const { place, stream, story } = this;
    const tag = decodeURIComponent(place.lang) || this.card.lang || "en";
    const draft = place.host.getAttribute("preview") ?? "";
    const name = [stream.name, tag, draft].join(" ");
    if (name === this.board?.name) return;
    const board = boards.get(name) ?? new Board(name, stream, place, tag, draft);
    // What was learnt of the match so far holds in each language.
    const { toss, isOver } = this.board ?? board;
    Object.assign(board, { toss: toss || board.toss, isOver: isOver || board.isOver });
    boards.set(name, board);
    this.board?.leave(this);
    this.board = board;
    board.join(this, story);
    this.story = [];
  }

  end() {
    if (this.stop.signal.aborted) return;
    this.stop.abort();
    this.speaking.disconnect();
    this.naming?.disconnect();
    this.board.leave(this);
    this.pieces?.end();
  }

  /** What the match is at. */
  state() {
    const { board, card } = this;
    if (board.isOver) return "result";
    if (card.querySelector(".team.batting")) return "play";
    if ([...card.querySelectorAll(".team .runs")].some((it) => it.textContent)) return "innings-break";
    return board.toss ? "toss" : "before";
  }

  isOn(name) {
    return isOn(this.board.flags, name, fan);
  }

  /** Whether the match is at something else than what is shown goes by. */
  settle() {
    // The widget died, and a frame of the server's took its place.
    if (!this.root.isConnected) return this.place.host.isConnected && this.end();
    if (this.board.isKnown && this.state() !== this.shownAt) this.show();
  }

  show() {
    const { board } = this;
    this.hide();
    this.dress();
    this.name();
    if (board.quizzes) this.more("quiz");
    if (this.card.querySelector(".team .runs:not(:empty)")) this.more("reports");
    if (hasFavourites()) this.more("favourites");
    const state = (this.shownAt = this.state());
    const at = { state, tag: board.tag, now: board.now() };
    const isThere = this.isOn("content");
    this.wanted = {
      places: isThere ? placed(board, at) : {},
      preview: isThere ? previewed(board.preview, at) : [],
      notice: (this.isOn("notice") && board.notice) || "",
    };
    const { places, preview, notice } = this.wanted;
    if (this.pieces) return this.pieces.draw(this.wanted);
    if (notice || preview.length || Object.keys(places).length) safely(() => this.bring())();
  }

  /** What draws; nothing where it cannot be had, or the element is gone. */
  async drawing() {
    const part = await bringCards().catch(() => {});
    if (!part || this.stop.signal.aborted) return undefined;
    this.pieces ??= new part.Pieces(this);
    await this.pieces.ready;
    return this.stop.signal.aborted ? undefined : this.pieces;
  }

  async bring() {
    // Where it did not come, the next change brings it.
    (await this.drawing())?.draw(this.wanted);
  }

  get base() {
    return BASE;
  }

  /** Another match, in one line. */
  match(id) {
    const { host, match, key, lang } = this.place;
    if (id === match) return undefined;
    const other = document.createElement("crease-match");
    const theme = host.getAttribute("theme");
    const set = { match: id, view: "compact", key, lang, ...(theme && { theme }) };
    for (const [name, value] of Object.entries(set)) other.setAttribute(name, decodeURIComponent(value));
    return other;
  }

  /** Hides what flags have turned off. */
  hide() {
    const { card } = this;
    const hides = HIDEABLE.filter((it) => !this.isOn(it)).join(" ");
    if (hides === (card.dataset.hides ?? "")) return;
    card.dataset.hides = hides;
    const chosen = card.querySelector("[role='tab'][aria-selected='true']");
    if (chosen && !chosen.getClientRects().length) card.querySelector("#tab-live")?.click();
  }

  /** Puts the theme behind the page's own properties. */
  dress() {
    const { shadow, board } = this;
    const text = sheetOf(board.theme);
    if (text === (this.dressed ?? "")) return;
    this.dressed = text;
    this.theme ??= new CSSStyleSheet();
    this.theme.replaceSync(text);
    const others = shadow.adoptedStyleSheets.filter((it) => it !== this.theme);
    // Behind the widget's own, and before what is drawn with it.
    others.splice(1, 0, this.theme);
    shadow.adoptedStyleSheets = others;
  }

  /** Makes buttons of the names of which there is a profile. */
  name() {
    const { card, board } = this;
    this.players = new Map(this.isOn("players") ? Object.entries(board.players ?? {}) : []);
    if (this.players.size && !this.naming) {
      this.naming = new MutationObserver(
        safely((records) => {
          for (const { target } of records) this.mark(target.matches(".who") ? [target] : target.querySelectorAll(".who"));
        }),
      );
      this.naming.observe(card, { childList: true, subtree: true });
    }
    if (this.naming) this.mark(card.querySelectorAll(".who"));
  }

  /** Brings what shows more than cards: "tones", "quiz", "reports", "favourites". */
  more(name) {
    if (!this.isOn(name)) return Promise.resolve();
    const show = (it) => (this.stop.signal.aborted ? undefined : it.show(this));
    return (this[name] ??= import(`./${name}.js`).then(show).catch(() => (this[name] = undefined)));
  }

  mark(names) {
    for (const it of names) {
      const id = this.players.get(it.textContent);
      if (id === it.dataset.player) continue;
      const button = { role: "button", tabindex: 0, "aria-haspopup": "dialog", "data-player": id };
      for (const [name, value] of Object.entries(button)) {
        if (id) it.setAttribute(name, value);
        else it.removeAttribute(name);
      }
    }
  }

  asked(event) {
    this.skip(event);
    if (event.target.closest?.("[role='tab']")) for (const it of ["tones", "favourites"]) this.more(it);
    const player = event.target.closest?.("[data-player]");
    const isPress = event.type === "click" || event.key === "Enter" || event.key === " ";
    if (!player || !isPress || event.defaultPrevented) return;
    event.preventDefault();
    safely(() => this.open("player", player.dataset.player))();
  }

  /** The widget leads from tab to tab, and knows nothing of those that are hidden. */
  skip(event) {
    const tab = event.target.closest?.("[role='tab']");
    if (!this.card.dataset.hides || event.type === "click" || tab?.parentElement.parentElement.className !== "detail") return;
    const all = [...tab.parentElement.children].filter((it) => it.getClientRects().length);
    const step = getComputedStyle(tab).direction === "rtl" ? -1 : 1;
    const { length } = all;
    const to = { ArrowRight: all.indexOf(tab) + step, ArrowLeft: all.indexOf(tab) - step, Home: 0, End: length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = all[(to + length) % length];
    next.click();
    next.focus();
  }

  /** Opens an article, a profile, or what `words` say themselves. */
  async open(kind, id, words) {
    const [part, pieces] = await Promise.all([import("./sheet.js").catch(() => {}), this.drawing()]);
    if (part && pieces) new part.Sheet(this, kind, id, words);
  }
}

/** Shows beside an element's score what is published. `stream` is the match's, `story` what it has said. */
export const take = safely((place, stream, story) => {
  new Beside(place, stream, story);
  if (place.tone) import("./tones.js").then((it) => it.follow(place, stream, story)).catch(warn);
});
