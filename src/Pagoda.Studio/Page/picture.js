// One picture, large, with all that is known of it.

import { at, call } from "./api.js";
import { again, copy, downloads, intoForm, remove, star, starButton, startFrom, variationsOf } from "./actions.js";
import { commandLine } from "./command.js";
import { chooseForCompare } from "./compare.js";
import { curvePlot, minus } from "./curve.js";
import { openDialog } from "./dialogs.js";
import { button, h, icon, isTyping } from "./dom.js";
import { finely } from "./finely.js";
import { openMask } from "./mask.js";
import { setting, settings, show } from "./schema.js";
import { pixelSwitch } from "./theme.js";
import { complainOf } from "./toast.js";
import { duration, moment, shorten } from "./words.js";

/** Opens a picture; the arrow keys go through `among`. */
export function openPicture(picture, among = [picture]) {
  const list = [...among];
  const dialog = openDialog("Picture", { name: "picture", wide: true });
  let index = Math.max(0, list.findIndex(({ id }) => id === picture.id));
  const go = by => {
    if (list[index + by]) {
      index += by;
      draw();
    }
  };
  const draw = () => fill(dialog, list[index], {
    previous: list[index - 1] && (() => go(-1)),
    following: list[index + 1] && (() => go(1)),
    gone: () => {
      remove(list.splice(index, 1));
      index = Math.min(index, list.length - 1);
      list.length ? draw() : dialog.close();
    },
  });
  dialog.addEventListener("keydown", event => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && !isTyping(event.target) && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      go(by);
    }
  });
  draw();
  return dialog;
}

function fill(dialog, picture, { previous, following, gone }) {
  const plot = curvePlot();
  const image = h("img", { src: at(picture.urls.png), alt: picture.prompt || "A variation of a picture" });
  const play = picture.urls.webp && button("Watch it appear", "play", () => {
    const playing = image.classList.toggle("playing");
    image.src = at(playing ? picture.urls.webp : picture.urls.png);
    play.setAttribute("aria-pressed", String(playing));
  }, { "aria-pressed": "false" }, true);
  const held = document.activeElement?.dataset?.keep; // buttons are made anew, and focus has to stay
  dialog.heading.textContent = shorten(picture.prompt, 80) || "A variation";
  dialog.body.replaceChildren(
    h("div", { class: "picture-large" },
      finely(image),
      h("div", { class: "picture-turn" },
        button("Previous picture", "left", previous, { disabled: !previous, "data-keep": "previous" }, true),
        play,
        pixelSwitch(),
        starButton(picture, star),
        button("Next picture", "right", following, { disabled: !following, "data-keep": "following" }, true))),
    h("div", { class: "picture-side" },
      h("div", { class: "actions" },
        button("Again", "again", () => again(picture), { title: "The same settings with another seed", class: "main" }),
        button("Use settings", "form", () => intoForm(picture)),
        button("Start from it", "start", () => startFrom(picture)),
        button("Variations", "variations", () => variationsOf(picture)),
        button("Paint a mask", "brush", () => {
          dialog.close();
          openMask(picture.id, picture);
        }),
        button("Compare", "compare", () => chooseForCompare(picture))),
      h("div", { class: "lines" },
        line("download", "Download", downloads(picture)),
        line("copy", "Copy", [
          button("Seed", null, () => copy(String(picture.seed), "The seed"), { "aria-label": "Copy seed" }),
          button("Prompt", null, () => copy(picture.prompt, "The prompt"), { "aria-label": "Copy prompt" }),
          button("Command", null, () => copy(commandLine(picture.settings), "The command"), { "aria-label": "Copy command", title: commandLine(picture.settings) }),
        ])),
      plot.element,
      table(picture),
      h("div", { class: "row" }, button("Delete", "trash", gone, { class: "danger" }))));
  dialog.querySelector(`[data-keep="${held}"]:not(:disabled)`)?.focus();
  complainOf(async () => {
    const { curve } = await call("getPicture", { path: { id: picture.id } });
    plot.draw(curve ?? []);
  });
}

const line = (drawing, words, controls) =>
  h("div", { class: "line", role: "group", "aria-label": words }, icon(drawing), h("span", { class: "line-words" }, words), h("div", { class: "row" }, controls));

/** What is known of a picture, as [title, words] pairs. */
export function facts(picture) {
  const asked = settings
    .filter(({ name }) => picture.settings[name] !== undefined && !["prompt", "negative", "seed", "count", "method", "model"].includes(name))
    .map(one => [one.title, show(one, picture.settings[one.name])]);
  return [
    [setting("prompt")?.title ?? "Prompt", picture.prompt],
    picture.negative && [setting("negative")?.title ?? "Negative", picture.negative],
    ["Seed", String(picture.seed)],
    ["Method", picture.method],
    ["Model", picture.model],
    ...asked,
    ["Picture", `${picture.width} × ${picture.height} pixels`],
    ["Energy", minus(picture.energy)],
    ["Steps taken", picture.interrupted ? `${picture.steps}, then stopped` : String(picture.steps)],
    ["Time", duration(picture.seconds)],
    ["Painted", moment(picture.created)],
  ].filter(Boolean);
}

const table = picture => h(
  "table",
  { class: "facts" },
  h("caption", { class: "unseen" }, "Settings and results"),
  h("tbody", {}, facts(picture).map(([title, words]) => h("tr", {}, h("th", { scope: "row" }, title), h("td", {}, words)))));
