// Light, dark, or as the device says; smooth or square pixels.

import { button, byId } from "./dom.js";
import { memory } from "./memory.js";

const themes = { auto: ["moon", "Colours: as the device"], light: ["sun", "Colours: light"], dark: ["moon", "Colours: dark"] };

/** Applies what was chosen, and puts the switch into the page's head. */
export function dress() {
  const page = document.documentElement;
  const apply = () => {
    page.dataset.theme = memory.theme;
    page.classList.toggle("pixels", memory.pixels);
    const [drawing, words] = themes[memory.theme];
    byId("theme").replaceChildren(button(words, memory.theme === "auto" ? "auto" : drawing, () => {
      const names = Object.keys(themes);
      memory.theme = names[(names.indexOf(memory.theme) + 1) % names.length];
      apply();
      byId("theme").firstElementChild.focus();
    }, {}, true));
  };
  apply();
}

/** A switch between smooth and square pixels; all of them agree. */
export function pixelSwitch() {
  const words = "Show pixels";
  const toggle = button(words, "pixels", () => {
    memory.pixels = !memory.pixels;
    document.documentElement.classList.toggle("pixels", memory.pixels);
    document.querySelectorAll("[data-pixels]").forEach(other => other.setAttribute("aria-pressed", String(memory.pixels)));
  }, { "data-pixels": "", "aria-pressed": String(memory.pixels) }, true);
  return toggle;
}
