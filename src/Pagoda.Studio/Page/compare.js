// Two pictures, side by side or one wiped over the other.

import { at, call } from "./api.js";
import { openDialog } from "./dialogs.js";
import { button, h } from "./dom.js";
import { finely } from "./finely.js";
import { facts } from "./picture.js";
import { complainOf } from "./toast.js";

/** Compares two pictures. */
export function openCompare(left, right) {
  const dialog = openDialog("Compare", { name: "compare", wide: true });
  const place = h("div", { class: "compare-place" });
  const wipe = h("input", { type: "range", min: "0", max: "100", value: "50", "aria-label": "How much of the left picture is shown" });
  const wiping = h("input", { type: "checkbox", role: "switch", onchange: () => draw() });
  const image = picture => h("img", { src: at(picture.urls.png), alt: picture.prompt || "A variation" });
  const figure = (picture, side) => h("figure", {}, finely(image(picture)), h("figcaption", {}, `${side} · seed ${picture.seed}`));

  const draw = () => {
    place.classList.toggle("wiped", wiping.checked);
    if (!wiping.checked) {
      place.replaceChildren(figure(left, "Left"), figure(right, "Right"));
      return;
    }
    const over = finely(image(left));
    const line = h("div", { class: "wipe-line" });
    const move = () => {
      over.style.clipPath = `inset(0 ${100 - wipe.value}% 0 0)`;
      line.style.left = `${wipe.value}%`;
    };
    wipe.oninput = move;
    const stack = h("div", { class: "wipe-stack" }, finely(image(right)), over, line);
    const follow = event => {
      const { left: from, width } = stack.getBoundingClientRect();
      wipe.value = ((event.clientX - from) / width) * 100;
      move();
    };
    stack.addEventListener("pointerdown", event => {
      stack.setPointerCapture(event.pointerId);
      follow(event);
    });
    stack.addEventListener("pointermove", event => stack.hasPointerCapture(event.pointerId) && follow(event));
    place.replaceChildren(stack, wipe);
    move();
  };
  dialog.body.append(h("label", { class: "switch" }, wiping, h("span", {}, "One over the other")), place, differences(left, right));
  draw();
}

function differences(left, right) {
  const [a, b] = [new Map(facts(left)), new Map(facts(right))];
  const rows = [...new Set([...a.keys(), ...b.keys()])].map(title => {
    const same = a.get(title) === b.get(title);
    return h("tr", { class: same ? "" : "different" },
      h("th", { scope: "row" }, title, same ? null : h("span", { class: "unseen" }, " (different)")),
      [a, b].map(side => h("td", {}, side.get(title) ?? "–")));
  });
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Settings of both" },
    h("table", { class: "facts" }, h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col" }, "Left"), h("th", { scope: "col" }, "Right"))), h("tbody", {}, rows)));
}

/** Asks which other picture to compare one with. */
export async function chooseForCompare(picture) {
  const answer = await complainOf(() => call("listPictures", { query: { limit: 60 } }));
  if (!answer) {
    return;
  }
  const others = answer.pictures.filter(({ id }) => id !== picture.id);
  const dialog = openDialog("Compare with which picture?", { name: "choose" });
  dialog.body.append(others.length === 0 ? h("p", {}, "There is no other picture yet.") : h(
    "ul",
    { class: "choices" },
    others.map(other => h("li", {}, h("button", {
      type: "button", "aria-label": `${other.prompt || "A variation"}, seed ${other.seed}`, title: other.prompt,
      onclick: () => {
        dialog.close();
        openCompare(picture, other);
      },
    }, h("img", { src: at(other.urls.png), alt: "", loading: "lazy" }))))),
    h("div", { class: "row" }, button("Cancel", null, () => dialog.close())));
}
