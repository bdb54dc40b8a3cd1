// The wallet of who is signed in, once for the page: however many elements show it, it is one identity and one stream.
// Who that is, the page says to `Crease.identify`; the token stays in the module (`fan.js`) that asks with it.

/** Between two tries of a stream, doubling, half as long again at most; milliseconds. */
const WAIT_MS = 2_000;
const WAIT_MS_MAX = 60_000;
/** The server says something each 15 s: a stream that is silent for so long is dead. */
const SILENCE_MS_MAX = 45_000;
/** A page that nobody has seen for so long lets its stream go. */
const UNSEEN_MS_MAX = 60_000;
/** A page that has said nothing of who is signed in says it within so long, or means nobody. */
const GRACE_MS = 1_000;
/** A whole crowd is given something at once: what it was for is asked after a while, up to so long. */
const NEWS_MS_MAX = 2_000;
const PAGE = 20;

/** The elements on the page, the first of which speaks for all. */
const elements = new Set();
/**
 * What is shown. `phase`: "unknown", "nobody", "guest", "fan", or "none" where there is no wallet to be had.
 * `balances` are null before the first answer. `histories` by asset: entries from the newest, what leads to earlier
 * ones, and how the last question went.
 */
const purse = {
  phase: "unknown",
  fan: undefined,
  balances: null,
  vouchers: null,
  frozen: false,
  isLost: false,
  t: 0,
  /** Grows with each event: something of the fan has changed. */
  heard: 0,
  histories: {},
  balanceOf: (asset) => purse.balances?.find((it) => it.asset === asset),
  read: (asset, isEarlier) => readHistory(asset, isEarlier),
  refresh: (asset) => refresh(asset),
  ask: (path, init) => fan.request(path, init),
  follow: (path, ears) => follow(path, ears),
};
let fan;
let stream;
let stopping;
/** Streams that are followed. */
const lines = new Set();

const changed = () => elements.forEach((it) => it.draw());

/** The loader's own, where it is on the page, whatever its release: there the identity is. */
const bringFan = () => import(`${base}bundle/${window.Crease?.version?.slice(2) || BUNDLE}/fan.js`);

const pointsNow = () => purse.balanceOf("points")?.units ?? 0;

/** Takes what the server says of the wallet; what is older than what is shown is left. */
const put = ({ balances, frozen, vouchers, t = 0 }) => {
  if (!Array.isArray(balances) || t < purse.t) return;
  const before = purse.balances && pointsNow();
  const isNew = JSON.stringify([balances, !!frozen]) !== JSON.stringify([purse.balances, purse.frozen]);
  Object.assign(purse, { phase: "fan", balances, frozen: !!frozen, t });
  if (Array.isArray(vouchers)) purse.vouchers = vouchers;
  changed();
  if (!isNew) return;
  document.dispatchEvent(
    new CustomEvent("crease:wallet", { detail: { seq: 0, t, text: "", balances, frozen: !!frozen } }),
  );
  if (before !== null) tellNews(pointsNow() - before);
};

/** Says what points were given for, and has the lists that are open know it. */
const tellNews = (gain) => {
  const own = stream;
  const isOpen = [...elements].some((it) => it.panel?.isOpen);
  const tell = async () => {
    if (own !== stream) return;
    const assets = isOpen ? Object.keys(purse.histories) : [];
    if (gain > 0 && !assets.includes("points")) assets.push("points");
    await Promise.all(assets.map(readAnew));
    if (gain <= 0 || own !== stream) return;
    // Several may have come at once: as many of the newest as make up what was given.
    const texts = [];
    let left = gain;
    for (const { change, metadata } of purse.histories.points?.entries ?? []) {
      if (left <= 0 || change <= 0) break;
      left -= change;
      if (metadata?.what) texts.push(String(metadata.what));
    }
    let at = 0;
    // It is said aloud once.
    for (const it of elements) it.announce(gain, left ? "" : texts.join(", "), !at++);
  };
  if (gain > 0) elements.forEach((it) => it.celebrate(gain));
  setTimeout(tell, isOpen ? 0 : Math.random() * NEWS_MS_MAX);
};

