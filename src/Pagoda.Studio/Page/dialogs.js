// Dialogs: one way to open them, to close them, and to find the way back.

import { button, byId, h } from "./dom.js";

/** Opens a modal dialog with a title; gives it, with a `body` to fill. */
export function openDialog(title, { name, onclose, wide = false } = {}) {
  const id = `dialog-${name}`;
  byId(id)?.close();
  const body = h("div", { class: "dialog-body" });
  const heading = h("h2", { id: `${id}-title` }, title);
  const dialog = h(
    "dialog",
    { id, class: `dialog ${wide ? "wide" : ""} dialog-of-${name}`, "aria-labelledby": `${id}-title` },
    h("div", { class: "dialog-head" }, heading, button("Close", "close", () => dialog.close(), { class: "dialog-close" }, true)),
    body);
  dialog.addEventListener("close", () => {
    dialog.remove();
    onclose?.();
  });
  // A click beside the dialog closes it; one that began inside, painting say, does not.
  let outside = false;
  dialog.addEventListener("pointerdown", event => (outside = event.target === dialog));
  dialog.addEventListener("click", event => outside && event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return Object.assign(dialog, { body, heading });
}

/** Closes all that is open. */
export const closeDialogs = () => [...document.querySelectorAll("dialog[open]")].reverse().forEach(dialog => dialog.close());
