// Scenarios of making pictures.

import { expect, until } from "./studio.mjs";

/** Counts the different pictures that the canvas shows while it is at work. */
async function countPreviews(browser) {
  await browser.page.evaluate(() => {
    const image = document.getElementById("live");
    window.seen = new Set();
    new MutationObserver(() => image.src.startsWith("data:") && window.seen.add(image.src)).observe(image, { attributes: true, attributeFilter: ["src"] });
  });
  return () => browser.page.evaluate(() => window.seen.size);
}

export const scenarios = {
  async paint(browser) {
    await browser.visit({ settings: { start: "grey" } });
    const previews = await countPreviews(browser);
    // Where the browser and the painting share two cores, previews come about one a second.
    await browser.generate("a red apple", { settings: { Steps: 150 } });
    await browser.finished();
    const seen = await previews();
    expect(seen >= 3, `Only ${seen} different previews came.`);
    const source = await browser.live.getAttribute("src");
    expect(/\/files\/[0-9a-f]{32}\.png$/.test(source), `The canvas shows ${source.slice(0, 60)} in place of the finished picture.`);
    const id = /[0-9a-f]{32}/.exec(source)[0];
    await browser.page.reload();
    await browser.ready();
    await browser.page.locator(`#gallery [data-picture="${id}"] img`).waitFor();
    expect((await browser.prompt.inputValue()) === "a red apple", "The prompt is gone after a reload.");
    expect((await browser.live.getAttribute("src"))?.includes(id), "After a reload the canvas no longer shows the picture.");
    return `${seen} previews`;
  },

  async restore(browser) {
    const job = await browser.paint({ prompt: "a rocket", negative: "blurry", method: "pixels", steps: 5, views: 3, seed: 77 });
    const bytes = Buffer.from(await (await fetch(new URL(`files/${job.pictures[0].id}.png?download`, browser.base))).arrayBuffer());
    await browser.visit();
    await browser.page.evaluate(base64 => {
      const file = new File([Uint8Array.from(atob(base64), letter => letter.charCodeAt(0))], "rocket.png", { type: "image/png" });
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(file);
      for (const type of ["dragenter", "dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
      }
    }, bytes.toString("base64"));
    await until("The prompt", async () => (await browser.prompt.inputValue()) === "a rocket");
    expect((await browser.page.getByRole("combobox", { name: "Method" }).inputValue()) === "pixels", "The method is not filled in.");
    const chips = await browser.page.getByRole("list", { name: "Changed settings" }).innerText();
    for (const words of ["Negative prompt blurry", "Seed 77", "Steps 5", "Views 3"]) {
      expect(chips.includes(words), `“${words}” is not among the changed settings: ${chips.replaceAll("\n", ", ")}.`);
    }

    // The same settings as a preset: saved, loaded, deleted.
    const name = `rocket ${Date.now().toString(36)}`;
    await browser.button("Settings").click();
    await browser.button("Presets").click();
    const dialog = browser.dialog("Presets");
    await dialog.getByLabel("Save the form as").fill(name);
    await browser.button("Save", dialog).click();
    await browser.button(`Load ${name}`, dialog).waitFor();
    await browser.page.keyboard.press("Escape");
    await browser.button("Reset all").click();
    await browser.prompt.fill("something else");
    await browser.button("Presets").click();
    await browser.button(`Load ${name}`, dialog).click();
    expect((await browser.prompt.inputValue()) === "a rocket", "The preset does not give the prompt back.");
    expect((await browser.page.getByRole("textbox", { name: "Seed", exact: true }).inputValue()) === "77", "The preset does not give the seed back.");
    await browser.button("Presets").click();
    await browser.button(`Delete ${name}`, dialog).click();
    await browser.button(`Load ${name}`, dialog).waitFor({ state: "detached" });
  },

  async cancel(browser) {
    await browser.visit();
    await browser.generate("a rainbow", { settings: { Steps: 2000 } });
    await until("A preview", async () => (await browser.live.getAttribute("src"))?.startsWith("data:"));
    await browser.canvas.getByText(/step \d+ of 2000/).first().waitFor();
    await browser.button("Stop", browser.canvas).click();
    await browser.finished();
    await browser.canvas.getByText(/Stopped after \d+ steps/).waitFor();
    const source = await browser.live.getAttribute("src");
    expect(source.includes("/files/"), "The picture so far was not kept.");
    const { interrupted } = await browser.ask(`api/pictures/${/[0-9a-f]{32}/.exec(source)[0]}`);
    expect(interrupted === true, "The server does not call the picture interrupted.");
  },

  async queue(browser) {
    await browser.visit();
    const list = browser.page.getByRole("region", { name: /^Queue/ }).getByRole("listitem");
    for (const [index, words] of ["a first cat", "a second dog", "a third fish"].entries()) {
      await browser.generate(words, index < 2 ? { settings: { Steps: index === 0 ? 2000 : "" } } : {});
      await until(`Job ${index + 1} in the queue`, async () => (await list.count()) === index + 1);
    }
    await until("The order", async () => /first.*second.*next.*third.*number 2/s.test((await list.allInnerTexts()).join(" ")));
    await browser.button("Cancel a second dog").click();
    await until("The second to go", async () => /first.*third.*next/s.test((await list.allInnerTexts()).join(" ")) && (await list.count()) === 2);
    await browser.button("Cancel a first cat").click();
    await until("The third's turn", async () => (await list.count()) === 1 && /third/.test(await list.first().innerText()));
    await browser.finished();
    await until("An empty queue", async () => (await list.count()) === 0);
  },

  async grid(browser) {
    await browser.visit();
    await browser.page.getByRole("combobox", { name: "Method" }).selectOption("pixels");
    await browser.prompt.fill("a strawberry");
    await browser.button("Grid").click();
    const dialog = browser.page.getByRole("dialog");
    await dialog.getByLabel("Setting of the columns").selectOption({ label: "Steps" });
    await dialog.getByRole("group", { name: "Columns" }).getByLabel("Values").fill("10, 20 .. 20");
    await dialog.getByLabel("Setting of the rows").selectOption({ label: "Seed" });
    await dialog.getByRole("group", { name: "Rows" }).getByLabel("Values").fill("1..2");
    await dialog.getByText("4 pictures").waitFor();
    await browser.button("Paint the grid").click();
    await dialog.getByText("4 of 4 pictures").waitFor({ timeout: 120_000 });
    const heads = await dialog.getByRole("columnheader").allInnerTexts();
    expect(heads.join() === "Steps 10,Steps 20", `The columns are called ${heads}.`);
    expect((await dialog.getByRole("button", { name: /^Open Steps/ }).count()) === 4, "Not all cells have pictures.");
    const download = browser.page.waitForEvent("download");
    await browser.button("Download as PNG").click();
    expect((await download).suggestedFilename() === "pagoda-grid.png", "The grid is not downloaded under its name.");
  },

  async edit(browser) {
    const [picture] = await browser.pictures(1);
    await browser.visit();
    await browser.page.locator(`[data-picture="${picture.id}"]`).getByRole("button", { name: /^Open/ }).click();
    await browser.button("Start from it").click();
    await browser.page.getByRole("list", { name: "Changed settings" }).getByText("Start picture").waitFor();
    await browser.page.locator(`[data-picture="${picture.id}"]`).getByRole("button", { name: /^Open/ }).click();
    await browser.button("Paint a mask").click();
    const dialog = browser.dialog(/Paint where/);
    const box = await dialog.getByRole("img").boundingBox();
    await browser.page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3);
    await browser.page.mouse.down();
    await browser.page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.6, { steps: 8 });
    await browser.page.mouse.up();
    await browser.button("Use this mask", dialog).click();
    await browser.page.getByRole("list", { name: "Changed settings" }).getByText("Mask", { exact: true }).waitFor();
    await browser.prompt.fill("a yellow star");
    await browser.prompt.press("Enter");
    await browser.finished();
    const job = (await browser.ask("api/jobs?limit=1")).jobs[0];
    expect(job.settings.init === picture.id && /^[0-9a-f]{32}$/.test(job.settings.mask) && job.settings.strength < 1, `The job was asked for with ${JSON.stringify(job.settings)}.`);
  },

  async keyboard(browser) {
    await browser.visit({ settings: { start: "grey", steps: 150 } });
    const { page } = browser;
    const previews = await countPreviews(browser);
    const focused = () => page.evaluate(() => {
      const element = document.activeElement;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element.id === "prompt" ? element.parentElement : element);
      return element === document.body ? { name: "body", visible: true } : { name: element.getAttribute("aria-label") ?? element.id + element.textContent.trim(), visible: (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || (element.id === "prompt" && boxShadow !== "none") };
    });
    const tabTo = async (pattern, key = "Tab") => {
      for (let i = 0; i < 80; i++) {
        const { name, visible } = await focused();
        expect(visible, `Focus cannot be seen on ${name}.`);
        if (pattern.test(name)) {
          return;
        }
        await page.keyboard.press(key);
      }
      throw new Error(`Tab never comes to ${pattern}.`);
    };
    expect((await focused()).name === "prompt", "The prompt does not have focus at the beginning.");
    await tabTo(/^method/);
    await page.keyboard.press("p"); // the first choice with this letter
    await tabTo(/^prompt/, "Shift+Tab");
    await page.keyboard.type("a red apple");
    await page.keyboard.press("Shift+Enter");
    expect((await browser.prompt.inputValue()).endsWith("\n"), "Shift+Enter makes no new line.");
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Enter");
    await browser.finished();
    expect((await previews()) >= 3, "Fewer than three previews came.");
    await tabTo(/^Open the picture/);
    await page.keyboard.press("Enter");
    const picture = browser.page.getByRole("dialog");
    await picture.waitFor();
    await page.keyboard.press("Escape");
    await picture.waitFor({ state: "detached" });
    expect(/^Open the picture/.test((await focused()).name), "Focus does not return to where it was.");
    await page.keyboard.press("?");
    await browser.dialog("Help").waitFor();
    await page.keyboard.press("Escape");
    await browser.dialog("Help").waitFor({ state: "detached" });
    await page.reload();
    await browser.ready();
    // The gallery comes a little after the page; Tab would have gone round by then.
    await page.getByRole("button", { name: /^Open a red apple/ }).first().waitFor();
    await tabTo(/^Open a red apple/);
  },
};
