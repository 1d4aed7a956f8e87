"use strict";
/* What a person says of stretches of a recording, kept in the browser and saved as labels for `laughter shards`. */

const LABEL_COLUMNS = "recording,start_s,end_s,label";
const NO_LAUGHTER = "none";

class Marks {
  /** kinds: their names; storage: such as localStorage, or null where the browser has none for this page. */
  constructor(recordingId, kinds, storage) {
    this.recordingId = recordingId;
    this.kinds = kinds;
    this.unsaved = false;
    this.byStretch = new Map();
    this.byEvent = new Map();
    this.strays = [];
    this.events = [];
    this.storage = storage;
    this.storageKey = `laughter marks ${recordingId}`;
    this.#restore();
  }

  static key(stretch) {
    return `${stretch.start}-${stretch.end}`;
  }

  get size() {
    return this.byStretch.size;
  }

  /** The mark of an event with its verdict, "right", "wrong" or "other"; undefined where it has none. */
  get(event) {
    const mark = this.byEvent.get(Marks.key(event));
    if (!mark) return undefined;
    return { ...mark, verdict: mark.label === NO_LAUGHTER ? "wrong" : mark.label === this.kinds[event.kind] ? "right" : "other" };
  }

  /**
   * Say which events there are, by time. A mark belongs to the event of its times, else, as where events have been found
   * anew, to the one it overlaps most; those that belong to none are `strays`.
   */
  assign(events) {
    this.events = events;
    this.byEvent.clear();
    const exact = new Set(events.map(Marks.key));
    const others = [];
    for (const mark of this.#byTime()) {
      if (exact.has(Marks.key(mark))) this.byEvent.set(Marks.key(mark), mark);
      else others.push(mark);
    }
    this.strays = others.filter((mark) => {
      const free = events.filter((event) => overlap(event, mark) > 0 && !this.byEvent.has(Marks.key(event)));
      if (!free.length) return true;
      const nearest = free.reduce((best, event) => (overlap(event, mark) > overlap(best, mark) ? event : best));
      this.byEvent.set(Marks.key(nearest), mark);
      return false;
    });
  }

  /** Say "right", "wrong" or "other" of an event; of another kind, which one (a name). */
  set(event, verdict, kind = null) {
    const label = { right: this.kinds[event.kind], wrong: NO_LAUGHTER, other: kind }[verdict];
    this.#remove(event);
    this.#put({ start: event.start, end: event.end, label });
    this.#changed();
  }

  clear(event) {
    this.#remove(event);
    this.#changed();
  }

  /** Take back a mark that belongs to no event. */
  drop(mark) {
    this.byStretch.delete(Marks.key(mark));
    this.#changed();
  }

  /** The marks as the CSV file that `laughter shards --labels-csv` reads, by time. */
  csv() {
    const rows = this.#byTime().map(({ start, end, label }) => [quoted(this.recordingId), start, end, label].join(","));
    return `${[LABEL_COLUMNS, ...rows].join("\n")}\n`;
  }

  /** Note that what is there has been saved. */
  saved() {
    this.unsaved = false;
  }

  /** Take the marks of this recording from such a CSV file, those of the same stretch are replaced; how many they are. */
  load(text) {
    const [columns, ...rows] = csvRows(text);
    const at = LABEL_COLUMNS.split(",").map((name) => (columns || []).indexOf(name));
    if (at.includes(-1)) throw new Error(`the file's first line is not ${LABEL_COLUMNS}`);
    const known = [...this.kinds, NO_LAUGHTER];
    const mine = rows
      .map((row) => at.map((column) => row[column] ?? ""))
      .map(([recording, start, end, label]) => ({ recording, start: Number(start), end: Number(end), label }))
      .filter(({ recording, start, end, label }) => {
        return recording === this.recordingId && start < end && known.includes(label);
      });
    for (const { start, end, label } of mine) this.#put({ start, end, label });
    this.#changed();
    return mine.length;
  }

  #put(mark) {
    this.byStretch.set(Marks.key(mark), mark);
  }

  #byTime() {
    return [...this.byStretch.values()].sort((a, b) => a.start - b.start || a.end - b.end);
  }

  #remove(event) {
    this.byStretch.delete(Marks.key(this.byEvent.get(Marks.key(event)) ?? event));
  }

  #changed() {
    this.unsaved = true;
    this.assign(this.events);
    try {
      this.storage?.setItem(this.storageKey, JSON.stringify([...this.byStretch.values()]));
    } catch {
      // full, or forbidden: the marks are still on the page, which asks before it is closed
    }
  }

  #restore() {
    try {
      for (const mark of JSON.parse(this.storage?.getItem(this.storageKey) ?? "[]")) this.#put(mark);
    } catch {
      // as above
    }
  }
}

/** Seconds that two stretches have in common; none or fewer where they are apart. */
function overlap(a, b) {
  return Math.min(a.end, b.end) - Math.max(a.start, b.start);
}

function quoted(text) {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The rows of a CSV file (RFC 4180), each a list of texts; blank lines are left out. */
function csvRows(text) {
  const rows = [];
  let row = [];
  for (const [, plain, inQuotes, end] of text.replace(/^\uFEFF/, "").matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    row.push(plain !== undefined ? plain.replaceAll('""', '"') : inQuotes);
    if (end === ",") continue;
    if (row.length > 1) rows.push(row);
    row = [];
    if (end === "") break;
  }
  return rows;
}
