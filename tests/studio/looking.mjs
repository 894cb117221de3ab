// Scenarios of looking: the gallery, small screens, colours, keys, and who is talked to.

import { expect, until } from "./studio.mjs";

const openFirst = async browser => {
  await browser.page.locator("#gallery").getByRole("button", { name: /^Open/ }).first().click();
  await browser.page.getByRole("dialog").waitFor();
};

const closeDialog = async browser => {
  await browser.page.keyboard.press("Escape");
  await browser.page.getByRole("dialog").waitFor({ state: "detached" });
};

async function select(browser, count) {
  const ticks = browser.page.locator("#gallery").getByRole("checkbox", { name: /^Select/ });
  for (let i = 0; i < count; i++) {
    await ticks.nth(i).check();
  }
}

async function openMask(browser) {
  await openFirst(browser);
  await browser.button("Paint a mask").click();
  const dialog = browser.dialog(/Paint where/);
  const box = await dialog.getByRole("img").boundingBox();
  await browser.page.mouse.move(box.x + box.width * 0.35, box.y + box.height * 0.4);
  await browser.page.mouse.down();
  await browser.page.mouse.move(box.x + box.width * 0.65, box.y + box.height * 0.35, { steps: 8 });
  await browser.page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.6, { steps: 8 });
  await browser.page.mouse.up();
}

async function openGrid(browser, words, seeds, steps) {
  await browser.page.getByRole("combobox", { name: "Method" }).selectOption("pixels");
  await browser.prompt.fill(words);
  await browser.button("Grid").click();
  const dialog = browser.page.getByRole("dialog");
  await dialog.getByRole("group", { name: "Columns" }).getByLabel("Values").fill(seeds);
  await dialog.getByLabel("Setting of the rows").selectOption({ label: "Steps" });
  await dialog.getByRole("group", { name: "Rows" }).getByLabel("Values").fill(steps);
  await browser.button("Paint the grid").click();
  await dialog.getByText(/^(\d+) of \1 pictures$/).waitFor({ timeout: 180_000 });
  await picturesLoaded(browser);
}

const picturesLoaded = browser => browser.page.waitForFunction(() =>
  [...document.images].every(image => image.complete || image.loading === "lazy" || !image.checkVisibility()));

