// The server's events, read through fetch because EventSource cannot send a key.

import { request } from "./api.js";

const silence = 40_000; // the server says something at least every 15 s
const pauses = [300, 1000, 2000, 5000];

/** Listens until the page is closed; comes back by itself. `state` is told "open", "lost" or "refused". */
export async function listen(handle, state) {
  for (let failures = 0; ; failures++) {
    const abort = new AbortController();
    let watchdog;
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => abort.abort(), silence);
    };
    try {
      alive();
      const response = await request("watchAll", { signal: abort.signal });
      state("open");
      for await (const { event, data } of messages(response.body, alive)) {
        failures = 0;
        handle(event, data);
      }
    } catch (problem) {
      if (problem.status === 401) {
        state("refused");
        await new Promise(resolve => document.addEventListener("key-given", resolve, { once: true }));
        failures = -1;
        continue;
      }
      if (!problem.status && problem.name !== "AbortError" && !(problem instanceof TypeError)) {
        console.warn(problem.message);
      }
    } finally {
      clearTimeout(watchdog);
    }
    state("lost");
    await pause(pauses[Math.min(failures, pauses.length - 1)]);
  }
}

// A browser that comes back to its network does not wait for the next turn.
const pause = time => new Promise(resolve => {
  setTimeout(resolve, time);
  addEventListener("online", resolve, { once: true });
});

/** The messages of a stream of server-sent events (WHATWG HTML, "Server-sent events"). */
export async function* messages(body, alive = () => {}) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let message = { event: "message", data: [] };
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    alive();
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (message.data.length > 0) {
          yield { event: message.event, data: JSON.parse(message.data.join("\n")) };
        }
        message = { event: "message", data: [] };
      } else if (line.startsWith("event:")) {
        message.event = line.slice(6).trim();
      } else if (line.startsWith("data:")) {
        message.data.push(line.slice(5).replace(/^ /, ""));
      }
    }
  }
}
