// What Pagoda does, in sixteen by sixteen squares: noise that becomes a picture.

import { h } from "./dom.js";

const colors = { ".": "#f6faf8", r: "#e5383b", d: "#ba1f2b", l: "#ff7b72", w: "#ffe3e0", g: "#4a9c3f", b: "#6b4226" };

// an apple
const rows = [
  "................", "........b.......", ".......bb.gg....", ".......b.ggg....", "....rrrbrrg.....", "...rrrrrrrrrr...", "..rllrrrrrrrrd..", "..rlwlrrrrrrrd..",
  "..rllrrrrrrrrd..", "..rrrrrrrrrrrd..", "..rrrrrrrrrrdd..", "...rrrrrrrrrdd..", "...rrrrrrrrrdd..", "....rrrrrrrdd...", ".....rrddrdd....", "................",
];
const side = rows.length;
const length = 3800; // milliseconds from noise to apple

/** A small canvas for the empty page; stands still where motion is not wanted. */
export function motif() {
  const canvas = h("canvas", { class: "motif", width: side, height: side, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  const target = rows.join("").split("").map(letter => [1, 3, 5].map(at => parseInt(colors[letter].slice(at, at + 2), 16)));
  const noise = target.map(() => [0, 1, 2].map(() => 90 + Math.random() * 150));
  const draw = share => {
    const image = context.createImageData(side, side);
    target.forEach((color, index) => {
      color.forEach((value, channel) => (image.data[index * 4 + channel] = noise[index][channel] * (1 - share) + value * share));
      image.data[index * 4 + 3] = 255;
    });
    context.putImageData(image, 0, 0);
  };
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    draw(1);
    return canvas;
  }
  draw(0);
  const start = performance.now();
  const frame = now => {
    const share = Math.min(1, (now - start) / length);
    draw(1 - (1 - share) ** 3);
    if (share < 1 && canvas.checkVisibility()) {
      requestAnimationFrame(frame);
    }
  };
  requestAnimationFrame(frame);
  return canvas;
}
