// Builds elements. Styles go through CSSOM only: the page's Content-Security-Policy refuses style attributes.

const asProperty = new Set(["value", "checked", "hidden", "disabled", "open", "selected", "multiple", "indeterminate", "readOnly"]);

/** An element with attributes, listeners (`onclick`) and children; null and false children are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null) {
      continue;
    }
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (asProperty.has(name)) {
      element[name] = value;
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

/** An element of an SVG drawing. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// Strokes on a square of 24, drawn in the text's colour.
const drawings = {
  settings: "M4 7h9m5 0h2M4 17h2m5 0h9M15.5 4.7v4.6M8.5 14.7v4.6",
  close: "M6 6l12 12M18 6L6 18",
  stop: "M7 7h10v10H7z",
  star: "M12 3.6l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9-4.3-4.1 5.9-.8z",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5",
  download: "M12 4v10.5m0 0l-4-4m4 4l4-4M5 19.5h14",
  again: "M19.5 12a7.5 7.5 0 1 1-2.3-5.4M19.5 3.5v4h-4",
  compare: "M4 5h7v14H4zM13 5h7v14h-7z",
  copy: "M9 9h10.5v10.5H9zM15 9V4.5H4.5V15H9",
  brush: "M19.5 4.5c-4 2-7.5 5.5-9 9.5m0 0a3 3 0 0 0-4 2c-.5 1.8-1.5 2.5-2.5 2.8 3 1.5 7 .7 8-1.800a3 3 0 0 0-1.5-3z",
  form: "M5 4.5h14v15H5zM8.5 9h7M8.5 12.5h7M8.5 16h4",
  start: "M4 5h16v14H4zM4 16l5-5 4 4 2.5-2.5L20 17M15.5 9h.1",
  variations: "M4 4h7v7H4zM13 13h7v7h-7zM13 4h7v7h-7zM4 13h7v7H4z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2.5M12 19v2.5M2.5 12H5M19 12h2.5M5.3 5.300l1.8 1.800M16.9 16.900l1.8 1.800M18.7 5.300l-1.8 1.800M7.1 16.900l-1.8 1.8",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
  auto: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16z",
  help: "M9 9.300a3 3 0 1 1 4.6 2.5c-1 .7-1.6 1.2-1.6 2.5M12 17.800v.1",
  grid: "M4 4h16v16H4zM4 9.300h16M4 14.700h16M9.3 4v16M14.7 4v16",
  left: "M14.5 5.5L8 12l6.5 6.5",
  right: "M9.5 5.5L16 12l-6.5 6.5",
  search: "M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15 15l5 5",
  bookmark: "M7 4.5h10v15l-5-3.7-5 3.700z",
  undo: "M8.5 5L4.5 9l4 4M4.5 9H14a5 5 0 0 1 0 10h-4",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  pixels: "M4 4h5.300v5.300H4zM14.7 4H20v5.300h-5.300zM9.3 9.300h5.400v5.400H9.300zM4 14.700h5.300V20H4zM14.7 14.700H20V20h-5.300z",
  play: "M8.5 5.5v13L19 12z",
  check: "M5 12.5l4.5 4.5L19 7",
};

/** A small drawing beside or in place of words; unseen by screen readers. */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 24 24", class: `icon icon-${name}`, "aria-hidden": "true" }, svg("path", { d: drawings[name] }));
}

/** A button with a drawing and words; `quiet` hides the words from the eye. */
export function button(words, drawing, onclick, attributes = {}, quiet = false) {
  const { class: name = "", ...others } = attributes;
  return h(
    "button",
    { type: "button", class: `button ${quiet ? "quiet" : ""} ${name}`, onclick, ...(quiet ? { "aria-label": words, title: words } : {}), ...others },
    drawing && icon(drawing),
    quiet ? null : h("span", {}, words));
}

/** Whether the keys that are typed go into a field. */
export const isTyping = element =>
  element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement
  || (element instanceof HTMLInputElement && !["checkbox", "button"].includes(element.type));

export const byId = id => document.getElementById(id);
