// Short messages at the foot of the page, and the words that screen readers say.

import { button, byId, h } from "./dom.js";

/** Says a sentence; `action` is what can be done about it. Gives a function that takes it away. */
export function toast(message, { action, act, time = 5000, wrong = false } = {}) {
  const box = h("div", { class: `toast ${wrong ? "wrong" : ""}` }, h("span", {}, message));
  const close = () => {
    clearTimeout(timer);
    box.remove();
  };
  if (action) {
    box.append(button(action, null, () => {
      close();
      act();
    }));
  }
  box.append(button("Close this message", "close", close, {}, true));
  let timer = setTimeout(close, time);
  // Nothing goes away under somebody's finger.
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("pointerleave", () => (timer = setTimeout(close, 2000)));
  topmost().append(box);
  announce(message);
  return close;
}

// A modal dialog hides all that is not in it, so that messages have to be shown inside.
function topmost() {
  const open = [...document.querySelectorAll("dialog[open]")].at(-1);
  if (!open) {
    return byId("toasts");
  }
  const place = open.querySelector(":scope > .toasts") ?? h("div", { class: "toasts" });
  open.append(place);
  return place;
}

/** Has screen readers say something. */
export function announce(message) {
  byId("announcements").textContent = message;
}

/** Does something, and shows what went wrong with it. */
export async function complainOf(act) {
  try {
    return await act();
  } catch (problem) {
    if (problem.name !== "AbortError" && problem.status !== 401) {
      toast(problem.message, { wrong: true, time: 9000 });
    }
    return undefined;
  }
}
