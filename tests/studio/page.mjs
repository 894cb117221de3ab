// node page.mjs SCENARIO BASE_URL OUT_FOLDER [KEY]: drives the page in a browser. One line, and 0 if all holds.

import { mkdirSync } from "node:fs";
import { scenarios as looking } from "./looking.mjs";
import { scenarios as making } from "./making.mjs";
import { Browser, expect } from "./studio.mjs";

const scenarios = { ...making, ...looking };
const [name, base, out, key] = process.argv.slice(2);
if (!scenarios[name] || !base || !out) {
  console.error(`node page.mjs SCENARIO BASE_URL OUT_FOLDER [KEY], with one of ${Object.keys(scenarios).join(", ")}`);
  process.exit(2);
}

mkdirSync(out, { recursive: true });
const start = Date.now();
let browser;
try {
  browser = await Browser.open(base, key);
  await browser.quiet();
  const said = await scenarios[name](browser, out);
  expect(browser.complaints.length === 0, `The page complained: ${browser.complaints.join(" | ")}`);
  console.log(`${name} holds${said ? `: ${said}` : ""} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
} catch (problem) {
  const said = browser?.complaints.length && !problem.message.startsWith("The page complained") ? ` The page complained: ${browser.complaints.join(" | ")}` : "";
  console.error(`${name}: ${problem.message.replace(/\x1b\[\d+m/g, "").replace(/\s*\n\s*/g, " ")}${said}`);
  await browser?.page?.screenshot({ path: `${out}/${name}-failed.png` }).catch(() => {});
  process.exitCode = 1;
} finally {
  await browser?.close();
}
