// Questions to the server in the fan's name, and what is said where it refuses.

/** A problem's types, by the last word, that are said with another's words. */
const ALIKE = {
  "day-limit": "LIMIT",
  "purchase-limit": "LIMIT",
  "too-slow": "UNAVAILABLE",
  internal: "UNAVAILABLE",
  "not-set-up": "AWAY",
  "unknown-route": "AWAY",
};

/** Under which what is made is found again, when the answer was lost. */
const newKey = () => [...crypto.getRandomValues(new Uint32Array(4))].map((it) => it.toString(36)).join("");

/** Resolves with what the server says; throws the last word of a problem's type, with its title. */
const ask = async ({ purse }, method, path, body, key) => {
  const headers = { ...(body && { "content-type": "application/json" }), ...(key && { "idempotency-key": key }) };
  let answer;
  try {
    answer = await purse.ask(path, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw { word: "offline" };
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  throw { word: String(said.type).split("/").pop(), title: said.title, status: answer.status };
};

/** Why it was refused, in a sentence. */
const sentence = ({ say }, { word = "", title, status }) => {
  const own = ALIKE[word] ?? word.toUpperCase().replace(/-/g, "_");
  return say(`NO_${own}`) ?? (status >= 500 ? say("NO_UNAVAILABLE") : title) ?? say("NO_UNAVAILABLE");
};
