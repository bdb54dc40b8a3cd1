// The partner's one script tag: defines <crease-match> and window.Crease. For each element it asks for three things at once: the frame (the
// score as the server draws it), the stream, and the bundle, whose takeover.js goes on from there. It never throws into the page, keeps
// nothing, parses no markup, and can be included twice.
if (!customElements.get("crease-match")) {
  const tag = "crease-match";

  // A module script is not told which element it is. What an element leaves out, its script may say for all: data-key.
  const script = document.currentScript || document.querySelector('script[src*="crease.js"]');
  const defaults = script?.dataset || {};
  // "https://live.example.com/v1/", of ".../v1/crease.js" as of ".../v1/bundle/<hash>/loader.js"
  const base = script?.src.split(/bundle\/|crease.js/)[0];
  const { q = [] } = window.Crease || {};
  const push = (run) => setTimeout(run);
  const names = ["match", "view", "key"];
  // Until the widget's own sheet: that of the frames.
  const sheet = new CSSStyleSheet();
  // Streams that the widget has not taken over, by address.
  const lines = {};
  let bundle;
  let early = 0;
  let again = "";

  // Draws ["tag", {attributes}, children …]; what is a text becomes one.
  const draw = ([name, attributes, ...children]) => {
    const element = document.createElement(name);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    element.append(...children.map((it) => (it.pop ? draw(it) : it)));
    return element;
  };

  // Keeps what a stream says until the widget takes it.
  const listen = (url) => {
    const line = (lines[url] = { heard: [], users: 0, source: new EventSource(url) });
    ["snapshot", "ball", "state", "error"].map((name) =>
      line.source.addEventListener(name, (event) => {
        line.heard.push(event);
        line.hear?.();
      }),
    );
    return line;
  };

  // Shows a match in an element; returns what ends it.
  const begin = (host, match, view, key) => {
    const shadow = host.shadowRoot || host.attachShadow({ mode: "open" });
    const frame = base + "embed/" + match + "?key=" + key + "&view=" + view + "&frame=";
    const place = { host, shadow, base, match, view, key, defaults, page: frame + "page" };
    // A frame that came with the page says from where its stream goes on.
    const declared = shadow.querySelector("[data-at]");
    let line;

    // Fails where the answer is a problem, which has no frame.
    place.paint = async () => {
      const answer = await (await fetch(frame + "tree")).json();
      const drawn = draw(answer.frame);
      if (place.still) return;
      sheet.replaceSync(answer.style);
      shadow.adoptedStyleSheets = [sheet];
      shadow.replaceChildren(drawn);
    };

    const load = () => {
      if (place.still) return;
      if (!bundle?.up && !declared) place.paint().catch(() => {});
      import(base + "bundle/__CREASE_BUNDLE__/crease.js" + again)
        .then((it) => (bundle = it).take(place))
        .catch(() => {
          // By another address: a browser may remember that an import failed.
          again += "?";
          if (!shadow.firstChild) shadow.append(draw(["a", { href: place.page }, "Live score"]));
          setTimeout(load, 3e4);
        });
    };

    // Few, so that over HTTP/1.1 there are connections left for the rest.
    if (!bundle?.up && early++ < 3) {
      const url = base + "matches/" + match + "/stream?key=" + key + "&last_event_id=" + (declared?.dataset.at || "");
      line = place.line = lines[url] || listen(url);
      line.users++;
    }
    load();
    return () => {
      place.still = 1;
      place.end?.();
      early--;
      if (line && !--line.users) line.source?.close();
    };
  };

  // Looks once at all that changed, when the page's script has ended: an element that was moved goes on.
  class CreaseMatch extends HTMLElement {
    turn() {
      push(() => {
        const asked = names.map((name) => encodeURIComponent(this.getAttribute(name) || defaults[name] || ""));
        const now = this.isConnected && asked[0] && asked + "";
        if (now === this.now) return;
        this.now = now;
        this.end?.();
        this.end = now ? begin(this, ...asked) : null;
      });
    }
  }
  CreaseMatch.observedAttributes = names;
  const { prototype } = CreaseMatch;
  prototype.connectedCallback = prototype.disconnectedCallback = prototype.attributeChangedCallback = prototype.turn;
  customElements.define(tag, CreaseMatch);

  window.Crease = {
    version: "1.__CREASE_BUNDLE__",
    q: { push },
    mount: (place, options) => place.appendChild(draw([tag, options])),
    unmount: (place) => (place.matches(tag) ? place : place.querySelector(tag))?.remove(),
    on: (name, run) => {
      document.addEventListener("crease:" + name, run);
      return () => document.removeEventListener("crease:" + name, run);
    },
  };
  q.map(push);
}
