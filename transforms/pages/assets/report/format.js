"use strict";

/** Seconds as 1:02:03, with as many decimals as asked for, where the time is no whole second. */
function clock(seconds, decimals = 1) {
  const whole = Number.isInteger(seconds) ? 0 : decimals;
  const scale = 10 ** whole;
  const units = Math.round(seconds * scale);
  const all = Math.floor(units / scale);
  const two = (value) => String(value).padStart(2, "0");
  const text = `${Math.floor(all / 3600)}:${two(Math.floor(all / 60) % 60)}:${two(all % 60)}`;
  return whole ? `${text}.${String(units % scale).padStart(whole, "0")}` : text;
}

/** The time of day in UTC, so many seconds after an ISO 8601 moment; "" where that is not known. */
function utcAt(start, seconds) {
  return start ? `${new Date(Date.parse(start) + 1000 * Math.floor(seconds)).toISOString().slice(11, 19)} UTC` : "";
}

/** belly_laugh for people. */
function kindName(kind) {
  return kind.replaceAll("_", " ");
}

function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** An element with properties (aria-*, data-* and others with a dash as attributes) and children. */
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-")) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

function byId(id) {
  return document.getElementById(id);
}

/** The page's data. */
function pageData() {
  return JSON.parse(byId("data").textContent);
}

/** A matrix of bytes, row by row, as its rows. */
function byteRows(bytes, count) {
  const each = bytes.length / count;
  return Array.from({ length: count }, (_, row) => bytes.subarray(row * each, (row + 1) * each));
}

/** Base64 to bytes, in a buffer of their own. */
function decodeBase64(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
