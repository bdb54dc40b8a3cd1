// <crease-wallet>, the fan's points on a partner's page: a chip that opens the wallet. One script tag, no wasm. Like
// the match's own element it draws in a shadow root, parses no markup, keeps nothing and never throws into the page.
// It may stand beside the match's loader, before or after it, or without it.

const tag = "crease-wallet";
const BUNDLE = "__CREASE_BUNDLE__";
const script = document.currentScript || document.querySelector('script[src*="crease-wallet.js"]');
/** "https://live.example.com/v1/"; where a match's tab brought this as a module, as that says. */
const base = script?.src.split("crease-wallet.js")[0] ?? window.Crease?.base;
const defaults = script?.dataset || {};

// Where the match's loader is not there (yet), what a page asks of it. A loader that comes later puts its own in the
// place of this one, which has no version and no queue that waits, and so is not taken for it.
if (!window.Crease?.version) {
  const waiting = window.Crease?.q ?? [];
  const push = (run) => queueMicrotask(run);
  const mount = (place, options) => {
    const match = document.createElement("crease-match");
    for (const [name, value] of Object.entries(options ?? {})) match.setAttribute(name, value);
    return place.appendChild(match);
  };
  window.Crease = {
    q: Object.assign([], { push }),
    mount,
    identify: (who) => bringFan().then((it) => it.take(who, defaults)),
    unmount: (place) => (place.querySelector("crease-match") || place.closest("crease-match"))?.remove(),
    on: (name, run) => {
      document.addEventListener(`crease:${name}`, run);
      return () => document.removeEventListener(`crease:${name}`, run);
    },
  };
  waiting.map(push);
}
