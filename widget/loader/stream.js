// The stream of a match: one for all elements of a page and, where the browser lets tabs agree (Web Locks, BroadcastChannel), one for
// all tabs of a site. The tab that holds the lock leads: it has the `EventSource` and passes on what it hears; the others listen to it and
// stand in the queue for its place. A shared worker would do the same, but its script may not come from another site than the page's.
//
// Nothing here reads a match: a member (an element's widget) folds what it hears, and calls for a snapshot where something is missing.

/** What a stream says beside the match: it has no position, and is not remembered. */
const ASIDE = "content";
const ASIDES = [ASIDE, "commentary", "quiz"];
const isAside = (type) => ASIDES.includes(type);
/** What a stream says to members. */
const EVENTS = ["snapshot", "ball", "state", ...ASIDES];
/** Longest text that is taken from another tab: bytes, more than the longest snapshot. */
const TEXT_MAX = 1 << 22;
/** Updates remembered, for elements that come later. */
const HEARD_MAX = 64;
/** How long a tab waits for the leader's answer before it opens a stream of its own. */
const PATIENCE_MS = 1_500;
/** A visible tab that has not heard of its leader for so long asks whether it is still there. */
const ASK_MS = 20_000;
/** A page that nobody has seen for so long lets its stream go. */
const HIDDEN_MS = 60_000;
/** After so long a silence a stream is suspect when its page is looked at again: connections of sleeping machines die unnoticed. */
const SILENCE_MS = 60_000;
/** Without members, a stream is kept for so long: an element that changes its view comes back at once. */
const LINGER_MS = 1_000;
/** Longest wait before a stream is opened again. */
const BACKOFF_MS_MAX = 30_000;
/** Wait of those who are told to come later, but not when; and the longest that can be asked of them. */
const BUSY_S = 5;
const BUSY_S_MAX = 600;
/** Wait after an answer that will be the same for a while: a match may be announced, and a key allowed, while the page is open. */
const REFUSED_MS = 300_000;
/** Streams of one site over HTTP/1.1, where browsers open six connections to a host at most: the rest is for requests. */
const SLOTS = 3;
/** What a ticket begins with, and between two exchanges of one that lasts five minutes. */
const TICKET = "crt_";
const TICKET_MS = 120_000;
/** Between two snapshots where no stream may be opened. */
const POLL_MS = 4_000;

const streams = new Map();
/** Streams of this page, where tabs cannot agree. */
let opened = 0;

/** At least `ms`, at most half as long again: a crowd that was turned away in one instant does not come back in one. */
const scattered = (ms) => ms * (1 + Math.random() / 2);

/** Whether an update at `id` ("<epoch>.<seq>"; none is never news) was not heard by who is at `at`. */
const isNews = (id, at) => {
  if (!id || !at) return !!id;
  const [epoch, seq] = id.split(".");
  const [before, last] = at.split(".");
  return epoch !== before || +seq > +last;
};

/** True where one connection carries any number of streams. */
const isMultiplexed = () => /^h[23]/.test(performance.getEntriesByName(import.meta.url)[0]?.nextHopProtocol ?? "");

/** Takes a lock if it is free, until the function it resolves with is called; resolves with nothing where it is not. Where locks are not
 * allowed (a frame without an origin) nobody can be counted, and everybody may. */
const hold = (name) =>
  new Promise((answer) =>
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => lock ? new Promise((letGo) => answer(letGo)) : answer())
      .catch(() => answer(() => {})),
  );

/** The right to open a stream: a function that gives it back, or nothing. */
const takeSlot = async () => {
  if (isMultiplexed()) return () => {};
  for (let slot = 0; navigator.locks && slot < SLOTS; slot++) {
    const letGo = await hold(`crease ${BASE} slot ${slot}`);
    if (letGo) return letGo;
  }
  if (navigator.locks || opened >= SLOTS) return undefined;
  opened++;
  return () => opened--;
};

class SharedStream {
  /** Elements' widgets: each has its `place`, `hear(type, id, text)`, `lost(seconds)`, `live()`, `refused(why)`, and `wants` while it needs a snapshot. */
  members = new Set();
  /** What was heard since the snapshot, the oldest forgotten. */
  heard = [];
  /** The last update's id. */
  at = "";
  /** The leader's, when it was further on. */
  goal = "";
  /** "", "live", "lost" or "refused": what members were told last. */
  link = "";
  why = "";
  /** When the server was heard last. */
  heardAt = Date.now();
  failures = 0;
  /** When the stream is to be opened again, and when the server said that it may be: milliseconds since 1970, 0 for now. */
  due = 0;
  notBefore = 0;
  /** Whether this page takes part: not while it is hidden for long. */
  isOn = false;
  isLeading = false;
  /** Resolves when something was heard, or the stream was turned away. */
  spoken = new Promise((speak) => (this.speak = speak));

