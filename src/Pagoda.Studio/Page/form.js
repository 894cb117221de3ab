// The settings that are filled in. Every field, chip and dialog that shows one listens here.

import { memory } from "./memory.js";
import { applies, check, setting, settings } from "./schema.js";

class Form extends EventTarget {
  values = {};
  problems = new Map(); // by setting: what is wrong with what is typed or asked

  /** Begins with what was filled in last time, without what this server no longer knows. */
  restore() {
    this.values = this.#known(memory.settings);
    this.#changed();
  }

  get(name) {
    return this.values[name];
  }

  /** Fills in one setting; undefined leaves it to the model. */
  set(name, value) {
    this.problems.delete(name);
    if (value === undefined || value === "") {
      delete this.values[name];
    } else {
      this.values[name] = value;
    }
    this.#changed(name);
  }

  /** Marks a field as wrong, with one sentence. */
  complain(name, problem) {
    this.problems.set(name, problem);
    this.#changed(name);
  }

  /** Fills in these settings and no others. */
  load(values) {
    this.problems.clear();
    this.values = this.#known(values);
    this.#changed();
  }

  applies(name) {
    const one = setting(name);
    return one !== undefined && applies(one, this.values.method);
  }

  /** Chooses a method that a setting goes with, where the present one, or the model's own, may not be one. */
  suit(name) {
    const methods = setting(name)?.methods;
    if (methods && !methods.includes(this.values.method)) {
      this.set("method", methods[0]);
    }
  }

  /** What the server is asked for: what is filled in and goes with the method. */
  asked() {
    return Object.fromEntries(Object.entries(this.values).filter(([name]) => this.applies(name)));
  }

  /** The settings that differ from an empty form, in the server's order. */
  changed() {
    return settings.filter(one => this.values[one.name] !== undefined && this.applies(one.name));
  }

  /** The first field whose text cannot be asked for. */
  wrong() {
    return settings.find(one => this.problems.has(one.name) && this.applies(one.name))?.name;
  }

  #known(values) {
    return Object.fromEntries(Object.entries(values ?? {})
      .map(([name, value]) => [name, setting(name)?.type === "integer" && typeof value === "string" ? Number(value) : value])
      .filter(([name, value]) => setting(name) && value !== null && value !== "" && !check(setting(name), value)));
  }

  #changed(name) {
    memory.settings = { ...this.values };
    this.dispatchEvent(new CustomEvent("change", { detail: name }));
  }
}

export const form = new Form();
