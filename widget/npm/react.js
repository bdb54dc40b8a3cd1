// <CreaseMatch match="mat_…" onWicket={…} /> for React. The element does the work; this names its attributes and events as React does.
import { createElement, useEffect, useRef } from "react";

const HANDLERS = { ready: "onReady", ball: "onBall", wicket: "onWicket", result: "onResult", error: "onError" };

export function CreaseMatch({ match, view, theme, tone, lang, preview, apiKey, className, style, ...handlers }) {
  const element = useRef(null);
  // The newest handlers, without listening anew whenever a parent makes others.
  const newest = useRef(handlers);
  useEffect(() => {
    newest.current = handlers;
  });
  useEffect(() => {
    const stop = new AbortController();
    for (const [name, handler] of Object.entries(HANDLERS)) {
      const hear = (event) => newest.current[handler]?.(event);
      element.current.addEventListener(`crease:${name}`, hear, { signal: stop.signal });
    }
    return () => stop.abort();
  }, []);
  // React keeps `key` for itself.
  useEffect(() => {
    if (apiKey) element.current.setAttribute("key", apiKey);
    else element.current.removeAttribute("key");
  }, [apiKey]);
  return createElement("crease-match", { ref: element, match, view, theme, tone, lang, preview, class: className, style });
}

export function CreaseWallet({ signinHref, view, theme, lang, className, style }) {
  return createElement("crease-wallet", { "signin-href": signinHref, view, theme, lang, class: className, style });
}

export function CreaseRewards({ signinHref, theme, lang, className, style }) {
  return createElement("crease-rewards", { "signin-href": signinHref, theme, lang, class: className, style });
}
