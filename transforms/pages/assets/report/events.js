"use strict";
/* From a probability a second, or from tracks, to events, exactly as models/events has it. Numbers are
 * doubles here and float32 there: Math.fround after each step gives what float32 arithmetic gives. */

const TRACK_HZ = 10;

const MAX_BLOCK = 128;
const MAX_CHUNK = 8192;

/** The sum of float32 values in the order in which numpy adds: chunk by chunk, and pairwise in each. */
function floatSum(values) {
  let sum = 0;
  for (let from = 0; from < values.length; from += MAX_CHUNK) {
    sum = Math.fround(sum + pairwiseSum(values, from, Math.min(MAX_CHUNK, values.length - from)));
  }
  return sum;
}

/** The sum of values from `from`, `count` of them, pairwise, by eights. */
function pairwiseSum(values, from, count) {
  const add = (a, b) => Math.fround(a + b);
  if (count > MAX_BLOCK) {
    const half = Math.floor(count / 2) - (Math.floor(count / 2) % 8);
    return add(pairwiseSum(values, from, half), pairwiseSum(values, from + half, count - half));
  }
  if (count < 8) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum = add(sum, values[from + i]);
    return sum;
  }
  const r = Array.from({ length: 8 }, (_, i) => values[from + i]);
  let next = 8;
  for (; next < count - (count % 8); next += 8) {
    for (let i = 0; i < 8; i++) r[i] = add(r[i], values[from + next + i]);
  }
  let sum = add(add(add(r[0], r[1]), add(r[2], r[3])), add(add(r[4], r[5]), add(r[6], r[7])));
  for (; next < count; next++) sum = add(sum, values[from + next]);
  return sum;
}

/** Stretches [start, end) of values, `hz` of them a second; see models.events.segments. */
function segments(values, thresholds, hz) {
  const stretches = [];
  let start = -1;
  for (let place = 0; place <= values.length; place++) {
    const value = place < values.length ? values[place] : -1;
    if (start < 0 && value >= thresholds.onset) start = place;
    else if (start >= 0 && value < thresholds.offset) {
      stretches.push([start, place]);
      start = -1;
    }
  }
  // as there: of tenths what the product's rounding leaves is taken off, of seconds there is none
  const [minOn, minOff] = [thresholds.minOn, thresholds.minOff].map((s) => (hz === 1 ? s : Number((s * hz).toFixed(6))));
  return closePauses(stretches, minOff).filter(
    ([from, to]) => to - from >= minOn && (thresholds.peak === undefined || summary(values, from, to)[1] >= thresholds.peak),
  );
}

/** The running median of a track of bytes, from 0 to 1, as Float32Array; see models.events.segments.smoothed. */
function smoothed(bytes) {
  const last = bytes.length - 1;
  return Float32Array.from(bytes, (value, i) => {
    const [a, b] = [bytes[Math.max(0, i - 1)], bytes[Math.min(last, i + 1)]];
    return Math.max(Math.min(a, value), Math.min(b, Math.max(a, value))) / 255;
  });
}

function closePauses(stretches, minOff) {
  const closed = [];
  for (const [start, end] of stretches) {
    const last = closed[closed.length - 1];
    if (last && start - last[1] < minOff) last[1] = end;
    else closed.push([start, end]);
  }
  return closed;
}

/**
 * The events of a recording, in order.
 *
 * scores: as scoresOf gives them.
 * thresholds: onset, offset, peak (of tracks only), minOn, minOff.
 */
function findEvents(scores, thresholds) {
  return segments(scores.curve, thresholds, scores.hz).map(([start, end]) => eventOf(scores, start, end));
}

/**
 * What events are made of: probability, Float32Array [seconds]; kinds, Float32Array [seconds * 6]; audioS, seconds of
 * sound; tracks, null or Uint8Array [slots] of laughter and of each track beside it; and of these the curve that
 * thresholds are held against, `hz` values a second, once, for thresholds move often.
 */
function scoresOf({ probability, kinds, audioS, tracks }) {
  const [curve, hz] = tracks === null ? [probability, 1] : [smoothed(tracks[0]), TRACK_HZ];
  return { probability, kinds, audioS, tracks, curve, hz };
}

function eventOf({ probability, kinds, audioS, tracks, hz }, start, end) {
  const count = end - start;
  const heard = Float32Array.from({ length: count }, (_, i) => probability[Math.floor((start + i) / hz)]);
  const means = [0, 0, 0, 0, 0, 0];
  for (let place = start; place < end; place++) {
    const second = Math.floor(place / hz);
    for (let kind = 0; kind < 6; kind++) means[kind] = Math.fround(means[kind] + kinds[second * 6 + kind]);
  }
  for (let kind = 0; kind < 6; kind++) means[kind] = Math.fround(means[kind] / count);
  return {
    start: start / hz,
    end: Math.min(end / hz, audioS),
    kind: means.indexOf(Math.max(...means)),
    max: summary(heard, 0, count)[1],
    mean: Math.fround(floatSum(heard) / count),
    kinds: means,
    beside: tracks === null ? null : tracks.slice(1).map((track) => trackMean(track, start, end)),
  };
}

function trackMean(track, start, end) {
  let sum = 0;
  for (let place = start; place < end; place++) sum += track[place];
  return sum / (255 * (end - start));
}

/** The least, the greatest and the mean of values [from, to). */
function summary(values, from, to) {
  let least = values[from];
  let most = least;
  let sum = 0;
  for (let i = from; i < to; i++) {
    if (values[i] < least) least = values[i];
    else if (values[i] > most) most = values[i];
    sum += values[i];
  }
  return [least, most, sum / (to - from)];
}

/** The events of the table, as the page's data has them. */
function tableEvents(rows) {
  return rows.map(([start, end, kind, max, mean, ...others]) => {
    const beside = others[6] === null ? null : others.slice(6);
    return { start, end, kind, max, mean, kinds: others.slice(0, 6), beside };
  });
}

function sameThresholds(a, b) {
  return Object.keys(a).every((name) => a[name] === b[name]);
}

/** Whether two lists of events have the same times and kinds. */
function sameEvents(a, b) {
  return (
    a.length === b.length &&
    a.every((event, i) => event.start === b[i].start && event.end === b[i].end && event.kind === b[i].kind)
  );
}
