// What <crease-rewards> shows: what was earned, missions, vouchers and markets, each of them a tab. The element's
// script (`wallet/rewards.js`) brings this module, and lends it the wallet and what it draws with. xtask puts the files
// of this folder into one module: they share their names. `market` is one of its own, brought when its tab is opened.

/** By name, as widget/languages/rewards.en.txt has them. */
const ENGLISH = __CREASE_WORDS__;
const own = new CSSStyleSheet();
own.replaceSync(`__CREASE_STYLE__`);

/** A crowd is told at once that something changed: what is shown is asked for within so long. */
const ANEW_MS_MAX = 800;
/** Times are told anew. */
const TICK_MS = 30_000;
const TOAST_MS = 6_000;

/** As `ICONS` of the chip has them. */
const ICONS = {
  gift: [
    ["line", "M4 11h16v9H4zM3 7.5h18V11H3zM12 7.5V20M12 7.5C9 7.5 7 6.5 7 5s3-2 5 2.5C14 3 17 3.5 17 5s-2 2.5-5 2.5z"],
  ],
  star: [["line", "M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9L12 16.9l-5.2 2.8 1-5.9-4.3-4.1 5.9-.8z"]],
  clock: [["line", "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 7.5V12l3 2"]],
  back: [["line", "M9 6L4 11l5 5M4 11h10a5 5 0 0 1 0 10h-2"]],
  voucher: [["line", "M3 7h18v3a2 2 0 0 0 0 4v3H3v-3a2 2 0 0 0 0-4zM14 7v2M14 11v2M14 15v2"]],
  close: [["line", "M6 6l12 12M18 6L6 18"]],
};

class Rewards {
  /** `root` is the element's, `sheet` what it has already; `signIn()` where to sign in, or nothing. */
  constructor({ root, sheet, purse, speech, tools, signIn }, say) {
    Object.assign(this, { root, sheet, purse, speech, tools, signIn, say, heard: purse.heard });
    this.box = tools.element("div", "rewards");
    this.box.lang = speech.lang;
    if (speech.dir) this.box.dir = speech.dir;
  }

  icon(name) {
    return this.tools.icon(name, ICONS[name]);
  }

  /** What others wrote, in whichever direction it is read. */
  foreign(tag, className, text) {
    return Object.assign(this.tools.element(tag, className, String(text ?? "")), { dir: "auto" });
  }

  number(units) {
    return this.speech.amount("", units, 0);
  }

  points(units) {
    return this.speech.counted("points", units, this.purse.balanceOf("points")?.places ?? 0);
  }

  /** Tells who has no wallet how one comes by it. */
  invite() {
    const { element } = this.tools;
    const address = this.signIn();
    const inner = [this.icon("gift"), element("b", "", this.say("INVITE")), element("p", "", this.say("INVITE_WHY"))];
    if (address) inner.push(Object.assign(element("a", "go", this.speech.say("SIGN_IN")), { href: address }));
    this.box.append(element("div", "nothing", ...inner));
  }

  build() {
    const { element, button, icon, part } = this.tools;
    this.amount = element("b", "amount");
    this.name = element("span", "soft");
    this.held = element("span", "soft held");
    const sum = element("span", "", this.amount, this.name);
    this.tier = this.foreign("span", "badge", "");
    const balance = element("div", "balance", icon("points"), element("div", "", sum, this.held), this.tier);
    this.frozen = element("p", "warn", icon("lock"), element("span", "", this.speech.say("FROZEN_WHY")));
    this.lost = element("p", "warn lost", this.icon("clock"), element("span", "", this.say("LOST")));
    this.lost.setAttribute("role", "status");
    this.parts = [new Earned(this), new Missions(this), new Vouchers(this)];
    // A match's flags may do without it.
    if (!/\bmarket\b/.test(this.root.host.getAttribute("hides"))) this.parts.push(new Market(this));
    this.tabs = this.parts.map(({ name }) => {
      const tab = part(button("", this.say(name)), "tab");
      const set = { role: "tab", id: `tab-${name}`, "aria-controls": "part" };
      for (const [key, value] of Object.entries(set)) tab.setAttribute(key, value);
      tab.addEventListener("click", () => this.show(this.tabs.indexOf(tab)));
      return tab;
    });
    const bar = part(element("div", "tabs", ...this.tabs), "tabs");
    bar.setAttribute("role", "tablist");
    bar.setAttribute("aria-label", this.say("TITLE"));
    bar.addEventListener("keydown", (event) => this.move(event));
    this.panel = element("div", "part");
    this.panel.id = "part";
    this.panel.setAttribute("role", "tabpanel");
    this.toast = element("div", "toast");
    this.news = element("div", "unseen");
    this.news.setAttribute("role", "status");
    this.box.append(balance, this.frozen, this.lost, bar, this.panel, this.toast, this.news);
    this.show(0);
  }

