// The partner's one script tag: defines <crease-match> and window.Crease. For each element it asks for three things at once: the frame (the
// score as the server draws it), the stream, and the bundle, whose takeover.js goes on from there. It never throws into the page, keeps
// nothing, parses no markup, and can be included twice.
const tag = "crease-match";
if (!customElements.get(tag)) {

  // A module script is not told which element it is. What an element leaves out, its script may say for all: data-key.
  const script = document.currentScript || document.querySelector("[src*='crease.js']");
  const defaults = { lang: document.documentElement.lang, ...script?.dataset };
  // "https://live.example.com/v1/", of ".../v1/crease.js" as of ".../v1/bundle/<hash>/loader.js"
  const base = script?.src.split(/bundle\/|crease.js/)[0];
  const before = window.Crease;
  const push = (run) => queueMicrotask(run);
  const names = "match,view,key,lang".split(",");
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
  const listen = (url, paint) => {
    const source = new EventSource(url);
    const line = (lines[url] = { heard: [], users: 0, source });
    ["snapshot", "ball", "state"].map((name) =>
      // After the first, the frame is old.
      source.addEventListener(name, (event) => line.heard.push(event) > 1 && paint()),
    );
    return line;
  };

  // Shows a match in an element; returns what ends it.
  const begin = (host, match, view, key, lang) => {
    const shadow = host.shadowRoot || host.attachShadow({ mode: "open" });
    const place = { host, match, view, key, lang, defaults };
    // A frame that came with the page says from where its stream goes on.
    const declared = shadow.querySelector("[data-at]");
    const url = base + "matches/" + match + "/stream?key=" + key + "&last_event_id=" + (declared?.dataset.at || "");
    let line;

    // Resolves with something when it is drawn.
    place.paint = () =>
      fetch(base + "embed/" + match + "?key=" + place.key + "&view=" + view + "&lang=" + lang + "&frame=tree")
        .then((answer) => answer.json())
        .then((answer) => {
          if (place.still) return;
          sheet.replaceSync(answer.style);
          shadow.replaceChildren(draw(answer.frame));
          return (shadow.adoptedStyleSheets = [sheet]);
        })
        .catch(() => {});

    const load = () => {
      if (place.still) return;
      import(base + "bundle/__CREASE_BUNDLE__/crease.js" + again)
        .then((it) => (bundle = it).take(place))
        .catch(() => {
          // By another address: a browser may remember that an import failed.
          again += "?";
          if (!shadow.firstChild) shadow.append("Unavailable");
          setTimeout(load, 3e4);
        });
    };

    // The frame first, or what stands in the page, and time to paint it: what comes later must not hold it, or the stream, back.
    if (bundle?.up) load();
    else {
      if (declared) setTimeout(load, 200);
      else place.paint().then(() => setTimeout(load, 100));
      // Few, so that over HTTP/1.1 there are connections left for the rest.
      if (early++ < 3) {
        line = place.line = lines[url] || listen(url, place.paint);
        line.users++;
      }
    }
    return () => {
      place.end?.();
      place.still = 1;
      if (line && !--line.users) {
        line.source?.close();
        delete lines[url];
      }
    };
  };

  // Looks once at all that changed, when the page's script has ended: an element that was moved goes on.
  class CreaseMatch extends HTMLElement {
    disconnectedCallback() {
      this.connectedCallback();
    }
    attributeChangedCallback() {
      this.connectedCallback();
    }
    connectedCallback() {
      push(() => {
        const asked = names.map((name) => encodeURIComponent(this.getAttribute(name) || defaults[name] || ""));
        const now = this.isConnected && asked[0] && asked + "";
        if (now !== this.now) {
          this.end?.();
          this.end = (this.now = now) ? begin(this, ...asked) : null;
        }
      });
    }
  }
  CreaseMatch.observedAttributes = names;
  customElements.define(tag, CreaseMatch);

  window.Crease = {
    version: "1.__CREASE_BUNDLE__",
    q: { push },
    mount: (place, options) => place.appendChild(draw([tag, options])),
    // Who is signed in on the page: a token, a function that makes one, "guest", or nothing.
    identify: (fan) => import(base + "bundle/__CREASE_BUNDLE__/fan.js").then((it) => it.take(fan, defaults)),
    unmount: (place) => (place.querySelector(tag) || place.closest(tag))?.remove(),
    on: (name, run) => {
      document.addEventListener("crease:" + name, run);
      return () => document.removeEventListener("crease:" + name, run);
    },
  };
  before?.q?.map(push);
}
