// Pictures from this device: chosen, dropped or pasted.

import { ApiError, call } from "./api.js";
import { form } from "./form.js";
import { studio } from "./studio.js";
import { complainOf, toast } from "./toast.js";

const kinds = ["image/png", "image/jpeg", "image/webp"];

/** Asks for a file. */
export const choosePicture = () => new Promise(resolve => {
  const input = Object.assign(document.createElement("input"), { type: "file", accept: kinds.join() });
  input.addEventListener("change", () => resolve(input.files[0]));
  input.addEventListener("cancel", () => resolve(undefined));
  input.click();
});

/** Sends a picture to the server: { id, width, height, url }. */
export async function uploadFile(file) {
  const most = studio.info.limits.uploadBytes;
  if (!kinds.includes(file.type)) {
    throw new ApiError("This is no picture that can be used; choose a PNG, JPEG or WebP.", 415);
  }
  if (most && file.size > most) {
    throw new ApiError(`This file is too large: ${megabytes(file.size)} MB, and the server takes up to ${megabytes(most)} MB.`, 413);
  }
  return call("uploadPicture", { body: file });
}

const megabytes = bytes => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);

/** A picture dropped on the page or pasted gives its settings back; one without any can be what a painting starts from. */
export function receivePictures() {
  const page = document.documentElement;
  let depth = 0;
  const dragged = on => page.classList.toggle("dragging", on);
  addEventListener("dragenter", event => {
    if (event.dataTransfer?.types.includes("Files")) {
      depth++;
      dragged(true);
    }
  });
  addEventListener("dragleave", () => dragged((depth = Math.max(0, depth - 1)) > 0));
  addEventListener("dragover", event => event.preventDefault());
  addEventListener("drop", event => {
    depth = 0;
    dragged(false);
    const file = event.dataTransfer?.files[0];
    if (file && !event.defaultPrevented) { // a field for pictures takes what is dropped on it
      event.preventDefault();
      complainOf(() => restore(file));
    }
  });
  addEventListener("paste", event => {
    const file = [...(event.clipboardData?.files ?? [])].find(one => kinds.includes(one.type));
    if (file) {
      event.preventDefault();
      complainOf(() => restore(file));
    }
  });
}

async function restore(file) {
  try {
    const { settings } = await call("inspectPicture", { body: file });
    form.load(settings);
    toast("The settings of this picture are filled in.");
  } catch (problem) {
    if (problem.status !== 422 && problem.status !== 415) {
      throw problem;
    }
    const { id } = await uploadFile(file);
    toast("This picture does not say how it was painted.", { action: "Start from it", act: () => form.set("init", id), time: 12000 });
  }
}
