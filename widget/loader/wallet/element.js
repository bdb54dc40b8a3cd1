// <crease-wallet>: a chip with the fan's points, which opens the wallet.

/** How long a number takes to grow, and how long it is said by how much; milliseconds. */
const GROW_MS = 900;
const GAIN_MS = 3_000;

let panelPart;
/** A browser may remember that an import failed: the next has another address. */
let again = "";

/** Brings what opens from the chip, when somebody is about to open it. */
const bringPanel = () =>
  (panelPart ??= import(`${base}bundle/${BUNDLE}/wallet.js${again}`).catch((error) => {
    panelPart = undefined;
    again += "?";
    throw error;
  }));

const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

class CreaseWallet extends CreaseElement {
  /** Takes everything away. */
  clear() {
    super.clear();
    clearTimeout(this.calming);
    cancelAnimationFrame(this.growing);
    this.chip = undefined;
  }

  /** What is to be seen: nothing, a link to sign in, a word, or the chip. */
  kind() {
    const { phase, balances, isLost } = purse;
    if (phase === "nobody") return this.signInAddress() && "link";
    if (phase === "guest") return this.signInAddress() ? "link" : "word";
    return balances ? "chip" : isLost && phase !== "none" && "waiting";
  }

  draw() {
    if (!this.speech) return;
    const kind = this.kind() || "";
    if (kind !== this.drawn) this.build(kind);
    if (kind !== "chip") return;
    const { counted, say } = this.speech;
    const { units, places } = purse.balanceOf("points") ?? { units: 0, places: 0 };
    const label = [counted("points", units, places), purse.frozen && say("FROZEN"), say("TITLE")];
    this.chip.setAttribute("aria-label", label.filter(Boolean).join(", "));
    this.chip.classList.toggle("is-lost", purse.isLost);
    this.chip.classList.toggle("is-frozen", purse.frozen);
    if (units !== this.units) this.count(units, places);
    this.panel?.draw();
  }

  build(kind) {
    const hadFocus = this.shadowRoot?.activeElement;
    const { speech } = this;
    this.clear();
    Object.assign(this, { speech, drawn: kind, units: undefined });
    const root = this.root();
    if (!kind) return;
    const { say, lang, dir } = speech;
    const inner = [];
    if (kind === "chip") {
      this.before = element("span", "unit");
      this.amount = part(element("b", "amount"), "amount");
      this.after = element("span", "unit");
      this.chip = button(
        "chip",
        icon("points"),
        element("span", "number", this.before, this.amount, this.after),
        icon("lock"),
      );
      this.chip.setAttribute("aria-haspopup", "dialog");
      this.chip.setAttribute("aria-controls", "panel");
      this.chip.setAttribute("aria-expanded", "false");
      this.chip.addEventListener("click", () => this.toggle());
      const prepare = () => bringPanel().catch(() => {});
      for (const sign of ["pointerenter", "focus"]) this.chip.addEventListener(sign, prepare, { once: true });
      this.gain = element("span", "gain");
      this.gain.setAttribute("aria-hidden", "true");
      this.news = element("span", "unseen");
      this.news.setAttribute("role", "status");
      inner.push(this.gain, this.news);
    } else {
      const word = { link: "SIGN_IN", word: "FOR_SIGNED_IN", waiting: "RECONNECTING" }[kind];
      this.chip = element(
        kind === "link" ? "a" : "span",
        "chip quiet",
        icon("points"),
        element("span", "number", say(word)),
      );
      if (kind === "link") this.chip.href = this.signInAddress();
    }
    const wallet = element("div", "wallet", part(this.chip, "chip"), ...inner);
    wallet.lang = lang;
    if (dir) wallet.dir = dir;
    root.append(wallet);
    // Who was in the panel, or on the chip, when the fan signed out.
    if (hadFocus && kind !== "word" && kind !== "waiting") this.chip.focus({ preventScroll: true });
  }

  async toggle() {
    const { chip, speech, panel } = this;
    if (panel) return panel.isOpen ? panel.close(true) : panel.open();
    try {
      const { Panel } = await bringPanel();
      // Somebody else may have signed in meanwhile, or have pressed twice.
      if (this.chip !== chip || this.panel) return;
      const toggled = () => chip.setAttribute("aria-expanded", this.panel.isOpen);
      this.panel = new Panel({ purse, speech, tools, chip: () => this.chip, toggled });
      this.shadowRoot.adoptedStyleSheets = [sheet, this.panel.sheet];
      chip.after(this.panel.layer);
      chip.removeAttribute("title");
      this.panel.open();
    } catch {
      if (this.chip === chip) write(this.news, (chip.title = speech.say("NOT_LOADED")));
    }
  }

  /** Shows a number of points, the larger one by growing into it. */
  count(units, places) {
    const { amount, around } = this.speech;
    const from = this.units;
    this.units = units;
    cancelAnimationFrame(this.growing);
    const show = (now) => {
      const [before = "", after = ""] = around("points", units);
      write(this.before, before);
      write(this.amount, amount("points", now, places));
      write(this.after, after);
    };
    if (from === undefined || units < from || isStill() || document.hidden) return show(units);
    const start = performance.now();
    const step = (at) => {
      const share = Math.min(Math.max((at - start) / GROW_MS, 0), 1);
      show(Math.round(from + (units - from) * (1 - (1 - share) ** 3)));
      if (share < 1) this.growing = requestAnimationFrame(step);
    };
    this.growing = requestAnimationFrame(step);
  }

  /** Shows for a moment how many points were given. */
  celebrate(gain) {
    if (!this.gain || !this.speech) return;
    write(this.gain, this.speech.amount("points", gain, purse.balanceOf("points")?.places ?? 0, "exceptZero"));
    this.chip.classList.remove("is-growing");
    this.gain.classList.remove("is-shown");
    // The browser has to see it gone, to begin again.
    void this.gain.offsetWidth;
    this.chip.classList.add("is-growing");
    this.gain.classList.add("is-shown");
    clearTimeout(this.calming);
    this.calming = setTimeout(() => {
      this.chip?.classList.remove("is-growing");
      this.gain?.classList.remove("is-shown");
    }, GAIN_MS);
  }

  /** Tells who does not see it how many points were given, and for what. */
  announce(gain, what, isHeard) {
    if (!isHeard || !this.news || !this.speech) return;
    const text = this.speech.counted("points", gain, purse.balanceOf("points")?.places ?? 0, "exceptZero");
    write(this.news, what ? this.speech.say("NEWS", text, what) : text);
  }
}
customElements.define(tag, CreaseWallet);
