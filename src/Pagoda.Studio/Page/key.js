// Asks for the server's key where it wants one.

import { openDialog } from "./dialogs.js";
import { h } from "./dom.js";
import { memory } from "./memory.js";

let asking;

/** Asks until a key works; `works` tries it. Asking twice asks once. */
export function askForKey(works) {
  asking ??= new Promise(resolve => {
    const refused = Boolean(memory.key);
    const box = h("input", { type: "password", id: "key", autocomplete: "current-password", required: true, "aria-describedby": "key-problem" });
    const problem = h("p", { class: "problem", id: "key-problem", role: "alert" }, refused ? "The key is no longer right." : "");
    const dialog = openDialog("This server wants a key", { name: "key" });
    const form = h("form", {
      onsubmit: async event => {
        event.preventDefault();
        memory.key = box.value.trim();
        try {
          await works();
        } catch (error) {
          memory.key = undefined;
          problem.textContent = error.status === 401 ? "This is not the key." : error.message;
          box.select();
          return;
        }
        asking = undefined;
        dialog.close();
        document.dispatchEvent(new CustomEvent("key-given"));
        resolve();
      },
    }, h("label", { for: "key" }, "Key"), box, problem, h("div", { class: "row" }, h("button", { type: "submit", class: "button main" }, "Go on")));
    dialog.body.append(h("p", {}, "Whoever runs it has it. This browser will remember it."), form);
    dialog.querySelector(".dialog-close").remove();
    dialog.addEventListener("cancel", event => event.preventDefault()); // nothing works without it
    box.focus();
  });
  return asking;
}
