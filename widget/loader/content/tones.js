// Balls in a tone: what the match's stream says of them (`commentary`) takes the place of the plain lines, and a fan chooses among the tones that
// there are. `board.js` brings this module where a tone is chosen, and with the first look at the settings. A ball is on the screen before its
// line in the tone is: that comes when it comes.

/** "https://live.example.com/v1/" */
const BASE = import.meta.url.split("bundle/")[0];
/** Where the fan's choice is kept, for all the pages of the site: "hype en", or nothing for the plain one. */
const CHOICE = "crease-tone";
/** Balls that are asked for at once: more than a snapshot remembers. */
const BALLS = 60;
/** From a snapshot to the question for its balls' lines, and to the next where they are not told yet; milliseconds. */
const SOON_MS = 200;
const AGAIN_MS = 900;
/** For so long after a snapshot its balls may still be told. */
const SETTLES_MS = 6_000;
/** Where no tone is offered. */
const NONE = [];

/** What goes wrong here is not the page's, nor the score's. */
const warn = (error) => console.warn("Crease: balls cannot be told in this tone.", error);

/** Has an element's balls told in the tone that its stream speaks. `story` is what the stream has said. */
export const follow = (place, stream, story) => {
  let [epoch, seq] = [0, 0];
  let rev = 0;
  let settledAt = 0;
  let asking;
  let told = [];

  /** Lines by the numbers of their balls' updates; `what`: "told", or "all told" to the last ball. */
  const put = (balls, what) => place.retell([JSON.stringify({ balls }), what]);

  const page = async () => {
    asking = undefined;
    const from = Math.max(0, seq - BALLS);
    const query = `key=${stream.key}&${place.tone}&after=${from}&limit=${2 * BALLS}`;
    const answer = await fetch(`${BASE}matches/${place.match}/balls?${query}`, { cache: "no-cache", credentials: "omit" }).catch(() => {});
    const page = answer?.ok && (await answer.json().catch(() => {}));
    if (!page) return;
    // Of another history than what is shown: its snapshot is on its way here, or there.
    if ((page.rev ?? 0) === rev && (page.epoch ?? 0) === epoch) put((page.balls ?? []).filter((it) => it.seq <= seq), "all told");
    else if (Date.now() < settledAt) ask(AGAIN_MS);
  };

  const ask = (ms) => {
    asking ??= setTimeout(() => page().catch(warn), ms);
  };

  const hear = (type, id, text) => {
    if (type === "commentary") {
      const line = JSON.parse(text);
      if ((line.rev ?? 0) !== rev) return;
      if (!told.length) {
        queueMicrotask(() => {
          put(told, "told");
          told = [];
        });
      }
      told.push({ seq: line.ball, text: line.text });
      // The snapshot does not tell the numbers of its own balls: their lines are asked for.
      if (Date.now() < settledAt) ask(AGAIN_MS);
      return;
    }
    if (type !== "snapshot" && type !== "ball" && type !== "state") return;
    [epoch, seq] = id.split(".").map(Number);
    if (type !== "snapshot") return;
    rev = JSON.parse(text).rev ?? 0;
    settledAt = Date.now() + SETTLES_MS;
    ask(SOON_MS);
  };

  const safely = (...values) => {
    try {
      hear(...values);
    } catch (error) {
      warn(error);
    }
  };
  const member = { place: { ...place }, hear: safely, live() {}, lost() {}, refused() {} };
  for (const { type, id, text } of [...story, ...stream.heard]) safely(type, id, text);
  stream.join(member);
  const { end } = place;
  place.end = () => {
    end();
    stream.leave(member);
    clearTimeout(asking);
  };
};

/** Keeps what the fan has chosen, and shows each match of the page so. */
const choose = (choice) => {
  try {
    localStorage[CHOICE] = choice;
  } catch {
    // Where a browser keeps nothing, it cannot be chosen.
    return;
  }
  for (const host of document.querySelectorAll("crease-match")) {
    // As if its attributes had changed.
    host.now = undefined;
    host.connectedCallback();
  }
};

/** Puts the tones that are `offered` beside the plain one. */
const offer = (group, offered, place) => {
  const plain = group.firstElementChild;
  const asked = (it) => `tone=${encodeURIComponent(it.tone)}&lang=${encodeURIComponent(it.lang)}`;
  const button = (it) => {
    const made = plain.cloneNode();
    made.textContent = it.name;
    made.lang = it.lang;
    made.dir = "auto";
    if (it.line) made.title = it.line;
    made.setAttribute("aria-pressed", asked(it) === place.tone);
    made.addEventListener("click", () => choose(`${it.tone} ${it.lang}`));
    return made;
  };
  const isTone = (it) => [it?.tone, it?.lang, it?.name].every((text) => typeof text === "string" && text);
  const all = offered.filter(isTone);
  for (const old of [...group.children].slice(1)) old.remove();
  group.append(...all.map(button));
  plain.setAttribute("aria-pressed", !all.some((it) => asked(it) === place.tone));
  plain.onclick = () => choose("");
};

/** Offers them in an element's settings, whenever those are looked at. `view` is the element's (`board.js`). */
export const show = (view) => {
  const offered = new WeakMap();
  const look = () => {
    const group = view.card.querySelector("menu");
    const tones = view.isOn("tones") && Array.isArray(view.board.tones) ? view.board.tones : NONE;
    if (!group?.firstElementChild || offered.get(group) === tones) return;
    offered.set(group, tones);
    offer(group, tones, view.place);
  };
  const looking = new MutationObserver(look);
  looking.observe(view.card, { childList: true, subtree: true, attributeFilter: ["lang"] });
  view.stop.signal.addEventListener("abort", () => looking.disconnect());
  look();
};
