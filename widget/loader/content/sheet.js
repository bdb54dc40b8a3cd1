// What opens from a card or a name: an article, a preview, a player's profile. A dialog of the browser's own: what is behind it is out of reach,
// Escape closes it, and the focus goes back to where it was.

import { dayOf, element, foreign, isEmpty, named, picture, rich } from "./cards.js";

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
    const shut = Object.assign(element("button", "shut", "\u00d7"), { type: "button" });
    shut.setAttribute("aria-label", pieces.say("CLOSE"));
    shut.addEventListener("click", () => this.box.close());
    this.body = element("div", "body");
    this.box = element("dialog", "sheet", element("div", "head", shut), this.body);
    this.box.setAttribute("part", "sheet");
    this.box.lang = view.card.lang;
    this.box.dir = getComputedStyle(view.card).direction;
    // What is around it closes it.
    this.box.addEventListener("click", ({ target }) => target === this.box && this.box.close());
    this.box.addEventListener("close", () => this.closed());
    root.append(this.box);
    this.box.showModal();
    if (words) this.fill(words, words.lang);
    else this.load();
  }

  closed() {
    const { box, from, view } = this;
    box.remove();
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
    try {
      const { fields, language, published_at } = await this.document(this.kind, this.id);
      this.fill({ published_at, ...fields }, language);
    } catch {
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
    Object.assign(told, { lang: tag ?? "", dir: /^(ar|fa|he|ps|sd|ug|ur|yi)\b/.test(tag) ? "rtl" : "ltr" });
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

  article({ headline, summary, body, picture: of, author, dated, published_at }, tag) {
    const day = dayOf(momentOf(dated ?? published_at), tag);
    const meta = [author && this.pieces.say("BY", author), day].filter(Boolean).map((it) => foreign("span", "", it));
    return [
      this.title(headline),
      meta.length && element("p", "meta", ...meta),
      summary && foreign("p", "summing", summary),
      this.picture(of),
      this.rich(body),
    ];
  }

  /** A card that says more than there was room for, and a preview with its parts. */
  parts({ headline, text, body, parts, picture: of }) {
    const all = Array.isArray(parts) ? parts : [];
    return [
      this.title(headline),
      text && foreign("p", "", text),
      this.picture(of),
      this.rich(body),
      ...all.map((it) => this.part(it)),
    ];
  }

  part({ type, text, picture: of, caption, words, player, players }) {
    const known = this.view.board.players;
    const button = (it) => {
      const who = named(it, known);
      if (!who) return undefined;
      const isKnown = /^ent_\w+$/.test(who.id) && this.view.isOn("players");
      if (!isKnown) return foreign("span", "", who.name);
      const button = Object.assign(foreign("button", "mention", who.name), { type: "button" });
      button.dataset.player = who.id;
      button.setAttribute("aria-haspopup", "dialog");
      return button;
    };
    if (type === "text") return this.rich(text);
    if (type === "picture") return this.picture(of, { caption });
    if (type === "quote") {
      const who = button(player);
      return element("blockquote", "quote", foreign("p", "", words), ...(who ? [element("p", "meta", who)] : []));
    }
    if (type !== "players") return undefined;
    const items = (Array.isArray(players) ? players : []).map(button).filter(Boolean);
    if (!items.length) return undefined;
    const heading = element("h3", "", this.pieces.say("PLAYERS_TO_WATCH"));
    return element("div", "to-watch", heading, element("ul", "", ...items.map((it) => element("li", "", it))));
  }

  player({ name, role, bats, bowls, shirt, team, portrait, about }) {
    const say = (word) => word && this.pieces.say(word);
    const facts = [
      ["ROLE", say(ROLES[role])],
      ["BATS", say(HANDS[bats])],
      ["BOWLS", bowls],
      ["TEAM", named(team)?.name ?? ""],
      ["NUMBER", shirt ?? undefined],
    ];
    const lines = facts.map(([word, value]) => {
      const line = element("div", "", element("dt", "", say(word)), foreign("dd", "", value));
      line.hidden = value === undefined || value === "";
      return [word, line];
    });
    if (typeof team === "string") this.teamOf(team, Object.fromEntries(lines).TEAM);
    const list = element("dl", "profile", ...lines.map((it) => it[1]));
    const shown = this.picture(portrait, { sizes: PORTRAIT_SIZES, isBare: true });
    const credit = portrait?.credit && shown && foreign("p", "meta", portrait.credit);
    const head = element("div", "player", ...[shown, element("div", "", this.title(name), list)].filter(Boolean));
    return [head, this.rich(about), credit];
  }

  /** Of a team that is told by its id alone, the name. */
  async teamOf(id, line) {
    try {
      const { fields } = await this.document("team", id);
      line.lastChild.textContent = fields.name ?? "";
      line.hidden = !fields.name;
    } catch {
      // Without it, the rest is right.
    }
  }
}
