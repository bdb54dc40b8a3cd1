// The tab "Rewards" in the full view of a match, for who is signed in, where the site has rewards. `watch.js` brings
// this module; what is shown is <crease-rewards>, whose script comes when the tab is chosen. The widget draws its own
// tabs, and knows nothing of this one.

/** "https://live.example.com/v1/" */
const BASE = import.meta.url.split("bundle/")[0];
/** What the tab is called, by language. */
const TITLES = __CREASE_TITLES__;

/** What takes a tab away, by its list of tabs. */
const added = new Map();

/** The script may stand on the page already. */
const bringElement = () => {
  if (customElements.get("crease-rewards")) return;
  window.Crease.base ??= BASE;
  return import(`${BASE}crease-wallet.js`);
};

/** Adds the tab beside those of a match. */
const add = (host, tabs) => {
  const root = host.shadowRoot;
  const card = tabs.closest(".card");
  const panel = tabs.nextElementSibling;
  const stop = new AbortController();
  const tab = document.createElement("button");
  const place = document.createElement("div");
  const rewards = document.createElement("crease-rewards");
  const set = (element, attributes) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  };
  set(tab, { type: "button", role: "tab", part: "tab", id: "tab-rewards", "aria-controls": "panel-rewards" });
  set(tab, { "aria-selected": false, tabindex: -1 });
  set(place, { class: "panel", role: "tabpanel", id: "panel-rewards", "aria-labelledby": "tab-rewards" });
  place.hidden = true;
  rewards.setAttribute("view", "tab");

  /** The tab that the widget takes for chosen, while this one is. */
  let other;
  const speak = () => {
    const lang = card.lang || "en";
    tab.textContent = TITLES[lang] ?? TITLES.en;
    set(rewards, { lang, theme: host.getAttribute("theme") || "auto", hides: card.dataset.hides ?? "" });
  };
  const choose = (one, isChosen) => set(one, { "aria-selected": isChosen, tabindex: isChosen ? 0 : -1 });
  const open = () => {
    if (other) return;
    other = tabs.querySelector("[aria-selected='true']");
    if (other) choose(other, false);
    choose(tab, true);
    panel.hidden = true;
    place.hidden = false;
    // In the page only while it is looked at: it has a stream of its own.
    if (!rewards.isConnected) place.append(rewards);
    Promise.resolve(bringElement()).catch(() => close());
  };
  /** As the widget left it, before it hears what else was chosen. */
  const close = () => {
    if (!other) return;
    choose(tab, false);
    choose(other, true);
    other = undefined;
    panel.hidden = false;
    place.hidden = true;
    rewards.remove();
  };
  const hear = (event) => {
    const target = event.target.closest?.("[role='tab']");
    if (!target || event.type === "click") {
      if (target === tab) open();
      else if (target) close();
      return;
    }
    const isRtl = getComputedStyle(tabs).direction === "rtl";
    const ahead = isRtl ? "ArrowLeft" : "ArrowRight";
    const back = isRtl ? "ArrowRight" : "ArrowLeft";
    const beside = { [ahead]: target.nextElementSibling, [back]: target.previousElementSibling }[event.key];
    const to = target === tab ? (beside ?? { Home: tabs.firstChild, End: tabs.lastChild }[event.key]) : beside;
    // Between the others the widget leads.
    if (!to || (target !== tab && to !== tab)) return;
    event.preventDefault();
    event.stopPropagation();
    to.click();
    to.focus();
  };
  for (const name of ["click", "keydown"]) tabs.addEventListener(name, hear, { capture: true, signal: stop.signal });
  const watching = new MutationObserver(speak);
  watching.observe(card, { attributeFilter: ["lang", "data-hides"] });
  watching.observe(host, { attributeFilter: ["theme"] });
  speak();
  // One more has to have room on a phone.
  tabs.style.gap = "min(1.375rem, 2.5%)";
  tabs.insertBefore(tab, tabs.lastElementChild);
  panel.after(place);
  added.set(tabs, () => {
    const hadFocus = root.activeElement === tab || place.contains(root.activeElement);
    const was = other;
    close();
    stop.abort();
    watching.disconnect();
    tabs.style.gap = "";
    tab.remove();
    place.remove();
    if (hadFocus) was?.focus({ preventScroll: true });
  });
};

/** Full views that are on the page now have the tab, or, where nobody has rewards, have it no more. */
export const show = (hosts, isThere) => {
  for (const [tabs, takeAway] of added) {
    if (isThere && tabs.isConnected) continue;
    takeAway();
    added.delete(tabs);
  }
  for (const host of isThere ? hosts : []) {
    const tabs = host.shadowRoot?.querySelector(".tabs");
    if (tabs && !added.has(tabs)) add(host, tabs);
  }
};
