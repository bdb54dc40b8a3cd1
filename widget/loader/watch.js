// Watching earns who is signed in: what happens in the matches on the page counts for them from now on, and so does
// each minute that the page is looked at. `fan.js` brings this module where somebody signed is accepted and a match is
// there; it asks once whether the site has rewards, and is silent where it has none. A full view has them in a tab.

import { request, who } from "./fan.js";

/** From one word that the fan watches still to the next; where nothing is played, longer. */
const BEAT_MS = 60_000;
const IDLE_MS = 300_000;

/** For whom it was asked whether there are rewards, and what the answer was. */
let asked;
let hasRewards;
let tab;
/** Matches that are watched: what wakes next. */
const timers = new Map();

const signed = () => who()?.kind === "signed" && who().id;

const tell = (verb, match) =>
  request(`rewards/${verb}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ match }),
  });

/** Whether an element on the page shows it. */
const isShown = (host, match) => host.isConnected && host.getAttribute("match") === match;

const watch = async (host, match, fan) => {
  const beat = async () => {
    if (signed() !== fan || !isShown(host, match)) return void timers.delete(match);
    let wait = BEAT_MS;
    if (!document.hidden) {
      try {
        const { minutes } = await (await tell("watched", match)).json();
        // Nothing is played, or nobody can say.
        if (!minutes) wait = IDLE_MS;
      } catch {
        wait = IDLE_MS;
      }
    }
    if (timers.has(match)) timers.set(match, setTimeout(beat, wait));
  };
  timers.set(match, undefined);
  try {
    const { ok } = await tell("follow", match);
    if (ok && timers.has(match)) timers.set(match, setTimeout(beat, BEAT_MS));
  } catch {
    // The next time that it is shown, it is said again.
    timers.delete(match);
  }
};

/** Looks at the matches on the page. */
export const look = async (hosts) => {
  const fan = signed();
  if (fan !== asked) {
    asked = fan;
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
    hasRewards =
      fan &&
      request("rewards").then(
        ({ ok }) => ok,
        () => (asked = undefined),
      );
  }
  const isThere = !!(fan && (await hasRewards) && signed() === fan);
  for (const host of isThere ? hosts : []) {
    const match = host.getAttribute("match");
    if (match && !timers.has(match)) watch(host, match, fan);
  }
  const full = hosts.filter((it) => it.shadowRoot.querySelector(".tabs"));
  if (!tab && !(isThere && full.length)) return;
  (tab ??= import("./tab.js")).then(
    (it) => it.show(full, isThere),
    () => (tab = undefined),
  );
};
