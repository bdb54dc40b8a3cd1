// Questions on a match, beside its score: a card that opens, counts down, locks and says what was right. `board.js` brings this module where a
// quiz is asked on the match. What is open, and how many have chosen what, the match's own stream says (`quiz`); what this fan has answered, the
// server, once. Who is signed in answers; nobody else can, and is told so.

/** "https://live.example.com/v1/" */
const BASE = import.meta.url.split("bundle/")[0];
/** A crowd hears of a question at once: what each is shown is asked for within so long; milliseconds. */
const ASK_MS_MAX = 400;
const TICK_MS = 250;
/** What is settled stays on the card for so long, unless something new is asked. */
const SHOWN_MS = 90_000;
const SHARES_KNOWN = ["locked", "settled"];

const sheet = new CSSStyleSheet();
sheet.replaceSync(`__CREASE_STYLE__`);

const warn = (error) => console.warn("Crease: a quiz cannot be shown.", error);

/** "1:05" */
const clock = (ms) => {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};

/** Where the browser is, as the server reads it; nothing where the fan does not say it. */
const position = () =>
  new Promise((answer) => {
    if (!navigator.geolocation) return answer();
    const said = ({ coords, timestamp }) =>
      answer(
        new URLSearchParams({
          lat: coords.latitude,
          lon: coords.longitude,
          accuracy_m: Math.ceil(coords.accuracy),
          age_s: Math.max(0, Math.round((Date.now() - timestamp) / 1000)),
        }).toString(),
      );
    navigator.geolocation.getCurrentPosition(said, () => answer(), { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 });
  });

class Quiz {
  /** By id: as the server shows them, with `ends` (of this clock) while they count down. */
  questions = new Map();
  /** What was refused, by question. */
  refused = new Map();
  sending = new Map();
  /** What this fan has put away, and when a question was settled here. */
  away = new Set();
  settledAt = new Map();
  words = ENGLISH;

  /** `view` is the element's (`board.js`). */
  constructor(view) {
    this.view = view;
    const { shadow, card } = view;
    shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
    this.box = element("section", "quiz");
    this.box.setAttribute("part", "quiz");
    this.box.hidden = true;
    this.said = element("p", "unseen");
    this.said.setAttribute("aria-live", "polite");
    card.querySelector(".summary").after(this.said, this.box);
    this.stop = view.stop;
    document.addEventListener("crease:fan", () => this.askIn(0), { signal: this.stop.signal });
    this.stop.signal.addEventListener("abort", () => this.end());
    this.learn()
      .then(() => this.ask())
      .catch(warn);
  }

  end() {
    clearInterval(this.ticking);
    clearTimeout(this.asking);
  }

  async learn() {
    const { tag } = this.view.board;
    this.words = await wordsOf(tag);
    this.tag = tag;
    this.spoken = tagOf(this.words, tag);
    this.box.setAttribute("aria-label", this.words.QUIZ);
  }

  say(name, ...values) {
    return filled(this.words[name], values);
  }

  askIn(ms) {
    this.asking ??= setTimeout(() => this.ask().catch(warn), Math.random() * ms);
  }

  /** Asks what this fan is shown. */
  async ask() {
    clearTimeout(this.asking);
    this.asking = undefined;
    if (this.stop.signal.aborted) return;
    if (this.tag !== this.view.board.tag) await this.learn();
    const { stream, place, board } = this.view;
    this.fan = await import("./fan.js").catch(() => {});
    const isSigned = this.fan?.who?.()?.kind === "signed";
    const path = `matches/${place.match}/quizzes?lang=${encodeURIComponent(board.tag)}`;
    const init = { cache: "no-store", credentials: "omit" };
    const asked = isSigned ? this.fan.request(path, init) : fetch(`${BASE}${path}&key=${stream.key}`, init);
    const answer = await asked.catch(() => {});
    const said = answer?.ok && (await answer.json().catch(() => {}));
    if (!said || this.stop.signal.aborted) return;
    const before = this.questions;
    this.questions = new Map();
    this.series = undefined;
    for (const { title, questions = [], language, series } of said.quizzes ?? []) {
      this.series ??= series ?? undefined;
      for (const it of questions) {
        const ends = it.left_ms === null || it.left_ms === undefined ? undefined : Date.now() + it.left_ms;
        this.questions.set(it.id, { ...it, title, language, ends, span: before.get(it.id)?.span ?? it.left_ms });
        this.note(before.get(it.id), it);
      }
    }
    this.isKnown = true;
    this.draw();
  }

  /** What was settled before anybody looked is no news. */
  note(before, { id, state }) {
    if (before && before.state !== state && state !== "open") this.settledAt.set(id, Date.now());
  }

