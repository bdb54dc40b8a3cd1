// Who leads the quizzes: of the match, of the series they run through, on the partner's pages. `quiz.js` brings this module at the first look.
// Who is signed in sees the own line with those beside it, and picks a name; nobody is named who has not picked one.

/** "https://live.example.com/v1/" */
const BASE = import.meta.url.split("bundle/")[0];
const PAGE = 20;
/** Characters of a name, as the server allows. */
const NAME_CHARS = [2, 24];

const sheet = new CSSStyleSheet();
sheet.replaceSync(`__CREASE_STYLE__`);

class Leaders {
  /** `view` is the element's (`board.js`); `series` is that of the match's quizzes, where it has one; `fan` is the module of who is signed in. */
  constructor(view, words, { series, fan }) {
    const { shadow, board, card } = view;
    Object.assign(this, { view, words, fan, tag: tagOf(words, board.tag) });
    if (!shadow.adoptedStyleSheets.includes(sheet)) shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
    const { match } = view.place;
    this.scopes = [["MATCH", `scope=match&of=${match}`]];
    if (series) this.scopes.push(["SERIES", `scope=series&of=${encodeURIComponent(series)}`, series]);
    this.scopes.push(["SITE", "scope=partner"]);
    this.series = series;
    this.from = shadow.activeElement;
    const title = Object.assign(element("h2", "title", words.LEADERS), { id: "leaders-title" });
    this.list = element("div", "leading");
    this.list.setAttribute("role", "tabpanel");
    this.list.tabIndex = -1;
    this.foot = element("div", "mine");
    const body = element("div", "body", element("div", "told", title, this.tabs(), this.list, this.foot));
    this.box = opened(view, words.CLOSE, body);
    this.box.setAttribute("part", "leaders");
    this.box.setAttribute("aria-labelledby", title.id);
    this.box.lang = this.tag;
    this.box.dir = directionOf(this.tag);
    this.box.addEventListener("close", () => {
      this.asked = undefined;
      const from = this.from?.isConnected ? this.from : card.querySelector(".quiz .leaders");
      from?.focus({ preventScroll: true });
    });
    this.choose(0);
    if (this.isSigned()) this.me();
    else this.foot.append(element("p", "note", words.SIGN_IN));
  }

  say(name, ...values) {
    return filled(this.words[name], values);
  }

  number(it) {
    return it.toLocaleString(this.tag);
  }

  isSigned() {
    return this.fan?.who?.()?.kind === "signed";
  }

  /** Of the server: by who is signed in, else by the key alone. */
  ask(path, init) {
    const asked = { cache: "no-store", credentials: "omit", ...init };
    if (this.isSigned()) return this.fan.request(`quizzes/${path}`, asked);
    return fetch(`${BASE}quizzes/${path}&key=${this.view.stream.key}`, asked);
  }

  tabs() {
    const row = element("div", "scopes");
    row.setAttribute("role", "tablist");
    for (const [at, [word, , name]] of this.scopes.entries()) {
      const tab = Object.assign(element("button", "", this.say(word)), { type: "button" });
      if (name) tab.title = name;
      tab.setAttribute("role", "tab");
      tab.addEventListener("click", () => this.choose(at));
      row.append(tab);
    }
    row.addEventListener("keydown", (event) => {
      const way = { ArrowRight: 1, ArrowLeft: -1, Home: -this.at, End: this.scopes.length - 1 - this.at }[event.key];
      if (way === undefined) return;
      event.preventDefault();
      const turned = event.key.startsWith("Arrow") && this.box.dir === "rtl" ? -way : way;
      this.choose((this.at + turned + this.scopes.length) % this.scopes.length);
      row.children[this.at].focus();
    });
    this.row = row;
    return row;
  }

  choose(at) {
    this.at = at;
    for (const [place, tab] of [...this.row.children].entries()) {
      tab.setAttribute("aria-selected", place === at);
      tab.tabIndex = place === at ? 0 : -1;
    }
    const [word, , name] = this.scopes[at];
    this.list.setAttribute("aria-label", name ?? this.say(word));
    this.list.replaceChildren();
    this.load();
  }

