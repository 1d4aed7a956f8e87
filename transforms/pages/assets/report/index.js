"use strict";

const recordings = pageData().recordings;

function isWanted(row, words, status) {
  const text = [row.id, row.file_name, row.title, row.network, row.start_utc, row.error].join(" ").toLowerCase();
  return (!status || row.status === status) && words.every((word) => text.includes(word));
}

const number = (value, decimals = 0) =>
  value === null ? "" : value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
const perHour = (row) => (row.audio_s ? (row.laughs / row.audio_s) * 3600 : null);
const name = (row) => row.title || row.file_name;

const table = new PagedTable({
  table: byId("table"),
  pager: byId("pager"),
  pageSize: 100,
  columns: [
    {
      title: "Recording",
      value: (row) => name(row).toLowerCase(),
      fill: (row) => (row.page ? element("a", { href: row.page, title: row.file_name }, name(row)) : name(row)),
    },
    { title: "Network", value: (row) => row.network, fill: (row) => row.network },
    {
      title: "Start (UTC)",
      value: (row) => row.start_utc,
      className: "number",
      first: "descending",
      fill: (row) => row.start_utc?.slice(0, 16).replace("T", " "),
    },
    { title: "Length", value: (row) => row.audio_s, className: "number", fill: (row) => row.audio_s === null ? "" : clock(Math.round(row.audio_s)) },
    { title: "Laughs", value: (row) => row.laughs, className: "number", first: "descending", fill: (row) => number(row.laughs) },
    {
      title: "Minutes laughing",
      value: (row) => row.laughing_s,
      className: "number",
      first: "descending",
      fill: (row) => number(row.laughing_s === null ? null : row.laughing_s / 60, 1),
    },
    { title: "Laughs an hour", value: perHour, className: "number", first: "descending", fill: (row) => number(perHour(row), 1) },
    { title: "Status", value: (row) => row.status, fill: (row) => row.status },
    { title: "Error", value: (row) => row.error, className: "long", fill: (row) => row.error },
  ],
});

function refresh() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = recordings.filter((row) => isWanted(row, words, byId("status").value));
  table.page = 0;
  table.setRows(wanted);
  const laughs = wanted.reduce((sum, row) => sum + (row.laughs ?? 0), 0);
  const minutes = wanted.reduce((sum, row) => sum + (row.laughing_s ?? 0), 0) / 60;
  byId("count").textContent = `${counted(wanted.length, "recording")}, ${counted(laughs, "laugh")}, ${number(minutes, 1)} minutes laughing`;
}

for (const status of [...new Set(recordings.map((row) => row.status))].sort()) {
  byId("status").append(element("option", { value: status }, status));
}
for (const change of ["input", "change"]) byId("filters").addEventListener(change, refresh);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
refresh();
