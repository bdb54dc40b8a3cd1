// What a fan can buy for points, what of it is theirs, and the codes of what was opened.

/** Between two looks at the time that is left. */
const SECOND_MS = 1_000;
/** Nothing is reserved for less. */
const SOON_MS = 5_000;
/** A picture is asked for again when it is over, at the least and at most after so long. */
const QR_MS_MIN = 5_000;
const QR_MS_MAX = 60_000;
/** Bought at once. */
const UNITS_MAX = 10;
/** Light around a picture, in its modules (ISO/IEC 18004 §9.1). */
const QUIET = 4;

class Vouchers extends Part {
  constructor(view) {
    super(view, "VOUCHERS");
    const { say } = view;
    this.mine = section(view, say("MINE"));
    this.sale = section(view, say("ON_SALE"));
    this.sale.list.className = "cards";
    this.none = nothing(view, "voucher", say("VOUCHERS_NONE"), say("VOUCHERS_NONE_WHY"));
    this.body.append(this.mine.box, this.sale.box, this.none);
  }

  async ask() {
    const [products, own] = await Promise.all([
      ask(this.view, "GET", "products?limit=100"),
      ask(this.view, "GET", "vouchers"),
    ]);
    return { ...own, products: products.items };
  }

  fill({ products = [], held = [], claimed = [] }) {
    const { purse } = this.view;
    const { available = 0 } = purse.balanceOf("points") ?? {};
    const mine = [...held.filter((it) => it.units > 0), ...claimed];
    this.mine.box.hidden = !mine.length;
    this.sale.box.hidden = !products.length;
    this.none.hidden = mine.length + products.length > 0;
    fill(
      this.mine.list,
      mine,
      (it) => it.id ?? it.product,
      (it) => (it.id ? this.ticket(it) : this.held(it)),
    );
    const sold = products.map((it) => ({ ...it, lacks: Math.max(it.price - available, 0), isFrozen: purse.frozen }));
    fill(
      this.sale.list,
      sold,
      (it) => it.id,
      (it) => this.product(it),
    );
    this.seen?.(claimed);
  }

  until(end) {
    const { speech } = this.view;
    return end ? speech.say("UNTIL", speech.day(Date.parse(end))) : "";
  }

  button(className, text, what, run) {
    const button = this.view.tools.button(className, text);
    // Several say the same to who hears them alone.
    button.setAttribute("aria-label", `${text}: ${what}`);
    button.addEventListener("click", run);
    return button;
  }

  product(it) {
    const { view } = this;
    const { say, tools } = view;
    const { element } = tools;
    const texts = element(
      "div",
      "texts",
      view.foreign("b", "", it.name),
      view.foreign("p", "soft about", it.description),
    );
    const isOut = it.stock === 0;
    const stock = it.stock > 0 && say("STOCK", view.number(it.stock));
    const facts = [stock, it.left > 0 && say("LEFT", view.number(it.left)), this.until(it.valid_until)];
    const list = element("div", "facts", ...facts.filter(Boolean).map((text) => element("span", "", text)));
    const card = element("li", "card product", element("div", "top", view.icon("voucher"), texts), list);
    if (it.price === null) return card;
    const price = element("b", "price", tools.icon("points"), view.number(it.price));
    price.setAttribute("aria-label", view.points(it.price));
    price.setAttribute("role", "img");
    const why =
      (it.state !== "on-sale" && say("PAUSED")) ||
      (isOut && say("SOLD_OUT")) ||
      (it.left === 0 && say("LIMIT_REACHED")) ||
      (it.isFrozen && view.speech.say("FROZEN")) ||
      (it.lacks > 0 && say("LACKS", view.number(it.lacks)));
    if (why) {
      card.append(element("div", "bottom", price, element("span", "why", why)));
      return card;
    }
    const many = this.many(it);
    const buy = this.button("go buy", say("BUY"), it.name, () => this.buy(it, Number(many?.value ?? 1)));
    card.append(element("div", "bottom", price, element("div", "buying", ...(many ? [many] : []), buy)));
    return card;
  }

  /** How many are bought at once; nothing where it is one. */
  many({ name, price, stock, left, lacks }) {
    const { view } = this;
    const { available = 0 } = view.purse.balanceOf("points") ?? {};
    const payable = price > 0 && !lacks ? Math.floor(available / price) : UNITS_MAX;
    const most = Math.min(UNITS_MAX, payable, stock ?? UNITS_MAX, left ?? UNITS_MAX);
    if (most < 2) return undefined;
    const { element } = view.tools;
    const choices = Array.from({ length: most }, (_, at) =>
      Object.assign(element("option", "", view.number(at + 1)), { value: at + 1 }),
    );
    const many = element("select", "many", ...choices);
    many.setAttribute("aria-label", `${view.say("HOW_MANY")}: ${name}`);
    return many;
  }

