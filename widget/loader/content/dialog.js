// A dialog of the browser's own over an element: what is behind it is out of reach, Escape closes it, and the focus goes back to where it was.

/** Opens one with `body` in it. It is taken away as it closes. */
const opened = (view, close, body) => {
  const shut = Object.assign(element("button", "shut", "\u00d7"), { type: "button" });
  shut.setAttribute("aria-label", close);
  const box = element("dialog", "sheet", element("div", "head", shut), body);
  shut.addEventListener("click", () => box.close());
  // What is around it closes it.
  box.addEventListener("click", ({ target }) => target === box && box.close());
  box.addEventListener("close", () => box.remove());
  view.root.append(box);
  box.showModal();
  return box;
};
