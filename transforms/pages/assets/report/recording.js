"use strict";
/* The page of one recording: what is shown, and what keys and buttons do. */

const data = pageData();
const floats = (text) => new Float32Array(decodeBase64(text).buffer);
const scores = scoresOf({
  probability: floats(data.scores.probability),
  kinds: floats(data.scores.kinds),
  audioS: data.audio_s,
  tracks: data.tracks === null ? null : byteRows(decodeBase64(data.tracks), 1 + data.beside.length),
});
const fromTables = tableEvents(data.events);
const marks = new Marks(data.recording_id, data.kinds, ownStorage());
let thresholds = { ...data.thresholds };
let events = fromTables;
let selected = null;

const player = new Player({
  place: byId("player"),
  link: data.media,
  isAudio: data.media_is_audio,
  lengthS: data.length_s,
  onTime: showPosition,
});

const timeline = new Timeline({
  root: byId("timeline"),
  canvas: byId("detail"),
  overview: byId("overview"),
  cursor: byId("cursor"),
  curve: scores.curve,
  curveASecond: scores.hz,
  curveName: scores.tracks === null ? "probability" : "laughter",
  peaks: data.peaks === null ? null : decodeBase64(data.peaks),
  peaksASecond: data.peaks_a_second,
  kinds: data.kinds,
  lengthS: data.length_s,
  onSeek: (second) => player.seek(second),
  onEvent: (event) => select(event, { play: true }),
  onHover: showReadout,
  onView: () => byId("in-view").checked && refreshTable(),
});

const table = new PagedTable({
  table: byId("table"),
  pager: byId("pager"),
  pageSize: 50,
  decorate: (event, line) => {
    if (event === selected) line.setAttribute("aria-current", "true");
    line.addEventListener("click", (click) => {
      if (!click.target.closest("button, select")) select(event, { play: true });
    });
  },
  columns: [
    { title: "Start", value: (event) => event.start, className: "number", fill: jumpButton },
    { title: "Seconds", value: (event) => event.end - event.start, className: "number", first: "descending", fill: (event) => String(Number((event.end - event.start).toFixed(3))) },
    { title: "Kind", value: (event) => event.kind, fill: kindCell },
    ...(scores.tracks === null ? [] : [{ title: "Beside it", value: (event) => (event.beside === null ? null : Math.max(...event.beside)), first: "descending", fill: besideCell }]),
    { title: "Highest", value: (event) => event.max, className: "number", first: "descending", fill: (event) => event.max.toFixed(3) },
    { title: "Mean", value: (event) => event.mean, className: "number", first: "descending", fill: (event) => event.mean.toFixed(3) },
    { title: "Mark", value: (event) => marks.get(event)?.verdict ?? null, fill: markingCell },
  ],
});

function ownStorage() {
  try {
    return window.localStorage;
  } catch {
    return null; // some browsers give pages from disk none
  }
}

// What is shown