  /** What the stream says. */
  hear({ t, ask, all, questions = [] }) {
    let isNews = ask;
    for (const told of questions) {
      const it = this.questions.get(told.id);
      if (told.gone) {
        this.questions.delete(told.id);
        continue;
      }
      if (!it) {
        // Its words are the server's to choose by language, and what this fan has answered, too.
        isNews ||= !all || told.state === "open";
        continue;
      }
      this.note(it, { id: told.id, state: told.state ?? it.state });
      if (told.state) it.state = told.state;
      if (told.locks_at) it.ends = Date.now() + (told.locks_at - t);
      if (told.choice) it.choice = told.choice;
      if (told.why) it.why = told.why;
      // Until then they would sway who has not answered.
      if (it.own || SHARES_KNOWN.includes(it.state)) {
        it.percents = it.choices.map(({ id }) => told.percents?.[id] ?? 0);
        it.total = told.total;
      }
      // How it ended for this fan, and what is said of it.
      if (told.state === "settled" || told.state === "void") isNews = true;
    }
    if (isNews) this.askIn(ASK_MS_MAX);
    this.draw();
  }

  /** The question that is on the card: what can be answered first, then what has just ended. */
  chosen() {
    const all = [...this.questions.values()].filter((it) => !this.away.has(it.id));
    const isOpen = (it) => it.state === "open" && !(it.ends < Date.now());
    const isFresh = (it) => Date.now() - (this.settledAt.get(it.id) ?? 0) < SHOWN_MS;
    return (
      all.find((it) => isOpen(it) && !it.own) ??
      all.find((it) => it.own && it.state !== "settled" && it.state !== "void") ??
      all.find((it) => (it.state === "settled" || it.state === "void") && isFresh(it)) ??
      all.find((it) => it.state === "locked" && isFresh(it))
    );
  }

  async answer(question, choice) {
    if (this.sending.has(question.id)) return;
    this.refused.delete(question.id);
    this.sending.set(question.id, choice);
    this.draw();
    try {
      let answer = await this.send(question, choice);
      let said = await answer.json().catch(() => ({}));
      const word = String(said.type).split("/").pop();
      if (!answer.ok && word === "place-unsure") {
        const where = await position();
        if (where) {
          answer = await this.send(question, choice, where);
          said = await answer.json().catch(() => ({}));
        }
      }
      if (answer.ok) question.own = { choice: said.choice, mark: null };
      else this.refuse(question, String(said.type).split("/").pop(), said.place);
    } catch {
      this.refuse(question, "offline");
    }
    this.sending.delete(question.id);
    this.draw();
    // The shares, which are for who has answered.
    this.askIn(0);
  }

  send({ id }, choice, where) {
    const headers = { "content-type": "application/json", ...(where && { "crease-place": where }) };
    const body = JSON.stringify({ choice, match: this.view.place.match });
    return this.fan.request(`quizzes/questions/${id}/answer`, { method: "POST", headers, body });
  }

  refuse(question, word, place) {
    const own = {
      "question-locked": "TOO_LATE",
      "question-not-open": "NOT_YET",
      "question-answered": "ANSWERED_ONCE",
      "place-denied": "NOT_FROM_HERE",
      "place-unsure": "NOT_FROM_HERE",
      "not-from-here": "NOT_FROM_HERE",
      "fan-blocked": "BLOCKED",
    }[word];
    const fixes = Array.isArray(place?.fix) ? place.fix.filter((it) => typeof it === "string") : [];
    this.refused.set(question.id, [this.say(own ?? "NOT_SENT"), ...fixes].join(" "));
  }

  draw() {
    const question = this.isKnown ? this.chosen() : undefined;
    clearInterval(this.ticking);
    if (!question) {
      this.drawn = undefined;
      return this.rest();
    }
    const isOpen = question.state === "open" && !(question.ends < Date.now());
    const isSigned = this.fan?.who?.()?.kind === "signed";
    const mark = JSON.stringify([question, isOpen, isSigned, this.refused.get(question.id), this.sending.get(question.id), this.tag]);
    if (mark !== this.drawn) {
      this.drawn = mark;
      const focus = this.view.shadow.activeElement?.dataset?.choice;
      this.box.replaceChildren(...this.piece(question, isOpen, isSigned));
      if (focus) [...this.box.querySelectorAll("[data-choice]")].find((it) => it.dataset.choice === focus)?.focus({ preventScroll: true });
      this.box.hidden = false;
      this.tell(question);
    }
    this.tick(question);
    if (question.ends && isOpen) this.ticking = setInterval(() => this.tick(question), TICK_MS);
  }

  /** Nothing is asked: who leads is a press away, once something is decided. */
  rest() {
    this.box.hidden = ![...this.questions.values()].some((it) => it.state === "settled");
    this.box.dataset.state = "rest";
    if (this.box.hidden || this.box.querySelector(".rest")?.lang === this.spoken) return;
    this.box.replaceChildren(Object.assign(element("p", "rest", element("b", "", this.say("QUIZ")), this.leaders()), this.ours()));
  }

  ours() {
    return { lang: this.spoken, dir: directionOf(this.spoken) };
  }

