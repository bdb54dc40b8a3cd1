// What is drawn with, by the chip, its panel and the rewards.

const sheet = new CSSStyleSheet();
sheet.replaceSync(`__CREASE_STYLE__`);

const element = (tag, className, ...children) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
};

const button = (className, ...children) => Object.assign(element("button", className, ...children), { type: "button" });

const part = (element, name) => {
  element.setAttribute("part", name);
  return element;
};

/** Writes only what differs, so that nothing that is read or chosen is disturbed. */
const write = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
  return element;
};

/** Paths on 24 by 24, of kinds that the style sheet knows. */
const ICONS = {
  // A ball as a coin: light from above, and the seam with its stitches.
  points: [
    ["disc", "M12 1.5a10.5 10.5 0 1 0 0 21 10.5 10.5 0 0 0 0-21z"],
    ["gleam", "M4.6 12A7.4 7.4 0 0 1 9 5.2"],
    ["seam", "M14.6 2.2c-4.3 5.9-4.3 13.7 0 19.6M18.2 4c-3.2 5-3.2 11 0 16"],
    ["seam", "M13 7.6l3.2.5M12.3 12h3.4M13 16.4l3.2-.5"],
  ],
  lock: [["line", "M7 11V8a5 5 0 0 1 10 0v3M5.5 11h13v9h-13z"]],
};

const icon = (name, paths = ICONS[name]) => {
  const NAMESPACE = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("class", `icon ${name}`);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const [kind, way] of paths) {
    const path = document.createElementNS(NAMESPACE, "path");
    path.setAttribute("class", kind);
    path.setAttribute("d", way);
    svg.append(path);
  }
  return svg;
};

/** What modules that come later draw with. */
const tools = { element, button, part, write, icon };
