// Where vouchers change hands: a product's book as it is now, what was paid last, and the fan's own orders in it.

/** Levels of the book that are seen, a side. */
const LEVELS = 6;
const TRADES_MAX = 12;

/** By name, as widget/languages/market.en.txt has them. */
const ENGLISH = __CREASE_WORDS__;
const sheet = new CSSStyleSheet();
sheet.replaceSync(`__CREASE_STYLE__`);

class Books {
  /** `part` is the tab, `kit` what it has in common with the others. */
  constructor(part, kit) {
    Object.assign(this, { part, kit, view: part.view, side: "buy", trades: [], orders: [] });
    const { say, tools, foreign } = this.view;
    const { element, button } = tools;
    this.choices = element("div", "choices");
    this.choices.setAttribute("role", "group");
    this.choices.setAttribute("aria-label", say("MARKETS"));
    this.name = foreign.call(this.view, "b", "what", "");
    this.badge = element("span", "badge");
    this.last = element("b", "last");
    this.facts = element("span", "soft");
    this.why = element("p", "warn", this.view.icon("clock"), element("span"));
    this.why.setAttribute("role", "status");
    this.buy = button("go buy");
    this.sell = button("go sell");
    this.buy.addEventListener("click", () => this.quick("buy"));
    this.sell.addEventListener("click", () => this.quick("sell"));
    this.form = this.limit();
    this.own = kit.section(this.view, say("ORDERS"));
    this.all = button("plain all", say("CANCEL_ALL"));
    this.all.addEventListener("click", () => this.cancel(`orders?market=${this.id}`));
    this.own.box.append(this.all);
    this.recent = kit.section(this.view, say("TRADES"));
    const head = element("div", "market-head", element("div", "texts", this.name, this.facts), this.badge);
    const now = element("div", "now", element("span", "soft", say("LAST")), this.last);
    const act = element("div", "act", now, element("div", "pair", this.buy, this.sell));
    const floor = element("div", "floor", act, this.ladder(), this.form, this.own.box, this.recent.box);
    this.own.box.className = "own-orders";
    this.view.root.adoptedStyleSheets = [...this.view.root.adoptedStyleSheets, sheet];
    this.none = kit.nothing(this.view, "voucher", say("MARKETS_NONE"), say("MARKETS_NONE_WHY"));
    this.box = element("div", "market", head, this.why, floor);
    part.body.append(this.choices, this.box, this.none);
  }

  /** Rows that are written anew, so that nothing moves under a finger. */
  ladder() {
    const { say, tools } = this.view;
    const { element, button } = tools;
    const row = (side) => {
      const price = button(`level ${side}`);
      price.addEventListener("click", () => this.take(price.value));
      const quantity = element("td");
      const box = element("tr", side, element("th", "", price), quantity);
      box.firstChild.scope = "row";
      return { box, price, quantity };
    };
    const rows = (side) => Array.from({ length: LEVELS }, () => row(side));
    this.levels = { ask: rows("ask"), bid: rows("bid") };
    this.gap = element("td", "gap");
    this.gap.colSpan = 2;
    const heads = [say("PRICE"), say("QUANTITY")].map((it) => Object.assign(element("th", "", it), { scope: "col" }));
    const asks = [...this.levels.ask].reverse().map((it) => it.box);
    const bids = this.levels.bid.map((it) => it.box);
    const body = element("tbody", "", ...asks, element("tr", "", this.gap), ...bids);
    const caption = element("caption", "unseen", say("BOOK"));
    return element("table", "ladder", caption, element("thead", "", element("tr", "", ...heads)), body);
  }