  /** The arrow keys lead from tab to tab (WAI-ARIA tabs pattern, automatic activation). */
  move(event) {
    const { length } = this.tabs;
    const isRtl = this.box.dir === "rtl";
    const steps = { ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1, Home: -this.at, End: length - 1 - this.at };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.show((this.at + step + length) % length);
    this.tabs[this.at].focus();
  }

  show(at) {
    if (at === this.at) return;
    this.shown?.leave();
    this.at = at;
    this.tabs.forEach((tab, number) => {
      tab.setAttribute("aria-selected", number === at);
      tab.tabIndex = number === at ? 0 : -1;
    });
    this.panel.setAttribute("aria-labelledby", this.tabs[at].id);
    this.shown = this.parts[at];
    this.panel.replaceChildren(this.shown.box);
    this.shown.draw();
    this.shown.read();
  }

  /** From now on it is on the page. */
  open() {
    const { root, sheet, box, purse } = this;
    root.adoptedStyleSheets = [sheet, own];
    root.replaceChildren(box);
    // What others wrote may be read the other way round, and yet begins where all begins.
    box.dir = getComputedStyle(box).direction;
    if (purse.phase === "fan") {
      this.build();
      // To be here may earn, once a day.
      ask(this, "POST", "rewards/check-ins").catch(() => {});
    } else if (purse.phase === "unknown") box.append(this.bones());
    else this.invite();
    this.draw();
    this.ticking = setInterval(() => this.tick(), TICK_MS);
  }

  /** It was taken away, or moved, or is another fan's. */
  close() {
    this.step?.close();
    if (this.root.contains(this.box)) return;
    clearInterval(this.ticking);
    clearTimeout(this.asking);
    this.shown?.leave();
  }

  tick() {
    for (const it of this.root.querySelectorAll("time")) {
      this.tools.write(it, this.speech.when(Date.parse(it.dateTime)));
    }
  }

  draw() {
    if (!this.tabs) return;
    const { write } = this.tools;
    const { units = 0, held = 0, places = 0 } = this.purse.balanceOf("points") ?? {};
    const [before = "", after = ""] = this.speech.around("points", units);
    write(this.amount, this.speech.amount("points", units, places));
    write(this.name, `${before}${after}`);
    write(this.held, held ? this.speech.say("HELD", this.speech.amount("points", held, places)) : "");
    this.frozen.hidden = !this.purse.frozen;
    if (this.lost.hidden === this.purse.isLost) this.lost.hidden = !this.purse.isLost;
    this.shown.draw();
    if (this.purse.heard === this.heard) return;
    this.heard = this.purse.heard;
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.shown.read(), Math.random() * ANEW_MS_MAX);
  }

  /** Which tier the fan is of, if of any. */
  rank(tier) {
    this.tools.write(this.tier, tier ?? "");
  }

  /** Says what happened, for those who see it and, unless somebody else says it, for those who do not. */
  tell(text, isHeard = true) {
    const { write, element } = this.tools;
    // The same said twice is heard twice.
    if (isHeard) write(this.news, this.news.textContent === text ? `${text}\u00a0` : text);
    this.toast.replaceChildren(element("span", "", text));
    this.toast.setAttribute("aria-hidden", "true");
    clearTimeout(this.calming);
    this.calming = setTimeout(() => this.toast.replaceChildren(), TOAST_MS);
  }

  announce(gain, what, isHeard) {
    if (!this.tabs) return;
    const points = this.points(gain);
    this.tell(what ? this.say("EARNED_FOR", points, what) : this.say("EARNED_SOME", points), isHeard);
  }

  /** What stands where something will be. */
  bones() {
    const { element } = this.tools;
    const bones = element("div", "bones", ...[1, 2, 3].map(() => element("div", "bone")));
    const text = element("p", "unseen", this.speech.say("LOADING"));
    return element("div", "", bones, text);
  }
}

/** Draws in an element's root. */
export const rewards = async (place) => new Rewards(place, await place.speech.also("rewards", ENGLISH));
