// The match that a reader opens in a list is shown in the widget above.
document.addEventListener("crease:open", ({ detail }) => {
  const widget = document.querySelector("crease-match");
  widget.setAttribute("match", detail.match);
  widget.scrollIntoView({ block: "nearest" });
});