  constructor(place) {
    // In a tone, it is another one.
    this.tone = place.tone ? `&${place.tone}` : "";
    this.name = `crease ${BASE} ${place.match} ${place.key}${this.tone}`;
    this.url = `${BASE}matches/${place.match}`;
    this.key = place.key;
  }

  /** Goes on with what the loader has opened and heard; `declared` is the element that the page brought along. */
  adopt(early, declared) {
    if (declared && !this.at) this.hear("snapshot", declared.dataset.at, declared.textContent);
    const { source, heard } = early ?? {};
    if (!source) return;
    // From now on the loader neither keeps what is said nor closes the stream.
    early.source = undefined;
    early.heard = { push() {} };
    if (this.source || this.isOpening || this.isFollowing) return source.close();
    // The loader's is in no tone: what it has heard is good.
    if (this.tone) source.close();
    else {
      this.follow(source);
      this.keepSlot();
    }
    for (const event of heard) if (event.data) this.hear(event.type, event.lastEventId, event.data);
    if (!this.tone && source.readyState === EventSource.CLOSED) this.turnedAway();
  }

  join(member) {
    clearTimeout(this.lingering);
    this.members.add(member);
    member.place.key = this.key;
    if (!this.isRenewed && this.key.startsWith(TICKET)) this.renew();
    if (!this.isOn && !document.hidden) this.start();
    if (this.link === "lost") member.lost(this.silence());
    if (this.link === "refused") member.refused(this.why);
  }

  leave(member) {
    this.members.delete(member);
    if (this.members.size) return;
    this.lingering = setTimeout(() => {
      this.stop();
      streams.delete(this.name);
      if (!streams.size) watch("removeEventListener");
    }, LINGER_MS);
  }

  /** Exchanges a ticket for the next, again and again until its stream is given up: also while nobody looks, or it would have ended by then. */
  async renew() {
    this.isRenewed = true;
    const headers = { "x-crease-key": this.key };
    const answer = await fetch(`${BASE}tickets/renew`, { method: "POST", headers }).catch(() => {});
    const next = answer?.ok && (await answer.json().catch(() => {}));
    if (next) for (const { place } of this.members) place.key = next.ticket;
    if (next) this.key = next.ticket;
    const isOver = answer && answer.status < 500 && !next;
    if (!isOver && streams.get(this.name) === this) setTimeout(() => this.renew(), next ? TICKET_MS : BUSY_S * 1000);
  }

  /** Takes part: as the leader when the lock is free, else listening to who has it. */
  start() {
    this.isOn = true;
    this.tick();
    for (const member of this.members) if (member.wants) this.call();
    if (!navigator.locks || !window.BroadcastChannel) return this.open();
    this.channel = new BroadcastChannel(this.name);
    this.channel.onmessage = ({ data }) => this.told(data);
    this.queue = new AbortController();
    const { signal } = this.queue;
    navigator.locks
      .request(this.name, { signal }, () => {
        if (signal.aborted) return;
        this.isLeading = true;
        this.isFollowing = false;
        this.open();
        this.say({ at: this.at });
        return new Promise((release) => signal.addEventListener("abort", release));
      })
      // Let go by us, or not allowed here: then each for itself.
      .catch(() => signal.aborted || this.open());
    this.ask();
  }

  /** Lets everything go that another tab, or the server, keeps for this page. */
  stop() {
    this.isOn = this.isLeading = this.isFollowing = false;
    this.close();
    this.queue?.abort();
    this.channel?.close();
    this.channel = undefined;
    clearTimeout(this.timer);
    clearTimeout(this.patience);
  }

  say(message) {
    this.channel?.postMessage(message);
  }

  /** Asks who leads. Where nobody answers, a stream of our own does until somebody is heard. */
  ask() {
    if (!this.channel || this.isLeading) return;
    this.say({ ask: true });
    clearTimeout(this.patience);
    this.patience = setTimeout(() => {
      this.isFollowing = false;
      this.open();
    }, PATIENCE_MS);
  }

