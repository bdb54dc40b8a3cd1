// Who is signed in on the partner's page. `Crease.identify` of the loader brings this script; a page that never calls it does not download it.
//
// An identity is kept in this module's memory and nowhere else: in no address, attribute, cookie or storage. It is sent in a header, to the
// Crease that this script came from, which follows no redirect with it; and it is never told to the page's listeners, which hear who it is of.
// Other parts of ours (`wallet/`) import the same module by the same address, and ask with the identity by `request`, without having it.

/** "https://live.example.com/v1/" */
const BASE = import.meta.url.split("bundle/")[0];
/** Said in place of a token: nobody is signed in, and yet the page would have somebody. */
const GUEST = "guest";
/** Wait after an answer that did not come, doubling; milliseconds. */
const RETRY_MS = 5_000;
const RETRY_MS_MAX = 300_000;
/** Before a token's end another one is asked for, where the page has said how. */
const MARGIN_MS = 60_000;
/** Between two looks at an identity, at the least and at most. */
const LOOK_MS_MIN = 30_000;
const LOOK_MS_MAX = 86_400_000;

/** Counts what the page has said: only the last counts. */
let turns = 0;
let timer;
/** The guest's token, for the same guest to go on. */
let guest;
/** What the page was told last. */
let told;
/** Who was accepted, as headers, until when (milliseconds since 1970; NaN where that is not said), and how to look again. */
let accepted;
/** The look that is on its way, or the last. */
let looking;

/** Asks Crease, in somebody's name. */
const send = (path, headers, init) =>
  fetch(BASE + path, { redirect: "error", credentials: "omit", cache: "no-store", ...init, headers: { ...init?.headers, ...headers } });

/** Asks who it is. What Crease refuses is thrown, `isFinal` where the same question would have the same answer. */
const ask = async (method, path, key, token) => {
  if (token && !/^[!-~]{1,2048}$/.test(token)) throw final("An identity is a text of at most 2048 characters of ASCII.");
  const answer = await send(`fans/${path}`, named(key, token), { method });
  const said = await answer.json();
  if (answer.ok) return said;
  const isBusy = answer.status >= 500 || answer.status === 429;
  throw isBusy ? new Error(said.title) : final(said.detail ?? said.title);
};

const named = (key, token) => ({ "x-crease-key": key, ...(token && { "crease-fan": token }) });

const final = (text) => Object.assign(new Error(text), { isFinal: true });

/** When a token ends, milliseconds since 1970: as a JWT, or "user=…&expires=…&signature=…", says. NaN where nothing is said. */
const endOf = (token) => {
  try {
    const claims = token.includes("&") || JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
    return (claims.exp ?? new URLSearchParams(token).get("expires")) * 1000;
  } catch {
    return NaN;
  }
};

/** Who it is; after how many milliseconds to look again, none where nobody ends; and the token with its own end. */
const whoIs = async (said, key) => {
  if (said === GUEST) {
    const made = await ask("POST", "guest", key, guest);
    guest = made.token;
    const end = Date.parse(made.expires_at);
    return [{ id: made.fan_id, kind: GUEST }, (end - Date.now()) / 2, guest, end];
  }
  const isAsked = typeof said === "function";
  const token = await (isAsked ? said() : said);
  if (!token) return [null];
  const { fan_id: id, kind, name } = await ask("GET", "me", key, token);
  // The page is asked for the next token before this one ends; of one that was given, the end is told.
  const end = endOf(token);
  return [{ id, kind, ...(name && { name }) }, end - Date.now() + (isAsked ? -MARGIN_MS : 1_000), token, end];
};

/** Tells the page, and later other parts of the widget, of a change. */
const tell = (fan, text) => {
  const news = JSON.stringify([fan, text]);
  if (news === told) return;
  told = news;
  document.dispatchEvent(new CustomEvent("crease:fan", { detail: { seq: 0, t: 0, text, fan } }));
};

const look = async (said, key, turn, wait) => {
  let fan = null;
  let text = "";
  let after;
  let token;
  let end;
  try {
    [fan, after, token, end] = await whoIs(said, key);
  } catch (error) {
    // What did not answer says nothing about who it is.
    if (!error.isFinal) after = wait;
    text = error.isFinal ? error.message : "";
  }
  if (turn !== turns) return null;
  clearTimeout(timer);
  const isUnanswered = !fan && after > 0;
  if (!isUnanswered) {
    accepted = fan && { fan, end, headers: named(key, token), again: () => look(said, key, turn, RETRY_MS) };
    tell(fan, text);
  }
  if (after > 0 || after < 0) {
    const ms = isUnanswered ? after * (1 + Math.random() / 2) : Math.min(Math.max(after, LOOK_MS_MIN), LOOK_MS_MAX);
    timer = setTimeout(() => look(said, key, turn, isUnanswered ? Math.min(wait * 2, RETRY_MS_MAX) : RETRY_MS), ms);
  }
  return fan;
};

/** The page says who is signed in: a token, a function that makes one, "guest", or nothing for nobody. Resolves with who that is. */
export const take = (said, { key }) => {
  clearTimeout(timer);
  told = accepted = undefined;
  return (looking = look(said, key, ++turns, RETRY_MS));
};

/** Who is signed in: nobody (null), or not known (undefined), since the page has not said it or no answer has come. */
export const who = () => accepted && accepted.fan;

/** Whether the page has said anything: what is not known yet may be known soon. */
export const isAsked = () => turns > 0;

/** Asks Crease in the name of who is signed in: a path below /v1/, and what `fetch` takes. */
export const request = async (path, init) => {
  await looking;
  // A device that slept comes here before its timers do. By a clock that is wrong each token has ended, and yet Crease takes it.
  const isAnswered = !(accepted?.end < Date.now()) || (await (looking = accepted.again()));
  if (!accepted || !isAnswered) throw new Error("Nobody is signed in.");
  return send(path, accepted.headers, init);
};

/** Who is signed in earns by the matches on the page: what sees to that comes when both are there, and then looks whenever one changes. */
let watching;
for (const name of ["fan", "ready"]) {
  document.addEventListener(`crease:${name}`, (event) => {
    // One within another's shadow root is found by its event alone.
    const hosts = [...document.querySelectorAll("crease-match"), event.composedPath()[0]].filter((it) => it.shadowRoot);
    if (!watching && !(accepted?.fan?.kind === "signed" && hosts[0])) return;
    (watching ??= import("./watch.js")).then(
      (it) => it.look(hosts),
      () => (watching = undefined),
    );
  });
}