  /** What is shown stays until there is something newer. */
  async load() {
    const asked = (this.asked = {});
    const note = element("p", "note", this.say("LOADING"));
    note.setAttribute("role", "status");
    if (!this.list.childElementCount) this.list.append(note);
    try {
      const { data, next, own } = await this.page();
      if (asked !== this.asked) return;
      const parts = [];
      if (this.scopes[this.at][2]) parts.push(Object.assign(element("p", "series", this.scopes[this.at][2]), { lang: "", dir: "auto" }));
      if (!data.length) parts.push(element("p", "note", this.say("NOBODY")));
      this.rows = element("ol", "standings", ...data.map((it) => this.line(it)));
      if (data.length) parts.push(this.rows);
      // Where it is not on the page that is shown.
      if (own && !data.some((it) => it.is_own)) {
        parts.push(element("h3", "", this.say("AROUND_YOU", this.number(own.ranked))));
        parts.push(element("ol", "standings", ...[...own.above, own.line, ...own.below].map((it) => this.line(it))));
      }
      this.list.replaceChildren(...parts);
      this.more(next, asked);
    } catch {
      if (asked !== this.asked) return;
      note.textContent = this.say("NOT_LOADED");
      this.list.replaceChildren(note, this.plain("AGAIN", () => this.load()));
    }
  }

  async page(cursor) {
    const more = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const answer = await this.ask(`board?${this.scopes[this.at][1]}&limit=${PAGE}${more}`);
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  }

  more(cursor, asked) {
    if (!cursor) return;
    const button = this.plain("MORE", async () => {
      button.disabled = true;
      const answer = await this.page(cursor).catch(() => {});
      if (asked !== this.asked) return;
      button.disabled = false;
      if (!answer) return;
      const lines = answer.data.map((it) => this.line(it));
      this.rows.append(...lines);
      button.remove();
      lines[0]?.focus({ preventScroll: true });
      this.more(answer.next, asked);
    });
    this.rows.after(button);
  }

  plain(word, run) {
    const button = Object.assign(element("button", "plain", this.say(word)), { type: "button" });
    button.addEventListener("click", run);
    return button;
  }

  line({ rank, name, points, answered, right, is_own }) {
    const place = element("span", "rank", rank === null ? "\u2013" : this.number(rank));
    const who = name ? Object.assign(element("bdi", "", name), { lang: "" }) : element("span", "unnamed", this.say("A_FAN"));
    const called = element("span", "who", who);
    if (is_own) called.append(" ", element("span", "you", this.say("YOU")));
    const told = element("span", "right", this.say("RIGHT_OF", this.number(right), this.number(answered)));
    const score = element("b", "score", this.say("POINTS", this.number(points)));
    const line = element("li", is_own ? "is-own" : "", place, element("span", "", called, told), score);
    line.tabIndex = -1;
    return line;
  }

  /** The fan's own name and streaks. */
  async me() {
    const query = this.series ? `?series=${encodeURIComponent(this.series)}` : "";
    const answer = await this.ask(`me${query}`).catch(() => {});
    const me = answer?.ok && (await answer.json().catch(() => {}));
    if (!me) return;
    const { in_a_row: row } = me;
    if (row?.answers_best) {
      this.foot.append(element("p", "streak", this.say("IN_A_ROW", this.number(row.answers), this.number(row.answers_best))));
    }
    const label = Object.assign(element("label", "", this.say("NAME")), { htmlFor: "leaders-name" });
    const field = Object.assign(element("input"), { id: "leaders-name", value: me.name ?? "", autocomplete: "nickname", dir: "auto" });
    [field.minLength, field.maxLength] = NAME_CHARS;
    const save = Object.assign(element("button", "plain", this.say("SAVE")), { type: "submit" });
    const said = element("p", "note");
    said.setAttribute("role", "status");
    const form = element("form", "", label, element("div", "field", field, save), said);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save(field, said);
    });
    this.foot.append(form);
  }

  async save(field, said) {
    const name = field.value.trim() || null;
    const headers = { "content-type": "application/json" };
    const answer = await this.ask("me", { method: "PATCH", headers, body: JSON.stringify({ name }) }).catch(() => {});
    const isRefused = answer && answer.status >= 400 && answer.status < 500;
    field.setAttribute("aria-invalid", Boolean(isRefused));
    said.textContent = this.say(answer?.ok ? "SAVED" : isRefused ? "NAME_REFUSED" : "NOT_LOADED");
    if (answer?.ok) this.load();
  }
}

/** Opens who leads. */
export const open = async (view, about) => new Leaders(view, await wordsOf(view.board.tag), about);
