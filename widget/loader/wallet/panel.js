// What opens from the chip: balances, vouchers, and what happened. Beside the chip where there is room, else a sheet
// at the foot of the screen; in the browser's top layer where it has one to offer, so that no part of the page hides
// it. The chip's script brings this module when somebody is about to open it, and lends it the wallet and what it
// draws with.

/** Between the panel and the chip, and the window's edges; pixels. */
const GAP = 8;
/** Less room than this below the chip, and more above, and it opens upwards; pixels. */
const ROOM = 360;
/** Times are told anew. */
const TICK_MS = 30_000;
/** At most so much of what others wrote is shown. */
const TEXT_MAX = 200;

/** As `ICONS` of the chip has them. */
const ICONS = {
  coins: [
    ["disc", "M12 3C6.5 3 3 5 3 7.5v9C3 19 6.5 21 12 21s9-2 9-4.5v-9C21 5 17.5 3 12 3z"],
    ["seam", "M3.5 8c.8 2 4.1 3.5 8.5 3.5s7.7-1.5 8.5-3.5M3.5 12.5c.8 2 4.1 3.5 8.5 3.5s7.7-1.5 8.5-3.5"],
  ],
  money: [
    ["disc", "M3 5h18a1.5 1.5 0 0 1 1.5 1.5v11A1.5 1.5 0 0 1 21 19H3a1.5 1.5 0 0 1-1.5-1.5v-11A1.5 1.5 0 0 1 3 5z"],
    ["seam", "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM5 8.5v.01M19 15.5v.01"],
  ],
  in: [["line", "M18 6L6 18M15 18H6V9"]],
  out: [["line", "M6 18L18 6M9 6h9v9"]],
  close: [["line", "M6 6l12 12M18 6L6 18"]],
  voucher: [["line", "M3 7h18v3a2 2 0 0 0 0 4v3H3v-3a2 2 0 0 0 0-4zM14 7v2M14 11v2M14 15v2"]],
};

const sheet = new CSSStyleSheet();
sheet.replaceSync(`__CREASE_STYLE__`);

export class Panel {
  /**
   * `purse` is the wallet, `tools` what is drawn with; `chip()` the button that this belongs to; `toggled` hears
   * that it opened or closed.
   */
  constructor({ purse, speech, tools, chip, toggled }) {
    Object.assign(this, {
      purse,
      speech,
      tools,
      chip,
      toggled,
      sheet,
      isOpen: false,
      asset: "points",
      tiles: {},
      rows: new Map(),
    });
    const { say } = speech;
    const { element, button, part } = tools;
    const icon = (name) => this.icon(name);
    this.title = element("h2", "title", say("TITLE"));
    this.title.id = "title";
    this.shut = button("shut", icon("close"));
    this.shut.setAttribute("aria-label", say("CLOSE"));
    this.shut.addEventListener("click", () => this.close(true));
    this.frozen = element("p", "frozen", icon("lock"), element("span", "", say("FROZEN_WHY")));
    this.assets = part(element("div", "assets"), "balances");
    this.vouchers = element("section", "vouchers");
    this.heading = element("h3", "", say("HISTORY"));
    this.list = part(element("ul", "entries"), "history");
    this.list.setAttribute("aria-label", say("HISTORY"));
    this.nothing = element(
      "div",
      "nothing",
      icon("points"),
      element("b", "", say("NOTHING")),
      element("span", "", say("NOTHING_WHY")),
    );
    this.note = element("p", "note");
    this.more = button("more");
    this.more.addEventListener("click", () => purse.read(this.asset, purse.histories[this.asset]?.isKnown));
    const history = element("section", "", this.heading, this.list, this.nothing, this.note, this.more);
    this.lost = element("p", "lost", say("RECONNECTING"));
    const head = element("header", "head", this.title, this.shut);
    this.box = part(
      element("div", "panel", head, this.frozen, this.assets, this.vouchers, history, this.lost),
      "panel",
    );
    this.box.id = "panel";
    this.box.tabIndex = -1;
    this.box.setAttribute("role", "dialog");
    this.box.setAttribute("aria-labelledby", "title");
    this.layer = element("div", "layer", this.box);
    this.layer.hidden = true;
    this.layer.setAttribute("popover", "manual");
    // Where it is a sheet, what is around it closes it.
    this.layer.addEventListener("click", (event) => event.target === this.layer && this.close(true));
    this.layer.addEventListener("focusout", ({ relatedTarget: to }) => {
      // By Tab, behind the panel: it must not hide what has the focus now.
      if (to && !this.layer.contains(to) && to !== this.chip()) this.close();
    });
  }

  icon(name) {
    return this.tools.icon(name, ICONS[name]);
  }

  /** What others wrote, in whichever direction it is read. */
  foreign(tag, className, text) {
    return Object.assign(this.tools.element(tag, className, String(text).slice(0, TEXT_MAX)), { dir: "auto" });
  }

