// Small pictures shown large. Browsers stretch them linearly, which leaves stars and stairs; a canvas does it with cubics.

import { h } from "./dom.js";

/** An image with its finely stretched copy over it; the copy is hidden while pixels are to be seen. */
export function finely(image) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const element = h("span", { class: "fine" }, image, canvas);
  const draw = () => {
    const { width, height } = element.getBoundingClientRect();
    const [own, tall] = [image.naturalWidth, image.naturalHeight];
    const scale = Math.min(width / own, height / tall) * devicePixelRatio;
    canvas.hidden = !image.complete || !own || !(scale > 1.2) || image.hidden;
    if (canvas.hidden) {
      return;
    }
    const [w, t] = [Math.round(own * scale), Math.round(tall * scale)];
    if (canvas.width !== w || canvas.height !== t) {
      Object.assign(canvas, { width: w, height: t });
    }
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, w, t);
  };
  image.addEventListener("load", draw);
  new ResizeObserver(draw).observe(element);
  return element;
}
