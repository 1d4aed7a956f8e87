"use strict";
/* The fields of the thresholds. */

const THRESHOLDS = [
  { name: "onset", title: "Onset: begins at", unit: "", max: 1, step: 0.01 },
  { name: "offset", title: "Offset: ends below", unit: "", max: 1, step: 0.01 },
  { name: "peak", title: "Peak: reaches", unit: "", max: 1, step: 0.01 },
  { name: "minOn", title: "Drop shorter events", unit: "s", max: 30, step: 1 },
  { name: "minOff", title: "Close shorter pauses", unit: "s", max: 30, step: 1 },
];

/** Those that this recording's events are found with; of tracks, durations are tenths of a second. */
function ownThresholds() {
  const tenths = scores.tracks === null ? {} : { max: 10, step: 0.1 };
  return THRESHOLDS.filter(({ name }) => name in data.thresholds).map((field) => (field.unit ? { ...field, ...tenths } : field));
}

function makeThresholds() {
  for (const { name, title, unit, max, step } of ownThresholds()) {
    const open = unit ? 0 : step; // a probability of 0 or 1 is no threshold
    const label = element("label", { htmlFor: `${name}-number` }, title);
    const slider = element("input", { type: "range", id: name, min: open, max: max - open, step });
    slider.setAttribute("aria-label", `${title}, slider`);
    const number = element("input", { type: "number", id: `${name}-number`, min: 0, step: "any", required: true });
    if (!unit) number.max = max;
    slider.addEventListener("input", () => setThreshold(name, slider.valueAsNumber));
    number.addEventListener("input", () => number.checkValidity() && setThreshold(name, number.valueAsNumber, number));
    number.addEventListener("change", () => showThresholds(null));
    byId("thresholds").append(element("div", { className: "threshold" }, label, slider, number, element("span", { className: "muted" }, unit)));
  }
}

/** As the pipeline has it: 0 < offset <= onset <= peak < 1, so the one that is moved takes the others along. */
function setThreshold(name, value, typing = null) {
  const levels = ["offset", "onset", "peak"].filter((level) => level in thresholds);
  const place = levels.indexOf(name);
  if (!Number.isFinite(value) || value < 0 || (place >= 0 && (value <= 0 || value >= 1))) return;
  thresholds = { ...thresholds, [name]: value };
  if (place >= 0) {
    levels.forEach((level, i) => (thresholds[level] = i < place ? Math.min(thresholds[level], value) : Math.max(thresholds[level], value)));
  }
  showThresholds(typing);
  refreshEvents();
}

/** Put the thresholds into their fields, but for the one that somebody is typing in. */
function showThresholds(typing) {
  for (const { name } of ownThresholds()) {
    byId(name).value = thresholds[name];
    const number = byId(`${name}-number`);
    if (number !== typing) number.value = thresholds[name];
  }
}
