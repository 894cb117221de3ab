// Lists of values for a grid's axis, as they are typed: "1,2,3", "1..5", "0.1, 0.2 .. 1.0", or one text a line.

import { check, read } from "./schema.js";

const most = 1000; // a slip in a range shall not fill the memory

/** The values in a text, or one sentence on what is wrong with it: `{ values }` or `{ problem }`. */
export function parseValues(one, text) {
  const numeric = one.type === "integer" || one.type === "number";
  const parts = text.split(numeric ? /[,;\n]/ : /\n/).map(part => part.trim()).filter(Boolean);
  if (parts.length === 0) {
    return { problem: numeric ? "Give values, as 1, 2, 3 or 1..5." : "Give values, one a line." };
  }
  const values = [];
  for (const part of parts) {
    const ends = numeric ? part.split("..") : [part];
    if (ends.length > 2) {
      return { problem: `${part} is no range; write 1..5.` };
    }
    const [from, to] = ends.map(end => Number(end));
    if (ends.length === 1) {
      const { value, problem } = read(one, part);
      if (problem) {
        return { problem: `${part}: ${problem}` };
      }
      values.push(value);
    } else if (!Number.isFinite(from) || !Number.isFinite(to) || ends[1] === "") {
      return { problem: `${part} is no range; write 1..5.` };
    } else {
      const problem = extend(values, ends[0] === "" ? undefined : from, to, part);
      const bad = problem ?? values.map(value => check(one, value)).find(Boolean);
      if (bad) {
        return { problem: `${part}: ${bad}` };
      }
    }
  }
  return { values: [...new Set(values)] };
}

// "a..b" counts by one; "a, b .. c" goes on by the step from a to b.
function extend(values, from, to, part) {
  const open = from === undefined;
  const [before, last] = [values.at(-2), values.at(-1)];
  const start = open ? last : from;
  const step = start === undefined ? NaN
    : open ? (before === undefined ? Math.sign(to - start) : last - before)
    : last === undefined ? Math.sign(to - start) || 1 : start - last;
  if (!Number.isFinite(step) || step === 0 || (to - start) / step < 0 || (to - start) / step > most) {
    return `the range ${part} does not end.`;
  }
  const digits = Math.max(...[start, step].map(value => (String(+value.toFixed(10)).split(".")[1] ?? "").length)); // no 0.30000000000000004
  const count = Math.floor((to - start) / step + 1e-9);
  for (let i = open ? 1 : 0; i <= count; i++) {
    values.push(+(start + i * step).toFixed(digits));
  }
  return undefined;
}
