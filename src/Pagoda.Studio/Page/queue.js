// The server's queue: everybody's jobs, in order.

import { button, byId, h } from "./dom.js";
import { memory } from "./memory.js";
import { follow } from "./stage.js";
import { studio } from "./studio.js";
import { complainOf } from "./toast.js";
import { shorten } from "./words.js";

const items = new Map(); // by job: its row, kept so that a click is not lost under a redraw

/** Shows the queue and keeps it up to date. */
export function buildQueue() {
  const draw = () => {
    const queue = studio.queue;
    byId("queue").hidden = queue.length === 0;
    byId("queue-title").textContent = queue.length === 1 ? "Queue · 1 job" : `Queue · ${queue.length} jobs`;
    for (const id of [...items.keys()].filter(id => !queue.some(job => job.id === id))) {
      items.get(id).element.remove();
      items.delete(id);
    }
    queue.forEach((job, index) => {
      const item = items.get(job.id) ?? row(job);
      items.set(job.id, item);
      item.update(job);
      const place = byId("queue-list");
      if (place.children[index] !== item.element) {
        place.insertBefore(item.element, place.children[index] ?? null);
      }
    });
  };
  studio.addEventListener("jobs", draw);
  studio.addEventListener("snapshot", draw);
  studio.addEventListener("preview", ({ detail }) => items.get(detail.job)?.preview(detail));
  draw();
}

function row({ id, settings, grid }) {
  const words = shorten(settings.prompt ?? "Variations of a picture", 60);
  const image = h("img", { alt: "", hidden: true });
  const place = h("span", { class: "place", "aria-hidden": "true" });
  const state = h("span", { class: "queue-state" });
  const bar = h("progress", { max: "1", value: 0, "aria-label": `Progress of ${words}` });
  const element = h(
    "li",
    { "data-job": id },
    h("button", { type: "button", class: "queue-open", onclick: () => follow(id) },
      h("span", { class: "queue-thumb" }, image, place),
      h("span", { class: "queue-words" }, h("span", { class: "queue-prompt" }, words), state)),
    button(`Cancel ${words}`, "close", () => complainOf(() => studio.cancel(id)), { class: "queue-cancel" }, true),
    bar);
  return {
    element,
    preview: ({ picture }) => {
      image.src = picture;
      image.hidden = false;
      place.hidden = true;
    },
    update: job => {
      const { progress } = job;
      place.textContent = String(job.position ?? "");
      bar.hidden = job.state !== "running";
      bar.value = progress ? (progress.picture + (progress.steps ? progress.step / progress.steps : 0)) / progress.pictures : 0;
      state.textContent = [
        job.state === "queued" ? (job.position === 1 ? "next" : `number ${job.position}`)
          : progress?.steps ? `step ${progress.step} of ${progress.steps}${progress.pictures > 1 ? `, picture ${progress.picture + 1} of ${progress.pictures}` : ""}` : "starting",
        grid ? "part of a grid" : null,
        job.client && job.client !== memory.client ? "from elsewhere" : null,
      ].filter(Boolean).join(" · ");
    },
  };
}
