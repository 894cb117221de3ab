// A table of pictures over two settings: the form for it, and the list of those that were made.

import { call } from "./api.js";
import { openDialog } from "./dialogs.js";
import { button, h } from "./dom.js";
import { form } from "./form.js";
import { showGrid } from "./gridview.js";
import { applies, setting, settings, show } from "./schema.js";
import { studio } from "./studio.js";
import { complainOf } from "./toast.js";
import { moment, shorten } from "./words.js";
import { parseValues } from "./values.js";

/** Opens the form. */
export function openGrids() {
  const dialog = openDialog("Grid", { name: "grid", wide: true });
  const x = axis("Columns", "x", "seed", update);
  const y = axis("Rows", "y", "", update);
  const count = h("span", { class: "grid-count", role: "status" });
  const problem = h("p", { class: "problem", hidden: true });
  const prompt = h("textarea", { id: "grid-prompt", rows: "2", oninput: () => form.set("prompt", prompt.value.trim() || undefined) });
  prompt.value = form.get("prompt") ?? "";
  const go = button("Paint the grid", "grid", start, { class: "main" });
  const earlier = h("div", { class: "earlier" });
  dialog.body.append(
    h("p", { class: "hint" }, "Paints one picture for each pair of values; all other settings are the form's."),
    h("label", { for: "grid-prompt" }, "Prompt"), prompt,
    h("div", { class: "axes" }, x.element, y.element),
    problem,
    h("div", { class: "row" }, go, count),
    earlier);
  list(earlier);

  function cells() {
    const [across, down] = [x.read(), y.read()];
    return { across, down, number: (across?.values?.length ?? 0) * (down ? down.values?.length ?? 0 : 1) };
  }

  function update() {
    const { number } = cells();
    const most = studio.info.limits.gridCells ?? Infinity;
    count.textContent = number === 1 ? "1 picture" : `${number} pictures${number > most ? `; the server allows ${most}` : ""}`;
  }

  async function start() {
    const { across, down } = cells();
    const wrong = across?.problem ? `Columns: ${across.problem}` : !across ? "Choose a setting for the columns." : down?.problem ? `Rows: ${down.problem}`
      : down?.setting === across.setting ? "Choose two different settings." : undefined;
    problem.hidden = !wrong;
    problem.textContent = wrong ?? "";
    if (wrong) {
      return;
    }
    try {
      const asked = form.asked();
      delete asked.count;
      showGrid(dialog, await call("createGrid", { json: { settings: asked, x: across, ...(down ? { y: down } : {}) } }), openGrids);
    } catch (error) {
      problem.hidden = false;
      problem.textContent = error.message;
    }
  }
  y.draw();
  x.draw();
}

/** One direction of the table: a setting and its values. */
function axis(title, name, chosen, changed) {
  const usable = settings.filter(one => one.name !== "count" && !["picture", "mask"].includes(one.widget) && applies(one, form.get("method")));
  const select = h(
    "select", { id: `grid-${name}`, onchange: () => draw() },
    name === "y" ? h("option", { value: "" }, "none") : null,
    usable.map(one => h("option", { value: one.name, selected: one.name === chosen }, one.title)));
  const place = h("div", { class: "axis-values" });
  const texts = {}; // what was typed for each setting
  const draw = () => {
    const one = setting(select.value);
    place.replaceChildren();
    if (one && (one.choices || one.type === "boolean")) {
      place.append(h("div", { role: "group", "aria-label": `Values of ${one.title}` }, (one.choices ?? [true, false]).map(value =>
        h("label", { class: "tick" }, h("input", { type: "checkbox", checked: true, onchange: changed, "data-value": JSON.stringify(value) }), h("span", {}, show(one, value))))));
    } else if (one) {
      const numeric = one.type !== "string";
      const id = `grid-${name}-values`;
      const box = h("textarea", { id, rows: numeric ? "1" : "3", "aria-describedby": `${id}-hint`, oninput: () => {
        texts[one.name] = box.value;
        changed();
      } });
      box.value = texts[one.name] ?? (one.name === "seed" ? "1..3" : "");
      place.append(h("label", { for: id }, "Values"), box, h("p", { class: "hint", id: `${id}-hint` }, numeric ? "1, 2, 3 or 1..5 or 0.1, 0.2 .. 1.0" : "One a line"));
    }
    changed();
  };
  const readAxis = () => {
    const one = setting(select.value);
    if (!one) {
      return undefined;
    }
    const ticks = [...place.querySelectorAll("[data-value]")];
    if (ticks.length > 0) {
      const values = ticks.filter(tick => tick.checked).map(tick => JSON.parse(tick.dataset.value));
      return values.length ? { setting: one.name, values } : { setting: one.name, problem: "Choose values." };
    }
    const { values, problem } = parseValues(one, place.querySelector("textarea")?.value ?? "");
    return problem ? { setting: one.name, problem } : { setting: one.name, values };
  };
  const element = h("fieldset", { class: "axis" }, h("legend", {}, title), h("label", { for: `grid-${name}`, class: "unseen" }, `Setting of the ${title.toLowerCase()}`), select, place);
  return { element, draw, read: readAxis };
}

async function list(place) {
  const answer = await complainOf(() => call("listGrids"));
  if (!answer?.grids.length) {
    return;
  }
  place.append(h("h3", {}, "Earlier grids"), h("ul", {}, answer.grids.slice(0, 20).map(grid => h("li", {}, h("button", {
    type: "button", class: "plain",
    onclick: async () => {
      const dialog = openDialog("Grid", { name: "grid", wide: true });
      await complainOf(async () => showGrid(dialog, await call("getGrid", { path: { id: grid.id } }), openGrids));
    },
  }, shorten(grid.settings.prompt ?? "A grid", 50), h("span", { class: "hint" }, `${axes(grid)} · ${moment(grid.created)}`))))));
}

const axes = ({ x, y }) => [x, y].filter(Boolean).map(one => setting(one.setting)?.title ?? one.setting).join(" by ");
