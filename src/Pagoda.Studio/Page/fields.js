// One labelled field for each setting, made from what the server says of it.

import { button, h } from "./dom.js";
import { form } from "./form.js";
import { range, read, show } from "./schema.js";
import { widgets } from "./widgets.js";

/** The field of a setting; keeps itself in step with the form. */
export function field(one) {
  const id = `field-${one.name}`;
  const control = (widgets[one.widget] ?? controlOf(one))(one, id);
  const problem = h("p", { class: "problem", id: `${id}-problem`, hidden: true });
  const reset = button(`Reset ${one.title}`, "undo", () => {
    form.set(one.name, undefined);
    control.focus();
  }, { class: "reset" }, true);
  const element = h(
    "div",
    { class: `field field-${one.type}`, "data-setting": one.name },
    h("div", { class: "field-head" }, h(control.group ? "span" : "label", control.group ? { id: `${id}-label` } : { for: id }, one.title), reset),
    control.element,
    problem,
    h("p", { class: "hint", id: `${id}-hint` }, [one.description, range(one) && numberHint(one)].filter(Boolean).join(" ")));
  if (control.group) {
    control.element.setAttribute("role", "group");
    control.element.setAttribute("aria-labelledby", `${id}-label`);
  }
  control.described.setAttribute("aria-describedby", `${id}-problem ${id}-hint`);

  const update = () => {
    const complaint = form.problems.get(one.name);
    problem.textContent = complaint ?? "";
    problem.hidden = !complaint;
    control.described.setAttribute("aria-invalid", String(Boolean(complaint)));
    const usable = form.applies(one.name);
    element.classList.toggle("unusable", !usable);
    control.enable(usable);
    reset.hidden = form.get(one.name) === undefined && !complaint;
    // What somebody is typing is not taken away, though it cannot be read yet.
    if (!(complaint && control.element.contains(document.activeElement))) {
      control.show(form.get(one.name));
    }
  };
  form.addEventListener("change", update);
  update();
  return element;
}

const numberHint = one => `(${range(one)})`;

function controlOf(one) {
  return one.choices ? choice : one.type === "boolean" ? (one.default === undefined ? choice : check) : one.type === "string" ? text : number;
}

// Without a default a yes-or-no has a third state: as the model would.
function choice(one, id) {
  const choices = one.choices ?? [true, false];
  const none = one.default === undefined ? "Automatic" : `${show(one, one.default)} (default)`;
  const select = h(
    "select",
    { id, onchange: () => form.set(one.name, select.value === "" ? undefined : choices[select.value]) },
    h("option", { value: "" }, none),
    choices.map((value, index) => h("option", { value: String(index) }, show(one, value))));
  return plain(select, value => (select.value = value === undefined ? "" : String(choices.indexOf(value))));
}

function check(one, id) {
  const box = h("input", { type: "checkbox", id, onchange: () => form.set(one.name, box.checked === one.default ? undefined : box.checked) });
  return plain(box, value => (box.checked = value ?? one.default));
}

function text(one, id) {
  const box = h("input", { type: "text", id, maxlength: one.longest, placeholder: one.default ?? "", autocomplete: "off", oninput: () => take(one, box.value) });
  return plain(box, value => showIn(box, value));
}

/** A number has a slider beside it where its range is short enough to slide along. */
function number(one, id) {
  const step = one.type === "integer" ? 1 : 0.01;
  const box = h("input", {
    type: "text", inputmode: one.type === "integer" ? "numeric" : "decimal", id, autocomplete: "off",
    placeholder: one.default === undefined ? "automatic" : String(one.default), oninput: () => take(one, box.value),
  });
  const low = one.minimum ?? one.above;
  if (one.type === "integer" || low === undefined || one.maximum === undefined || one.maximum - low > 10) {
    return plain(box, value => showIn(box, value));
  }
  const slider = h("input", {
    type: "range", min: one.minimum ?? low + step, max: one.maximum, step, "aria-label": `${one.title}, slider`,
    oninput: () => form.set(one.name, Number(slider.value)),
  });
  const control = plain(box, value => {
    showIn(box, value);
    slider.value = value ?? one.default ?? (low + one.maximum) / 2;
    slider.classList.toggle("unset", value === undefined && one.default === undefined);
  });
  return {
    ...control,
    element: h("div", { class: "with-slider" }, box, slider),
    enable: usable => (box.disabled = slider.disabled = !usable),
  };
}

function take(one, typed) {
  const { value, problem } = read(one, typed);
  if (problem) {
    form.complain(one.name, problem);
  } else {
    form.set(one.name, value);
  }
}

// A value that is already there as typed, "1." say, is left as it is.
function showIn(box, value) {
  const shown = value === undefined ? "" : String(value);
  if (box.value !== shown && !(box === document.activeElement && box.value !== "" && Number(box.value) === value)) {
    box.value = shown;
  }
}

const plain = (element, show) =>
  ({ element, described: element, show, focus: () => element.focus(), enable: usable => (element.disabled = !usable) });
