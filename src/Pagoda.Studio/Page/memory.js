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

const values = { theme: "auto", pixels: false, shortcuts: true, settings: {}, panel: false, groups: {}, jobs: [], ...read(), version };

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