function showFacts() {
  byId("title").textContent = data.title || data.file_name;
  const start = data.start_utc ? `${data.start_utc.slice(0, 16).replace("T", " ")} UTC` : null;
  const sound = data.audio_s === data.length_s ? null : clock(data.audio_s);
  const facts = {
    Network: data.network,
    Country: data.country,
    Start: start,
    Length: clock(data.length_s),
    Sound: sound,
    Status: data.status,
    Models: data.bundle_version,
    Embedder: data.embedder,
    Head: data.head,
    File: data.file_name,
    Id: data.recording_id,
    Note: data.error,
  };
  for (const [name, value] of Object.entries(facts)) {
    if (value) byId("facts").append(element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  }
  if (!sameEvents(fromTables, findEvents(scores, data.thresholds))) {
    byId("warning").hidden = false;
    byId("warning").textContent =
      "The events of the tables are not those that their windows give at the same thresholds: the tables may have been " +
      "edited. The page shows the tables' events until a threshold is moved.";
  }
}

function showReadout(second) {
  const at = second ?? player.position;
  const value = timeline.curve[Math.floor(at * timeline.curveASecond)];
  const event = events.find(({ start, end }) => start <= at && at < end);
  const told = [
    clock(at),
    utcAt(data.start_utc, at),
    value === undefined ? "no sound" : `${timeline.curveName} ${value.toFixed(3)}`,
    event ? kindName(data.kinds[event.kind]) : "",
    besideAt(at),
  ].filter(Boolean);
  byId("readout").textContent = told.join("  ·  ");
  return told.join(", ");
}

/** What is heard beside laughter at a moment. */
function besideAt(second) {
  if (scores.tracks === null) return "";
  const slot = Math.floor(second * TRACK_HZ);
  return data.beside.filter((_, i) => scores.tracks[i + 1][slot] >= 128).join(", ");
}

function showPosition(second) {
  if (player.playing && (second > timeline.view.end || second < timeline.view.start)) {
    timeline.show(second, second + timeline.view.end - timeline.view.start);
  }
  timeline.moveCursor(second);
  const told = showReadout(null);
  const slider = byId("position");
  if (slider.ariaValueNow === String(Math.floor(second))) return; // a screen reader is told once a second
  slider.ariaValueNow = Math.floor(second);
  slider.ariaValueText = told;
}

function showChosen() {
  if (!selected) {
    byId("chosen").textContent = "No event is chosen.";
    return;
  }
  const mark = marks.get(selected);
  const said = mark && { right: "right", wrong: "wrong", other: `of another kind, ${kindName(mark.label)}` }[mark.verdict];
  byId("chosen").textContent =
    `Event ${(events.indexOf(selected) + 1).toLocaleString("en")} of ${events.length.toLocaleString("en")}: ` +
    `${kindName(data.kinds[selected.kind])}, ${clock(selected.start)} to ${clock(selected.end)}, highest ` +
    `${selected.max.toFixed(3)}${said ? `, marked ${said}` : ", not marked yet"}`;
}

function showMarks() {
  showChosen();
  byId("save").disabled = marks.size === 0;
  byId("marks").textContent = marks.size
    ? `${counted(marks.size, "mark")}${marks.unsaved ? ", not saved to a file yet" : ""}`
    : "nothing marked yet";
  byId("strays").hidden = marks.strays.length === 0;
  byId("stray-list").replaceChildren(...marks.strays.map(strayLine));
}

// Events and thresholds

function refreshEvents() {
  const asInTables = sameThresholds(thresholds, data.thresholds);
  events = asInTables ? fromTables : findEvents(scores, thresholds);
  selected = selected && (events.find((event) => Marks.key(event) === Marks.key(selected)) ?? null);
  marks.assign(events);
  byId("source").textContent = asInTables ? "the events of the tables" : "found anew with these thresholds";
  byId("reset").disabled = asInTables;
  Object.assign(timeline, { events, selected, thresholds, marks });
  timeline.draw();
  refreshTable();
  showMarks();
  showReadout(null);
}

function refreshTable() {
  const kind = byId("kind").value;
  const beside = Number(byId("beside").value);
  const marked = byId("marked").value;
  const least = Number(byId("least").value);
  const shortest = Number(byId("shortest").value);
  const { start, end } = byId("in-view").checked ? timeline.view : { start: -1, end: Infinity };
  const shown = events.filter(
    (event) =>
      (!kind || data.kinds[event.kind] === kind) &&
      (!beside || event.beside?.[beside - 1] >= 0.5) &&
      (!marked || (marks.get(event)?.verdict ?? "none") === marked) &&
      event.max >= least &&
      event.end - event.start >= shortest &&
      event.end > start &&
      event.start < end,
  );
  table.setRows(shown);
  const minutes = events.reduce((sum, event) => sum + event.end - event.start, 0) / 60;
  const text = `${counted(events.length, "event")}, ${minutes.toFixed(1)} minutes laughing`;
  byId("count").textContent = shown.length === events.length ? text : `${text}; ${counted(shown.length, "event")} shown`;
}

function select(event, { play = false } = {}) {
  selected = timeline.selected = event;
  timeline.reveal(event.start, event.end);
  timeline.draw();
  showChosen();
  player.seek(event.start, { play, stopAt: byId("stop").checked ? event.end : null });
  table.turnTo(event);
}

function step(by) {
  if (!table.rows.length) return;
  const place = table.rows.indexOf(selected);
  const next = place < 0 ? (by > 0 ? 0 : table.rows.length - 1) : place + by;
  if (table.rows[next]) select(table.rows[next], { play: true });
}

function setMark(event, verdict, kind = null) {
  const next = table.rows[table.rows.indexOf(event) + 1];
  if (verdict === "other" && kind === data.kinds[event.kind]) verdict = "right";
  if (verdict) marks.set(event, verdict, kind);
  else marks.clear(event);
  showMarks();
  timeline.draw();
  refreshTable();
  if (verdict && next && byId("advance").checked) select(next, { play: true });
}

function dropMark(mark) {
  marks.drop(mark);
  showMarks();
  byId("save").focus(); // the button that was pressed has gone
}

// Files

function save() {
  if (!marks.size) return;
  const link = element("a", {
    href: URL.createObjectURL(new Blob([marks.csv()], { type: "text/csv" })),
    download: `${data.file_stem}.labels.csv`,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  marks.saved();
  showMarks();
}

async function load(input) {
  const file = input.files[0];
  if (!file) return;
  let said;
  try {
    said = `${counted(marks.load(await file.text()), "mark")} of this recording taken from ${file.name}`;
  } catch (error) {
    said = `${file.name} cannot be used: ${error.message}`;
  }
  input.value = "";
  showMarks();
  timeline.draw();
  refreshTable();
  byId("marks").textContent = said;
}

function listen() {
  byId("reset").addEventListener("click", () => {
    thresholds = { ...data.thresholds };
    showThresholds(null);
    refreshEvents();
  });
  byId("zoom-in").addEventListener("click", () => timeline.zoom(0.5));
  byId("zoom-out").addEventListener("click", () => timeline.zoom(2));
  byId("zoom-all").addEventListener("click", () => timeline.show(0, data.length_s));
  byId("zoom-event").addEventListener("click", () => {
    if (selected) timeline.show(selected.start - 10, selected.end + 10);
  });
  for (const change of ["input", "change"]) byId("filters").addEventListener(change, refreshTable);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("save").addEventListener("click", save);
  byId("load").addEventListener("change", () => load(byId("load")));
  byId("position").addEventListener("keydown", slid);
  document.addEventListener("keydown", pressed);
  window.addEventListener("beforeunload", (event) => marks.unsaved && event.preventDefault());
}

for (const kind of data.kinds) byId("kind").append(element("option", { value: kind }, kindName(kind)));
data.beside.forEach((name, i) => byId("beside").append(element("option", { value: i + 1 }, name)));
byId("beside").parentElement.hidden = scores.tracks === null;
byId("key-kinds").textContent = data.kinds.map(kindName).join(", ");
byId("position").setAttribute("aria-valuemax", Math.floor(data.length_s));
showFacts();
makeThresholds();
showThresholds(null);
refreshEvents();
showMarks();
showPosition(0);
listen();
