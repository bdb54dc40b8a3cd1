// The same live score with Preact.
import { h, render } from "preact";
import sheet from "./peer.css";
import { follow } from "./words.js";

const root = document.querySelector("#score").attachShadow({ mode: "open" });
const style = new CSSStyleSheet();
style.replaceSync(sheet);
root.adoptedStyleSheets = [style];

const Table = ({ heads, rows }) =>
  h("table", null, h("tr", null, heads.map((it) => h("th", null, it))), rows.map(([who, ...cells]) => h("tr", { key: who }, h("th", null, who), cells.map((it) => h("td", null, it)))));
const Chip = ({ tag, label: [text, kind] }) => h(tag, { class: `chip ${kind}` }, text);

const Card = ({ words }) =>
  h("div", { class: "card" },
    h("header", null, h("span", null, `${words.title} ${words.place}`), h("span", { class: "badge" }, words.badge)),
    words.teams.map((it) => h("div", { class: "team", key: it.name }, h("span", { class: "name" }, it.name), h("span", { class: "runs" }, it.score), h("span", { class: "overs" }, it.overs))),
    h("p", { class: "status" }, words.status),
    h("ol", { class: "over" }, words.over.map((label) => h(Chip, { tag: "li", label }))),
    h(Table, { heads: ["Batter", "R", "B", "4s", "6s", "SR"], rows: words.batters }),
    h(Table, { heads: ["Bowler", "O", "M", "R", "W", "Econ"], rows: words.bowlers }),
    h("p", { class: "facts" }, `Run rate ${words.rate}`),
    h("ol", { class: "lines" }, words.lines.map((it) => h("li", { class: "line", key: it.over }, h("span", null, it.over), h(Chip, { tag: "span", label: it.label }), h("p", null, it.text)))),
  );

follow((words) => render(h(Card, { words }), root));