  held(it) {
    const { view } = this;
    const { say } = view;
    const { element } = view.tools;
    const facts = [say("UNITS", view.number(it.units)), it.held > 0 && view.speech.say("HELD", view.number(it.held))];
    const sub = element("span", "soft", [...facts, this.until(it.valid_until)].filter(Boolean).join(" \u00b7 "));
    const actions = element("div", "actions");
    if (it.available > 0) {
      if (it.transferable) actions.append(this.button("plain gift", say("GIFT"), it.name, () => this.gift(it)));
      actions.append(this.button("go use", say("USE"), it.name, () => this.claim(it)));
    }
    const texts = element("div", "texts", view.foreign("b", "", it.name), sub);
    return element("li", "row mine", view.icon("voucher"), texts, actions);
  }

  ticket(it) {
    const { view } = this;
    const { say, speech } = view;
    const { element } = view.tools;
    const isOpen = it.state === "claimed";
    const state = { redeemed: "REDEEMED", expired: "EXPIRED" }[it.state];
    const at = it.redeemed_at && speech.when(Date.parse(it.redeemed_at));
    const sub = [state ? say(state) : this.until(it.valid_until), at].filter(Boolean).join(" \u00b7 ");
    const texts = element("div", "texts", view.foreign("b", "", it.name), element("span", "soft", sub));
    const row = element("li", `row mine ticket ${it.state}`, view.icon("voucher"), texts);
    if (isOpen && it.code) row.append(this.button("plain show", say("SHOW"), it.name, () => this.show(it)));
    return row;
  }

