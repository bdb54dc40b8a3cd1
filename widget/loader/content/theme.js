// A theme of the editors' as a style sheet: colours that hold where the page has set none of its own, by day and by night as the element has it.

const COLOUR = /^#[0-9a-f]{6}$/i;
/** Our names of colours by the theme's, with the page's property for each. */
const COLOURS = [
  ["ground", "paper", "paper"],
  ["text", "ink", "ink"],
  ["quiet", "soft", "ink-soft"],
  ["accent", "accent", "accent"],
  ["on_accent", "on-accent", "on-accent"],
];
const TYPEFACES = { __proto__: null, serif: 'Georgia, "Times New Roman", serif', "of-the-page": "inherit" };
/** What an element within ours takes over. */
const INNER = { paper: "paper", raised: "raised", ink: "ink", "ink-soft": "soft", line: "line", accent: "accent", radius: "round" };

/** The sheet's text; empty where there is no theme, or one that is none. */
export const sheetOf = (theme) => {
  const { light = {}, dark = {}, radius_px, typeface } = theme ?? {};
  if (!theme || !COLOURS.every(([name]) => COLOUR.test(light[name]) && COLOUR.test(dark[name]))) return "";
  const own = COLOURS.map(
    ([name, ours, page]) => `--${ours}: var(--crease-${page}, var(--light, ${light[name]}) var(--dark, ${dark[name]}));`,
  );
  const mixed = (share) => `color-mix(in srgb, var(--ink) ${share}%, var(--paper))`;
  own.push(`--raised: var(--crease-raised, ${mixed(5)}); --line: var(--crease-line, ${mixed(16)});`);
  own.push(`--round: var(--crease-radius, ${Math.min(Math.max(+radius_px || 0, 0), 24)}px);`);
  const font = TYPEFACES[typeface];
  if (font) own.push(`font-family: var(--crease-font, ${font});`);
  const inner = Object.entries(INNER).map(([page, ours]) => `--crease-${page}: var(--${ours});`);
  return `:host { ${own.join(" ")} } .card { border-radius: var(--round) } crease-rewards, crease-match { ${inner.join(" ")} }`;
};
