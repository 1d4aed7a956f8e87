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

  get(stretch) {
    return this.byStretch.get(Marks.key(stretch));
  }

  /** Say "right", "wrong" or "other" of an event; of another kind, which one (a name). */
  set(event, verdict, kind = null) {
    const label = { right: this.kinds[event.kind], wrong: NO_LAUGHTER, other: kind }[verdict];
    this.#put({ start: event.start, end: event.end, verdict, label });
    this.#changed();
  }

  clear(event) {
    this.byStretch.delete(Marks.key(event));
    this.#changed();
  }

  /** The marks as the CSV file that `laughter shards --labels-csv` reads, by time. */
  csv() {
    const marks = [...this.byStretch.values()].sort((a, b) => a.start - b.start || a.end - b.end);
    const rows = marks.map(({ start, end, label }) => [quoted(this.recordingId), start, end, label].join(","));
    return `${[LABEL_COLUMNS, ...rows].join("\n")}\n`;
  }

  /** Note that what is there has been saved. */
  saved() {
    this.unsaved = false;
  }

  /**
   * Take the marks of this recording from such a CSV file; those of the same stretch are replaced.
   *
   * kindOf: the number of the kind of a stretch's event, or -1. Returns how many were taken.
   */
  load(text, kindOf) {
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
    for (const { start, end, label } of mine) {
      const same = this.kinds[kindOf({ start, end })] === label;
      this.#put({ start, end, label, verdict: label === NO_LAUGHTER ? "wrong" : same ? "right" : "other" });
    }
    this.#changed();
    return mine.length;
  }

  #put(mark) {
    this.byStretch.set(Marks.key(mark), mark);
  }

  #changed() {
    this.unsaved = true;
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
