// <crease-rewards>: what a fan earns and has for it. What is drawn in it is a module that comes with the first of them.

/** Between two tries to bring it; milliseconds. */
const BRING_MS = 5_000;
let rewardsPart;
let rewardsAgain = "";

const bringRewards = () =>
  (rewardsPart ??= import(`${base}bundle/${BUNDLE}/rewards.js${rewardsAgain}`).catch((error) => {
    rewardsPart = undefined;
    rewardsAgain += "?";
    throw error;
  }));

class CreaseRewards extends CreaseElement {
  draw() {
    const { phase, balances } = purse;
    if (!this.speech) return;
    // The next fan begins with nothing of the last one's.
    const kind = phase === "fan" && balances ? `fan ${purse.fan}` : phase;
    if (kind !== this.drawn) this.build(kind);
    this.panel?.draw();
  }

  clear() {
    const { panel } = this;
    super.clear();
    // Once more: now it is gone, not moved.
    panel?.close();
  }

  async build(kind) {
    const { speech } = this;
    this.clear();
    Object.assign(this, { speech, drawn: kind });
    const root = this.root();
    if (kind === "none") return;
    try {
      const { rewards } = await bringRewards();
      const panel = await rewards({ root, sheet, purse, speech, tools, signIn: () => this.signInAddress() });
      // Somebody else may have signed in meanwhile.
      if (this.drawn !== kind || this.speech !== speech) return;
      this.panel = panel;
      panel.open();
    } catch {
      if (this.drawn !== kind || this.speech !== speech) return;
      root.replaceChildren(element("p", "", speech.say("NOT_LOADED")));
      setTimeout(() => this.drawn === kind && this.speech === speech && this.build(kind), BRING_MS);
    }
  }

  /** Tells for what points were given. */
  announce(...news) {
    this.panel?.announce(...news);
  }

  celebrate() {}
}
customElements.define("crease-rewards", CreaseRewards);
