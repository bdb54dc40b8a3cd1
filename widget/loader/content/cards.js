// Cards beside the score: under the summary, between the balls of the full view, and at the foot. The score itself never moves: what comes
// grows below it, and what is taken back shrinks away.

const sheet = new CSSStyleSheet();
sheet.replaceSync(`__CREASE_STYLE__`);

/** How long a card takes to come or go; milliseconds. */
const GROW_MS = 260;
/** What is longer is told by its beginning, and read whole in a sheet; characters. */
const TEXT_MAX = 280;
const EXCERPT_MAX = 200;
/** Between the balls: how many are before the first card, and from one card to the next. */
const FEED_FIRST = 3;
const FEED_STEP = 6;
/** Where there are no balls to stand between. */
const FEED_APART_MAX = 2;
const PICTURE_SIZES = "(max-width: 24rem) 90vw, 12rem";

const isStill = () => document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Gives a card room, or takes it, little by little. */
const grow = (room, [from, to], done) => {
  const height = room.offsetHeight;
  if (isStill() || !height || !room.animate) return done?.();
  const frame = (share) => ({ height: `${share * height}px`, opacity: share, overflow: "clip", ...(!share && { paddingBlock: 0 }) });
  const moving = room.animate([frame(from), frame(to)], { duration: GROW_MS, easing: "ease-out" });
  if (done) moving.finished.then(done, done);
};

/** All that a text says, on one line. */
const plain = (node) => {
  const { type, text, content, attrs } = Object(node);
  if (type === "mention") return String(attrs?.label ?? "");
  if (type === "hardBreak") return " ";
  if (!Array.isArray(content)) return String(text ?? "");
  return content.map(plain).join(/^(doc|blockquote|.*List|listItem)$/.test(type) ? " " : "");
};

const excerpt = (text) => (text.length > TEXT_MAX ? `${text.slice(0, EXCERPT_MAX).replace(/\s+\S*$/, "")}…` : text);

/** Somebody or something that a text names, as far as it is known: `{ id, name }`. */
export const named = (it, players) => {
  if (typeof it !== "string") {
    const { id, title: own } = Object(it);
    return own ? { id, name: String(own) } : undefined;
  }
  const found = Object.entries(players ?? {}).find(([, id]) => id === it);
  return found && { id: it, name: found[0] };
};

export class Pieces {
  /** Cards by id: the room that each has, and what it was drawn from. */
  shown = new Map();

  /** `view` is the element's (`board.js`). */
  constructor(view) {
    this.view = view;
    const { shadow, card } = view;
    shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
    this.notice = element("p", "notice");
    this.notice.setAttribute("role", "status");
    this.notice.setAttribute("part", "notice");
    this.top = element("div", "published top");
    this.bottom = element("div", "published bottom");
    for (const it of [this.top, this.bottom]) {
      it.tabIndex = -1;
      it.setAttribute("part", "published");
    }
    card.querySelector(".summary").after(this.notice, this.top);
    card.append(this.bottom);
    // Its list of balls is another when a fan was at another tab.
    this.listening = new MutationObserver(() => this.feed.some(({ card }) => !this.shown.get(card.id)?.room.isConnected) && this.fillFeed());
    this.feed = [];
    this.ready = this.learn();
  }

  async learn() {
    const tag = (this.tag = this.view.board.tag);
    const words = await wordsOf(tag);
    if (tag !== this.tag) return this.learning;
    this.words = words;
    this.say = (name, ...values) => filled(words[name], values);
  }

  end() {
    this.listening.disconnect();
  }

  draw(wanted) {
    if (this.view.board.tag !== this.tag) {
      this.learning = this.learn().then(() => this.draw(this.view.wanted));
      return;
    }
    const { places, preview, notice } = wanted;
    const { card } = this.view;
    const of = (name) => places[name] ?? [];
    const panel = card.querySelector(".detail");
    if (this.notice.textContent !== notice) this.notice.textContent = notice;
    this.fill(this.top, [...preview, ...of("innings-break"), ...of("result"), ...of("match-top")]);
    this.fill(this.bottom, [...(panel ? [] : of("match-feed").slice(0, FEED_APART_MAX)), ...of("match-bottom")]);
    this.feed = panel ? of("match-feed") : [];
    this.listening.disconnect();
    if (this.feed.length) this.listening.observe(panel, { childList: true, subtree: true });
    this.fillFeed();
    for (const { card } of this.feed) this.shown.get(card.id).wanted = true;
    this.sweep();
    this.isDrawn = true;
  }

  /** The room of a card, with the card as it is now. */
  roomOf(tag, { card, words }) {
    const mark = JSON.stringify([card, words, this.tag]);
    let it = this.shown.get(card.id);
    if (it && it.room.localName !== tag) {
      it.room.remove();
      it = undefined;
    }
    if (it?.mark === mark) return it;
    const piece = this.piece(card, words);
    if (it) {
      const hadFocus = it.room.contains(this.view.shadow.activeElement);
      it.room.replaceChildren(piece);
      if (hadFocus) piece.querySelector("a, button")?.focus({ preventScroll: true });
    } else {
      it = { room: element(tag, "room", piece), isNew: true };
      this.shown.set(card.id, it);
    }
    return Object.assign(it, { mark });
  }

  /** Puts these cards, in this order, where they belong. */
  fill(zone, wanted) {
    let place = zone.firstElementChild;
    for (const each of wanted) {
      const it = this.roomOf("div", each);
      it.wanted = true;
      while (place?.inert) place = place.nextElementSibling;
      if (it.room === place) place = place.nextElementSibling;
      else zone.insertBefore(it.room, place);
      this.come(it);
    }
  }

