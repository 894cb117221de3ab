// What the page remembers from one visit to the next, in this browser.

const name = "pagoda-studio";
const version = 1;

function read() {
  try {
    const stored = JSON.parse(localStorage.getItem(name));
    return stored?.version === version ? stored : {};
  } catch {
    return {}; // storage may be forbidden, or hold something else
  }
}

// Under this name the server lets clients take turns.
const client = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), byte => byte.toString(16).padStart(2, "0")).join("");

const values = { client: client(), theme: "auto", pixels: false, shortcuts: true, settings: {}, panel: false, groups: {}, jobs: [], ...read(), version };

/** Reading a member gives what was remembered; writing one remembers it. */
export const memory = new Proxy(values, {
  set(target, member, value) {
    target[member] = value;
    try {
      localStorage.setItem(name, JSON.stringify(target));
    } catch {
      // a full or forbidden storage costs the memory, not the page
    }
    return true;
  },
});

memory.client = values.client; // a name that was drawn just now is kept