  /** Hears another tab of the site: the page's scripts could speak here too, so nothing is taken for granted. */
  told(data) {
    const { ask, at, link, why, type, id, text } = Object(data);
    if (this.isLeading) return ask && this.say({ at: this.at, link: this.link, why: this.why });
    if (ask) return;
    const isUpdate = EVENTS.includes(type) && typeof id === "string" && typeof text === "string" && text.length <= TEXT_MAX;
    if (isUpdate || (at && typeof at === "string")) {
      clearTimeout(this.patience);
      this.leaderAt = Date.now();
      this.isFollowing = true;
      this.due = 0;
      this.close();
    }
    if (isUpdate) this.hear(type, id, text);
    else if (this.isFollowing && at && isNews(at, this.at)) {
      this.goal = at;
      this.call();
    }
    if (!this.isFollowing) return;
    if (link === "live") this.alive();
    if (link === "lost") this.lose();
    if (link === "refused") this.refuse(String(why));
  }

  /** Passes on what the stream, or the leader, says. */
  hear(type, id, text) {
    this.alive();
    if (!isAside(type)) {
      if (!isNews(id, this.at)) return;
      this.at = id;
      if (type === "snapshot") this.heard = [];
      this.heard.push({ type, id, text });
      if (this.heard.length > HEARD_MAX) this.heard.shift();
    }
    for (const member of this.members) member.hear(type, id, text);
    if (this.isLeading) this.say({ type, id, text });
    this.speak();
  }

  /** Opens the stream from where this page is, unless that is being done, or too early. */
  async open() {
    if (this.source || this.isOpening || this.isFollowing || !this.isOn || this.due > Date.now()) return;
    this.isOpening = true;
    this.letGo ??= await takeSlot();
    this.isOpening = false;
    if (!this.isOn || this.isFollowing || this.source) return this.source || this.close();
    this.due = this.notBefore = 0;
    if (!this.letGo) return this.poll();
    const at = this.at && `&last_event_id=${this.at}`;
    this.follow(new EventSource(`${this.url}/stream?key=${this.key}${this.tone}${at}`));
  }

  /** For a stream that is open already: it needs a slot like any other. */
  async keepSlot() {
    this.isOpening = true;
    this.letGo ??= await takeSlot();
    this.isOpening = false;
    if (!this.source) return this.close();
    if (this.letGo) return;
    this.close();
    this.poll();
  }

  follow(source) {
    this.source = source;
    const on = (name, run) => source.addEventListener(name, (event) => this.source === source && run(event));
    for (const name of EVENTS) on(name, (event) => this.hear(name, event.lastEventId, event.data));
    on("open", () => {
      this.alive();
      // What was said aside while nobody listened is not said again.
      this.hear(ASIDE, "", "0");
    });
    on("error", () => (source.readyState === EventSource.CLOSED ? this.turnedAway() : this.lose()));
    // It says when to come back.
    on("bye", (event) => {
      const wait = /"retry":(\d+)/.exec(event.data)?.[1];
      this.reopenIn(wait > 0 ? Math.min(wait, BACKOFF_MS_MAX) : this.backoff());
    });
  }

  close() {
    this.source?.close();
    this.source = undefined;
    this.letGo?.();
    this.letGo = undefined;
  }

  /** Milliseconds before the next attempt: doubling from a second, half of it random. */
  backoff() {
    const full = Math.min(500 << Math.min(++this.failures, 8), BACKOFF_MS_MAX);
    return (full / 2) * (1 + Math.random());
  }

  reopenIn(ms) {
    this.close();
    this.due = Date.now() + ms;
    if (this.link !== "refused") this.lose();
    this.tick();
  }

  /** The server answered with an error, after which the browser does not try again. It may be the position that it refuses (one ahead
   * of a match that came out of a backup), so the next stream begins with a snapshot. */
  async turnedAway() {
    this.at = "";
    this.reopenIn(this.backoff());
    const due = this.due;
    // An `EventSource` does not tell the answer: ask as it did, and let the stream go when it is granted.
    const stop = new AbortController();
    const answer = await fetch(`${this.url}/stream?key=${this.key}${this.tone}`, { signal: stop.signal }).catch(() => {});
    const { status = 0 } = answer ?? {};
    const title = answer?.ok ? stop.abort() : await titleOf(answer);
    this.speak();
    // The next attempt may have begun: then this answer is too late.
    if (this.due !== due) return;
    if (status === 429 || status === 503) {
      const seconds = Number.parseInt(answer.headers.get("retry-after") ?? "") || BUSY_S;
      this.due = this.notBefore = Math.max(due, Date.now() + scattered(Math.min(seconds, BUSY_S_MAX) * 1000));
    } else if (status >= 400 && status < 500 && status !== 408 && status !== 425) {
      this.due = Date.now() + scattered(REFUSED_MS);
      this.refuse(title || "This match is not available.");
    }
    this.tick();
  }

  /** Asks for snapshots in place of a stream, until there is room for one. */
  async poll() {
    this.due = Date.now() + scattered(POLL_MS);
    this.tick();
    const text = await this.snapshot();
    if (text) this.hear("snapshot", positionOf(text), text);
    else this.lose();
  }

