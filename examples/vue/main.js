// With a build that compiles templates, tell Vue that the element is not a component of its own:
// vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === "crease-match" } } })
import { load } from "crease-match";
import { createApp, h, ref } from "vue";

const place = document.getElementById("app");
const { match } = place.dataset;
load(place.dataset);

createApp({
  setup() {
    const view = ref("card");
    const news = ref("Waiting for the score…");
    const options = ["compact", "card", "full"].map((it) => h("option", it));
    return () => [
      h("label", ["View ", h("select", { value: view.value, onChange: (event) => (view.value = event.target.value) }, options)]),
      h("crease-match", {
        match,
        view: view.value,
        "onCrease:ready": () => (news.value = "Live"),
        "onCrease:wicket": (event) => (news.value = event.detail.text),
      }),
      h("p", { role: "status" }, news.value),
    ];
  },
}).mount(place);