/** Asks for the newest page of an asset's history, or for what is earlier than what is there. */
const readHistory = async (asset, isEarlier) => {
  const own = stream;
  const all = (purse.histories[asset] ??= {
    entries: [],
    next: null,
    isKnown: false,
    isLoading: false,
    isFailed: false,
  });
  if (all.isLoading) return all.answer;
  Object.assign(all, { isLoading: true, isFailed: false });
  changed();
  const query = new URLSearchParams({ asset, limit: PAGE, ...(isEarlier && all.next && { cursor: all.next }) });
  const ask = async () => {
    try {
      const answer = await fan.request(`wallet/entries?${query}`);
      if (!answer.ok) throw new Error(answer.status);
      const { data: entries, next = null } = await answer.json();
      if (own !== stream) return;
      const known = new Set(all.entries.map((it) => it.id));
      const fresh = entries.filter((it) => !known.has(it.id));
      if (isEarlier) Object.assign(all, { entries: [...all.entries, ...fresh], next });
      // A page of nothing but new ones may have left a hole: the list begins anew.
      else if (fresh.length === entries.length) Object.assign(all, { entries, next });
      else all.entries = [...fresh, ...all.entries];
      all.isKnown = true;
    } catch {
      all.isFailed = true;
    }
    all.isLoading = false;
    if (own === stream) changed();
  };
  return (all.answer = ask());
};

/** The same, after what is being asked now, which may have been answered before there was news. */
const readAnew = async (asset) => {
  await purse.histories[asset]?.answer;
  await readHistory(asset);
};

/** Asks for what the stream does not say, and for the history that is looked at. */
const refresh = async (asset) => {
  const own = stream;
  readHistory(asset);
  try {
    const answer = await fan.request("wallet");
    const said = answer.ok && (await answer.json());
    if (said && own === stream) put(said);
  } catch {
    // What is there stays.
  }
};

/** Lines of a body, as they come; `hear` takes each event's name and data. */
const readEvents = async (body, hear) => {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let event = {};
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop();
    hear("", "");
    for (const line of lines) {
      const [, name, text] = /^(\w*)(?:: ?)?(.*?)\r?$/.exec(line) ?? [];
      if (name === "event") event.name = text;
      else if (name === "data") event.data = event.data === undefined ? text : `${event.data}\n${text}`;
      else if (name === "retry") hear("retry", text);
      else if (name === "" && text === "" && !line.startsWith(":")) {
        if (event.data !== undefined) hear(event.name, event.data);
        event = {};
      }
    }
  }
};

/**
 * Follows a stream until it is ended, or refused. `hear` takes the name and what is said of each event, `lost` whether
 * the stream broke, `refused` the type of the server's problem.
 */
