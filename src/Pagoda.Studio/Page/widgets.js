// Fields for values that are more than a number or a word: pictures, masks, critics, colours.

import { at } from "./api.js";
import { button, h } from "./dom.js";
import { form } from "./form.js";
import { studio } from "./studio.js";
import { complainOf, toast } from "./toast.js";
import { choosePicture, uploadFile } from "./uploads.js";

export const widgets = { picture, mask, critics, colors };

/** A picture's own image, by its id. */
export const imageOf = id => at(`/files/${id}.png`);

function frame(id, content) {
  const element = h("div", { class: "picture-field", id, tabindex: "-1" }, content);
  const buttons = () => [...element.querySelectorAll("button")];
  return {
    element, described: element, group: true,
    focus: () => (buttons().find(one => !one.hidden) ?? element).focus(),
    enable: usable => buttons().forEach(one => (one.disabled = !usable)),
  };
}

function picture(one, id) {
  const image = h("img", { alt: "", hidden: true, width: "64", height: "64" });
  const choose = button("Choose a file", "plus", async () => {
    const file = await choosePicture();
    if (file) {
      await complainOf(async () => form.set(one.name, (await uploadFile(file)).id));
    }
  });
  const control = frame(id, [image, h("div", { class: "row" }, choose)]);
  control.element.addEventListener("dragover", event => event.preventDefault());
  control.element.addEventListener("drop", event => {
    const file = event.dataTransfer.files[0];
    if (file) {
      event.preventDefault(); // a picture dropped here is a start, not settings to restore
      complainOf(async () => form.set(one.name, (await uploadFile(file)).id));
    }
  });
  return { ...control, show: value => showImage(image, value, one.title) };
}

function mask(one, id) {
  const image = h("img", { alt: "", hidden: true, width: "64", height: "64" });
  const paint = button("Paint a mask", "brush", async () => {
    const init = form.get("init");
    if (!init) {
      toast("Choose a start picture first; the mask says where it may change.");
      return;
    }
    (await import("./mask.js")).openMask(init);
  });
  const choose = button("Choose a file", "plus", async () => {
    const file = await choosePicture();
    if (file) {
      await complainOf(async () => form.set(one.name, (await uploadFile(file)).id));
    }
  });
  const control = frame(id, [image, h("div", { class: "row" }, paint, choose)]);
  return { ...control, show: value => showImage(image, value, one.title) };
}

function showImage(image, id, title) {
  image.hidden = id === undefined;
  if (id === undefined) {
    image.removeAttribute("src");
  } else if (image.dataset.id !== id || !image.src) {
    image.src = imageOf(id);
    image.alt = title;
  }
  image.dataset.id = id ?? "";
}

// NAME or NAME:weight, with commas between: a tick and a weight for each model that the server has.
function critics(one, id) {
  const element = h("div", { class: "critics", id, tabindex: "-1" });
  let rows = [];
  const tell = () => form.set(one.name, rows.filter(row => row.tick.checked)
    .map(row => (row.weight.value.trim() && row.weight.value.trim() !== "1" ? `${row.name}:${row.weight.value.trim()}` : row.name)).join(",") || undefined);
  const row = name => {
    const tick = h("input", { type: "checkbox", onchange: tell });
    const weight = h("input", { type: "text", inputmode: "decimal", placeholder: "1", "aria-label": `Weight of ${name}`, oninput: () => tick.checked && tell() });
    return { name, tick, weight, element: h("div", { class: "critic" }, h("label", {}, tick, h("span", {}, name)), weight) };
  };
  return {
    element, described: element, group: true,
    focus: () => element.querySelector("input")?.focus(),
    enable: usable => element.querySelectorAll("input").forEach(input => (input.disabled = !usable)),
    show: value => {
      const asked = new Map((value ?? "").split(",").filter(Boolean).map(part => {
        const [, name, weight] = /^(.*?)(?::([^:]*))?$/.exec(part.trim());
        return [name, weight ?? ""];
      }));
      const names = [...new Set([...studio.info.models.map(model => model.name), ...asked.keys()])];
      if (names.join() !== rows.map(({ name }) => name).join()) {
        rows = names.map(row);
        element.replaceChildren(...rows.map(one => one.element));
      }
      for (const { name, tick, weight } of rows) {
        tick.checked = asked.has(name);
        if (weight !== document.activeElement && asked.has(name)) {
          weight.value = asked.get(name);
        }
      }
    },
  };
}

// Colours as #rrggbb with commas between; the browser's own chooser adds one.
function colors(one, id) {
  const single = typeof one.default === "string" && !one.default.includes(",") && one.default !== "";
  const box = h("input", { type: "text", id, placeholder: one.default ?? "#rrggbb, #rrggbb", autocomplete: "off", oninput: () => form.set(one.name, box.value.trim() || undefined) });
  const chooser = h("input", {
    type: "color", value: "#0b6e5f", "aria-label": single ? `${one.title}: choose a colour` : `${one.title}: add a colour`,
    onchange: () => form.set(one.name, single ? chooser.value : [form.get(one.name), chooser.value].filter(Boolean).join(",")),
  });
  const swatches = h("div", { class: "swatches", "aria-hidden": "true" });
  return {
    element: h("div", {}, h("div", { class: "row" }, box, chooser), swatches),
    described: box,
    focus: () => box.focus(),
    enable: usable => (box.disabled = chooser.disabled = !usable),
    show: value => {
      if (box !== document.activeElement) {
        box.value = value ?? "";
      }
      swatches.replaceChildren(...(value ?? "").split(",").filter(color => /^\s*#?[0-9a-f]{6}\s*$/i.test(color)).map(color => {
        const swatch = h("span", {});
        swatch.style.background = `#${color.trim().replace("#", "")}`;
        return swatch;
      }));
    },
  };
}