  async snapshot() {
    const answer = await fetch(`${this.url}?key=${this.key}`).catch(() => {});
    return answer?.ok ? answer.text().catch(() => {}) : undefined;
  }

  /** Gets a snapshot: for members that want one, or for all when the leader is further on than this page. */
  async call() {
    if (this.calling) return;
    this.calling = true;
    const text = await this.snapshot();
    if (text) this.called(positionOf(text), text);
    // What a cache kept may be too old: then once more, a little later.
    const again = () => {
      this.calling = false;
      const isWanted = isNews(this.goal, this.at) || [...this.members].some((it) => it.wants);
      if (this.isOn && isWanted) this.call();
    };
    setTimeout(again, text ? scattered(1000) : this.backoff());
  }

  called(id, text) {
    const wanting = [...this.members].filter((it) => it.wants);
    for (const member of wanting) member.wants = false;
    if (isNews(id, this.at)) return this.hear("snapshot", id, text);
    for (const member of wanting) {
      member.hear("snapshot", id, text);
      // The rest follows; what is in the snapshot already is left alone.
      for (const { type, id, text } of this.heard) if (type !== "snapshot") member.hear(type, id, text);
    }
  }

  /** What a new member begins with: a snapshot and what came after it. Nothing where the match was refused. */
  async story() {
    for (;;) {
      await this.spoken;
      if (this.link === "refused") return [];
      if (this.heard[0]?.type === "snapshot") return this.heard;
      const text = await this.snapshot();
      if (text) return [{ type: "snapshot", id: positionOf(text), text }, ...this.heard.filter((it) => it.type !== "snapshot")];
      // Not even that: what stands there stays until there is more to tell.
      this.spoken = new Promise((speak) => (this.speak = speak));
    }
  }

  silence() {
    return Math.max(0, Math.floor((Date.now() - this.heardAt) / 1000));
  }

  alive() {
    this.heardAt = Date.now();
    this.failures = 0;
    this.turn("live", (member) => member.live());
  }

  lose() {
    this.turn("lost", (member) => member.lost(this.silence()));
    this.tick();
  }

  refuse(why) {
    this.why = why;
    this.turn("refused", (member) => member.refused(why));
    this.speak();
  }

  turn(link, tell) {
    if (this.link === link) return;
    this.link = link;
    if (this.isLeading) this.say({ link, why: this.why });
    for (const member of this.members) tell(member);
  }

  /** Once a second while the stream is away; else when something is due. */
  tick() {
    clearTimeout(this.timer);
    if (!this.isOn) return;
    const now = Date.now();
    if (this.due && this.due <= now) this.open();
    if (this.link === "lost") for (const member of this.members) member.lost(this.silence());
    if (this.isFollowing && now - this.leaderAt > ASK_MS) {
      this.leaderAt = now;
      this.ask();
    }
    const next = this.link === "lost" ? 1000 : ASK_MS;
    this.timer = setTimeout(() => this.tick(), Math.max(0, Math.min(this.due > now ? this.due - now : next, next)));
  }

  /** The page is seen again, or hidden, or the network came or went. */
  changed(what) {
    clearTimeout(this.hiding);
    if (what === "pagehide") return this.stop();
    if (what === "offline") return this.lose();
    if (document.hidden) return (this.hiding = setTimeout(() => this.stop(), HIDDEN_MS));
    if (!this.isOn) return this.members.size ? this.start() : undefined;
    if (this.link === "refused") return;
    if (this.isFollowing) return this.ask();
    if (this.link === "lost" || Date.now() - this.heardAt > SILENCE_MS) {
      this.due = this.notBefore;
      this.close();
      this.open();
    }
  }
}

const titleOf = async (answer) => {
  try {
    return String((await answer.json()).title ?? "");
  } catch {
    return "";
  }
};

const positionOf = (snapshot) => {
  const { epoch = 0, seq = 0 } = JSON.parse(snapshot);
  return `${epoch}.${seq}`;
};

const onChange = guard(({ type }) => streams.forEach((it) => it.changed(type)));

/** Looks at the page while there are streams. */
const watch = (how) => {
  document[how]("visibilitychange", onChange);
  for (const name of ["online", "offline", "pagehide", "pageshow"]) window[how](name, onChange);
};

/** The stream of a place's match, new or shared. */
const streamOf = (place) => {
  const new_ = new SharedStream(place);
  const stream = streams.get(new_.name) ?? new_;
  if (!streams.size) watch("addEventListener");
  streams.set(new_.name, stream);
  return stream;
};