  open() {
    if (this.isOpen) return;
    this.isOpen = true;
    this.layer.hidden = false;
    this.layer.showPopover?.();
    const { signal } = (this.stopping = new AbortController());
    const place = () => this.place();
    document.addEventListener("scroll", place, { capture: true, passive: true, signal });
    addEventListener("resize", place, { signal });
    const escape = (event) => {
      if (event.key !== "Escape") return;
      // The page's own dialog around it stays.
      event.preventDefault();
      event.stopPropagation();
      this.close(true);
    };
    document.addEventListener("keydown", escape, { capture: true, signal });
    const press = (event) => {
      const way = event.composedPath();
      if (!way.includes(this.layer) && !way.includes(this.chip())) this.close();
    };
    document.addEventListener("pointerdown", press, { capture: true, signal });
    this.ticking = setInterval(() => this.draw(), TICK_MS);
    // What others wrote may be read the other way round, and yet begins where all begins.
    this.box.dir = getComputedStyle(this.layer).direction;
    this.toggled();
    this.purse.refresh(this.asset);
    this.draw();
    this.place();
    this.box.scrollTop = 0;
    this.box.focus({ preventScroll: true });
  }

  /** `isAsked`: by who uses it, so that the focus goes back to where it came from. */
  close(isAsked) {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.stopping.abort();
    clearInterval(this.ticking);
    if (isAsked) this.chip()?.focus({ preventScroll: true });
    if (this.layer.isConnected) this.layer.hidePopover?.();
    this.layer.hidden = true;
    this.toggled();
  }

  /** Beside the chip, within the window. A narrow window's style sheet ignores it. */
  place() {
    const chip = this.chip()?.getBoundingClientRect();
    if (!chip) return;
    const { clientWidth, clientHeight } = document.documentElement;
    const width = this.box.offsetWidth;
    const below = clientHeight - chip.bottom - 2 * GAP;
    const above = chip.top - 2 * GAP;
    const isUp = below < ROOM && above > below;
    const isRtl = this.box.dir === "rtl";
    // From the chip's beginning, or its end where that is too far.
    const starts = isRtl ? [chip.right - width, chip.left] : [chip.left, chip.right - width];
    const fits = (it) => it >= GAP && it + width <= clientWidth - GAP;
    const left = Math.min(Math.max(starts.find(fits) ?? starts[0], GAP), Math.max(clientWidth - width - GAP, GAP));
    const edge = Math.max(isUp ? clientHeight - chip.top + GAP : chip.bottom + GAP, GAP);
    const room = Math.max(isUp ? above : below, ROOM / 2);
    const { style } = this.layer;
    style.setProperty("--left", `${left}px`);
    style.setProperty("--top", isUp ? "auto" : `${Math.min(edge, clientHeight - ROOM / 2)}px`);
    style.setProperty("--bottom", isUp ? `${Math.min(edge, clientHeight - ROOM / 2)}px` : "auto");
    style.setProperty("--room", `${room}px`);
  }

  draw() {
    if (!this.isOpen) return;
    this.frozen.hidden = !this.purse.frozen;
    this.lost.hidden = !this.purse.isLost;
    this.drawAssets();
    this.drawVouchers();
    this.drawHistory();
  }

  drawAssets() {
    const { say, amount, nameOf } = this.speech;
    const { write } = this.tools;
    const balances = this.purse.balances ?? [];
    if (!balances.some((it) => it.asset === this.asset) && balances.length) this.asset = balances[0].asset;
    const names = balances.map((it) => it.asset).join();
    if (names !== this.names) {
      this.names = names;
      this.tiles = {};
      this.assets.replaceChildren(...balances.map(({ asset }) => this.tile(asset, balances.length > 1)));
    }
    for (const { asset, units, available, held, places } of balances) {
      const tile = this.tiles[asset];
      write(tile.name, nameOf(asset));
      write(tile.amount, amount(asset, units, places));
      tile.apart.hidden = !(held > 0);
      tile.share.style.setProperty("--share", units > 0 ? Math.min(held / units, 1) : 0);
      write(tile.free, say("AVAILABLE", amount(asset, available, places)));
      write(tile.held, say("HELD", amount(asset, held, places)));
      if (tile.box.type) tile.box.setAttribute("aria-pressed", asset === this.asset);
    }
  }

