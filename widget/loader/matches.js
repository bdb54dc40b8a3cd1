// <crease-matches>: live matches, fixtures or results, as a list or as a ticker. One script tag, no wasm: it asks for a list and draws it, and asks
// again while somebody looks. Like the match's own element it draws in a shadow root, parses no markup, keeps nothing and never throws
// into the page.
if (!customElements.get("crease-matches")) {
  const script = document.currentScript || document.querySelector('script[src*="crease-matches.js"]');
  const base = script?.src.split("crease-matches.js")[0];
  const defaults = script?.dataset || {};

  /** Between two looks, half as long again at most: milliseconds. What is to come and what is over changes slowly. */
  const WAIT_MS = { __proto__: null, live: 10_000, upcoming: 120_000, finished: 120_000 };
  const WAIT_MS_MAX = 300_000;
  const LIMIT = 20;
  /** Phases that are told by a badge. */
  const BADGES = ["play", "break", "delayed"];

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`__CREASE_STYLE__`);

  const element = (tag, className, ...children) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...children);
    return element;
  };

  /** The day and the hour where the reader is; a day alone as it is said. */
  const when = ({ starts_at, date }, lang) => {
    const at = new Date(starts_at || `${date}T00:00:00Z`);
    if (Number.isNaN(+at)) return date || "";
    const format = starts_at
      ? { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" }
      : { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" };
    try {
      return new Intl.DateTimeFormat(lang || undefined, format).format(at);
    } catch {
      return new Intl.DateTimeFormat(undefined, format).format(at);
    }
  };

  /** "312 & 187/4", and the overs of the last. */
  const scored = (match, team, words) => {
    const own = (match.scores || []).filter((it) => it.team === team);
    const regular = own.filter((it) => !it.super_over);
    const { format } = new Intl.NumberFormat(words.lang, { useGrouping: false });
    const digits = (text) => text.replace(/\d/g, format);
    const overs = regular.length ? words.overs.replace("{0}", regular.at(-1).overs) : "";
    return { score: digits(regular.map((it) => it.score).join(" & ")), overs: digits(overs) };
  };

  class CreaseMatches extends HTMLElement {
    static get observedAttributes() {
      return ["show", "view", "limit", "key", "href", "lang"];
    }

    connectedCallback() {
      this.turn();
    }

    disconnectedCallback() {
      this.stop();
    }

    attributeChangedCallback() {
      if (this.isConnected) this.turn();
    }

    /** Begins anew, once for all that changed together. */
    turn() {
      this.stop();
      const stop = (this.stopping = new AbortController());
      queueMicrotask(() => stop.signal.aborted || this.begin(stop.signal));
    }

    stop() {
      this.stopping?.abort();
      clearTimeout(this.timer);
    }

    begin(signal) {
      const root = this.shadowRoot || this.attachShadow({ mode: "open" });
      const show = WAIT_MS[this.getAttribute("show")] ? this.getAttribute("show") : "live";
      const lang = this.getAttribute("lang") || defaults.lang || document.documentElement.lang;
      const list = element("ul", "matches");
      list.setAttribute("part", "list");
      // A ticker is scrolled by keys, too.
      if (this.getAttribute("view") === "ticker") list.tabIndex = 0;
      const note = element("p", "note", "\u2026");
      const more = element("button", "more");
      more.type = "button";
      more.hidden = true;
      root.adoptedStyleSheets = [sheet];
      const section = element("section", "", list, note, more);
      root.replaceChildren(section);
      // Who spares bytes is asked for fewer.
      const pace = WAIT_MS[show] * (navigator.connection?.saveData ? 6 : 1);
      Object.assign(this, { show, speech: lang, section, list, note, more, signal, pace, rows: new Map(), wait: pace, pages: 1 });
      more.addEventListener("click", () => {
        this.pages++;
        this.look();
      });
      document.addEventListener("visibilitychange", () => document.hidden || this.look(), { signal });
      this.look();
    }

    /** Asks for as many pages as were opened. */
    async look() {
      clearTimeout(this.timer);
      const { signal, show } = this;
      try {
        if (!document.hidden) {
          const limit = Math.min(Math.max(Number.parseInt(this.getAttribute("limit") ?? "") || LIMIT, 1), 50);
          const query = new URLSearchParams({ status: show, limit, key: this.getAttribute("key") || defaults.key || "", lang: this.speech });
          const all = [];
          let cursor;
          let words;
          for (let page = 0; page < this.pages && cursor !== null; page++) {
            if (cursor) query.set("cursor", cursor);
            const answer = await fetch(`${base}matches?${query}`, { signal });
            if (!answer.ok) throw new Error(answer.status);
            const { matches, next = null, ...rest } = await answer.json();
            all.push(...matches);
            cursor = next;
            words = rest.words;
          }
          if (signal.aborted) return;
          this.put(all, cursor !== null, words);
          this.wait = this.pace;
        }
      } catch (error) {
        if (signal.aborted) return;
        this.wait = Math.min(this.wait * 2, WAIT_MS_MAX);
        // What is there stays.
        if (!this.rows.size) this.note.textContent = "Matches could not be loaded.";
      }
      this.timer = setTimeout(() => this.look(), this.wait * (1 + Math.random() / 2));
    }

    /** Shows these matches in this order; `hasMore`: there are others behind them; `words`: the list's own texts. */
    put(matches, hasMore, words) {
      this.section.lang = words.lang;
      if (words.dir) this.section.dir = words.dir;
      this.list.setAttribute("aria-label", words.title);
      this.more.textContent = words.more;
      const gone = new Set(this.rows.keys());
      let place = this.list.firstChild;
      for (const match of matches) {
        const row = this.rows.get(match.id) ?? this.row(match);
        row.fill(match, words);
        gone.delete(match.id);
        if (row.item === place) place = place.nextSibling;
        else this.list.insertBefore(row.item, place);
      }
      for (const id of gone) {
        this.rows.get(id).item.remove();
        this.rows.delete(id);
      }
      this.more.hidden = !hasMore || this.getAttribute("view") === "ticker";
      this.note.textContent = this.rows.size ? "" : words.nothing;
      this.note.hidden = this.rows.size > 0;
    }

    /** A match's item, and what fills it: only texts that changed are written. */
    row(match) {
      const { id } = match;
      const href = this.getAttribute("href");
      const texts = {};
      const text = (name) => (texts[name] = element("span", name));
      const team = (at) => element("span", "team", text(`name${at}`), text(`score${at}`), text(`overs${at}`));
      const open = element(href ? "a" : "button", "match", element("span", "head", text("occasion"), text("badge")), team(0), team(1), text("status"));
      if (href) open.href = href.replace("{id}", id);
      else open.type = "button";
      open.addEventListener("click", () =>
        this.dispatchEvent(new CustomEvent("crease:open", { bubbles: true, composed: true, detail: { match: id } })),
      );
      const item = element("li", "", open);
      const fill = (match, words) => {
        const set = (name, words) => {
          if (texts[name].textContent !== words) texts[name].textContent = words;
        };
        const day = when(match, this.speech);
        set("occasion", [match.competition, this.show === "live" ? "" : day].filter(Boolean).join(" \u00b7 "));
        set("badge", BADGES.includes(match.phase) ? match.phase_text : "");
        texts.badge.dataset.phase = match.phase;
        [0, 1].forEach((at) => {
          const name = match.teams[at] ?? "";
          const { score, overs } = scored(match, name, words);
          set(`name${at}`, name);
          set(`score${at}`, score);
          set(`overs${at}`, overs);
        });
        set("status", match.phase === "upcoming" ? [match.venue, match.status_text].filter(Boolean).join(" \u00b7 ") : match.status_text);
      };
      const row = { item, fill };
      this.rows.set(id, row);
      return row;
    }
  }
  customElements.define("crease-matches", CreaseMatches);
}
