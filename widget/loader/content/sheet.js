// What opens from a card or a name: an article, a preview, a player's profile. xtask puts dialog.js before it.

import { dayOf, directionOf, element, foreign, isEmpty, named, picture, rich } from "./cards.js";

const sheet = new CSSStyleSheet();
sheet.replaceSync(`__CREASE_STYLE__`);

const PICTURE_SIZES = "(max-width: 44rem) 100vw, 42rem";
const PORTRAIT_SIZES = "9rem";
const ROLES = { __proto__: null, batter: "BATTER", bowler: "BOWLER", "all-rounder": "ALL_ROUNDER", "wicket-keeper": "WICKET_KEEPER" };
const HANDS = { __proto__: null, right: "RIGHT_HANDED", left: "LEFT_HANDED" };

/** When it was: milliseconds, or a text, which may name its zone (RFC 9557). */
const momentOf = (it) => (typeof it === "number" ? it : Date.parse(String(it ?? "").replace(/\[.*/, "")));

export class Sheet {
  /** `words` where all is known already. */
  constructor(view, kind, id, words) {
    const { pieces, shadow, root } = view;
    Object.assign(this, { view, kind, id, pieces, from: shadow.activeElement });
    if (!shadow.adoptedStyleSheets.includes(sheet)) shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
    this.body = element("div", "body");
    this.box = opened(view, pieces.say("CLOSE"), this.body);
    this.box.setAttribute("part", "sheet");
    this.box.lang = view.card.lang;
    this.box.dir = getComputedStyle(view.card).direction;
    this.box.addEventListener("close", () => this.closed());
    if (words) this.fill(words, words.lang);
    else this.load();
  }

  closed() {
    const { from, view } = this;
    if (view.shadow.activeElement) return;
    // What had the focus was drawn anew, or is gone.
    const again = from?.isConnected ? from : view.card.querySelector("[role='tab'][aria-selected='true'], [data-player]");
    again?.focus({ preventScroll: true });
  }

  async document(kind, id) {
    const { base, board } = this.view;
    const answer = await fetch(`${base}content/${kind}/${encodeURIComponent(id)}?${board.query()}`, { credentials: "omit" });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  }

  async load() {
    const { pieces } = this;
    const note = Object.assign(element("p", "note", pieces.say("LOADING")), { id: this.titleId() });
    note.setAttribute("role", "status");
    this.body.replaceChildren(note);
    const { kind, id } = this;
    try {
      const { fields, language, published_at } = await this.document(kind, id);
      if (this.id !== id) return;
      this.fill({ published_at, ...fields }, language);
    } catch {
      if (this.id !== id) return;
      note.textContent = pieces.say("NOT_LOADED");
      const again = Object.assign(element("button", "plain", pieces.say("AGAIN")), { type: "button" });
      again.addEventListener("click", () => {
        this.box.querySelector(".shut").focus();
        this.load();
      });
      this.body.append(again);
    }
  }

  titleId() {
    const id = `sheet-${this.id}`;
    this.box.setAttribute("aria-labelledby", id);
    return id;
  }

  fill(fields, tag) {
    const make = { player: this.player, article: this.article }[this.kind] ?? this.parts;
    const inner = make.call(this, fields, tag ?? this.view.board.tag).filter(Boolean);
    const told = element("div", "told", ...inner);
    Object.assign(told, { lang: tag ?? "", dir: directionOf(tag ?? "") });
    this.body.replaceChildren(told);
  }

  title(text) {
    return Object.assign(foreign("h2", "title", text), { id: this.titleId() });
  }

  picture(of, more) {
    return picture(this.view.base, of, { sizes: PICTURE_SIZES, ...more });
  }

  rich(doc) {
    return doc && !isEmpty(doc) && rich(this.view, doc);
  }

  article({ headline, summary, body, picture: of, author, dated, related, published_at }, tag) {
    const day = dayOf(momentOf(dated ?? published_at), tag);
    const meta = [author && this.pieces.say("BY", author), day].filter(Boolean).map((it) => foreign("span", "", it));
    return [
      this.title(headline),
      meta.length && element("p", "meta", ...meta),
      summary && foreign("p", "summing", summary),
      this.picture(of),
      this.rich(body),
      this.list("RELATED", related, (it) => this.button(it, () => this.turn("article", it.id))),
    ];
  }

  /** A heading of ours and what stands below it; nothing where there is nothing. */
  list(word, all, make) {
    const known = (Array.isArray(all) ? all : []).map((it) => named(it, this.view.board.players));
    const items = known.filter(Boolean).map((it) => element("li", "", make(it)));
    const heading = this.pieces.own("h3", "", this.pieces.say(word));
    return items.length && element("div", "named", heading, element("ul", "", ...items));
  }

  button({ name }, run) {
    const it = Object.assign(foreign("button", "mention", name), { type: "button" });
    if (run) it.addEventListener("click", run);
    return it;
  }

  /** Somebody who is named: a button where there is a profile. */
  somebody(who) {
    if (!who) return undefined;
    if (!/^ent_\w+$/.test(who.id) || !this.view.isOn("players")) return foreign("span", "", who.name);
    const it = this.button(who);
    it.dataset.player = who.id;
    it.setAttribute("aria-haspopup", "dialog");
    return it;
  }

  /** Shows something else in its place. */
  turn(kind, id) {
    Object.assign(this, { kind, id });
    this.box.scrollTop = 0;
    this.box.querySelector(".shut").focus();
    this.load();
  }

  /** A card that says more than there was room for, and a preview with its parts. */
  parts({ headline, text, body, parts, venue, pitch, picture: of }) {
    const all = Array.isArray(parts) ? parts : [];
    const meta = [venue, Number.isInteger(pitch) && this.pieces.say("PITCH", pitch)].filter(Boolean).map((it) => foreign("span", "", it));
    return [
      this.title(headline),
      meta.length && element("p", "meta", ...meta),
      text && foreign("p", "", text),
      this.picture(of),
      this.rich(body),
      ...all.map((it) => this.part(it)),
    ];
  }

  part({ type, text, picture: of, caption, words, player, players }) {
    if (type === "text") return this.rich(text);
    if (type === "picture") return this.picture(of, { caption });
    if (type === "players") return this.list("PLAYERS_TO_WATCH", players, (it) => this.somebody(it));
    if (type !== "quote") return undefined;
    const who = this.somebody(named(player, this.view.board.players));
    return element("blockquote", "quote", foreign("p", "", words), ...(who ? [element("p", "meta", who)] : []));
  }

  player({ name, role, bats, bowls, shirt, team, portrait, about }) {
    const say = (word) => word && this.pieces.say(word);
    const facts = [
      ["ROLE", say(ROLES[role])],
      ["BATS", say(HANDS[bats])],
      ["BOWLS", bowls ?? undefined],
      ["TEAM", named(team)?.name],
      ["NUMBER", shirt ?? undefined],
    ];
    const known = facts.filter(([, value]) => value !== undefined && value !== "");
    const lines = known.map(([word, value]) => element("div", "", this.pieces.own("dt", "", say(word)), foreign("dd", "", value)));
    const list = element("dl", "profile", ...lines);
    const shown = this.picture(portrait, { sizes: PORTRAIT_SIZES, isBare: true });
    const credit = portrait?.credit && shown && foreign("p", "meta", portrait.credit);
    const head = element("div", "player", ...[shown, element("div", "", this.title(name), list)].filter(Boolean));
    return [head, this.rich(about), credit];
  }
}
