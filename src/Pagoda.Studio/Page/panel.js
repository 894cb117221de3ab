// The settings, grouped; behind one click.

import { button, byId, h } from "./dom.js";
import { field } from "./fields.js";
import { form } from "./form.js";
import { memory } from "./memory.js";
import { groups, settings } from "./schema.js";

const shownElsewhere = ["prompt", "method", "count"]; // have their places above

/** Fills the panel from the schema. */
export function buildPanel() {
  const panel = byId("settings");
  const sections = groups
    .map(([name, title]) => ({ name, title, list: settings.filter(one => one.group === name && !shownElsewhere.includes(one.name)) }))
    .filter(({ list }) => list.length > 0)
    .map(group);
  const clear = button("Reset all", "undo", () => form.load({ prompt: form.get("prompt") }));
  const presets = button("Presets", "bookmark", async () => (await import("./presets.js")).openPresets());
  byId("settings-body").replaceChildren(h("div", { class: "row panel-tools" }, presets, clear), ...sections.map(one => one.element));

  const update = () => {
    sections.forEach(one => one.update());
    clear.disabled = form.changed().every(one => one.name === "prompt");
  };
  form.addEventListener("change", update);
  update();
  byId("settings-close").addEventListener("click", () => togglePanel(false));
  byId("settings-toggle").addEventListener("click", () => togglePanel());
  togglePanel(memory.panel);
  panel.addEventListener("keydown", event => event.key === "Escape" && togglePanel(false));
}

function group({ name, title, list }) {
  const note = h("span", { class: "note" });
  const element = h(
    "details",
    { class: "group", open: memory.groups[name] ?? ["prompt", "picture"].includes(name) },
    h("summary", {}, h("span", {}, title), note),
    list.map(field));
  element.addEventListener("toggle", () => (memory.groups = { ...memory.groups, [name]: element.open }));
  const methods = [...new Set(list.flatMap(one => one.methods ?? [""]))];
  return {
    element,
    update: () => {
      const usable = list.some(one => form.applies(one.name));
      const changed = list.filter(one => form.applies(one.name) && form.get(one.name) !== undefined).length;
      element.classList.toggle("unusable", !usable);
      note.textContent = !usable ? `only with ${methods.filter(Boolean).join(", ")}` : changed ? `${changed} changed` : "";
    },
  };
}

/** Opens or closes the panel. */
export function togglePanel(open = byId("settings").hidden) {
  const panel = byId("settings");
  const toggle = byId("settings-toggle");
  const had = panel.contains(document.activeElement);
  panel.hidden = !open;
  memory.panel = open;
  toggle.setAttribute("aria-expanded", String(open));
  document.body.classList.toggle("with-settings", open);
  document.dispatchEvent(new CustomEvent("panel"));
  if (had && !open) {
    toggle.focus();
  }
}

/** Brings a setting's field before the eyes and into focus. */
export function showField(name) {
  if (shownElsewhere.includes(name)) {
    byId(name).focus();
    return;
  }
  togglePanel(true);
  const place = document.querySelector(`#settings [data-setting="${CSS.escape(name)}"]`);
  if (place) {
    place.closest("details").open = true;
    place.scrollIntoView({ block: "center" });
    (place.querySelector("input, select, textarea") ?? place.querySelector("button:not([hidden])"))?.focus();
  }
}
