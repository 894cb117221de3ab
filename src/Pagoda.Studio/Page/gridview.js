// A grid that fills in, and the same as one picture to keep.

import { at, call } from "./api.js";
import { button, h } from "./dom.js";
import { openPicture } from "./picture.js";
import { setting, show } from "./schema.js";
import { active, studio } from "./studio.js";
import { announce, complainOf, toast } from "./toast.js";
import { shorten } from "./words.js";

/** Shows a grid in a dialog; `another` opens the form again. */
export function showGrid(dialog, grid, another) {
  const jobs = new Map(grid.jobs.map(job => [job.id, job]));
  const rows = grid.y?.values ?? [undefined];
  const cells = new Map(); // "x,y" → its table cell
  const table = h(
    "table",
    { class: "grid-table" },
    h("caption", { class: "unseen" }, `${title(grid.x)}${grid.y ? ` by ${title(grid.y)}` : ""}`),
    h("thead", {}, h("tr", {}, grid.y ? h("td", {}) : null, grid.x.values.map(value => h("th", { scope: "col" }, label(grid.x, value))))),
    h("tbody", {}, rows.map((value, y) => h("tr", {},
      grid.y ? h("th", { scope: "row" }, label(grid.y, value)) : null,
      grid.x.values.map((_, x) => {
        const cell = h("td", { class: "grid-cell" });
        cells.set(`${x},${y}`, cell);
        return cell;
      })))));
  const state = h("p", { class: "stage-state" });
  const stop = button("Stop", "stop", () => complainOf(() => call("cancelGrid", { path: { id: grid.id } })), { class: "stop" });
  const save = button("Download as PNG", "download", () => complainOf(() => saveGrid(grid, jobs)));
  dialog.heading.textContent = shorten(grid.settings.prompt, 70) || "Grid";
  dialog.body.replaceChildren(
    h("div", { class: "row" }, state, stop, save, button("Another grid", "grid", another)),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Grid" }, table));

  const pictureOf = job => job.pictures.at(-1);
  const draw = job => {
    const cell = cells.get(`${job.cell?.x ?? 0},${job.cell?.y ?? 0}`);
    const picture = pictureOf(job);
    const all = [...jobs.values()].filter(pictureOf).map(pictureOf);
    if (picture) {
      if (cell.dataset.picture !== picture.id) {
        cell.dataset.picture = picture.id;
        cell.replaceChildren(h(
          "button",
          { type: "button", "aria-label": `Open ${where(grid, job.cell)}`, onclick: () => openPicture(picture, [...jobs.values()].filter(pictureOf).map(pictureOf)) },
          h("img", { src: at(picture.urls.png), alt: "" })));
      }
    } else if (job.state !== "running" || !cell.querySelector("img")) {
      cell.replaceChildren(h("span", { class: job.error ? "problem" : "hint" }, job.error ?? { queued: "waiting", running: "painting", cancelled: "stopped" }[job.state] ?? job.state));
    }
    const busy = [...jobs.values()].some(active);
    stop.hidden = !busy;
    save.disabled = all.length === 0;
    state.textContent = `${all.length} of ${jobs.size} pictures`;
  };
  const onJob = ({ detail }) => {
    if (jobs.has(detail.id)) {
      const wasBusy = [...jobs.values()].some(active);
      jobs.set(detail.id, { ...jobs.get(detail.id), ...detail });
      draw(jobs.get(detail.id));
      if (wasBusy && ![...jobs.values()].some(active)) {
        announce("The grid is finished.");
      }
    }
  };
  const onPreview = ({ detail }) => {
    const job = jobs.get(detail.job);
    if (job && !pictureOf(job)) {
      const cell = cells.get(`${job.cell?.x ?? 0},${job.cell?.y ?? 0}`);
      const image = cell.querySelector("img") ?? h("img", { alt: "The picture so far" });
      image.src = detail.picture;
      cell.replaceChildren(image);
    }
  };
  studio.addEventListener("job", onJob);
  studio.addEventListener("preview", onPreview);
  dialog.addEventListener("close", () => {
    studio.removeEventListener("job", onJob);
    studio.removeEventListener("preview", onPreview);
  });
  // What was told between the answer and now is known to the page already.
  for (const [id, job] of jobs) {
    jobs.set(id, { ...job, ...studio.jobs.get(id) });
    draw(jobs.get(id));
  }
}

const title = axis => setting(axis.setting)?.title ?? axis.setting;
const label = (axis, value) => `${title(axis)} ${show(setting(axis.setting), value)}`;
const where = (grid, cell) => [[grid.x, cell?.x], [grid.y, cell?.y]].filter(([axis]) => axis).map(([axis, index]) => label(axis, axis.values[index ?? 0])).join(", ");

/** Draws the whole grid with its labels, and hands it over as a file. */
async function saveGrid(grid, jobs) {
  const [side, head, gap] = [256, 40, 8];
  const rows = grid.y?.values ?? [undefined];
  const left = grid.y ? 150 : gap;
  const canvas = Object.assign(document.createElement("canvas"), { width: left + grid.x.values.length * (side + gap), height: head * 2 + rows.length * (side + gap) });
  const draw = canvas.getContext("2d");
  draw.fillStyle = "#fff";
  draw.fillRect(0, 0, canvas.width, canvas.height);
  draw.fillStyle = "#1a211f";
  draw.imageSmoothingQuality = "high";
  draw.imageSmoothingEnabled = !document.documentElement.classList.contains("pixels");
  draw.textBaseline = "middle";
  draw.font = "600 18px system-ui, sans-serif";
  draw.fillText(shorten(grid.settings.prompt, 100), gap, head / 2, canvas.width - 2 * gap);
  draw.font = "15px system-ui, sans-serif";
  draw.textAlign = "center";
  grid.x.values.forEach((value, x) => draw.fillText(label(grid.x, value), left + x * (side + gap) + side / 2, head * 1.5, side));
  draw.textAlign = "right";
  grid.y?.values.forEach((value, y) => draw.fillText(label(grid.y, value), left - gap, head * 2 + y * (side + gap) + side / 2, left - 2 * gap));
  await Promise.all([...jobs.values()].filter(job => job.pictures.length > 0).map(async job => {
    const image = new Image();
    image.src = at(job.pictures.at(-1).urls.png);
    await image.decode();
    draw.drawImage(image, left + (job.cell?.x ?? 0) * (side + gap), head * 2 + (job.cell?.y ?? 0) * (side + gap), side, side);
  }));
  const blob = await new Promise(resolve => canvas.toBlob(resolve, "image/png"));
  const link = h("a", { href: URL.createObjectURL(blob), download: "pagoda-grid.png" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  toast("The grid is saved as pagoda-grid.png.");
}