export const scenarios = {
  async gallery(browser) {
    const word = `w${Date.now().toString(36)}`;
    for (const seed of [1, 2]) {
      await browser.paint({ prompt: `a red apple, ${word}`, method: "pixels", steps: 4, seed });
    }
    await browser.pictures(3, { steps: 4 });
    await browser.visit();
    const gallery = browser.page.getByRole("region", { name: "Gallery" });
    const cards = gallery.getByRole("button", { name: /^Open/ });
    const before = await cards.count();
    await gallery.getByRole("searchbox").fill(word);
    await until("The search", async () => (await cards.count()) === 2);
    await browser.button("Star", gallery).first().click();
    await gallery.getByRole("checkbox", { name: "Starred" }).check();
    await until("Only the starred one", async () => (await cards.count()) === 1);
    await gallery.getByRole("checkbox", { name: "Starred" }).uncheck();
    await until("Both again", async () => (await cards.count()) === 2);

    await select(browser, 2);
    await browser.button("Compare", gallery).click();
    const compare = browser.dialog("Compare");
    await compare.getByRole("row", { name: /^Seed \(different\)/ }).waitFor();
    await compare.getByRole("switch", { name: "One over the other" }).check();
    await compare.getByRole("slider").fill("25");
    expect(await compare.locator(".wipe-stack > *").nth(1).evaluate(image => image.style.clipPath.includes("75%")), "The slider does not wipe.");
    await closeDialog(browser);
    await browser.button("Clear", gallery).click();

    await cards.first().click();
    await browser.page.keyboard.press("ArrowRight");
    await browser.page.getByRole("dialog").getByRole("row", { name: "Seed 1" }).waitFor();
    await browser.button("Delete", browser.page.getByRole("dialog")).click();
    await browser.button("Undo").click();
    await closeDialog(browser);
    await until("The picture to come back", async () => (await cards.count()) === 2);
    await cards.first().click();
    await browser.button("Delete", browser.page.getByRole("dialog")).click();
    await closeDialog(browser);
    await until("One to be left", async () => (await cards.count()) === 1);
    await until("The server to delete it", async () => (await browser.ask(`api/pictures?search=${word}`)).pictures.length === 1);

    await cards.first().click();
    await browser.button("Again", browser.page.getByRole("dialog")).click();
    await until("Another picture", async () => (await browser.ask(`api/pictures?search=${word}`)).pictures.length === 2);
    await until("It in the gallery", async () => (await cards.count()) === 2);
    const seeds = (await browser.ask(`api/pictures?search=${word}`)).pictures.map(({ seed }) => seed);
    expect(new Set(seeds).size === 2, "Again painted with the same seed.");
    await gallery.getByRole("searchbox").fill("");
    await until("All pictures", async () => (await cards.count()) >= Math.min(before, 40));
  },

  async axe(browser) {
    await browser.pictures(3, { steps: 10 });
    for (const colorScheme of ["light", "dark"]) {
      await browser.visit({ colorScheme, reducedMotion: "reduce" });
      const { page } = browser;
      // Nothing but colours differs in the dark.
      const look = what => browser.axe(`${what}, ${colorScheme}`, colorScheme === "dark" ? ["color-contrast"] : undefined);
      await page.evaluate(() => (document.getElementById("gallery").hidden = true));
      await look("the empty page");
      await page.evaluate(() => (document.getElementById("gallery").hidden = false));
      await look("the gallery");
      await browser.button("Settings").click();
      await page.locator("#settings details").evaluateAll(groups => groups.forEach(group => (group.open = true)));
      await look("the settings");
      await browser.button("Close the settings").click();
      await browser.generate("a rainbow", { settings: { Steps: 1500 } });
      await until("A preview", async () => (await browser.live.getAttribute("src"))?.startsWith("data:"));
      await look("the page while painting");
      await browser.button("Stop", browser.canvas).click();
      await browser.finished();
      await browser.fill("Steps", "");
      await openFirst(browser);
      await look("the picture dialog");
      await closeDialog(browser);
      await openMask(browser);
      await look("the mask editor");
      await closeDialog(browser);
      await select(browser, 2);
      await look("a selection");
      await page.locator("#selection").getByRole("button", { name: "Compare" }).click();
      await browser.dialog("Compare").waitFor();
      await look("compare");
      await browser.page.getByRole("switch").check();
      await look("compare, one over the other");
      await closeDialog(browser);
      await browser.button("Grid").click();
      await look("the grid's form");
      await closeDialog(browser);
      await openGrid(browser, "a rainbow", "1", "3, 4");
      await look("a grid");
      await closeDialog(browser);
      await browser.button("Help").click();
      await look("the help");
      await closeDialog(browser);
      await browser.button("Settings").click();
      await browser.button("Presets").click();
      await look("presets");
    }
  },

  async phone(browser) {
    await browser.pictures(2, { steps: 10 });
    await browser.visit({ width: 390, height: 844, hasTouch: true, isMobile: true });
    const fits = async what => {
      const wide = await browser.page.evaluate(() => document.scrollingElement.scrollWidth);
      expect(wide <= 390, `${what} is ${wide} px wide on a screen of 390.`);
      const small = await browser.page.evaluate(() => {
        const top = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
        return [...top.querySelectorAll("button, a[href], input, select, textarea, summary")].filter(element => element.checkVisibility({ opacityProperty: false }) && !element.matches(".skip")).map(element => {
          const { width, height } = (element.matches("input[type=checkbox]") ? element.labels[0] ?? element : element).getBoundingClientRect();
          return { name: element.getAttribute("aria-label") ?? (element.id || element.textContent.trim() || element.tagName), width, height };
        }).filter(({ width, height }) => height > 0 && (height < 39.5 || width < 39.5));
      });
      expect(small.length === 0, `${what} has targets that are too small: ${small.slice(0, 5).map(one => `${one.name} ${one.width.toFixed(0)}x${one.height.toFixed(0)}`).join(", ")}.`);
    };
    await fits("The empty page");
    await browser.button("Settings").tap();
    await browser.page.locator("#settings details").evaluateAll(groups => groups.forEach(group => (group.open = true)));
    await fits("The settings");
    await browser.button("Close the settings").tap();
    await browser.generate("a sunflower");
    await until("A preview", async () => (await browser.live.getAttribute("src"))?.startsWith("data:"));
    await fits("The page while painting");
    await browser.finished();
    await fits("The page");
    await browser.page.locator("#gallery").getByRole("button", { name: /^Open/ }).first().tap();
    await fits("The picture dialog");
    await browser.button("Paint a mask").tap();
    await browser.page.locator("#dialog-mask[open]").waitFor();
    await fits("The mask editor");
    await closeDialog(browser);
    await select(browser, 2);
    await browser.page.locator("#selection").getByRole("button", { name: "Compare" }).tap();
    await fits("Compare");
    await closeDialog(browser);
    await browser.button("Grid").tap();
    await fits("The grid's form");
  },

  async offline(browser) {
    await browser.pictures(2, { steps: 10 });
    await browser.visit();
    await browser.generate("a red apple");
    await browser.finished();
    await openFirst(browser);
    await closeDialog(browser);
    await openMask(browser);
    await browser.button("Use this mask").click();
    await select(browser, 2);
    await browser.page.locator("#selection").getByRole("button", { name: "Compare" }).click();
    await closeDialog(browser);
    await browser.button("Help").click();
    await closeDialog(browser);
    await browser.page.reload();
    await browser.ready();
    const origin = new URL(browser.base).origin;
    const away = browser.requests.filter(url => !/^(data|blob):/.test(url) && !url.startsWith(`blob:${origin}`) && new URL(url).origin !== origin);
    expect(away.length === 0, `The page asked elsewhere: ${[...new Set(away)].join(", ")}`);
    return `${browser.requests.length} requests`;
  },

  async key(browser) {
    expect(browser.key, "This scenario takes the key as its last argument.");
    browser.expected = /401/; // browsers write refused requests to the console by themselves
    await browser.visit({ known: false, ready: false });
    const dialog = browser.dialog("This server wants a key");
    await dialog.getByLabel("Key").fill("not the key");
    await dialog.getByRole("button", { name: "Go on" }).click();
    await dialog.getByText("This is not the key.").waitFor();
    await dialog.getByLabel("Key").fill(browser.key);
    await dialog.getByLabel("Key").press("Enter");
    await browser.ready();
    browser.expected = undefined;
    await browser.page.reload();
    await browser.ready();
    expect((await dialog.count()) === 0, "After a reload the key is asked for again.");
    await browser.generate("a red apple", { settings: { Steps: 10 } });
    await browser.finished();
  },

  async screens(browser, out) {
    const prompts = ["a red apple", "a yellow flower on a blue background", "a rocket", "a slice of watermelon", "a strawberry", "a house", "a penguin", "a rainbow"];
    for (let i = (await browser.ask("api/pictures?limit=50")).pictures.length; i < prompts.length; i++) {
      await browser.paint({ prompt: prompts[i], start: "bank", views: 6, seed: i + 1 });
    }
    const shot = async name => {
      await picturesLoaded(browser);
      await browser.page.screenshot({ path: `${out}/${name}.png` });
    };
    const still = { reducedMotion: "reduce", settings: {} };
    await browser.visit({ colorScheme: "light", ...still });
    await browser.generate("a blue butterfly");
    await browser.finished();
    await browser.page.locator("header").hover();
    await shot("light");
    await browser.page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    await browser.generate("a snowman", { settings: { Steps: 120 } });
    await until("Half of the steps", async () => /step ([4-9]\d|1\d\d) of/.test(await browser.canvas.innerText()));
    await browser.page.locator("header").hover();
    await shot("dark");
    await browser.finished();
    await browser.page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await browser.fill("Steps", "");
    await openFirst(browser);
    await shot("picture");
    await closeDialog(browser);
    await openMask(browser);
    await shot("mask");
    await closeDialog(browser);
    await select(browser, 2);
    await browser.page.locator("#selection").getByRole("button", { name: "Compare" }).click();
    await shot("compare");
    await closeDialog(browser);
    await openGrid(browser, "a red apple", "1..3", "10, 40");
    await shot("grid");
    await closeDialog(browser);
    await browser.visit({ colorScheme: "light", width: 390, height: 844, hasTouch: true, isMobile: true, ...still });
    await browser.generate("a sunflower");
    await browser.finished();
    await browser.page.evaluate(() => document.activeElement.blur());
    await shot("phone");
  },
};