  limit() {
    const { say, tools } = this.view;
    const { element, button } = tools;
    const field = (name) => {
      const input = Object.assign(element("input"), { type: "number", inputMode: "numeric", required: true });
      input.addEventListener("input", () => this.sum());
      return [input, element("label", "", say(name), input)];
    };
    const [price, priceBox] = field("PRICE");
    const [quantity, quantityBox] = field("QUANTITY");
    Object.assign(this, { price, quantity, total: element("output", "soft") });
    this.choice = ["buy", "sell"].map((side) => {
      const choice = button(`side ${side}`, say(side.toUpperCase()));
      choice.addEventListener("click", () => {
        this.side = side;
        this.draw();
      });
      return choice;
    });
    const sides = element("div", "choice", ...this.choice);
    sides.setAttribute("role", "group");
    sides.setAttribute("aria-label", say("LIMIT"));
    this.post = Object.assign(element("button", "plain post", say("PLACE")), { type: "submit" });
    const fields = element("div", "fields", priceBox, quantityBox);
    const foot = element("div", "bottom", this.total, this.post);
    const form = element("form", "card", element("h2", "", say("LIMIT")), sides, fields, foot);
    form.noValidate = true;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (form.reportValidity()) this.confirm(this.side, Number(price.value), Number(quantity.value), "gtc");
    });
    return form;
  }

  /** What is asked beside the markets: the fan's orders in the one that is shown, and what there is to sell. */
  async ask({ items = [] }) {
    const own = items.find((it) => it.id === this.id) ?? items.find((it) => it.state === "open") ?? items[0];
    if (!own) return { items, held: [] };
    const asked = this.begin(own.id);
    const query = `orders?state=resting&market=${own.id}`;
    const [orders, vouchers] = await Promise.all([
      this.kit.ask(this.view, "GET", query),
      this.kit.ask(this.view, "GET", "vouchers"),
      asked,
    ]);
    return { items, orders: orders.items ?? [], held: vouchers.held ?? [] };
  }

  /** Follows a market from now on. */
  async begin(id) {
    if (this.id === id && this.line?.isOver() === false) return;
    this.leave();
    if (this.id !== id) Object.assign(this, { id, book: undefined, trades: [], state: undefined, price0: undefined });
    const mine = () => this.id === id;
    this.line = this.view.purse.follow(`markets/${id}/stream`, {
      hear: (name, said) => mine() && this.hear(name, said),
      lost: (isLost) => mine() && this.turn({ isLost }),
      refused: () => mine() && this.turn({ isAway: true }),
    });
    const { trades = [] } = await this.kit.ask(this.view, "GET", `markets/${id}`);
    if (mine()) this.turn({ trades: trades.slice(0, TRADES_MAX) });
  }

  leave() {
    this.line?.end();
    this.line = undefined;
    Object.assign(this, { isLost: false, isAway: false });
  }

  hear(name, said) {
    this.isLost = false;
    if (name === "depth") this.book = { seq: said.seq, bid: new Map(said.bids), ask: new Map(said.asks) };
    else if (name === "change" && this.book?.seq < said.seq) {
      this.book.seq = said.seq;
      for (const [side, price, quantity] of said.changes) {
        if (quantity) this.book[side].set(price, quantity);
        else this.book[side].delete(price);
      }
    } else if (name === "trade") this.trades = [said, ...this.trades].slice(0, TRADES_MAX);
    else if (name === "state") this.state = said.state;
    this.turn({});
  }

  /** What changes within a frame is drawn once. */
  turn(changes) {
    Object.assign(this, changes);
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = undefined;
      if (this.items) this.draw();
    });
  }

  fill({ items, orders, held }) {
    const market = items.find((it) => it.id === this.id);
    const isNew = market && this.market?.id !== market.id;
    // What the stream has said is younger.
    this.state ??= market?.state;
    if (this.items !== items) this.state = market?.state;
    Object.assign(this, { items, orders, held, market });
    this.none.hidden = items.length > 0;
    this.box.hidden = !market;
    this.choices.hidden = items.length < 2;
    if (!market) return;
    this.kit.fill(
      this.choices,
      items,
      (it) => it.id,
      (it) => this.pick(it),
    );
    if (isNew) {
      const { low, high, tick, lot, quantity_max: most } = market;
      Object.assign(this.price, { min: low, max: high, step: tick, value: "" });
      Object.assign(this.quantity, { min: lot, max: most, step: lot, value: lot });
    }
    this.draw();
  }

  pick({ id, name, last }) {
    const { view } = this;
    const { element, button } = view.tools;
    const price = element("span", "soft", last ? view.number(last.price) : "\u2013");
    const pick = button("pick", view.foreign("b", "", name), price);
    pick.dataset.id = id;
    pick.addEventListener("click", () => {
      if (id === this.id) return;
      this.begin(id).catch(() => {});
      this.fill({ items: this.items, orders: [], held: this.held });
      this.part.read();
    });
    return pick;
  }

  /** Levels of a side, the best first. */
  best(side) {
    const all = [...(this.book?.[side] ?? [])];
    return all.sort(([a], [b]) => (side === "bid" ? b - a : a - b));
  }

  /** How many of the fan's own rest at each price. */
  resting(side) {
    const own = new Map();
    for (const it of this.orders) {
      if ((it.side === "buy") === (side === "bid")) own.set(it.price, (own.get(it.price) ?? 0) + it.left);
    }
    return own;
  }

  /** The best level that others have: nobody trades with themselves. */
  offer(side) {
    const own = this.resting(side);
    return this.best(side).find(([price, much]) => much > (own.get(price) ?? 0));
  }

  /** How many there are to sell. */
  have() {
    return this.held.find((it) => it.product === this.market.product)?.available ?? 0;
  }

  draw() {
    const { view, market, kit } = this;
    const { say, tools, purse } = view;
    const { write } = tools;
    for (const it of this.choices.children) it.setAttribute("aria-pressed", it.dataset.id === this.id);
    const isOpen = this.state === "open";
    const have = this.have();
    write(this.name, market.name);
    write(this.facts, say("HAVE", view.number(have)));
    write(this.badge, say(`IS_${String(this.state).toUpperCase()}`) ?? this.state);
    this.badge.className = `badge ${this.state}`;
    const why = this.isAway
      ? "NO_MARKET_AWAY"
      : this.isLost
        ? "LOST"
        : isOpen
          ? ""
          : `NO_MARKET_${String(this.state).toUpperCase()}`;
    write(this.why.lastChild, (why && say(why)) || "");
    this.why.hidden = !why;
    this.box.classList.toggle("is-lost", !!(this.isLost || this.isAway));
    const last = this.trades[0] ?? market.last;
    write(this.last, last ? view.number(last.price) : "\u2013");
    this.last.className = `last ${last?.side ?? ""}`;
    const [asks, bids] = [this.best("ask"), this.best("bid")];
    this.drawSide("ask", asks);
    this.drawSide("bid", bids);
    const spread = asks[0] && bids[0] ? say("SPREAD", view.number(asks[0][0] - bids[0][0])) : "\u2013";
    write(this.gap, asks[0] || bids[0] ? spread : say("BOOK_NONE"));
    const offer = (button, name, side, isPossible) => {
      const best = this.offer(side);
      write(button, best ? say(`${name}_AT`, view.number(best[0])) : say(name));
      button.setAttribute("aria-disabled", !(isOpen && best && isPossible && !purse.frozen));
    };
    offer(this.buy, "BUY", "ask", true);
    offer(this.sell, "SELL", "bid", have > 0);
    for (const it of this.choice) it.setAttribute("aria-pressed", it.classList.contains(this.side));
    this.post.setAttribute("aria-disabled", !isOpen || purse.frozen);
    this.sum();
    this.own.box.hidden = !this.orders.length;
    this.all.hidden = this.orders.length < 2;
    kit.fill(
      this.own.list,
      this.orders,
      (it) => it.id,
      (it) => this.order(it),
    );
    this.recent.box.hidden = !this.trades.length;
    kit.fill(
      this.recent.list,
      this.trades,
      (it) => `${it.at} ${it.price} ${it.quantity}`,
      (it) => this.trade(it),
    );
  }

  drawSide(side, all) {
    const { view, levels } = this;
    const seen = all.slice(0, LEVELS);
    const most = Math.max(
      ...["ask", "bid"].flatMap((it) =>
        this.best(it)
          .slice(0, LEVELS)
          .map(([, much]) => much),
      ),
      1,
    );
    const own = this.resting(side);
    levels[side].forEach(({ box, price, quantity }, at) => {
      const [much = 0, many = 0] = seen[at] ?? [];
      price.value = much;
      box.hidden = !seen[at];
      view.tools.write(price, seen[at] ? view.number(much) : "");
      view.tools.write(quantity, seen[at] ? view.number(many) : "");
      box.style.setProperty("--share", many / most);
      box.classList.toggle("own", own.has(much));
    });
  }

  row(className, side, name, sub, end) {
    const { element } = this.view.tools;
    return element("li", `row ${className} ${side}`, element("div", "texts", element("b", "", name), sub), end);
  }

  order({ id, side, price, quantity, left = quantity }) {
    const { view } = this;
    const { say, tools } = view;
    const text = say(`${side.toUpperCase()}_ORDER`, view.number(left), view.number(price));
    const stop = tools.button("plain stop", say("CANCEL"));
    stop.setAttribute("aria-label", `${say("CANCEL")}: ${text}`);
    stop.addEventListener("click", () => this.cancel(`orders/${id}`, stop));
    const sub = tools.element(
      "span",
      "soft",
      left < quantity ? say("DONE_OF", ...[quantity - left, quantity].map((it) => view.number(it))) : "",
    );
    const change = tools.button("plain change", say("CHANGE"));
    change.setAttribute("aria-label", `${say("CHANGE")}: ${text}`);
    change.addEventListener("click", () => this.change({ id, side, price, quantity, left }));
    return this.row("order", side, text, sub, tools.element("div", "actions", change, stop));
  }

  /** Asks for another price or quantity of a resting order. */
  change({ id, side, price, quantity, left }) {
    const { view, kit, market } = this;
    const { say, tools } = view;
    const { element } = tools;
    const filled = quantity - left;
    const field = (name, value, limits) => {
      const input = Object.assign(element("input"), { type: "number", inputMode: "numeric", required: true, ...limits, value });
      return [input, element("label", "", say(name), input)];
    };
    const { low, high, tick, lot, quantity_max: most } = market;
    const [at, atBox] = field("PRICE", price, { min: low, max: high, step: tick });
    const [much, muchBox] = field("QUANTITY", left, { min: lot, max: most, step: lot });
    const step = new kit.Step(view, say("CHANGE_TITLE"), {
      yes: say("CHANGE"),
      act: async () => {
        if (![at, much].every((it) => it.reportValidity())) return;
        const to = { price: Number(at.value), quantity: Number(much.value) + filled };
        await kit.ask(view, "PATCH", `orders/${id}`, to);
        step.close();
        view.tell(say("CHANGED"));
        this.part.read();
      },
    });
    const text = say(`${side.toUpperCase()}_ORDER`, view.number(left), view.number(price));
    step.put(view.foreign("p", "what", market.name), element("p", "", text), element("div", "fields", atBox, muchBox));
    step.body.append(element("p", "soft", say("CHANGE_WHY")));
    at.focus();
  }

  trade({ price, quantity, at, side }) {
    const { view } = this;
    const { element } = view.tools;
    const when = Object.assign(element("time", "soft", view.speech.when(Date.parse(at))), { dateTime: at });
    return this.row("trade", side, `${view.number(price)} \u00d7 ${view.number(quantity)}`, "", when);
  }

  /** Puts a level's price into the form. */
  take(price) {
    this.price.value = price;
    this.sum();
    this.price.focus();
  }

  sum() {
    const { view } = this;
    const total = Number(this.price.value) * Number(this.quantity.value);
    const name = this.side === "buy" ? "COSTS" : "BRINGS";
    view.tools.write(this.total, total > 0 ? `${view.say(name)} ${view.points(total)}` : "");
  }

  async cancel(path, button) {
    if (button?.getAttribute("aria-disabled")) return;
    button?.setAttribute("aria-disabled", true);
    const { view } = this;
    try {
      await this.kit.ask(view, "DELETE", path);
      view.tell(view.say("CANCELLED"));
    } catch (trouble) {
      view.tell(this.kit.sentence(view, trouble));
    }
    button?.removeAttribute("aria-disabled");
    this.part.read();
  }

  /** Takes the best that there is, at no worse a price than is seen. */
  quick(side) {
    const isBuy = side === "buy";
    const button = isBuy ? this.buy : this.sell;
    const best = this.offer(isBuy ? "ask" : "bid");
    if (button.getAttribute("aria-disabled") === "true" || !best) return;
    this.confirm(side, best[0], this.market.lot, "ioc");
  }

  /** Says what an order costs or brings, and gives it when that is confirmed. */
  confirm(side, price, quantity, force) {
    const { view, kit, market } = this;
    if (this.state !== "open" || view.purse.frozen) return;
    const { say, tools } = view;
    const isBuy = side === "buy";
    const isQuick = force === "ioc";
    const much = price * quantity;
    const { available = 0 } = view.purse.balanceOf("points") ?? {};
    const key = kit.newKey();
    const step = new kit.Step(view, say(`${side.toUpperCase()}_TITLE`), {
      yes: say(side.toUpperCase()),
      act: async () => {
        const body = { side, type: "limit", price, quantity, time_in_force: force };
        const made = await kit.ask(view, "POST", `markets/${market.id}/orders`, body, key);
        this.part.read();
        if (made.state === "refused") throw { word: made.reason, title: say("NO_ORDER") };
        const filled = made.fills?.reduce((sum, it) => sum + it.quantity, 0) || 0;
        if (made.state === "asked") throw { word: "unsure" };
        if (made.state === "cancelled" && !filled) {
          throw { word: made.reason === "self-trade" ? made.reason : "price-moved" };
        }
        const paid = made.fills?.reduce((sum, it) => sum + it.quantity * it.price, 0);
        step.close();
        view.tell(
          filled ? say(isBuy ? "BOUGHT_FOR" : "SOLD_FOR", view.number(filled), view.points(paid)) : say("RESTS"),
        );
      },
    });
    const sums = kit.facts(view, [
      [say("QUANTITY"), view.number(quantity)],
      [say("PRICE"), view.points(price)],
      [say(isBuy ? "COSTS" : "BRINGS"), view.points(much)],
    ]);
    step.put(view.foreign("p", "what", market.name), sums);
    step.body.append(tools.element("p", "soft", say(isQuick ? "QUICK_WHY" : isBuy ? "HOLD_BUY" : "HOLD_SELL")));
    const lacks = isBuy ? much > available : quantity > this.have();
    if (lacks) {
      tools.write(step.trouble, isBuy ? say("LACKS", view.number(much - available)) : say("NO_UNITS"));
      step.yes.hidden = true;
    } else step.yes.focus();
  }
}

/** What is shown of markets in a tab; its words are the view's from now on. */
export const market = async (part, kit) => {
  const { view } = part;
  const { say } = view;
  const own = await view.speech.also("market", ENGLISH);
  view.say = (...asked) => say(...asked) ?? own(...asked);
  return new Books(part, kit);
};
