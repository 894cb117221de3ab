// The energy of a picture over its steps, drawn small: the lower, the closer the picture is to the sentence.

import { h, svg } from "./dom.js";

const [width, height] = [320, 168];
const box = { left: 56, right: 12, top: 14, bottom: 34 };

/** A plot; `draw(points, steps)` takes [[step, energy], …] and how many steps there will be. */
export function curvePlot() {
  const line = svg("path", { class: "curve-line" });
  const area = svg("path", { class: "curve-area" });
  const marker = svg("circle", { class: "curve-best", r: 4 });
  const best = svg("text", { class: "curve-words curve-least" });
  const ticks = svg("g", { class: "curve-ticks" });
  const drawing = svg(
    "svg", { viewBox: `0 0 ${width} ${height}`, class: "curve-drawing", role: "img" },
    ticks,
    svg("text", { class: "curve-words", x: (box.left + width - box.right) / 2, y: height - 4, "text-anchor": "middle" }, "step"),
    svg("text", { class: "curve-words", transform: `translate(11 ${(box.top + height - box.bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, "energy"),
    area, line, marker, best);
  const element = h("div", { class: "curve", hidden: true }, drawing);

  const draw = (points, steps) => {
    element.hidden = points.length < 2;
    if (element.hidden) {
      return;
    }
    const least = points.reduce((a, b) => (b[1] < a[1] ? b : a));
    const most = Math.max(...points.map(([, energy]) => energy));
    const span = Math.max(most - least[1], 1e-3);
    const [low, high] = [least[1] - span * 0.22, most]; // the step of the least energy is written under its point
    const first = Math.min(points[0][0], 0);
    const last = Math.max(steps ?? 0, points.at(-1)[0]);
    const x = step => box.left + ((step - first) / (last - first)) * (width - box.left - box.right);
    const y = energy => box.top + ((high - energy) / (high - low)) * (height - box.top - box.bottom);
    const path = points.map(([step, energy], index) => `${index ? "L" : "M"}${x(step).toFixed(1)} ${y(energy).toFixed(1)}`).join("");
    line.setAttribute("d", path);
    area.setAttribute("d", `${path}L${x(points.at(-1)[0]).toFixed(1)} ${y(low)}L${x(points[0][0]).toFixed(1)} ${y(low)}Z`);
    marker.setAttribute("cx", x(least[0]));
    marker.setAttribute("cy", y(least[1]));
    best.textContent = `step ${least[0]}`;
    best.setAttribute("x", Math.min(Math.max(x(least[0]), box.left + 24), width - box.right - 22));
    best.setAttribute("y", y(least[1]) + 17);
    ticks.replaceChildren(
      ...[high, least[1]].flatMap(energy => [
        svg("line", { x1: box.left, x2: width - box.right, y1: y(energy), y2: y(energy) }),
        svg("text", { class: "curve-words", x: box.left - 6, y: y(energy) + 4, "text-anchor": "end" }, minus(energy)),
      ]),
      ...[first, last].map((step, index) =>
        svg("text", { class: "curve-words", x: x(step), y: height - box.bottom + 15, "text-anchor": index ? "end" : "start" }, String(step))));
    drawing.setAttribute("aria-label",
      `Energy from ${minus(points[0][1])} at step ${points[0][0]} to ${minus(points.at(-1)[1])} at step ${points.at(-1)[0]}; the least is ${minus(least[1])} at step ${least[0]}.`);
  };
  return { element, draw };
}

/** A number with a true minus sign. */
export const minus = (value, digits = 3) => value.toFixed(digits).replace("-", "−");
