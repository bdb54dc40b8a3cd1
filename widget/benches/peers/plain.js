// A live score in JavaScript alone.
import sheet from "./peer.css";
import { follow } from "./words.js";

const root = document.querySelector("#score").attachShadow({ mode: "open" });
const style = new CSSStyleSheet();
style.replaceSync(sheet);
root.adoptedStyleSheets = [style];

const put = (tag, className, ...children) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
};
const table = (heads, rows) =>
  put("table", "", put("tr", "", ...heads.map((it) => put("th", "", it))), ...rows.map(([who, ...cells]) => put("tr", "", put("th", "", who), ...cells.map((it) => put("td", "", `${it}`)))));

follow((words) => {
  root.replaceChildren(
    put("div", "card",
      put("header", "", put("span", "", `${words.title} ${words.place}`), put("span", "badge", words.badge)),
      ...words.teams.map((it) => put("div", "team", put("span", "name", it.name), put("span", "runs", it.score), put("span", "overs", it.overs))),
      put("p", "status", words.status),
      put("ol", "over", ...words.over.map(([text, kind]) => put("li", `chip ${kind}`, text))),
      table(["Batter", "R", "B", "4s", "6s", "SR"], words.batters),
      table(["Bowler", "O", "M", "R", "W", "Econ"], words.bowlers),
      put("p", "facts", `Run rate ${words.rate}`),
      put("ol", "lines", ...words.lines.map((it) => put("li", "line", put("span", "", it.over), put("span", `chip ${it.label[1]}`, it.label[0]), put("p", "", it.text)))),
    ),
  );
});
