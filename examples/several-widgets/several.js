// A page's own script, which does not know whether Crease has been loaded yet.
window.Crease = window.Crease || { q: [] };
window.Crease.q.push(() => {
  const { mount, unmount, on } = window.Crease;
  const at = (id) => document.getElementById(id);
  on("wicket", (event) => (at("news").textContent = event.detail.text));
  at("more").addEventListener("click", () => mount(at("board"), { match: at("more").dataset.match, view: "compact" }));
  at("less").addEventListener("click", () => unmount(at("board")));
});