  leaders() {
    const button = Object.assign(element("button", "leaders", this.say("LEADERS")), { type: "button" }, this.ours());
    button.setAttribute("aria-haspopup", "dialog");
    const look = async () => (await import("./leaders.js")).open(this.view, this);
    button.addEventListener("click", () => look().catch(warn));
    return button;
  }

  tick(question) {
    const left = question.ends - Date.now();
    const place = this.box.querySelector(".left");
    if (!place || !(left > 0)) return question.ends && question.state === "open" && place && this.draw();
    place.textContent = clock(left);
    const bar = this.box.querySelector(".time i");
    if (bar) bar.style.transform = `scaleX(${Math.min(1, left / (question.span || left))})`;
  }

  /** For who does not see it: a question, once, and how it ended. */
  tell(question) {
    const text = [question.text, this.verdict(question)].filter(Boolean).join(" ");
    if (this.toldOf !== text) this.said.textContent = this.toldOf = text;
  }

  /** How it stands for this fan; empty while there is nothing to say. */
  verdict({ state, own, choices, choice, points, ends }) {
    const right = choices.find((it) => it.id === choice)?.text ?? "";
    if (state === "void") return this.say("VOID");
    if (state === "settled" && !own) return this.say("WAS", right);
    if (state === "settled") return own.choice === choice && !own.is_late ? this.say("RIGHT", points) : this.say("WRONG", right);
    if (own) return this.say("ANSWERED");
    if (state === "locked" || ends < Date.now()) return this.say("LOCKED");
    return "";
  }

  piece(question, isOpen, isSigned) {
    const { id, title, text, language, choices, own, percents, total, choice, state, points } = question;
    const ours = this.ours();
    const theirs = (it) => Object.assign(it, { lang: language ?? this.tag, dir: "auto" });
    const head = element("p", "over", Object.assign(element("b", "", this.say("QUIZ")), ours), " ", theirs(element("span", "", title)));
    if (isOpen && question.ends) {
      const left = element("span", "left");
      left.setAttribute("role", "timer");
      left.setAttribute("aria-label", this.say("TIME_LEFT"));
      head.append(left);
    }
    const heading = theirs(element("h2", "", text));
    heading.id = `quiz-${id}`;
    const list = element("div", "choices");
    list.setAttribute("role", "group");
    list.setAttribute("aria-labelledby", heading.id);
    const chosen = own?.choice ?? this.sending.get(id);
    for (const [at, it] of choices.entries()) {
      const share = percents?.[at];
      const button = element("button", "choice", theirs(element("span", "", it.text)));
      Object.assign(button, { type: "button" });
      button.dataset.choice = it.id;
      button.setAttribute("aria-pressed", chosen === it.id);
      button.setAttribute("part", "quiz-choice");
      if (share !== undefined) {
        button.append(element("span", "share", `${share}%`));
        button.style.setProperty("--share", `${share}%`);
        button.classList.add("is-shared");
      }
      if (state === "settled") {
        button.dataset.mark = it.id === choice ? "right" : chosen === it.id ? "wrong" : "";
        if (it.id === choice) button.append(element("span", "sign", "✓"));
        else if (chosen === it.id) button.append(element("span", "sign", "✗"));
      }
      const canAnswer = isOpen && isSigned && !own && !this.sending.has(id);
      // Kept where the focus is.
      button.setAttribute("aria-disabled", !canAnswer);
      button.addEventListener("click", () => canAnswer && this.answer(question, it.id).catch(warn));
      list.append(button);
    }
    const parts = [head, heading];
    if (isOpen && question.ends) parts.push(element("div", "time", element("i")));
    parts.push(list);
    const foot = element("p", "foot");
    const refused = this.refused.get(id);
    const verdict = this.verdict(question);
    const note = refused ?? (isOpen && !isSigned ? this.say("SIGN_IN") : verdict || this.say("POINTS", points));
    const said = Object.assign(element("span", refused ? "refused" : verdict ? "verdict" : "", note), ours);
    if (refused) said.setAttribute("role", "alert");
    foot.append(said);
    if (total !== undefined && total !== null) foot.append(Object.assign(element("span", "total", this.say("ANSWERS", total.toLocaleString(this.spoken))), ours));
    if (!isOpen) foot.append(this.leaders());
    parts.push(foot);
    if (state === "settled" && question.after) parts.push(theirs(element("p", "after", question.after)));
    if (state !== "open") {
      const close = element("button", "shut", "×");
      close.type = "button";
      close.setAttribute("aria-label", this.say("CLOSE"));
      close.addEventListener("click", () => {
        this.away.add(id);
        this.draw();
        this.box.querySelector(".rest .leaders")?.focus({ preventScroll: true });
      });
      parts.push(close);
    }
    this.box.dataset.state = state;
    return parts;
  }
}

/** Shows beside an element's score what is asked. */
export const show = (view) => new Quiz(view);
