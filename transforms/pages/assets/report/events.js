"use strict";
/* From a probability a second to events, exactly as models/events.py has it. Numbers are
 * doubles here and float32 there: Math.fround after each step gives what float32 arithmetic gives. */

const MAX_BLOCK = 128;

/** The sum of float32 values from `from`, `count` of them, in the order in which numpy adds: pairwise, by eights. */
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

/** Stretches [start, end) of seconds; see models.events.hysteresis. */
function hysteresis(probability, thresholds) {
  const stretches = [];
  let start = -1;
  for (let second = 0; second <= probability.length; second++) {
    const value = second < probability.length ? probability[second] : -1;
    if (start < 0 && value >= thresholds.onset) start = second;
    else if (start >= 0 && value < thresholds.offset) {
      stretches.push([start, second]);
      start = -1;
    }
  }
  return closePauses(stretches, thresholds.minOff).filter(([from, to]) => to - from >= thresholds.minOn);
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
 * scores: probability, Float32Array [seconds]; kinds, Float32Array [seconds * 6]; audioS, seconds of sound.
 * thresholds: onset, offset, minOn, minOff.
 */
function findEvents(scores, thresholds) {
  return hysteresis(scores.probability, thresholds).map(([start, end]) => eventOf(scores, start, end));
}

function eventOf({ probability, kinds, audioS }, start, end) {
  const seconds = end - start;
  let max = probability[start];
  for (let second = start; second < end; second++) max = Math.max(max, probability[second]);
  const means = [0, 0, 0, 0, 0, 0];
  for (let second = start; second < end; second++) {
    for (let kind = 0; kind < 6; kind++) means[kind] = Math.fround(means[kind] + kinds[second * 6 + kind]);
  }
  for (let kind = 0; kind < 6; kind++) means[kind] = Math.fround(means[kind] / seconds);
  return {
    start,
    end: Math.min(end, audioS),
    kind: means.indexOf(Math.max(...means)),
    max,
    mean: Math.fround(pairwiseSum(probability, start, seconds) / seconds),
    kinds: means,
  };
}

/** The events of the table, as the page's data has them. */
function tableEvents(rows) {
  return rows.map(([start, end, kind, max, mean, ...kinds]) => ({ start, end, kind, max, mean, kinds }));
}

function sameThresholds(a, b) {
  return a.onset === b.onset && a.offset === b.offset && a.minOn === b.minOn && a.minOff === b.minOff;
}

/** Whether two lists of events have the same times and kinds. */
function sameEvents(a, b) {
  return (
    a.length === b.length &&
    a.every((event, i) => event.start === b[i].start && event.end === b[i].end && event.kind === b[i].kind)
  );
}
