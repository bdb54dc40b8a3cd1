// Brings the loader into a page and reaches what it defines. Importing this touches nothing: it can be imported on a server.

/** Adds a script tag, once a page, and resolves when `isThere` says that it has run. */
function bring(src, key, isThere) {
  return new Promise((resolve, reject) => {
    if (isThere()) return resolve();
    const scripts = [...document.scripts];
    let script = scripts.find((it) => it.src === src);
    if (!script) {
      script = document.createElement("script");
      script.async = true;
      script.src = src;
      script.dataset.key = key;
      document.head.append(script);
    }
    script.addEventListener("load", resolve, { once: true });
    script.addEventListener("error", () => reject(new Error(`${src} could not be loaded`)), { once: true });
  });
}

/** Adds the loader's script tag, once a page, and resolves with `window.Crease` when it has run. */
export function load({ host, key }) {
  const src = new URL("/v1/crease.js", host).href;
  return bring(src, key, () => window.Crease?.version).then(() => window.Crease);
}

/** The same of the wallet's, which brings the rewards too; it needs no loader beside it. */
export function loadWallet({ host, key }) {
  const src = new URL("/v1/crease-wallet.js", host).href;
  return bring(src, key, () => customElements.get("crease-wallet")).then(() => undefined);
}

/** Puts a match into an element and returns it; it fills as soon as the loader is there. */
export function mount(place, options) {
  const element = document.createElement("crease-match");
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) element.setAttribute(name, value);
  }
  return place.appendChild(element);
}

/** Takes it away again; its stream closes. */
export function unmount(place) {
  (place.matches("crease-match") ? place : place.querySelector("crease-match"))?.remove();
}

/** Hears an event of all elements on the page, or of `target` alone; returns a function that stops it. */
export function on(name, run, target = document) {
  target.addEventListener(`crease:${name}`, run);
  return () => target.removeEventListener(`crease:${name}`, run);
}

/** Says who is signed in on the page, now or once the loader is there; resolves with who Crease takes that for. */
export function identify(fan) {
  window.Crease ??= { q: [] };
  return new Promise((resolve) => window.Crease.q.push(() => resolve(window.Crease.identify(fan))));
}
