// The partner's one script tag: defines <crease-match> and window.Crease, and loads the widget when the first one is on the page.
// It never throws into the page, keeps nothing, and can be included twice.
(() => {
  const tag = "crease-match";
  if (customElements.get(tag)) return;

  const script = document.currentScript || document.querySelector('script[src*="/v1/crease.js"]');
  // A module script is not told which element it is: the page's own server is asked, unless the page says otherwise.
  const base = script?.src.replace(/\/v1\/crease\.js.*/, "") ?? "";
  const bundle = base + "/v1/bundle/__CREASE_BUNDLE__/";
  const elements = new Set();
  let loading, dead;
  let again = "";

  // Until the widget's own sheet is there: room for it, and a quiet line of text.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    ":host{display:block;min-height:26rem;font:14px system-ui,sans-serif}:host([view=compact]){min-height:8rem}div{padding:1rem}",
  );

  const load = () =>
    (loading ||= import(bundle + "crease.js" + again)
      .then(async (widget) => {
        await widget.default({ module_or_path: bundle + "crease.wasm" });
        widget.on_panic(fail);
        sheet.replaceSync(widget.style());
        return widget;
      })
      .catch((error) => {
        // The next element tries again, by another address: a browser may remember that an import failed.
        loading = null;
        again += "?";
        throw error;
      }));

  // Wraps what the widget hands to the browser: an exception ends the widgets, not the page's scripts.
  const guard = (run) => (...values) => {
    if (dead) return;
    try {
      return run(...values);
    } catch (error) {
      fail(error);
    }
  };

  const fail = (error) => {
    if (dead) return;
    dead = true;
    elements.forEach((element) => element.fall(error));
  };

  class CreaseMatch extends HTMLElement {
    static observedAttributes = ["match", "view"];

    connectedCallback() {
      elements.add(this);
      this.begin();
    }

    disconnectedCallback() {
      elements.delete(this);
      this.end();
    }

    attributeChangedCallback(_, before, now) {
      if (before !== now && elements.has(this)) this.begin();
    }

    // Draws into a fresh element, so that a widget that comes late finds its own place gone and leaves.
    async begin() {
      this.end();
      const shadow = this.shadowRoot || this.attachShadow({ mode: "open" });
      shadow.adoptedStyleSheets = [sheet];
      const root = document.createElement("div");
      shadow.replaceChildren(root);
      try {
        const widget = await load();
        if (dead) throw dead;
        if (!root.isConnected) return;
        const key = this.getAttribute("key") || script?.dataset.key || "";
        this.handle = widget.mount(this, root, base, key, this.getAttribute("match") || "", this.getAttribute("view") || "", guard);
        this.widget = widget;
      } catch (error) {
        if (root.isConnected) this.fall(error);
      }
    }

    end() {
      if (!dead) guard(() => this.widget?.unmount(this.handle))();
      this.widget = null;
    }

    fall(error) {
      this.widget = null;
      const root = document.createElement("div");
      root.textContent = "The live score could not be loaded.";
      this.shadowRoot.replaceChildren(root);
      const detail = { text: String(error) };
      this.dispatchEvent(new CustomEvent("crease:error", { bubbles: true, composed: true, detail }));
    }
  }
  customElements.define(tag, CreaseMatch);

  window.Crease = {
    version: "1.__CREASE_BUNDLE__",
    // Puts a match into an element: Crease.mount(document.querySelector("#score"), { match: "mat_…", view: "full" })
    mount(place, options) {
      const element = document.createElement(tag);
      for (const name in options) element.setAttribute(name, options[name]);
      place.append(element);
      return element;
    },
    unmount(place) {
      (place.matches(tag) ? place : place.querySelector(tag))?.remove();
    },
    // Crease.on("wicket", (event) => …) hears all elements of the page; returns a function that stops it.
    on(name, run) {
      document.addEventListener("crease:" + name, run);
      return () => document.removeEventListener("crease:" + name, run);
    },
  };
})();
