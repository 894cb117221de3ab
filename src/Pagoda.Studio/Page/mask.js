// Paints where a picture may change. The mask is kept as black and white and shown as a tint over the picture.

import { call } from "./api.js";
import { openDialog } from "./dialogs.js";
import { button, byId, h } from "./dom.js";
import { form } from "./form.js";
import { MaskPainting } from "./masking.js";
import { setting } from "./schema.js";
import { complainOf, toast } from "./toast.js";
import { imageOf } from "./widgets.js";

/** Opens the editor over a picture; what is painted becomes the form's mask, the picture its start. */
export async function openMask(id, picture) {
  const image = await loaded(imageOf(id));
  if (!image) {
    toast("The picture cannot be shown.", { wrong: true });
    return;
  }
  const painting = new MaskPainting(image);
  const dialog = openDialog("Paint where the picture may change", { name: "mask", wide: true });
  if (form.get("mask") && form.get("init") === id) {
    loaded(imageOf(form.get("mask"))).then(old => old && painting.take(old));
  }

  const size = h("input", { type: "range", min: "2", max: "60", value: "14", id: "mask-size", oninput: () => painting.brush(Number(size.value) / 100) });
  const erase = button("Erase", null, () => {
    painting.erasing = !painting.erasing;
    erase.setAttribute("aria-pressed", String(painting.erasing));
  }, { "aria-pressed": "false" });
  const one = setting("strength");
  const shown = h("output", { for: "mask-strength" });
  const strength = h("input", {
    type: "range", id: "mask-strength", min: "0.01", max: one?.maximum ?? 1, step: "0.01", value: form.get("strength") ?? 0.7,
    oninput: () => (shown.textContent = strength.value),
  });
  shown.textContent = strength.value;
  const done = button("Use this mask", "check", () => complainOf(async () => {
    if (painting.isEmpty()) {
      toast("Nothing is painted yet: paint where the picture may change.");
      return;
    }
    done.disabled = true;
    try {
      const { id: mask } = await call("uploadPicture", { body: await painting.toPng() });
      form.set("init", id);
      form.set("mask", mask);
      form.set("strength", Number(strength.value));
      form.suit("mask");
      if (!form.get("prompt") && picture?.prompt) {
        form.set("prompt", picture.prompt);
      }
    } finally {
      done.disabled = false;
    }
    dialog.close();
    scrollTo({ top: 0 });
    byId("prompt").focus();
    toast("Say what shall be there, then generate.");
  }), { class: "main" });

  painting.brush(Number(size.value) / 100);
  dialog.body.append(
    h("div", { class: "mask-place" }, painting.element),
    h("div", { class: "mask-tools" },
      h("p", { class: "hint" }, "Paint with the mouse, a pen or a finger; or move with the arrow keys and hold Space. Tinted parts may change, all else stays as it is."),
      h("label", { for: "mask-size" }, "Brush size"), size,
      h("div", { class: "row" }, erase, button("Undo", "undo", () => painting.undo()), button("Invert", null, () => painting.invert()), button("Clear", null, () => painting.clear())),
      one && [h("label", { for: "mask-strength" }, one.title, " ", shown), strength, h("p", { class: "hint" }, one.description)],
      h("div", { class: "row" }, done)));
  painting.element.focus();
}

const loaded = url => new Promise(resolve => {
  const image = new Image();
  image.onload = () => resolve(image);
  image.onerror = () => resolve(undefined);
  image.src = url;
});
