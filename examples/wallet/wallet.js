// Who is signed in is said to Crease once for the page, before or after its scripts are there. On your own site it is
//   Crease.identify(() => fetch("/my-crease-token").then((answer) => answer.text()));
// with an address of yours that signs the id of your user. Here a token is pasted.
window.Crease = window.Crease || { q: [] };
const identify = (who) => Crease.q.push(() => Crease.identify(who));

const form = document.querySelector("#sign-in");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  identify(form.elements.token.value.trim());
});
form.elements.guest.addEventListener("click", () => identify("guest"));
form.elements.nobody.addEventListener("click", () => identify(null));

// What the wallet tells the page.
const status = document.querySelector("[role='status']");
document.addEventListener("crease:fan", ({ detail }) => {
  status.textContent = detail.fan ? `Signed in as ${detail.fan.id}.` : detail.text;
});
document.addEventListener("crease:wallet", ({ detail }) => {
  const points = detail.balances.find((it) => it.asset === "points");
  status.textContent = `The wallet has ${points?.units ?? 0} points.`;
});
