// What every scenario needs: a browser whose complaints are kept, and the page's controls by their names.

import { chromium } from "playwright-core";

export const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

// How long something may take that takes a moment: not so long as what calls a scenario waits, and long enough for a machine that does much else.
const patience = 60_000;

export const launch = () => chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });

/** Says what does not hold. */
export function expect(holds, otherwise) {
  if (!holds) {
    throw new Error(otherwise);
  }
}

/** Waits until something holds, or says that it did not. */
export async function until(what, act, timeout = patience) {
  const end = Date.now() + timeout;
  for (;;) {
    const result = await act();
    if (result) {
      return result;
    }
    expect(Date.now() < end, `${what} did not happen within ${timeout / 1000} s.`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/** A visitor with one page of Studio at a time. */
export class Browser {
  complaints = [];
  requests = [];

  constructor(chromium, base, key) {
    this.chromium = chromium;
    this.base = base.endsWith("/") ? base : `${base}/`;
    this.key = key;
  }

  /** A fresh visitor, whose form has `settings` that paint quickly. With a key, it is remembered already, unless `known` is false. */
  async visit({ width = 1280, height = 860, known = true, ready = true, settings = { start: "grey", views: 1 }, ...others } = {}) {
    await this.context?.close();
    this.context = await this.chromium.newContext({ viewport: { width, height }, ...others });
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(patience);
    this.page.on("console", message => message.type() === "error" && !this.expected?.test(message.text()) && this.complaints.push(message.text()));
    this.page.on("pageerror", error => this.complaints.push(error.message));
    this.page.on("request", request => this.requests.push(request.url()));
    this.page.on("websocket", socket => this.requests.push(socket.url()));
    const key = known ? this.key : undefined;
    await this.context.addInitScript(memory => localStorage["pagoda-studio"] ??= JSON.stringify(memory), { version: 1, key, settings });
    await this.page.goto(this.base);
    if (ready) {
      await this.ready();
    }
    return this.page;
  }

  ready() {
    return this.page.locator("body.ready").waitFor();
  }

  /** Asks the server itself, beside the page. */
  async ask(path, options = {}) {
    const response = await fetch(new URL(path, this.base), { ...options, headers: { ...(this.key ? { Authorization: `Bearer ${this.key}` } : {}), "Content-Type": "application/json", ...options.headers } });
    expect(response.ok, `${options.method ?? "GET"} ${path} answered ${response.status}: ${await response.clone().text()}`);
    return response.status === 204 ? undefined : response.json();
  }

  /** A picture that is there already: one painted quickly where there is none. */
  async pictures(count, settings = {}) {
    const found = (await this.ask("api/pictures?limit=50")).pictures;
    const prompts = ["a red apple", "a rocket", "a blue butterfly", "a rainbow", "a sunflower", "a strawberry"];
    for (let i = found.length; i < count; i++) {
      await this.paint({ prompt: prompts[i % prompts.length], method: "pixels", seed: i + 1, ...settings });
    }
    return (await this.ask("api/pictures?limit=50")).pictures;
  }

  /** Has the server paint, as quickly as it can where nothing else is said, and waits for it. */
  async paint(settings) {
    const { id } = await this.ask("api/jobs", { method: "POST", body: JSON.stringify({ start: "grey", views: 1, ...settings }) });
    return until("The server's painting", async () => {
      const job = await this.ask(`api/jobs/${id}`);
      expect(job.state !== "failed", `The server could not paint: ${job.error}`);
      return job.state === "done" && job;
    }, 120_000);
  }

  /** Ends all that the server has to do, so that scenarios do not wait for one another. */
  async quiet() {
    for (const job of (await this.ask("api/jobs?state=active&limit=100")).jobs) {
      await this.ask(`api/jobs/${job.id}`, { method: "DELETE" });
    }
    await until("An empty queue", async () => (await this.ask("api/jobs?state=active&limit=10")).jobs.length === 0);
  }

  get prompt() {
    return this.page.getByRole("textbox", { name: "Prompt", exact: true });
  }

  button(name, place = this.page) {
    return place.getByRole("button", { name, exact: true });
  }

  dialog(name) {
    return this.page.getByRole("dialog", { name });
  }

  get canvas() {
    return this.page.getByRole("region", { name: "Canvas" });
  }

  get live() {
    return this.canvas.locator("#live");
  }

  /** Types a prompt, chooses a method, and presses Enter. */
  async generate(words, { method = "pixels", settings = {} } = {}) {
    await this.page.getByRole("combobox", { name: "Method" }).selectOption(method);
    for (const [title, value] of Object.entries(settings)) {
      await this.fill(title, value);
    }
    await this.prompt.fill(words);
    await this.prompt.press("Enter");
  }

  /** Fills a field of the settings panel, and closes it again. */
  async fill(title, value) {
    const panel = this.page.getByRole("region", { name: "Settings" });
    await this.button("Settings").click();
    await panel.locator("details").evaluateAll(groups => groups.forEach(group => (group.open = true)));
    await panel.getByRole("textbox", { name: title, exact: true }).fill(String(value));
    await this.button("Close the settings").click();
  }

  /** Waits for the picture that is being painted. */
  async finished(timeout = 120_000) {
    await this.button("Again", this.canvas).waitFor({ timeout });
  }

  /** Looks for violations; `rules` keeps to some of them. */
  async axe(what, rules) {
    const { default: axe } = await import("axe-core");
    if (!(await this.page.evaluate(() => "axe" in window))) {
      const session = await this.context.newCDPSession(this.page); // the page's policy forbids eval, a debugger may
      await session.send("Runtime.evaluate", { expression: axe.source });
    }
    const runOnly = rules ?? ["wcag2a", "wcag2aa", "wcag21aa"];
    const { violations } = await this.page.evaluate(runOnly => window.axe.run(document, { runOnly, resultTypes: ["violations"] }), runOnly);
    expect(violations.length === 0, `axe finds on ${what}: ${violations.map(({ id, nodes }) => `${id} (${nodes.slice(0, 3).map(node => node.target.join(" ")).join("; ")}: ${nodes[0].failureSummary.replace(/\s+/g, " ").slice(0, 200)})`).join(" | ")}`);
  }

  async close() {
    await this.context?.close();
  }
}