  /** Puts those of the feed between the balls; there they go on with the balls around them. */
  fillFeed() {
    const list = this.view.card.querySelector(".panel .lines");
    const balls = list ? [...list.children].filter((it) => !it.classList.contains("room")) : [];
    for (const [at, each] of this.feed.entries()) {
      const it = this.roomOf("li", each);
      if (it.room.parentElement === list || !list) continue;
      // What comes while the fan is looking comes behind the newest ball.
      const behind = it.isNew && this.isDrawn ? 1 : FEED_FIRST + at * FEED_STEP;
      list.insertBefore(it.room, balls[behind] ?? null);
      this.come(it);
    }
  }

  come(it) {
    if (!it.isNew) return;
    it.isNew = false;
    grow(it.room, [0, 1]);
  }

  /** Takes away what is wanted no more. */
  sweep() {
    for (const [id, it] of this.shown) {
      if (it.wanted) {
        it.wanted = false;
        continue;
      }
      this.shown.delete(id);
      const { room } = it;
      const zone = room.parentElement;
      if (room.contains(this.view.shadow.activeElement)) zone.focus({ preventScroll: true });
      room.inert = true;
      grow(room, [1, 0], () => room.remove());
    }
  }

  piece(card, words) {
    const { kind, paid } = card;
    const make = { banner: this.banner, "match-preview": this.preview }[kind] ?? this.story;
    const piece = element("div", "piece");
    piece.append(...make.call(this, card, words).filter(Boolean));
    const headline = piece.querySelector(".headline");
    if (headline) headline.id = `piece-${card.id}`;
    const set = { role: "article", part: `piece ${kind}`, lang: words.lang, dir: directionOf(words.lang), "data-kind": kind };
    if (headline) set["aria-labelledby"] = headline.id;
    if (paid) piece.prepend(this.tagged("ADVERTISEMENT"));
    for (const [name, value] of Object.entries(set)) piece.setAttribute(name, value);
    if (!piece.querySelector("img")) piece.classList.add("is-plain");
    return piece;
  }

  /** A word of ours above what editors write. */
  tagged(name) {
    return this.own("p", "tag", this.say(name));
  }

  /** A text of ours, in our language. */
  own(tag, className, text) {
    return Object.assign(element(tag, className, text), { lang: this.words === ENGLISH ? "en" : base(this.tag) });
  }

  picture(of, more) {
    return picture(this.view.base, of, { sizes: PICTURE_SIZES, isBare: true, ...more });
  }

  /** What leads on: an article, an address, or all of what is told here by its beginning. */
  more({ id, kind, paid }, words, isCut) {
    const { view } = this;
    const label = (it) => {
      it.setAttribute("aria-label", `${it.textContent}: ${words.headline ?? ""}`);
      it.setAttribute("part", "call");
      return it;
    };
    const opening = (kind, id, words) => {
      const it = this.own("button", "on", this.say("READ_MORE"));
      it.type = "button";
      it.setAttribute("aria-haspopup", "dialog");
      it.addEventListener("click", () => view.open(kind, id, words));
      return label(it);
    };
    if (words.article) return opening("article", words.article);
    if (words.href) {
      const it = link(words.href, words.call ? "go" : "on", { isPaid: paid || kind === "promo-card" });
      if (it.localName !== "a") return undefined;
      it.append(words.call ? foreign("span", "", words.call) : this.own("span", "", this.say("READ_MORE")));
      return words.call ? Object.assign(it, { part: "call" }) : label(it);
    }
    return isCut ? opening(kind, id, words) : undefined;
  }

  /** News, and promotions with their terms. */
  story(card, words) {
    const { headline, text, body, terms } = words;
    const whole = body ? plain(body) : "";
    const isCut = whole.length > TEXT_MAX;
    const inner = [headline && foreign("p", "headline", headline), text && foreign("p", "", text)];
    if (body && !isEmpty(body)) inner.push(isCut ? foreign("p", "", excerpt(whole)) : rich(this.view, body));
    inner.push(this.more(card, words, isCut));
    if (terms && !isEmpty(terms)) {
      inner.push(element("details", "terms", this.own("summary", "", this.say("TERMS")), rich(this.view, terms)));
    }
    return [this.picture(words.picture), element("div", "words", ...inner.filter(Boolean))];
  }

  /** A line that leads somewhere as a whole. */
  banner({ paid }, { headline, text, call, href, picture: of }) {
    const it = link(href, "banner", { isPaid: paid });
    const inner = element("span", "words", foreign("span", "headline", headline ?? text));
    if (headline && text) inner.append(foreign("span", "", text));
    it.append(...[this.picture(of), inner, call && foreign("span", "go", call)].filter(Boolean));
    return [it];
  }

  preview(card, words) {
    const parts = Array.isArray(words.parts) ? words.parts : [];
    const text = parts.find((it) => it.type === "text" && !isEmpty(it.text));
    const shown = parts.find((it) => it.type === "picture");
    const whole = text ? plain(text.text) : (words.text ?? "");
    const isCut = whole.length > TEXT_MAX || Number.isInteger(words.pitch) || parts.some((it) => it !== text && it !== shown);
    const inner = [this.tagged("PREVIEW"), foreign("p", "headline", words.headline), whole && foreign("p", "", excerpt(whole))];
    if (words.venue) inner.splice(2, 0, foreign("p", "meta", words.venue));
    inner.push(this.more(card, words, isCut));
    return [this.picture(words.picture ?? shown?.picture), element("div", "words", ...inner.filter(Boolean))];
  }
}
