// What was missed, beside a match's score: a button that tells how the innings stands and how those before it ended, and to who was away what
// happened since. `board.js` brings this module once there is something to tell; the server is asked when the button is pressed, and not before.

/** "https://live.example.com/v1/" */
const BASE = import.meta.url.split("bundle/")[0];
/** Who was away for so many updates has missed something. */
const AWAY_UPDATES = 12;

const sheet = new CSSStyleSheet();
sheet.replaceSync(`__CREASE_STYLE__`);

const warn = (error) => console.warn("Crease: what was missed cannot be told.", error);

class Missed {
  words = ENGLISH;
  /** The newest update here, and the last one that was seen before the fan was away. */
  seq = 0;
  after = 0;

  /** `view` is the element's (`board.js`). */
  constructor(view) {
    this.view = view;
    const { shadow, card, stream, place, story, stop } = view;
    shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
    this.button = element("button", "");
    this.button.type = "button";
    this.button.addEventListener("click", () => this.press().catch(warn));
    this.text = element("div", "told");
    this.text.setAttribute("aria-live", "polite");
    this.box = element("section", "missed", this.button, this.text);
    this.box.setAttribute("part", "missed");
    // An empty button that grows would be one that moves.
    this.box.hidden = true;
    // Where there is room for it, and over what follows: nothing of the score moves.
    card.querySelector("header").after(this.box);
    const member = {
      place: { ...place },
      hear: (_, id) => this.hear(id),
      live: () => this.back(),
      lost: () => this.leave(),
      refused() {},
    };
    for (const { id } of [...story, ...stream.heard]) this.hear(id);
    stream.join(member);
    const { signal } = stop;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.leave() : this.back()), { signal });
    const leave = (event) => {
      if (event.key !== "Escape" || !this.text.childElementCount) return;
      this.close();
      this.button.focus();
      this.draw().catch(warn);
    };
    this.box.addEventListener("keydown", leave);
    signal.addEventListener("abort", () => stream.leave(member));
    this.draw().catch(warn);
  }

  hear(id) {
    const seq = Number(String(id).split(".")[1]);
    if (seq > this.seq) this.seq = seq;
    if (this.isBack) this.compare();
  }

  leave() {
    this.isBack = false;
    this.left ??= this.seq;
  }

  back() {
    // What was missed comes a moment later.
    this.isBack = this.left !== undefined;
    if (this.isBack) this.compare();
  }

  compare() {
    if (this.seq - this.left < AWAY_UPDATES) return;
    this.after = this.left;
    this.left = undefined;
    this.isBack = false;
    this.close();
    this.draw().catch(warn);
  }

  async draw() {
    const { tag } = this.view.board;
    if (tag !== this.tag) {
      this.tag = tag;
      this.words = await wordsOf(tag);
    }
    const spoken = tagOf(this.words, tag);
    Object.assign(this.button, { lang: spoken, dir: directionOf(spoken) });
    const isOpen = this.text.childElementCount > 0;
    this.button.textContent = this.words[isOpen ? "CLOSE" : this.after ? "MISSED" : "SO_FAR"];
    this.button.setAttribute("aria-expanded", isOpen);
    this.box.classList.toggle("is-new", this.after > 0 && !isOpen);
    this.box.hidden = false;
  }

  close() {
    this.asked = undefined;
    this.text.replaceChildren();
  }

  async press() {
    if (this.text.childElementCount) {
      this.close();
      this.after = 0;
      return this.draw();
    }
    const asked = (this.asked = {});
    const { tone } = this.view.place;
    // It is there at once in plain words; a tone may take a while.
    await this.ask(asked, `lang=${encodeURIComponent(this.view.board.tag)}`);
    if (tone) await this.ask(asked, tone);
  }

  async ask(asked, query) {
    const { place, stream } = this.view;
    const url = `${BASE}matches/${place.match}/reports?key=${stream.key}&${query}&after=${this.after}`;
    const answer = await fetch(url, { credentials: "omit" }).catch(() => {});
    const told = answer?.ok && (await answer.json().catch(() => {}));
    if (asked !== this.asked || this.view.stop.signal.aborted) return;
    if (told) this.tell(told.reports ?? [], query);
    else if (!this.text.childElementCount) this.text.append(this.own("p", "", "NOT_HAD"));
    await this.draw();
  }

  tell(reports, query) {
    const lang = new URLSearchParams(query).get("lang");
    const line = (it) => Object.assign(element("p", "", it.text), { lang, dir: directionOf(lang) });
    const of = (...about) => reports.filter((it) => about.includes(it.about)).map(line);
    // Of what was missed alone, where that is what was asked for.
    const parts = this.after ? of("missed") : of("innings", "so_far");
    const reasons = this.after ? [] : of("milestone");
    if (reasons.length) parts.push(this.own("h2", "", "MILESTONES"), ...reasons);
    if (!parts.length) parts.push(this.own("p", "", "NOTHING"));
    this.text.replaceChildren(...parts);
  }

  own(tag, className, name) {
    const spoken = tagOf(this.words, this.tag);
    return Object.assign(element(tag, className, this.words[name]), { lang: spoken, dir: directionOf(spoken) });
  }
}

/** Offers beside an element's score what was missed. */
export const show = (view) => new Missed(view);