  /** An asset's balance; where there are several, a button that shows what happened to it. */
  tile(asset, isChoice) {
    const { element, button, part } = this.tools;
    const tile = { free: element("span", "free"), held: element("span", "held"), share: element("span", "share") };
    Object.assign(tile, { name: element("span", "name"), amount: element("b", "amount") });
    tile.apart = element("span", "apart", tile.share, tile.free, tile.held);
    const sign = this.icon(asset === "points" || asset === "coins" ? asset : "money");
    const inner = [sign, element("span", "texts", tile.name, tile.amount, tile.apart)];
    tile.box = isChoice ? button("asset", ...inner) : element("div", "asset", ...inner);
    if (isChoice) {
      tile.box.addEventListener("click", () => {
        this.asset = asset;
        this.purse.read(asset);
        this.draw();
      });
    }
    this.tiles[asset] = tile;
    return part(tile.box, "balance");
  }

  /** What is held, by how many, and what has a code; each with its end. */
  drawVouchers() {
    const { say, day } = this.speech;
    const { element } = this.tools;
    const all = this.purse.vouchers ?? [];
    this.vouchers.hidden = !all.length;
    const said = JSON.stringify(all);
    if (said === this.said) return;
    this.said = said;
    const row = (it) => {
      const end = Date.parse(it.valid_until);
      const facts = [it.code && say("CODE", it.code), Number.isNaN(end) ? "" : say("UNTIL", day(end))];
      const texts = element("span", "texts", this.foreign("b", "", it.units > 1 ? `${it.name} \u00d7 ${it.units}` : it.name));
      texts.append(this.foreign("span", "when", facts.filter(Boolean).join(" \u00b7 ")));
      return element("li", "entry", this.icon("voucher"), texts);
    };
    this.vouchers.replaceChildren(element("h3", "", say("VOUCHERS")), element("ul", "", ...all.map(row)));
  }

  drawHistory() {
    const { say, nameOf } = this.speech;
    const { write } = this.tools;
    const { purse } = this;
    const all = purse.histories[this.asset];
    const entries = all?.entries ?? [];
    if (this.shown !== this.asset) {
      this.shown = this.asset;
      this.rows.clear();
      this.list.replaceChildren();
    }
    const isChoice = (purse.balances ?? []).length > 1;
    write(this.heading, isChoice ? `${say("HISTORY")} \u00b7 ${nameOf(this.asset)}` : say("HISTORY"));
    const gone = new Set(this.rows.keys());
    let place = this.list.firstChild;
    for (const entry of entries) {
      const row = this.rows.get(entry.id) ?? this.row(entry);
      gone.delete(entry.id);
      this.tellTime(row);
      if (row.item === place) place = place.nextSibling;
      else this.list.insertBefore(row.item, place);
    }
    for (const id of gone) {
      this.rows.get(id).item.remove();
      this.rows.delete(id);
    }
    this.list.hidden = !entries.length;
    this.nothing.hidden = !all?.isKnown || entries.length > 0;
    const isFirst = all?.isLoading && !entries.length;
    write(this.note, isFirst ? say("LOADING") : all?.isFailed ? say("NOT_LOADED") : "");
    this.note.hidden = !this.note.textContent;
    const couldBeMore = all?.isFailed || (all?.next && entries.length > 0);
    // A button that has the focus is not taken away under it, but goes out of use.
    const hadFocus = this.more.matches(":focus");
    write(this.more, say(all?.isFailed ? "AGAIN" : "EARLIER"));
    this.more.setAttribute("aria-disabled", !!all?.isLoading);
    this.more.hidden = !couldBeMore;
    if (hadFocus && !couldBeMore) this.box.focus({ preventScroll: true });
  }

  /** An entry; one that comes while the list is looked at is marked for a moment. */
  row(entry) {
    const { amount, reason } = this.speech;
    const { element } = this.tools;
    const { asset = this.asset, change, balance_after: after, metadata, made_at: at } = entry;
    const places = this.purse.balanceOf(asset)?.places ?? 0;
    const why = reason(entry);
    const what = metadata?.what;
    const when = element("time", "when");
    const sub = element("span", "sub", ...(what ? [element("span", "", why), " \u00b7 ", when] : [when]));
    const texts = element("span", "texts", what ? this.foreign("b", "", what) : element("b", "", why), sub);
    // What stands below without a word has one for who hears it.
    const total = amount(asset, after, places);
    const seen = element("span", "after", total);
    seen.setAttribute("aria-hidden", "true");
    const heard = element("span", "unseen", this.speech.say("BALANCE", total));
    const amounts = element(
      "span",
      "amounts",
      element("b", "change", amount(asset, change, places, "exceptZero")),
      seen,
      heard,
    );
    const item = element(
      "li",
      change < 0 ? "entry out" : "entry",
      this.icon(change < 0 ? "out" : "in"),
      texts,
      amounts,
    );
    const row = { item, when, at: Date.parse(at) };
    if (!Number.isNaN(row.at)) {
      when.dateTime = at;
      when.title = this.speech.whole(row.at);
    }
    this.rows.set(entry.id, row);
    return row;
  }

  tellTime({ when, at }) {
    if (!Number.isNaN(at)) this.tools.write(when, this.speech.when(at));
  }
}
