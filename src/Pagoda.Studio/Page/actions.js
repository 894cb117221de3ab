// What can be done with a picture, wherever it is shown.

import { at, call } from "./api.js";
import { generate } from "./composer.js";
import { button, byId, h } from "./dom.js";
import { closeDialogs } from "./dialogs.js";
import { form } from "./form.js";
import { studio } from "./studio.js";
import { complainOf, toast } from "./toast.js";

/** The same settings with another seed. */
export function again({ settings }) {
  const { seed, ...others } = settings;
  closeDialogs();
  byId("stage").scrollIntoView({ block: "nearest" });
  return generate(others);
}

/** Fills the form with the picture's settings. */
export function intoForm({ settings }) {
  form.load(settings);
  toForm("The picture's settings are filled in.");
}

/** The next painting starts from this picture. */
export function startFrom(picture) {
  form.set("init", picture.id);
  if (!form.get("prompt")) {
    form.set("prompt", picture.prompt);
  }
  form.suit("init");
  toForm("Painting will start from this picture. Change the words, then generate.");
}

/** The next painting is like this picture. */
export function variationsOf(picture) {
  form.set("image", picture.id);
  form.set("prompt", undefined);
  toForm("Generate paints variations of this picture; words may be added.");
}

function toForm(words) {
  closeDialogs();
  scrollTo({ top: 0 });
  byId("prompt").focus();
  toast(words);
}

/** Marks a picture as a favourite, or no longer. */
export const star = picture => complainOf(async () => {
  Object.assign(picture, await call("changePicture", { path: { id: picture.id }, json: { starred: !picture.starred } }));
  studio.on_picture(picture);
});

/** A star that can be pressed. */
export function starButton(picture, act) {
  const toggle = button("Star", "star", async () => {
    await act(picture);
    toggle.setAttribute("aria-pressed", String(picture.starred));
  }, { class: "star", "aria-pressed": String(picture.starred) }, true);
  return toggle;
}

const leaving = new Map(); // pictures that are gone from view, and from the server in a moment

/** Whether a picture is about to be deleted. */
export const isLeaving = id => leaving.has(id);

/** Deletes pictures, with some seconds to take that back. */
export function remove(pictures) {
  const forGood = (options = {}) => {
    for (const { id } of pictures.filter(({ id }) => leaving.delete(id))) {
      complainOf(() => call("deletePicture", { path: { id }, ...options }));
    }
  };
  const timer = setTimeout(forGood, 6000);
  for (const picture of pictures) {
    leaving.set(picture.id, () => forGood({ keepalive: true }));
    studio.on_deleted({ picture: picture.id });
  }
  toast(pictures.length === 1 ? "The picture is deleted." : `${pictures.length} pictures are deleted.`, {
    time: 6000,
    action: "Undo",
    act: () => {
      clearTimeout(timer);
      for (const picture of pictures) {
        leaving.delete(picture.id);
        studio.on_picture(picture);
      }
    },
  });
}

// Who leaves the page meant it.
addEventListener("pagehide", () => [...leaving.values()].forEach(forGood => forGood()));

/** Copies a text, and says so. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} is copied.`, { time: 2500 });
  } catch {
    // without a secure connection browsers have no clipboard: show the text instead
    toast(text, { time: 20000 });
  }
}

/** The files of a picture as links. */
export const downloads = ({ urls }) => [
  ["PNG", `${urls.png}?download`],
  ["without settings", `${urls.png}?download&strip`],
  ["WebP animation", urls.webp && `${urls.webp}?download`],
  ["SVG", urls.svg && `${urls.svg}?download`],
  ["SVG, stroke by stroke", urls.animatedSvg && `${urls.animatedSvg}?download`],
].filter(([, url]) => url).map(([words, url]) => h("a", { class: "button", href: at(url), download: true }, words));
