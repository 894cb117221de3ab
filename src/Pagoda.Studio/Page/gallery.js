// All that was painted here: searched, starred, compared.

import { at, call } from "./api.js";
import { isLeaving, remove, star, starButton } from "./actions.js";
import { openCompare } from "./compare.js";
import { button, byId, h } from "./dom.js";
import { openPicture } from "./picture.js";
import { studio } from "./studio.js";
import { complainOf } from "./toast.js";

const pageSize = 40;
const cards = new Map(); // by picture: its card
const selected = new Set();
let pictures = []; // newest first
let next;
let asked = 0; // numbers the questions, so that a late answer to an old one is dropped
let loading = false;

/** Fills the gallery and keeps it up to date. */
export function buildGallery() {
  let timer;
  byId("gallery-search").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(load, 250);
  });
  byId("gallery-starred").addEventListener("change", load);
  byId("gallery-more").addEventListener("click", () => more());
  new IntersectionObserver(([entry]) => entry.isIntersecting && more(), { rootMargin: "400px" }).observe(byId("gallery-more"));
  byId("selection").append(
    h("span", { id: "selection-count" }),
    button("Compare", "compare", () => openCompare(...chosen()), { id: "selection-compare" }),
    button("Delete", "trash", () => {
      remove(chosen());
      clear();
    }),
    button("Clear", "close", clear));

  studio.addEventListener("picture", ({ detail }) => arrived(detail));
  studio.addEventListener("deleted", ({ detail }) => gone(detail));
  studio.addEventListener("connection", ({ detail }) => detail === "open" && load());
  return load();
}

const chosen = () => pictures.filter(picture => selected.has(picture.id));

function clear() {
  selected.clear();
  cards.forEach(card => (card.tick.checked = false));
  showSelection();
}

const question = () => ({ search: byId("gallery-search").value.trim(), starred: byId("gallery-starred").checked ? "true" : undefined });

async function load() {
  const turn = ++asked;
  const answer = await complainOf(() => call("listPictures", { query: { ...question(), limit: pageSize } }));
  if (!answer || turn !== asked) {
    return;
  }
  pictures = answer.pictures.filter(({ id }) => !isLeaving(id));
  next = answer.next;
  draw(answer.total);
}

async function more() {
  if (!next || loading) {
    return;
  }
  loading = true;
  const turn = asked;
  const answer = await complainOf(() => call("listPictures", { query: { ...question(), limit: pageSize, before: next } }));
  loading = false;
  if (answer && turn === asked) {
    const known = new Set(pictures.map(({ id }) => id));
    pictures = [...pictures, ...answer.pictures.filter(({ id }) => !known.has(id) && !isLeaving(id))];
    next = answer.next;
    draw(answer.total);
  }
}

// A picture that is new, changed, or taken back. Which ones a search finds only the server knows.
function arrived(picture) {
  const index = pictures.findIndex(({ id }) => id === picture.id);
  const { search, starred } = question();
  if (isLeaving(picture.id)) {
    return;
  }
  if (index >= 0) {
    pictures[index] = Object.assign(pictures[index], picture);
    cards.get(picture.id)?.update(picture);
  } else if (search || starred) {
    load();
  } else {
    const place = pictures.findIndex(other => other.created <= picture.created);
    pictures.splice(place < 0 ? pictures.length : place, 0, picture);
    draw();
  }
}

function gone(id) {
  pictures = pictures.filter(picture => picture.id !== id);
  selected.delete(id);
  draw();
}

let count = 0;

function draw(total) {
  count = total ?? count;
  const list = byId("gallery-list");
  for (const [id, card] of cards) {
    if (!pictures.some(picture => picture.id === id)) {
      card.element.remove();
      cards.delete(id);
    }
  }
  pictures.forEach((picture, index) => {
    const card = cards.get(picture.id) ?? makeCard(picture);
    cards.set(picture.id, card);
    if (list.children[index] !== card.element) {
      list.insertBefore(card.element, list.children[index] ?? null);
    }
  });
  const { search, starred } = question();
  byId("gallery-none").hidden = pictures.length > 0;
  byId("gallery-none").textContent = search || starred ? "No picture is like that." : "What you paint is kept here.";
  byId("gallery-more").hidden = !next;
  byId("gallery").classList.toggle("bare", pictures.length === 0 && !search && !starred);
  showSelection();
}

function makeCard(picture) {
  const words = picture.prompt || "A variation";
  const tick = h("input", {
    type: "checkbox", "aria-label": `Select ${words}`,
    onchange: () => {
      tick.checked ? selected.add(picture.id) : selected.delete(picture.id);
      showSelection();
    },
  });
  const toggle = starButton(picture, star);
  const element = h(
    "li",
    { class: "card", "data-picture": picture.id },
    h("button", { type: "button", class: "card-open", "aria-label": `Open ${words}, seed ${picture.seed}`, onclick: () => openPicture(picture, pictures) },
      h("img", { src: at(picture.urls.png), alt: "", loading: "lazy", width: picture.width, height: picture.height })),
    h("label", { class: "card-tick" }, tick),
    toggle,
    h("p", { class: "card-words", title: words }, words));
  const update = now => {
    toggle.setAttribute("aria-pressed", String(now.starred));
    element.classList.toggle("starred", now.starred);
  };
  update(picture);
  return { element, tick, update };
}

function showSelection() {
  const several = selected.size;
  byId("selection").hidden = several === 0;
  byId("gallery").classList.toggle("selecting", several > 0);
  byId("selection-count").textContent = several === 1 ? "1 picture" : `${several} pictures`;
  byId("selection-compare").disabled = several !== 2;
  byId("selection-compare").title = several === 2 ? "" : "Select two pictures to compare them";
  cards.forEach((card, id) => card.element.classList.toggle("selected", selected.has(id)));
}
