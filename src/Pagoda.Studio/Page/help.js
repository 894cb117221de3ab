// The keys, and what the server is.

import { openDialog } from "./dialogs.js";
import { byId, h, isTyping } from "./dom.js";
import { openGrids } from "./grid.js";
import { memory } from "./memory.js";
import { togglePanel } from "./panel.js";
import { studio } from "./studio.js";

const keys = {
  "/": ["to the prompt", () => byId("prompt").focus()],
  s: ["settings", () => togglePanel()],
  g: ["to the gallery", () => byId("gallery-search").focus()],
  x: ["grid", openGrids],
  "?": ["this help", openHelp],
};

/** Listens for single keys; they can be switched off, for people whose typing is spoken. */
export function listenForKeys() {
  addEventListener("keydown", event => {
    const act = keys[event.key]?.[1];
    if (act && memory.shortcuts && !isTyping(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      act();
    }
  });
}

/** Opens the help. */
export function openHelp() {
  const { info } = studio;
  const dialog = openDialog("Help", { name: "help" });
  const row = (key, words) => h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, key)), h("td", {}, words));
  const on = h("input", { type: "checkbox", role: "switch", checked: memory.shortcuts, onchange: () => (memory.shortcuts = on.checked) });
  dialog.body.append(
    h("p", {}, "Type what shall be seen and press Enter. The picture starts as noise or as a blurry shape; step by step it is changed towards what the model takes your sentence to mean. Its energy falls as it comes closer."),
    h("p", {}, "Parts of a prompt stand between bars and can have weights: ", h("code", {}, "a cat:1 | oil painting:0.4"), ". Drop a picture that was painted here on the page, and its settings are filled in."),
    h("table", { class: "facts" }, h("caption", { class: "unseen" }, "Keys"), h("tbody", {},
      row("Enter", "generate"), row("Shift + Enter", "a new line"), row("Esc", "close what is open"), row("← →", "other pictures, in an open picture"),
      Object.entries(keys).map(([key, [words]]) => row(key, words)))),
    h("label", { class: "switch" }, on, h("span", {}, "Single keys work")),
    h("p", { class: "hint" }, `Pagoda ${info.version ?? ""} on ${info.device ?? "this machine"}${info.threads ? `, ${info.threads} threads` : ""}. Models: ${info.models.map(({ name, size }) => `${name}${size ? ` (${size} px)` : ""}`).join(", ")}.`));
}
