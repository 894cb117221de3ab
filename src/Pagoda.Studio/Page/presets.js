// Settings kept under names, on the server, so that they are there on every device.

import { call } from "./api.js";
import { openDialog } from "./dialogs.js";
import { button, h } from "./dom.js";
import { form } from "./form.js";
import { setting, show } from "./schema.js";
import { studio } from "./studio.js";
import { complainOf, toast } from "./toast.js";
import { shorten } from "./words.js";

/** Opens the list. */
export function openPresets() {
  const update = () => complainOf(draw);
  const dialog = openDialog("Presets", { name: "presets", onclose: () => studio.removeEventListener("presets", update) });
  studio.addEventListener("presets", update);
  const name = h("input", { type: "text", id: "preset-name", maxlength: "80", autocomplete: "off", required: true });
  const list = h("ul", { class: "presets" });
  dialog.body.append(
    h("form", {
      class: "row", onsubmit: event => {
        event.preventDefault();
        complainOf(async () => {
          const words = name.value.trim();
          await call("savePreset", { path: { name: words }, json: form.asked() });
          name.value = "";
          toast(`“${words}” is saved.`);
          await draw();
        });
      },
    }, h("label", { for: "preset-name" }, "Save the form as"), name, h("button", { type: "submit", class: "button main" }, "Save")),
    list);

  async function draw() {
    const { presets } = await call("listPresets");
    list.replaceChildren(...(presets.length === 0 ? [h("li", { class: "hint" }, "Nothing is saved yet.")] : presets.map(preset => h("li", {},
      h("button", { type: "button", class: "plain", "aria-label": `Load ${preset.name}`, onclick: () => {
        form.load(preset.settings);
        dialog.close();
        toast(`“${preset.name}” is filled in.`);
      } }, h("strong", {}, preset.name), h("span", { class: "hint" }, words(preset.settings))),
      button(`Delete ${preset.name}`, "trash", () => complainOf(async () => {
        await call("deletePreset", { path: { name: preset.name } });
        toast(`“${preset.name}” is deleted.`, { action: "Undo", act: () => complainOf(async () => {
          await call("savePreset", { path: { name: preset.name }, json: preset.settings });
          await draw();
        }) });
        await draw();
      }), {}, true)))));
  }
  update();
}

const words = settings => shorten(Object.entries(settings)
  .map(([name, value]) => (name === "prompt" ? value : `${setting(name)?.title ?? name} ${show(setting(name), value)}`)).join(" · "), 110);
