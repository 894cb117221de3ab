// The canvas: the picture that is appearing, how far it is, and what can be done with it.

import { at, call } from "./api.js";
import { again, star, starButton } from "./actions.js";
import { exampleChips } from "./composer.js";
import { curvePlot, minus } from "./curve.js";
import { button, byId, h } from "./dom.js";
import { finely } from "./finely.js";
import { form } from "./form.js";
import { memory } from "./memory.js";
import { motif } from "./motif.js";
import { openPicture } from "./picture.js";
import { active, studio } from "./studio.js";
import { pixelSwitch } from "./theme.js";
import { announce, complainOf } from "./toast.js";
import { duration, shorten } from "./words.js";

let followed; // the job's id
let chosen; // the number of the picture that was clicked; none while the newest is shown
let parts;
const curves = new Map(); // of finished pictures, by id

/** Makes the canvas, and has it follow the latest job of this browser. */
export async function buildStage() {
  parts = {
    image: h("img", { id: "live", alt: "", decoding: "sync", hidden: true }),
    canvas: h("button", { type: "button", class: "canvas", onclick: () => finished() && openPicture(finished(), pictures()) }),
    empty: h("div", { class: "empty" }, motif(), h("p", { class: "empty-title" }, "What shall it be?"), h("p", {}, "Type a sentence and watch it become a picture, or begin with one of these."), exampleChips()),
    words: h("p", { class: "stage-prompt" }),
    state: h("p", { class: "stage-state" }),
    bar: h("progress", { "aria-label": "Steps", max: "1", value: 0 }),
    problem: h("p", { class: "problem stage-problem", hidden: true }),
    stop: button("Stop", "stop", () => complainOf(() => studio.cancel(followed)), { class: "stop" }),
    tools: h("div", { class: "row stage-tools" }),
    plot: curvePlot(),
    thumbs: h("ul", { class: "thumbs", "aria-label": "Pictures of this job" }),
  };
  parts.canvas.append(finely(parts.image));
  byId("canvas-place").append(parts.empty, parts.canvas, h("div", { class: "canvas-tools" }, pixelSwitch()), parts.thumbs);
  byId("stage-side").prepend(parts.words, parts.state, parts.bar, parts.problem, parts.stop, parts.tools, parts.plot.element);

  studio.addEventListener("job", ({ detail }) => detail.id === followed && render());
  studio.addEventListener("preview", ({ detail }) => detail.job === followed && showPicture());
  studio.addEventListener("deleted", () => job() && render());
  studio.addEventListener("forgotten", ({ detail }) => detail === followed && follow(undefined));
  studio.addEventListener("snapshot", () => {
    const own = studio.queue.filter(one => memory.jobs.includes(one.id)).at(-1);
    if (own && !job()) {
      follow(own.id);
    }
  });
  render();
  const last = memory.jobs.at(-1);
  if (last) {
    await studio.job(last).then(one => followed ?? (one.pictures.length || active(one) ? follow(last) : undefined), () => {});
  }
}

const job = () => studio.jobs.get(followed);
const pictures = () => job()?.pictures ?? [];

/** Shows a job, and goes on showing it. */
export async function follow(id, index) {
  followed = id;
  chosen = index;
  render();
  if (id && !job()) {
    await complainOf(() => studio.job(id));
    render();
  }
}

/** Shows a finished picture. */
export const followPicture = picture => follow(picture.job, picture.index);

// The number of the picture to show: the chosen one, the one at work, or the last.
function current() {
  const one = job();
  return chosen ?? (one?.state === "running" ? one.progress?.picture ?? 0 : pictures().at(-1)?.index ?? 0);
}

const finished = () => pictures().find(picture => picture.index === current());

let before;

function render() {
  const one = job();
  byId("stage").classList.toggle("idle", !one);
  parts.empty.hidden = Boolean(one);
  parts.canvas.hidden = !one;
  showPicture();
  if (!one) {
    return;
  }
  parts.words.textContent = one.settings.prompt ?? "Variations of a picture";
  parts.stop.hidden = !active(one);
  parts.problem.hidden = !one.error;
  parts.problem.textContent = one.error ?? "";
  renderTools();
  renderThumbs(one);
  const state = `${one.id} ${one.state} ${pictures().length}`;
  if (before !== state && before?.startsWith(one.id)) {
    const said = { done: "The picture is finished.", failed: `Painting failed. ${one.error ?? ""}`, cancelled: "Stopped." }[one.state];
    announce(said ?? (one.state === "running" && pictures().length ? `Picture ${pictures().length} is finished.` : one.state === "running" ? "Painting." : ""));
  }
  before = state;
}