  /** Reserves so many, and buys them when that is confirmed in time. */
  async buy(product, units) {
    const { view } = this;
    const { say, tools, speech } = view;
    let reservation;
    let isDone;
    let ticking;
    const left = tools.element("p", "left");
    const key = newKey();
    const stop = () => clearInterval(ticking);
    const path = (verb) => `reservations/${reservation.id}/${verb}`;
    const over = () => {
      stop();
      isDone = step.yes.hidden = left.hidden = true;
      throw { word: "reservation-expired" };
    };
    const step = new Step(view, say("BUY_TITLE"), {
      yes: say("BUY"),
      act: async () => {
        const { state } = await ask(view, "POST", path("confirm"), undefined, key);
        if (state !== "bought") over();
        stop();
        isDone = true;
        step.close();
        view.tell(say("BOUGHT", product.name));
        this.read();
      },
      closed: () => {
        stop();
        if (reservation && !isDone)
          ask(view, "POST", path("release"))
            .catch(() => {})
            .then(() => this.read());
      },
    });
    step.put(view.foreign("p", "what", product.name), tools.element("p", "soft", speech.say("LOADING")));
    step.yes.hidden = true;
    const begin = async () => {
      reservation = await ask(view, "POST", `products/${product.id}/reservations`, { units }, key);
      if (step.isOver) return ask(view, "POST", path("release"));
      if (reservation.state !== "reserved") throw { word: "unavailable" };
      const { available } = view.purse.balanceOf("points") ?? { available: 0 };
      const sums = facts(view, [
        ...(units > 1 ? [[say("HOW_MANY"), view.number(units)]] : []),
        [say("PRICE"), view.points(reservation.price)],
        // What is reserved is on hold already, or not yet told.
        [say("AFTER"), view.points(available - (view.purse.heard === heard ? reservation.price : 0))],
      ]);
      step.put(view.foreign("p", "what", product.name), sums, left);
      step.yes.hidden = false;
      step.yes.focus();
      const end = Date.parse(reservation.until);
      const tick = () => {
        const seconds = Math.max(Math.ceil((end - Date.now()) / SECOND_MS), 0);
        const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60].map((it) => view.number(it));
        tools.write(left, say("TIME_LEFT", `${minutes}:${rest.padStart(2, view.number(0))}`));
        if (!seconds) step.run(over);
      };
      // By a clock that is wrong it is over at once: then the server alone knows.
      if (end - Date.now() < SOON_MS) return;
      ticking = setInterval(tick, SECOND_MS);
      tick();
    };
    const { heard } = view.purse;
    await step.run(begin);
    if (!reservation) step.put(view.foreign("p", "what", product.name));
  }

  /** Opens one that the fan has, after a word of warning. */
  claim({ product, name }) {
    const { view } = this;
    const { element } = view.tools;
    const key = newKey();
    const step = new Step(view, view.say("USE_TITLE"), {
      yes: view.say("SHOW_CODE"),
      act: async () => {
        const voucher = await ask(view, "POST", `products/${product}/claims`, {}, key);
        this.read();
        step.close();
        this.show(voucher);
      },
    });
    step.put(view.foreign("p", "what", name), element("p", "", view.say("USE_WARNING")));
  }

  gift({ product, name }) {
    const { view } = this;
    const { say, tools } = view;
    const key = newKey();
    const to = Object.assign(tools.element("input"), {
      required: true,
      pattern: "fan_.+",
      autocomplete: "off",
      spellcheck: false,
    });
    const step = new Step(view, say("GIFT_TITLE"), {
      yes: say("GIFT"),
      act: async () => {
        if (!to.reportValidity()) return;
        await ask(view, "POST", `products/${product}/gifts`, { to: to.value.trim(), units: 1 }, key);
        step.close();
        view.tell(say("GIVEN", name));
        this.read();
      },
    });
    const label = tools.element("label", "", say("GIFT_TO"), to);
    step.put(view.foreign("p", "what", name), label, tools.element("p", "soft", say("GIFT_WARNING")));
    to.placeholder = "fan_\u2026";
    to.focus();
  }

  /** A code, and its picture as long as it is good. */
  show(voucher) {
    const { view } = this;
    const { say, tools } = view;
    let timer;
    const step = new Step(view, say("CODE_TITLE"), {
      closed: () => {
        clearTimeout(timer);
        this.seen = undefined;
      },
    });
    step.finish();
    const code = Object.assign(tools.element("output", "code", voucher.code), { dir: "ltr" });
    const copy = tools.button("plain copy", say("COPY"));
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(voucher.code);
        tools.write(copy, say("COPIED"));
        tools.write(view.news, say("COPIED"));
      } catch {
        // Where the browser does not let us: it is chosen, to be copied by hand.
        getSelection()?.selectAllChildren(code);
      }
    });
    const place = tools.element("div", "qr");
    const note = tools.element("p", "soft", say("QR_WHY"));
    step.put(view.foreign("p", "what", voucher.name), place, note, tools.element("div", "copying", code, copy));
    const renew = async () => {
      let wait = QR_MS_MIN;
      try {
        const { rows, until } = await ask(view, "GET", `vouchers/${voucher.id}/qr`);
        if (step.isOver) return;
        place.replaceChildren(picture(rows, say("QR")));
        // By a clock that is wrong it is over at once, or never.
        wait = Math.min(Math.max(Date.parse(until) - Date.now(), QR_MS_MIN), QR_MS_MAX);
        tools.write(step.trouble, "");
      } catch (trouble) {
        if (step.isOver) return;
        // What is over must not be shown on.
        place.replaceChildren();
        tools.write(step.trouble, sentence(view, trouble));
      }
      timer = setTimeout(renew, wait);
    };
    /** Somebody took it, or it is over. */
    this.seen = (all) => {
      const now = all.find((it) => it.id === voucher.id);
      if (!now || now.state === "claimed") return;
      clearTimeout(timer);
      this.seen = undefined;
      const word = say(now.state === "redeemed" ? "REDEEMED" : "EXPIRED");
      const said = tools.element("p", "done", word);
      said.setAttribute("role", "status");
      step.put(view.foreign("p", "what", voucher.name), said);
    };
    renew();
  }
}

/** Rows of "1" for dark and "0" for light as a picture, whatever the theme dark on light. */
const picture = (rows, label) => {
  const make = (tag, attributes, ...children) => {
    const it = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) it.setAttribute(name, value);
    it.append(...children);
    return it;
  };
  const size = rows.length + 2 * QUIET;
  // Runs of dark modules, each a rectangle.
  const runs = rows.flatMap((row, y) =>
    [...row.matchAll(/1+/g)].map(
      ({ 0: run, index: x }) => `M${x + QUIET} ${y + QUIET}h${run.length}v1h-${run.length}z`,
    ),
  );
  const set = { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" };
  const light = make("rect", { width: size, height: size, fill: "#fff" });
  return make("svg", set, light, make("path", { d: runs.join(""), fill: "#000" }));
};