const follow = (path, { hear, lost, refused }) => {
  let attempt;
  let timer;
  let silence;
  let shortest = WAIT_MS;
  let wait = shortest;
  let isOver = false;

  const open = async () => {
    clearTimeout(timer);
    timer = undefined;
    const own = (attempt = new AbortController());
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => own.abort(), SILENCE_MS_MAX);
    };
    let pause = wait;
    let isGoodbye = false;
    wait = Math.min(wait * 2, WAIT_MS_MAX);
    try {
      listen();
      const answer = await fan.request(path, {
        headers: { accept: "text/event-stream" },
        signal: own.signal,
      });
      if (attempt !== own) return;
      const { status } = answer;
      if (!answer.ok && (status < 500 || status === 501) && status !== 429 && status !== 408)
        return await refuse(answer, own);
      if (!answer.ok) {
        pause = Math.max(pause, Number(answer.headers.get("retry-after")) * 1_000 || 0);
        throw new Error(status);
      }
      await readEvents(answer.body, (name, data) => {
        if (attempt !== own) return;
        listen();
        if (name === "retry") shortest = Math.min(Math.max(Number(data) || WAIT_MS, WAIT_MS), WAIT_MS_MAX);
        else if (name === "bye") {
          pause = Number(JSON.parse(data).retry) || shortest;
          isGoodbye = true;
        } else if (name) {
          pause = shortest;
          wait = shortest * 2;
          hear(name, JSON.parse(data));
        }
      });
    } catch {
      // The same as a stream that ends.
    }
    if (attempt !== own) return;
    // A reader that failed half-way must not go on.
    own.abort();
    clearTimeout(silence);
    attempt = undefined;
    lost(!isGoodbye);
    timer = setTimeout(open, pause * (1 + Math.random() / 2));
  };

  /** What is refused is refused until somebody else signs in. */
  const refuse = async (answer, own) => {
    const { type = "" } = await answer.json().catch(() => ({}));
    if (attempt !== own) return;
    halt();
    isOver = true;
    refused(String(type));
  };

  const halt = () => {
    clearTimeout(timer);
    clearTimeout(silence);
    timer = undefined;
    attempt?.abort();
    attempt = undefined;
  };

  const line = {
    /** Tries at once, unless it is open or refused. */
    wake: () => attempt || isOver || open(),
    halt,
    end: () => {
      halt();
      lines.delete(line);
    },
    isOver: () => isOver,
  };
  lines.add(line);
  open();
  return line;
};

/** Follows the wallet. */
const followWallet = () =>
  follow("wallet/stream", {
    hear: (name, said) => {
      if (name !== "fan") return;
      purse.isLost = false;
      purse.heard++;
      put(said);
    },
    lost: (isLost) => {
      purse.isLost = isLost;
      changed();
    },
    refused: (type) => {
      const phase = type.endsWith("/wallet-for-guests") ? "guest" : "none";
      Object.assign(purse, { phase, balances: null, isLost: false });
      changed();
    },
  });

/** Nothing of the last fan may be seen by the next. */
const forget = () => {
  stream?.end();
  stream = undefined;
  Object.assign(purse, { histories: {}, balances: null, vouchers: null, frozen: false, isLost: false, t: 0 });
};

/** Looks who is signed in, and follows their wallet. */
const turn = async (signal, wait = WAIT_MS) => {
  try {
    const brought = await bringFan();
    if (signal.aborted) return;
    fan = brought;
    const who = fan.who();
    if (who === undefined) {
      // An answer that is on its way is told by an event.
      if (!fan.isAsked()) setTimeout(() => signal.aborted || fan.isAsked() || settle(null), GRACE_MS);
    } else settle(who);
  } catch {
    if (!signal.aborted) setTimeout(() => signal.aborted || turn(signal, Math.min(wait * 2, WAIT_MS_MAX)), wait);
  }
};

const settle = (who) => {
  // The same fan with another token: what is open goes on.
  if (who && who.id === purse.fan && stream && !stream.isOver()) return;
  forget();
  purse.fan = who?.id;
  purse.phase = !who ? "nobody" : who.kind === "guest" ? "guest" : "unknown";
  if (purse.phase === "unknown") stream = followWallet();
  changed();
};

/** From the first element on. */
const begin = () => {
  const { signal } = (stopping = new AbortController());
  let unseen;
  const look = () => {
    clearTimeout(unseen);
    if (document.hidden) unseen = setTimeout(() => signal.aborted || lines.forEach((it) => it.halt()), UNSEEN_MS_MAX);
    else lines.forEach((it) => it.wake());
  };
  document.addEventListener("visibilitychange", look, { signal });
  document.addEventListener("crease:fan", () => turn(signal), { signal });
  addEventListener("online", () => document.hidden || lines.forEach((it) => it.wake()), { signal });
  turn(signal);
  look();
};

/** Until the last one is gone. */
const end = () => {
  stopping.abort();
  forget();
  Object.assign(purse, { phase: "unknown", fan: undefined });
};
