// Sets the widget's custom properties from a form, and shows them as a style sheet.
const match = document.getElementById("match");
const form = document.querySelector("form");
const presets = ["none", "newsprint", "floodlight", "village"];
form.preset.append(...presets.map((it) => new Option(it)));

/** What a preset's rule says, as text. */
function rule(preset) {
  const sheets = [...document.styleSheets].flatMap((it) => [...it.cssRules]);
  return sheets.find((it) => it.selectorText === `.${preset}`)?.style.cssText ?? "";
}

function show(changed) {
  const { preset, view, lang, theme, accent, radius, width } = form;
  match.className = preset.value;
  match.setAttribute("view", view.value);
  match.setAttribute("lang", lang.value);
  match.setAttribute("theme", theme.value);
  match.style.maxWidth = `${width.value}px`;
  if (changed === preset) {
    match.style.removeProperty("--crease-accent");
    match.style.removeProperty("--crease-radius");
  }
  if (changed === accent) match.style.setProperty("--crease-accent", accent.value);
  if (changed === radius) match.style.setProperty("--crease-radius", `${radius.value}px`);
  const own = ["--crease-accent", "--crease-radius"].map((it) => [it, match.style.getPropertyValue(it)]).filter((it) => it[1]);
  const lines = [...rule(preset.value).split(";"), ...own.map(([name, value]) => `${name}: ${value}`)].map((it) => it.trim());
  document.getElementById("css").textContent = `crease-match {\n${lines.filter(Boolean).map((it) => `  ${it};\n`).join("")}}`;
}

form.addEventListener("input", (event) => show(event.target));
show();
