// Whom a fan holds dear: teams and players that they choose in the settings are marked wherever an element names them. The choice is kept for all
// pages of the site, and said to nobody. `board.js` brings this module with the first look at the settings, and where something has been chosen.

/** "https://live.example.com/v1/" */
const BASE = import.meta.url.split("bundle/")[0];
/** Names as JSON, where the browser keeps what fans choose. */
const CHOICE = "crease-favourites";
const NAMES_MAX = 100;
/** Where names stand. */
const NAMED = ".who, .team .name";

const sheet = new CSSStyleSheet();
sheet.replaceSync(`__CREASE_STYLE__`);

const warn = (error) => console.warn("Crease: favourites cannot be shown.", error);

/** What is chosen, of whatever was kept. */
const chosen = () => {
  try {
    const kept = JSON.parse(localStorage[CHOICE] ?? "[]");
    return new Set(Array.isArray(kept) ? kept.filter((it) => typeof it === "string") : []);
  } catch {
    return new Set();
  }
};

const shown = new Set();

const choose = (name) => {
  const all = chosen();
  if (!all.delete(name)) all.add(name);
  try {
    localStorage[CHOICE] = JSON.stringify([...all].slice(-NAMES_MAX));
  } catch {
    // Where a browser keeps nothing, nothing can be chosen.
  }
  for (const it of shown) it.mark();
};

// Another tab of the site has chosen.
addEventListener("storage", ({ key }) => {
  if (key === CHOICE || key === null) for (const it of shown) it.mark();
});

class Favourites {
  words = ENGLISH;
  names = [];

  /** `view` is the element's (`board.js`). */
  constructor(view) {
    this.view = view;
    const { shadow, card, stop } = view;
    shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
    const looking = new MutationObserver(() => this.look());
    looking.observe(card, { childList: true, subtree: true, characterData: true });
    shown.add(this);
    stop.signal.addEventListener("abort", () => {
      shown.delete(this);
      looking.disconnect();
    });
    this.look();
  }

  look() {
    this.mark();
    const settings = this.view.card.querySelector(".settings");
    if (!settings || settings.querySelector(".favourites")) return;
    this.group = document.createElement("section");
    this.group.className = "favourites";
    settings.append(this.group);
    this.offer().catch(warn);
  }

  /** Marks names in the element, and what is pressed in the settings. Writes only what is another, for it is looked at again after each change. */
  mark() {
    const all = chosen();
    const set = (it, name, value) => it.getAttribute(name) !== value && it.setAttribute(name, value);
    for (const it of this.view.card.querySelectorAll(NAMED)) {
      if (all.has(it.textContent)) set(it, "data-favourite", "");
      else if (it.hasAttribute("data-favourite")) it.removeAttribute("data-favourite");
    }
    for (const it of this.group?.querySelectorAll("button") ?? []) set(it, "aria-pressed", String(all.has(it.textContent)));
  }

  async offer() {
    const { place, stream, board } = this.view;
    const { group } = this;
    this.words = await wordsOf(board.tag);
    const url = `${BASE}matches/${place.match}/scorecard?key=${stream.key}&lang=${encodeURIComponent(board.tag)}`;
    const answer = await fetch(url, { credentials: "omit" }).catch(() => {});
    const card = (answer?.ok && (await answer.json().catch(() => {}))) || {};
    const players = (card.innings ?? []).flatMap((it) => [
      ...(it.batting ?? []).map((one) => one.player),
      ...(it.did_not_bat ?? []),
      ...(it.bowling ?? []).map((one) => one.player),
    ]);
    // Those that were chosen before and play elsewhere can be let go of, too.
    const names = new Set([...(card.teams ?? []), ...players, ...chosen()].filter((it) => typeof it === "string" && it));
    const spoken = tagOf(this.words, board.tag);
    const title = Object.assign(document.createElement("h2"), { textContent: this.words.FAVOURITES, lang: spoken, dir: directionOf(spoken) });
    const list = document.createElement("div");
    list.className = "filters";
    list.setAttribute("role", "group");
    list.setAttribute("aria-label", this.words.FAVOURITES);
    for (const name of names) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: name, dir: "auto" });
      button.addEventListener("click", () => choose(name));
      list.append(button);
    }
    group.replaceChildren(title, list);
    this.mark();
  }
}

/** Marks in an element whom the fan holds dear, and offers the choice in its settings. */
export const show = (view) => new Favourites(view);
