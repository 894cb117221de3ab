// Where a sentence is typed: prompt, method, number of pictures, what else is changed, and Generate.

import { button, byId, h } from "./dom.js";
import { form } from "./form.js";
import { memory } from "./memory.js";
import { showField } from "./panel.js";
import { read, setting, show } from "./schema.js";
import { follow } from "./stage.js";
import { studio } from "./studio.js";
import { announce, toast } from "./toast.js";
import { imageOf } from "./widgets.js";

const inView = ["prompt", "method", "count"]; // these have fields of their own here

/** Makes the composer work. */
export function buildComposer() {
  const prompt = byId("prompt");
  prompt.maxLength = setting("prompt")?.longest ?? studio.info.limits.promptLength ?? -1;
  prompt.addEventListener("input", () => {
    form.set("prompt", prompt.value.trim() === "" ? undefined : prompt.value);
    grow(prompt);
  });
  prompt.addEventListener("keydown", event => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      generate();
    }
  });
  byId("composer").addEventListener("submit", event => {
    event.preventDefault();
    generate();
  });
  addEventListener("resize", () => grow(prompt));

  buildMethod();
  buildCount();
  const update = () => {
    if (prompt.value.trim() !== (form.get("prompt") ?? "").trim()) {
      prompt.value = form.get("prompt") ?? "";
      grow(prompt);
    }
    const problem = form.problems.get("prompt");
    byId("prompt-problem").textContent = problem ?? "";
    byId("prompt-problem").hidden = !problem;
    prompt.setAttribute("aria-invalid", String(Boolean(problem)));
    byId("chips").replaceChildren(...chips());
  };
  form.addEventListener("change", update);
  document.addEventListener("panel", update);
  update();
}

// As tall as what is typed in it.
function grow(box) {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 220)}px`;
}

function buildMethod() {
  const one = setting("method");
  const select = byId("method");
  if (!one?.choices) {
    select.closest("label").hidden = true;
    return;
  }
  select.replaceChildren(
    h("option", { value: "" }, one.default === undefined ? "the model's best" : `${one.default} (default)`),
    ...one.choices.map(choice => h("option", { value: choice }, choice)));
  select.title = one.description;
  select.addEventListener("change", () => form.set("method", select.value || undefined));
  const update = () => (select.value = form.get("method") ?? "");
  form.addEventListener("change", update);
  update();
}

function buildCount() {
  const one = setting("count");
  const box = byId("count");
  const least = one?.minimum ?? 1;
  const most = Math.min(one?.maximum ?? Infinity, studio.info.limits.count ?? Infinity);
  const usual = one?.default ?? 1;
  box.placeholder = String(usual);
  const take = () => {
    const { value, problem } = read({ ...one, minimum: least, maximum: most }, box.value);
    problem ? form.complain("count", problem) : form.set("count", value);
  };
  const by = change => form.set("count", Math.min(most, Math.max(least, (form.get("count") ?? usual) + change)));
  box.addEventListener("input", take);
  byId("fewer").addEventListener("click", () => by(-1));
  byId("more").addEventListener("click", () => by(1));
  const update = () => {
    const problem = form.problems.get("count");
    box.setAttribute("aria-invalid", String(Boolean(problem)));
    byId("count-problem").textContent = problem ?? "";
    byId("count-problem").hidden = !problem;
    if (!problem) {
      box.value = form.get("count") ?? "";
    }
  };
  form.addEventListener("change", update);
  update();
}

// Pictures are shown always, the other changed settings while the panel is closed.
function chips() {
  return form.changed()
    .filter(one => !inView.includes(one.name) && (isPicture(one) || !memory.panel))
    .map(one => {
      const value = form.get(one.name);
      const words = isPicture(one) ? one.title : `${one.title} ${show(one, value)}`;
      return h(
        "li",
        { class: `chip ${isPicture(one) ? "with-picture" : ""}` },
        h("button", { type: "button", class: "chip-name", title: `Change ${one.title}`, onclick: () => showField(one.name) },
          isPicture(one) ? h("img", { src: imageOf(value), alt: "" }) : null, h("span", {}, words)),
        button(`Remove ${one.title}`, "close", () => {
          form.set(one.name, undefined);
          if (one.name === "init") {
            form.set("mask", undefined); // a mask without a picture means nothing
          }
          byId("prompt").focus();
        }, {}, true));
    });
}

const isPicture = one => one.widget === "picture" || one.widget === "mask";

/** Asks the server for what is filled in; wrong fields are shown instead. */
export async function generate(settings) {
  const asked = settings ?? form.asked();
  if (!settings) {
    const wrong = form.wrong();
    if (wrong && !(wrong === "prompt" && asked.prompt)) {
      showField(wrong);
      return undefined;
    }
    form.problems.clear();
    if (!asked.prompt && !asked.image) {
      form.complain("prompt", "Say what to paint, a red apple for example.");
      byId("prompt").focus();
      return undefined;
    }
  }
  const go = byId("generate");
  go.classList.add("asking");
  try {
    const job = await studio.paint(asked);
    follow(job.id);
    announce("Your picture is in the queue.");
    return job;
  } catch (problem) {
    if (problem.param && setting(problem.param) && !settings) {
      form.complain(problem.param, problem.message);
      showField(problem.param);
      announce(problem.message);
    } else if (problem.status !== 401) {
      toast(problem.message, { wrong: true, time: 9000 });
    }
    return undefined;
  } finally {
    go.classList.remove("asking");
  }
}

const examples = [
  "a red apple", "a yellow flower on a blue background", "a rocket", "a slice of watermelon", "a blue butterfly", "a house:1 | a rainbow:0.4",
];

/** Sentences to begin with, for the first visit. */
export const exampleChips = () => h(
  "ul",
  { class: "examples", "aria-label": "Examples" },
  examples.map(words => h("li", {}, h("button", {
    type: "button", class: "chip-name example",
    onclick: () => {
      form.set("prompt", words);
      generate();
    },
  }, words))));
