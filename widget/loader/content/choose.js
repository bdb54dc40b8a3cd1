// What of a board is shown, in which words, and to whom: decided without a page. xtask puts this and `board.js` into one module.

/** Cards of a place at most: what is further back comes when those before it go. */
const MOST = {
  __proto__: null,
  "match-top": 1,
  "innings-break": 2,
  result: 2,
  "match-feed": 4,
  "match-bottom": 3,
};
/** Kinds that a card can be of, and whether it promotes something. */
const KINDS = { __proto__: null, "news-card": false, banner: true, "promo-card": true };
/** Where these are shown is for the match to say. */
const STATES = ["innings-break", "result"];
/** Editors give no higher priority: what has one is a draft that is looked at, whatever the match is at. */
const PRIORITY_MAX = 100;

/** Of texts by language those that are nearest to a tag: "hi-IN" itself, "hi", the entry's main one, or any. */
export const nearest = (words, tag, main) => {
  const tags = Object.keys(words ?? {});
  const by = (wanted) => tags.find((it) => it.toLowerCase() === String(wanted).toLowerCase());
  const name = by(tag) ?? by(String(tag).split("-")[0]) ?? by(main) ?? tags[0];
  return name && words[name] && { ...words[name], lang: name };
};

/** Whether something is to be seen at `now`: milliseconds since 1970, as the server has them. */
const isDue = ({ from, until }, now) => (from ?? -Infinity) <= now && now < (until ?? Infinity);

const isDraft = ({ priority }) => priority > PRIORITY_MAX;

/** The next moment at which something comes or goes; none where nothing does. */
export const turning = (cards, now) => {
  const all = cards.flatMap(({ from, until }) => [from, until]).filter((at) => at > now);
  return all.length ? Math.min(...all) : undefined;
};

/** What stands where: cards by place, each with its words, the first first. `state` is the match's: one of `STATES`, or another. */
export const placed = ({ cards, hidesPromotions }, { state, tag, now }) => {
  const places = {};
  const due = cards.filter((it) => it.kind in KINDS && it.slot in MOST && isDue(it, now));
  due.sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0) || (b.at ?? 0) - (a.at ?? 0));
  for (const card of due) {
    if (hidesPromotions && (KINDS[card.kind] || card.paid)) continue;
    if (STATES.includes(card.slot) && card.slot !== state && !isDraft(card)) continue;
    const words = nearest(card.words, tag, card.main);
    const place = (places[card.slot] ??= []);
    if (words && place.length < MOST[card.slot]) place.push({ card, words });
  }
  return places;
};

/** The preview of the match, with its words: before the toss alone, but for a draft. */
export const previewed = (preview, { state, tag, now }) => {
  const isMeant = preview && (state === "before" || isDraft(preview)) && isDue(preview, now);
  const words = isMeant && nearest(preview.words, tag, preview.main);
  return words ? [{ card: preview, words }] : [];
};

/** What is left after a change: those of it take the place of those with their ids. */
export const changed = (cards, { cards: come = [], gone = [] }) => {
  const ids = new Set([...gone, ...come.map((it) => it.id)]);
  return [...cards.filter((it) => !ids.has(it.id)), ...come];
};

/** A number from 0 to 99 that follows from a text alone (FNV-1a). */
const hundredth = (text) => {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % 100;
};

/** Whether a part of the widget is on for a fan: each flag has a share of its own, so that not the same fans have all that is new. */
export const isOn = (flags, name, fan) => {
  const share = flags?.[name];
  return !(share < 100) || hundredth(`${name} ${fan}`) < share;
};

/** Whether who the fan is makes a difference. */
export const isShared = (flags) => Object.values(flags ?? {}).some((it) => it > 0 && it < 100);
