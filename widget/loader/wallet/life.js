// What the elements of this script have in common: how one begins, speaks, and is taken away.

class CreaseElement extends HTMLElement {
  static get observedAttributes() {
    return ["signin-href", "lang"];
  }

  // An element that is moved goes on: what happened is looked at when the page's script has ended.
  connectedCallback() {
    queueMicrotask(() => this.turn());
  }

  disconnectedCallback() {
    queueMicrotask(() => this.turn());
  }

  attributeChangedCallback(name, before, now) {
    if (before !== now && elements.has(this)) this.speak();
  }

  turn() {
    if (this.isConnected === elements.has(this)) return this.panel?.close();
    if (this.isConnected) {
      elements.add(this);
      if (elements.size === 1) begin();
      this.speak();
    } else {
      elements.delete(this);
      this.clear();
      if (!elements.size) end();
    }
  }

  /** Learns the language, then draws. */
  async speak() {
    const asked = this.getAttribute("lang") || defaults.lang || document.documentElement.lang || "en";
    this.asked = asked;
    const speech = await speechOf(asked);
    if (asked !== this.asked || !elements.has(this)) return;
    this.clear();
    this.speech = speech;
    this.draw();
  }

  /** Takes everything away. */
  clear() {
    this.panel?.close();
    this.shadowRoot?.replaceChildren();
    Object.assign(this, { drawn: "", panel: undefined, speech: undefined });
  }

  /** Where to sign in: a page's address, never a script. */
  signInAddress() {
    try {
      const { href, protocol } = new URL(this.getAttribute("signin-href"), document.baseURI);
      return this.hasAttribute("signin-href") && /^https?:$/.test(protocol) ? href : "";
    } catch {
      return "";
    }
  }

  /** The root, with the sheet and nothing else. */
  root() {
    const root = this.shadowRoot || this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    return root;
  }
}
