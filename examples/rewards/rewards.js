// Who is signed in is said to Crease once for the page: match, wallet and rewards hear it. On your own site it is
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
