// The server's API, by the operation names of its own OpenAPI document.

import { memory } from "./memory.js";

/** What went wrong, in words that can be shown. */
export class ApiError extends Error {
  constructor(message, status, param) {
    super(message);
    this.status = status;
    this.param = param?.split(/[.[\]/]/).filter(Boolean).at(-1);
  }
}

const operations = new Map();

/** An address of the server's, wherever the page itself is mounted. */
export const at = path => new URL(path.replace(/^\//, ""), document.baseURI).href;

const headers = () => ({ "X-Pagoda-Client": memory.client, ...(memory.key ? { Authorization: `Bearer ${memory.key}` } : {}) });

/** Reads the document that says which operations and settings there are. */
export async function learn() {
  const description = await (await checked(await reached(at("/openapi.json"), { headers: headers() }))).json();
  for (const [path, verbs] of Object.entries(description.paths)) {
    for (const [verb, operation] of Object.entries(verbs)) {
      if (operation.operationId) {
        operations.set(operation.operationId, { verb: verb.toUpperCase(), path });
      }
    }
  }
  return description;
}

/** Asks for an operation; `{ path, query, json, body, signal, keepalive }` say the rest. Gives the response. */
export async function request(operation, { path = {}, query = {}, json, body, ...others } = {}) {
  const { verb, path: template } = operations.get(operation) ?? fail(`This server has no ${operation}.`);
  const url = new URL(at(template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name]))));
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") {
      url.searchParams.set(name, value);
    }
  }
  const type = json === undefined ? body?.type : "application/json";
  return checked(await reached(url, {
    method: verb,
    headers: { ...headers(), ...(type ? { "Content-Type": type } : {}) },
    body: json === undefined ? body : JSON.stringify(json),
    ...others,
  }));
}

/** As `request`, and gives what the answer says. */
export async function call(operation, options) {
  const response = await request(operation, options);
  return response.status === 204 ? undefined : response.json();
}

async function reached(url, options) {
  try {
    return await fetch(url, options);
  } catch (problem) {
    if (problem.name === "AbortError") {
      throw problem;
    }
    throw new ApiError("The server cannot be reached. Is it still running?", 0);
  }
}

async function checked(response) {
  if (response.ok) {
    return response;
  }
  const { message, param } = (await response.json().catch(() => ({}))).error ?? {};
  const error = new ApiError(plain(response.status, message), response.status, param);
  if (response.status === 401) {
    document.dispatchEvent(new CustomEvent("key-wanted"));
  }
  throw error;
}

// The server's own words; where it has none, or they would not help, what a person can do about it.
function plain(status, words) {
  const first = {
    413: "This file is too large for the server.",
    429: "The server has enough to do. Try again when a picture is done.",
    503: "The server is not ready. Try again in a moment.",
  }[status];
  return (status === 401 ? "The server wants a key." : words ?? first) || `The server answered ${status}.`;
}

function fail(message) {
  throw new ApiError(message, 0);
}
