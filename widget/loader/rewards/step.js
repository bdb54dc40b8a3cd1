// A step that is confirmed, in the browser's top layer; the focus goes back to where it came from.

class Step {
  /** `act` runs when it is confirmed; `closed` when it goes, however it does. */
  constructor(view, title, { yes, act, closed }) {
    const { element, button } = view.tools;
    Object.assign(this, { view, act });
    const heading = element("h2", "", title);
    heading.id = "step";
    this.shut = button("shut", view.icon("close"));
    this.shut.setAttribute("aria-label", view.speech.say("CLOSE"));
    this.body = element("div", "body");
    this.trouble = element("p", "trouble");
    this.trouble.setAttribute("role", "alert");
    this.no = button("plain no", view.say("CANCEL"));
    this.yes = button("go yes", yes ?? "");
    this.yes.hidden = !yes;
    this.actions = element("div", "actions", this.no, this.yes);
    this.box = element(
      "dialog",
      "step",
      element("div", "head", heading, this.shut),
      this.body,
      this.trouble,
      this.actions,
    );
    this.box.setAttribute("aria-labelledby", "step");
    for (const it of [this.no, this.shut]) it.addEventListener("click", () => this.close());
    this.yes.addEventListener("click", () => this.run());
    // What is around it closes it.
    this.box.addEventListener("click", ({ target }) => target === this.box && this.close());
    this.box.addEventListener("close", () => {
      if (view.step === this) view.step = undefined;
      this.isOver = true;
      this.box.remove();
      closed?.();
      if (!view.box.isConnected || view.root.activeElement) return;
      // What had the focus was drawn anew, or is gone.
      const named = [...view.panel.querySelectorAll("[aria-label]")].find((it) => it.ariaLabel === from && it.type);
      (named ?? view.tabs[view.at]).focus({ preventScroll: true });
    });
    const from = view.root.activeElement?.ariaLabel;
    view.step?.close();
    view.step = this;
    view.box.append(this.box);
    this.box.showModal();
  }

  close() {
    this.box.close();
  }

  /** Shows something else in its place. */
  put(...children) {
    this.body.replaceChildren(...children);
  }

  /** From now on there is nothing to confirm. */
  finish() {
    this.yes.hidden = true;
    this.tools().write(this.no, this.view.speech.say("CLOSE"));
    this.no.focus();
  }

  tools() {
    return this.view.tools;
  }

  /** Does what was confirmed, once at a time, and says why it did not go. */
  async run(act = this.act) {
    if (this.isBusy) return;
    this.isBusy = true;
    this.yes.setAttribute("aria-disabled", true);
    this.tools().write(this.trouble, "");
    try {
      await act(this);
    } catch (trouble) {
      if (!trouble.word) throw trouble;
      this.tools().write(this.trouble, sentence(this.view, trouble));
    } finally {
      this.isBusy = false;
      this.yes.removeAttribute("aria-disabled");
    }
  }
}

/** Lines of a name and what stands for it. */
const facts = ({ tools: { element } }, all) =>
  element(
    "dl",
    "sums",
    ...all.map(([name, value]) => element("div", "", element("dt", "", name), element("dd", "", value))),
  );
