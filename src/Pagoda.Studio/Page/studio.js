// What the page knows of the server: its jobs, the pictures that are appearing, and what has changed.

import { call } from "./api.js";
import { listen } from "./events.js";
import { memory } from "./memory.js";

const active = job => job.state === "queued" || job.state === "running";

/** Tells of "jobs", "job", "preview", "picture", "deleted", "presets" and "connection". */
class Studio extends EventTarget {
  info = { models: [], limits: {} };
  jobs = new Map();
  previews = new Map(); // by job and number: the latest preview
  curves = new Map(); // likewise: the energies seen so far
  connection = "lost";

  /** Starts to listen. */
  start() {
    listen((event, data) => this[`on_${event}`]?.(data), state => {
      if (state !== this.connection) {
        this.connection = state;
        this.#tell("connection", state);
      }
    });
  }

  /** Jobs that are waiting or at work, in the order in which they are done. */
  get queue() {
    return [...this.jobs.values()].filter(active).sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
  }

  /** Asks for a picture, and remembers that it was asked for here. */
  async paint(settings) {
    const job = await call("createJob", { json: settings });
    memory.jobs = [...memory.jobs.slice(-19), job.id];
    this.#keep(job);
    return this.jobs.get(job.id);
  }

  async cancel(id) {
    this.#keep(await call("cancelJob", { path: { id } }));
  }

  /** A job, from the server where it is not known here. */
  async job(id) {
    if (!this.jobs.has(id)) {
      this.jobs.set(id, await call("getJob", { path: { id } }));
    }
    return this.jobs.get(id);
  }

  preview(job, index) {
    return this.previews.get(`${job}/${index}`);
  }

  curve(job, index) {
    return this.curves.get(`${job}/${index}`) ?? [];
  }

  // What ended while nobody listened is asked for one by one.
  on_snapshot({ jobs }) {
    const present = new Set(jobs.map(job => job.id));
    for (const job of this.queue.filter(job => !present.has(job.id))) {
      call("getJob", { path: { id: job.id } }).then(now => this.#keep(now), () => this.#forget(job.id));
    }
    for (const job of jobs) {
      this.#keep(job);
    }
    this.#tell("snapshot");
  }

  on_job(job) {
    this.#keep(job);
  }

  on_queue({ order }) {
    order.forEach((id, index) => {
      const job = this.jobs.get(id);
      if (job?.state === "queued") {
        this.jobs.set(id, { ...job, position: index + 1 });
        this.#tell("job", this.jobs.get(id));
      }
    });
    this.#tell("jobs");
  }

  on_preview(preview) {
    const key = `${preview.job}/${preview.index}`;
    this.previews.set(key, preview);
    for (const [step, energy] of preview.curve) {
      this.#trace(key, step, energy);
    }
    this.#tell("preview", preview);
  }

  on_picture(picture) {
    const job = this.jobs.get(picture.job);
    if (job) {
      job.pictures = [...job.pictures.filter(other => other.id !== picture.id), picture].sort((a, b) => a.index - b.index);
      this.#tell("job", job);
    }
    this.#tell("picture", picture);
  }

  on_deleted({ picture }) {
    for (const job of this.jobs.values()) {
      job.pictures = job.pictures.filter(other => other.id !== picture);
    }
    this.#tell("deleted", picture);
  }

  on_presets() {
    this.#tell("presets");
  }

  // An answer can be older than an event that came before it: what has ended stays ended.
  #keep(job) {
    const known = this.jobs.get(job.id);
    if (known && !active(known) && active(job)) {
      return;
    }
    this.jobs.set(job.id, job);
    if (!active(job)) {
      this.#letGo(job.id);
    }
    this.#tell("job", job);
    this.#tell("jobs");
  }

  #forget(id) {
    this.jobs.delete(id);
    this.#letGo(id);
    this.#tell("forgotten", id);
    this.#tell("jobs");
  }

  // Previews are large, and the finished pictures stand for them; the latest one stays for a job that failed.
  #letGo(id) {
    for (const key of [...this.previews.keys()]) {
      if (key.startsWith(id) && this.previews.size > 24) {
        this.previews.delete(key);
        this.curves.delete(key);
      }
    }
  }

  #trace(key, step, energy) {
    const curve = this.curves.get(key) ?? [];
    const last = curve.at(-1)?.[0] ?? 0;
    if (step > last && Number.isFinite(energy)) {
      this.curves.set(key, [...curve, [step, energy]]);
    }
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

export const studio = new Studio();
export { active };
