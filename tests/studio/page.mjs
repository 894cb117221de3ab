// node page.mjs SCENARIO BASE_URL OUT_FOLDER [KEY]: drives the page in a browser. One line, and 0 if all holds.
// node page.mjs: the same for each line of standard input, a JSON array of these arguments, in one browser, each as a visitor of its own. For
// each a line of JSON: {"holds": true or false, "said": ...}.

import { mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { scenarios as looking } from "./looking.mjs";
import { scenarios as making } from "./making.mjs";
import { Browser, expect, launch } from "./studio.mjs";

const scenarios = { ...making, ...looking };

async function play(chromium, [name, base, out, key]) {
  mkdirSync(out, { recursive: true });
  const start = Date.now();
  const browser = new Browser(chromium, base, key);
  try {
    await browser.quiet();
    const said = await scenarios[name](browser, out);
    expect(browser.complaints.length === 0, `The page complained: ${browser.complaints.join(" | ")}`);
    return { holds: true, said: `${name} holds${said ? `: ${said}` : ""} (${((Date.now() - start) / 1000).toFixed(1)} s)` };
  } catch (problem) {
    const said = browser.complaints.length && !problem.message.startsWith("The page complained") ? ` The page complained: ${browser.complaints.join(" | ")}` : "";
    await browser.page?.screenshot({ path: `${out}/${name}-failed.png` }).catch(() => {});
    return { holds: false, said: `${name}: ${problem.message.replace(/\x1b\[\d+m/g, "").replace(/\s*\n\s*/g, " ")}${said}` };
  } finally {
    await browser.close();
  }
}

const asked = process.argv.slice(2);
if (asked.length && (!scenarios[asked[0]] || asked.length < 3)) {
  console.error(`node page.mjs SCENARIO BASE_URL OUT_FOLDER [KEY], with one of ${Object.keys(scenarios).join(", ")}`);
  process.exit(2);
}

const chromium = await launch();
try {
  if (asked.length) {
    const { holds, said } = await play(chromium, asked);
    (holds ? console.log : console.error)(said);
    process.exitCode = holds ? 0 : 1;
  } else {
    for await (const line of createInterface({ input: process.stdin })) {
      console.log(JSON.stringify(await play(chromium, JSON.parse(line))));
    }
  }
} finally {
  await chromium.close();
}
