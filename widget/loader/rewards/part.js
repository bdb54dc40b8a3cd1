// What a tab shows: asked for when it is opened, and when the fan's stream says that something changed.

class Part {
  /** `name` is that of its title among the words, `path` what is asked for. */
  constructor(view, name, path) {
    Object.assign(this, { view, name, path });
    const { element, button } = view.tools;
    this.body = element("div", "body");
    this.note = element("div", "note");
    this.noted = element("span");
    this.retry = button("plain", view.speech.say("AGAIN"));
    this.retry.addEventListener("click", () => this.read());
    this.note.append(this.noted, this.retry);
    this.waiting = view.bones();
    this.box = element("div", "", this.waiting, this.body, this.note);
  }

  /** Asks anew; what is asked meanwhile is asked again after. */
  async read() {
    if (this.isReading) return void (this.isStale = true);
    this.isReading = true;
    try {
      this.data = await this.ask();
      this.trouble = undefined;
    } catch (trouble) {
      this.trouble = trouble;
    }
    this.isReading = false;
    this.draw();
    if (!this.isStale) return;
    this.isStale = false;
    await this.read();
  }

  ask() {
    return ask(this.view, "GET", this.path);
  }

  draw() {
    const { data, trouble, view } = this;
    this.waiting.hidden = !!(data || trouble);
    this.body.hidden = !data;
    // What is there stays, when it cannot be had anew.
    this.note.hidden = !trouble;
    if (trouble) view.tools.write(this.noted, sentence(view, trouble));
    if (data) this.fill(data);
  }

  leave() {}
}

/** A list's heading and the list. */
const section = (view, title) => {
  const { element } = view.tools;
  const heading = element("h2", "", title);
  const list = element("ul");
  list.setAttribute("aria-label", title);
  return { box: element("section", "", heading, list), list };
};

/** What stands in place of an empty list. */
const nothing = (view, icon, title, why) => {
  const { element } = view.tools;
  return element("div", "nothing", view.icon(icon), element("b", "", title), element("p", "", why));
};

/**
 * Makes a list's rows anew where what they show differs, and leaves the others, with the focus, in their place.
 * `make` makes a row of an item.
 */
const fill = (list, items, keyOf, make) => {
  const rows = (list.rows ??= new Map());
  const gone = new Set(rows.keys());
  let place = list.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    const said = JSON.stringify(item);
    let row = rows.get(key);
    gone.delete(key);
    if (row?.said !== said) {
      const made = make(item);
      if (row) {
        const focused = list.getRootNode().activeElement;
        const name = row.made.contains(focused) && focused.className;
        if (place === row.made) place = made;
        row.made.replaceWith(made);
        if (name) made.querySelector(`.${name.split(" ").pop()}`)?.focus();
      }
      rows.set(key, (row = { said, made }));
    }
    if (row.made === place) place = place.nextSibling;
    else list.insertBefore(row.made, place);
  }
  for (const key of gone) {
    rows.get(key).made.remove();
    rows.delete(key);
  }
};
