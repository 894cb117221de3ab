// The canvas of a mask: strokes, undo, and the way from black and white to a tint and back.

import { h } from "./dom.js";

const depth = 20; // strokes that can be taken back
const tint = [11, 110, 95];

/** A mask over a picture. */
export class MaskPainting {
  erasing = false;
  #strokes = []; // what was there before each stroke
  #radius = 20;
  #cursor;
  #last;

  constructor(image) {
    // Small pictures get a finer mask than themselves, so that edges are where they were painted.
    const scale = Math.max(1, Math.round(512 / Math.max(image.naturalWidth, image.naturalHeight)));
    const [width, height] = [image.naturalWidth * scale, image.naturalHeight * scale];
    this.mask = Object.assign(document.createElement("canvas"), { width, height });
    this.context = this.mask.getContext("2d", { willReadFrequently: true });
    this.clear(false);
    this.element = h("canvas", { width, height, tabindex: "0", role: "img", class: "mask-canvas", "aria-label": "The picture with the mask over it. Arrow keys move the brush, Space paints." });
    this.image = image;
    this.view = this.element.getContext("2d");
    this.#cursor = [width / 2, height / 2];
    this.#listen();
    this.#show();
  }

  /** Sets the brush's diameter as a share of the picture's side. */
  brush(share) {
    this.#radius = (share * Math.max(this.mask.width, this.mask.height)) / 2;
    this.#show();
  }

  clear(kept = true) {
    kept && this.#keep();
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, this.mask.width, this.mask.height);
    kept && this.#show();
  }

  invert() {
    this.#keep();
    const pixels = this.#pixels();
    for (let i = 0; i < pixels.data.length; i += 4) {
      pixels.data.fill(255 - pixels.data[i], i, i + 3);
    }
    this.context.putImageData(pixels, 0, 0);
    this.#show();
  }

  undo() {
    const before = this.#strokes.pop();
    if (before) {
      this.context.putImageData(before, 0, 0);
      this.#show();
    }
  }

  /** Goes on from a mask that was painted before. */
  take(image) {
    this.context.drawImage(image, 0, 0, this.mask.width, this.mask.height);
    this.#show();
  }

  isEmpty() {
    const { data } = this.#pixels();
    for (let i = 0; i < data.length; i += 4) {
      if (data[i] > 127) {
        return false;
      }
    }
    return true;
  }

  /** The mask as a file: white may change, black stays. */
  toPng() {
    return new Promise(resolve => this.mask.toBlob(resolve, "image/png"));
  }

  #pixels() {
    return this.context.getImageData(0, 0, this.mask.width, this.mask.height);
  }

  #keep() {
    this.#strokes.push(this.#pixels());
    this.#strokes.splice(0, this.#strokes.length - depth);
  }

  #listen() {
    const place = event => {
      const box = this.element.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * this.mask.width, ((event.clientY - box.top) / box.height) * this.mask.height];
    };
    this.element.addEventListener("pointerdown", event => {
      event.preventDefault();
      this.element.focus({ preventScroll: true });
      this.element.setPointerCapture(event.pointerId);
      this.#keep();
      this.#last = undefined;
      this.#stroke(place(event));
    });
    this.element.addEventListener("pointermove", event => {
      if (this.element.hasPointerCapture(event.pointerId)) {
        const all = event.getCoalescedEvents?.() ?? [];
        (all.length ? all : [event]).forEach(one => this.#stroke(place(one)));
      } else {
        this.#cursor = place(event);
        this.#show();
      }
    });
    this.element.addEventListener("pointerup", () => (this.#last = undefined));
    let painting = false;
    this.element.addEventListener("keydown", event => {
      const step = this.#radius * (event.shiftKey ? 2 : 0.5);
      const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
      if (event.key === " ") {
        event.preventDefault();
        if (!painting) {
          painting = true;
          this.#keep();
          this.#last = undefined;
          this.#stroke(this.#cursor);
        }
      } else if (move) {
        event.preventDefault();
        const to = this.#cursor.map((value, axis) => Math.min(Math.max(value + move[axis], 0), axis ? this.mask.height : this.mask.width));
        painting ? this.#stroke(to) : ((this.#cursor = to), this.#show());
      } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.undo();
      }
    });
    this.element.addEventListener("keyup", event => event.key === " " && (painting = false));
  }

  #stroke([x, y]) {
    const { context } = this;
    context.strokeStyle = context.fillStyle = this.erasing ? "#000" : "#fff";
    context.lineWidth = this.#radius * 2;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(...(this.#last ?? [x, y]));
    context.lineTo(x, y + 0.01); // a point is a stroke too
    context.stroke();
    this.#last = this.#cursor = [x, y];
    this.#show();
  }

  #asked = false;

  // At most once a frame.
  #show() {
    if (this.#asked || !this.view) {
      return;
    }
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      const { view, mask } = this;
      view.globalAlpha = 1;
      view.imageSmoothingQuality = "high";
      view.drawImage(this.image, 0, 0, mask.width, mask.height);
      const over = this.#pixels();
      for (let i = 0; i < over.data.length; i += 4) {
        over.data[i + 3] = over.data[i] * 0.62;
        [over.data[i], over.data[i + 1], over.data[i + 2]] = tint;
      }
      this.layer ??= Object.assign(document.createElement("canvas"), { width: mask.width, height: mask.height }).getContext("2d");
      this.layer.putImageData(over, 0, 0);
      view.drawImage(this.layer.canvas, 0, 0);
      // a dark and a light ring, seen over any picture
      for (const [color, width] of [["#000", 3], ["#fff", 1.5]]) {
        view.strokeStyle = color;
        view.lineWidth = width;
        view.beginPath();
        view.arc(...this.#cursor, this.#radius, 0, 7);
        view.stroke();
      }
    });
  }
}
