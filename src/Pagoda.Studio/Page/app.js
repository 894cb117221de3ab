// Puts the page together.

import { call, learn } from "./api.js";
import { buildComposer } from "./composer.js";
import { byId, icon } from "./dom.js";
import { form } from "./form.js";
import { buildGallery } from "./gallery.js";
import { openGrids } from "./grid.js";
import { listenForKeys, openHelp } from "./help.js";
import { askForKey } from "./key.js";
import { buildPanel } from "./panel.js";
import { buildQueue } from "./queue.js";
import { describe } from "./schema.js";
import { buildStage } from "./stage.js";
import { studio } from "./studio.js";
import { dress } from "./theme.js";
import { toast, announce } from "./toast.js";
import { receivePictures } from "./uploads.js";

for (const place of document.querySelectorAll("[data-icon]")) {
  place.prepend(icon(place.dataset.icon));
}
dress();
showConnection();
await begin();

async function begin() {
  const description = await untilThere(learn);
  studio.info = await untilThere(() => call("getInfo"));
  describe(description);
  document.addEventListener("key-wanted", () => askForKey(() => call("getInfo")));
  form.restore();
  buildPanel();
  buildComposer();
  buildQueue();
  const stage = buildStage();
  studio.start();
  receivePictures();
  listenForKeys();
  byId("open-grid").addEventListener("click", openGrids);
  byId("open-help").addEventListener("click", openHelp);
  await Promise.all([stage, buildGallery()]);
  document.body.classList.add("ready");
}

// The page may be there before the server is, and before the key.
async function untilThere(ask) {
  for (;;) {
    try {
      return await ask();
    } catch (problem) {
      if (problem.status === 401) {
        await askForKey(ask);
      } else {
        byId("connection").textContent = problem.message;
        await new Promise(resolve => setTimeout(resolve, 2000));
      }
    }
  }
}

function showConnection() {
  let wasOpen = false;
  studio.addEventListener("connection", ({ detail }) => {
    const lost = detail !== "open";
    byId("connection").textContent = lost ? "No connection. Trying again…" : "";
    document.body.classList.toggle("lost", lost);
    if (lost && wasOpen) {
      announce("The connection to the server is lost.");
    } else if (!lost && document.body.classList.contains("ready") && !wasOpen) {
      toast("The connection is back.", { time: 2500 });
    }
    wasOpen = !lost;
  });
}