function showPicture() {
  const one = job();
  const index = current();
  const picture = finished();
  const preview = one && studio.preview(one.id, index);
  const source = picture ? at(picture.urls.png) : preview?.picture;
  parts.image.hidden = !source;
  if (source && parts.image.src !== source) {
    parts.image.src = source;
  }
  parts.image.alt = picture ? picture.prompt || "The picture" : "The picture so far";
  parts.canvas.classList.toggle("waiting", !source && active(one ?? {}));
  parts.canvas.classList.toggle("live", !picture && one?.state === "running");
  parts.canvas.disabled = !picture;
  parts.canvas.setAttribute("aria-label", picture ? `Open the picture: ${picture.prompt}` : "The picture so far");
  if (one) {
    showState(one, index, picture, preview);
    showCurve(one, index, picture, preview);
  }
}

function showState(one, index, picture, preview) {
  const { progress } = one;
  const step = Math.max(progress?.picture === index ? progress.step ?? 0 : 0, preview?.step ?? 0);
  const steps = preview?.steps ?? progress?.steps;
  const running = one.state === "running" && !picture;
  parts.bar.hidden = !running;
  if (running && steps) {
    parts.bar.value = step / steps;
  } else if (running) {
    parts.bar.removeAttribute("value");
  }
  const many = progress?.pictures > 1 ? `Picture ${index + 1} of ${progress.pictures}` : null;
  parts.state.textContent = (picture ? [
    picture.interrupted ? `Stopped after ${picture.steps} steps` : null, `${picture.method}, ${duration(picture.seconds)}`, `energy ${minus(picture.energy)}`,
  ] : one.state === "running" ? [
    many, steps ? `step ${step} of ${steps}` : "getting ready", progress?.secondsLeft >= 0.5 ? `${duration(progress.secondsLeft)} left` : null,
  ] : one.state === "queued" ? [
    one.position > 1 ? `Number ${one.position} in the queue` : "Next in the queue",
  ] : [{ done: "Done", failed: "Failed", cancelled: "Stopped before there was a picture" }[one.state]]).filter(Boolean).join(" · ");
}

async function showCurve(one, index, picture, preview) {
  const seen = studio.curve(one.id, index);
  parts.plot.draw((picture && curves.get(picture.id)) ?? seen, preview?.steps ?? one.progress?.steps);
  if (picture && !curves.has(picture.id)) {
    curves.set(picture.id, undefined); // asked for once
    const { curve } = await call("getPicture", { path: { id: picture.id } }).catch(() => ({}));
    curves.set(picture.id, curve?.length ? curve : undefined);
    if (finished()?.id === picture.id && curve?.length) {
      parts.plot.draw(curve);
    }
  }
}

function renderTools() {
  const picture = finished();
  const key = picture ? `${picture.id} ${picture.starred}` : "";
  if (parts.tools.dataset.key === key) {
    return;
  }
  parts.tools.dataset.key = key;
  parts.tools.replaceChildren(...(picture ? [
    button(`Seed ${picture.seed}`, "undo", () => form.set("seed", Number(picture.seed)), { class: "seed quiet", title: "Use this seed again" }),
    button("Again", "again", () => again(picture), { title: "The same settings with another seed" }),
    button("Open", "start", () => openPicture(picture, pictures())),
    starButton(picture, star),
    h("a", { class: "button quiet", href: `${at(picture.urls.png)}?download`, download: true, "aria-label": "Download the PNG", title: "Download the PNG" }, button("", "download").firstElementChild),
  ] : []));
}

// One thumbnail for each finished picture, and one for the picture at work.
function renderThumbs(one) {
  const count = Math.max(one.settings.count ?? 1, one.progress?.pictures ?? 1, pictures().length);
  parts.thumbs.hidden = count < 2;
  const key = `${one.id} ${pictures().map(({ id }) => id)} ${current()} ${one.state} ${count}`;
  if (parts.thumbs.dataset.key === key || count < 2) {
    return;
  }
  parts.thumbs.dataset.key = key;
  const live = one.state === "running" ? one.progress?.picture ?? 0 : -1;
  parts.thumbs.replaceChildren(...Array.from({ length: count }, (_, index) => {
    const picture = pictures().find(other => other.index === index);
    const shown = index === current();
    if (!picture && index !== live) {
      return h("li", { class: "thumb-empty", "aria-hidden": "true" });
    }
    return h("li", {}, h(
      "button",
      {
        type: "button", class: shown ? "shown" : "", "aria-pressed": String(shown), "aria-label": picture ? `Picture ${index + 1}: ${shorten(picture.prompt, 40)}` : `Picture ${index + 1}, being painted`,
        onclick: () => {
          chosen = index === live ? undefined : index;
          render();
        },
      },
      picture ? h("img", { src: at(picture.urls.png), alt: "" }) : h("span", { class: "spinner" })));
  }));
}
