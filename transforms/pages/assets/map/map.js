"use strict";

const LISTED = 100;
const STEP = 60;
const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const points = data.points.map(([x, y, group, name, label, media, start, end, link]) => ({
  x, y, group, name, label, media, start, end, link, shown: true, dimmed: false,
}));
const view = new View(byId("canvas"), points, data.groups);
const choice = new Choice(data.groups);
const map = byId("map");
const tip = byId("tip");

function point(to) {
  view.emphasised = to;
  tip.hidden = !to;
  map.classList.toggle("pointing", Boolean(to));
  if (to) {
    const { x, y } = view.place(to);
    tip.textContent = describe(to, data.groups);
    tip.style.left = `${Math.max(4, Math.min(x + 12, map.clientWidth - tip.offsetWidth - 4))}px`;
    tip.style.top = `${Math.max(4, y + 14 + tip.offsetHeight > map.clientHeight ? y - 14 - tip.offsetHeight : y + 14)}px`;
  }
  view.draw();
}

function choose(to, { play = false } = {}) {
  view.chosen = to;
  choice.show(to, { play });
  for (const button of byId("found").querySelectorAll("button")) {
    button.setAttribute("aria-current", String(button.point === to));
  }
  view.reveal(to);
}

function at(event) {
  const box = map.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

function listenToPointer() {
  const fingers = new Map();
  let moved = 0;
  map.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, at(event));
    map.setPointerCapture(event.pointerId);
    moved = 0;
  });
  map.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    const now = at(event);
    if (!before) return point(view.nearest(now));
    const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    const apart = (place) => Math.hypot(place.x - others[0].x, place.y - others[0].y);
    if (others.length) view.zoomBy(apart(now) / Math.max(1, apart(before)), others[0]);
    else view.pan(now.x - before.x, now.y - before.y);
    moved += Math.hypot(now.x - before.x, now.y - before.y);
    fingers.set(event.pointerId, now);
    point(null);
  });
  map.addEventListener("pointerup", (event) => {
    fingers.delete(event.pointerId);
    const found = moved < 5 ? view.nearest(at(event)) : null;
    if (found) choose(found, { play: true });
  });
  map.addEventListener("pointercancel", (event) => fingers.delete(event.pointerId));
  map.addEventListener("pointerleave", () => point(null));
  map.addEventListener("wheel", (event) => {
    event.preventDefault();
    view.zoomBy(Math.exp(-event.deltaY / 400), at(event));
    point(null);
  }, { passive: false });
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const arrow = ARROWS[event.key];
  if (arrow && event.shiftKey) view.pan(-STEP * arrow[0], STEP * arrow[1]);
  else if (arrow) step(arrow);
  else if (event.key === "Enter" || event.key === " ") view.chosen && choose(view.chosen, { play: true });
  else if (event.key === "+" || event.key === "=") view.zoomBy(1.5);
  else if (event.key === "-") view.zoomBy(1 / 1.5);
  else if (event.key === "0") view.whole();
  else if (event.key === "Escape") point(null);
  else return;
  event.preventDefault();
}

/** To the next clip; to the one nearest to the middle where none is chosen. */
function step([right, up]) {
  const from = view.chosen?.shown ? view.chosen : null;
  const away = (one) => Math.hypot(one.x - view.centre.x, one.y - view.centre.y);
  const shown = points.filter((one) => one.shown);
  const to = from ? view.next(from, right, up) : shown.reduce((best, one) => (!best || away(one) < away(best) ? one : best), null);
  if (to) {
    choose(to);
    point(to);
  }
}

function listKinds() {
  data.groups.forEach((group, number) => {
    const count = points.filter((one) => one.group === number).length;
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true });
    box.addEventListener("change", () => {
      for (const one of points) if (one.group === number) one.shown = box.checked;
      find();
    });
    const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [name, value] of [["viewBox", "-1.4 -1.4 2.8 2.8"], ["width", "14"], ["height", "14"], ["aria-hidden", "true"]]) {
      icon.setAttribute(name, value);
    }
    const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
    shape.setAttribute("d", SHAPES[group.style]);
    shape.setAttribute("class", `style-${group.style}`);
    icon.append(shape);
    const amount = Object.assign(document.createElement("span"), { className: "number", textContent: count.toLocaleString("en") });
    const label = document.createElement("label");
    label.append(box, icon, group.name, amount);
    byId("kinds").prepend(label); // what is drawn last is listed first
  });
}

/** Dim all but what is looked for, and list that. */
function find() {
  const wanted = byId("search").value.trim().toLowerCase();
  const shown = points.filter((one) => one.shown);
  for (const one of shown) one.dimmed = !describe(one, data.groups).toLowerCase().includes(wanted);
  const found = shown.filter((one) => !one.dimmed).reverse(); // as the kinds are listed
  const more = found.length > LISTED ? `, the first ${LISTED} listed` : "";
  byId("count").textContent = `${found.length.toLocaleString("en")} ${found.length === 1 ? "clip" : "clips"}${more}`;
  byId("found").replaceChildren(...found.slice(0, LISTED).map(listed));
  point(null);
}

function listed(one) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: describe(one, data.groups), point: one });
  button.setAttribute("aria-current", String(view.chosen === one));
  button.addEventListener("click", () => choose(one, { play: true }));
  button.addEventListener("focus", () => point(one));
  const item = document.createElement("li");
  item.append(button);
  return item;
}

listKinds();
listenToPointer();
map.addEventListener("keydown", onKey);
byId("zoom-in").addEventListener("click", () => view.zoomBy(1.5));
byId("zoom-out").addEventListener("click", () => view.zoomBy(1 / 1.5));
byId("zoom-all").addEventListener("click", () => view.whole());
byId("search").addEventListener("input", find);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.draw());
new ResizeObserver(() => view.draw()).observe(map);
find();
