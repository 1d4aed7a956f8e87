"use strict";
/* Two canvases: the whole recording, and a part of it with probability, events and loudness. Drawing looks at every value
 * once, and draws the least, the mean and the greatest of each column of pixels: a day costs little more than an hour. */

const GUTTER = 120;
const MARGIN = 14;
const RULER = 22;
const CURVE = 130;
const LANE = 15;
const WAVE = 64;
const TICKS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800];

/** What is drawn, and where on it a time lies. */
class Drawing {
  /**
   * root, canvas, overview, cursor: elements; curve: Float32Array, what the thresholds apply to; curveASecond: values of
   * it; curveName; peaks: Uint8Array or null; peaksASecond; kinds: names; lengthS.
   */
  constructor(options) {
    Object.assign(this, options);
    this.events = [];
    this.marks = null;
    this.thresholds = { onset: 1, offset: 1 };
    this.selected = null;
    this.position = 0;
    this.lengthS = Math.max(this.lengthS, 1);
    this.view = { start: 0, end: this.lengthS };
    this.loudest = Math.max(1, this.peaks?.reduce((a, b) => Math.max(a, b), 0) ?? 1);
    this.tops = { curve: RULER, lanes: RULER + CURVE + 6 };
    this.tops.wave = this.tops.lanes + LANE * this.kinds.length + 8;
    this.height = this.tops.wave + (this.peaks ? WAVE : 0);
    setHeight(this.canvas, this.height);
    setHeight(this.overview, 46);
  }

  /** Draw again, soon, once. */
  draw() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = null;
      this.#readColours();
      this.#drawDetail();
      this.#drawOverview();
      this.moveCursor(this.position);
    });
  }

  moveCursor(position) {
    this.position = position;
    const { start, end } = this.view;
    this.cursor.hidden = position < start || position > end;
    this.cursor.style.transform = `translateX(${this.x(position)}px)`;
  }

  plot() {
    return Math.max(50, this.canvas.clientWidth - GUTTER - MARGIN);
  }

  x(second) {
    return GUTTER + ((second - this.view.start) / (this.view.end - this.view.start)) * this.plot();
  }

  second(x) {
    return this.view.start + ((x - GUTTER) / this.plot()) * (this.view.end - this.view.start);
  }

  #readColours() {
    const style = getComputedStyle(this.root);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this.colours = Object.fromEntries(["text", "muted", "line", "curve", "wave", "accent", "panel", "threshold"].map((n) => [n, colour(n)]));
    this.colours.kinds = this.kinds.map((_, kind) => colour(`kind-${kind}`));
    this.font = `12px ${style.fontFamily}`;
  }

  #drawDetail() {
    const context = prepared(this.canvas, this.font);
    this.#drawRuler(context);
    this.#drawBands(context);
    this.#drawCurve(context);
    this.#drawLanes(context);
    if (this.peaks) this.#drawWave(context);
  }

  #drawRuler(context) {
    const { start, end } = this.view;
    const step = TICKS_S.find((tick) => (tick / (end - start)) * this.plot() >= 76) ?? 86400;
    context.textAlign = "center";
    for (let tick = Math.ceil(start / step) * step; tick <= end; tick += step) {
      const x = Math.round(this.x(tick)) + 0.5;
      context.fillStyle = this.colours.line;
      context.fillRect(x - 0.5, RULER - 5, 1, this.height - RULER + 5);
      context.fillStyle = this.colours.muted;
      const half = context.measureText(clock(tick)).width / 2;
      context.fillText(clock(tick), Math.min(Math.max(x, GUTTER + half), this.canvas.clientWidth - half), 11);
    }
    context.textAlign = "right";
    for (const value of [0, 0.5, 1]) {
      const y = this.#y(value);
      context.fillStyle = this.colours.line;
      context.fillRect(GUTTER, Math.round(y), this.plot(), 1);
      context.fillStyle = this.colours.muted;
      context.fillText(value.toFixed(1), GUTTER - 8, y + 4);
    }
    context.fillText(this.curveName, GUTTER - 32, this.#y(0.5) + 4);
  }

  #y(value) {
    return this.tops.curve + 4 + (1 - value) * (CURVE - 8);
  }

  visible() {
    return this.events.filter((event) => event.end > this.view.start && event.start < this.view.end);
  }

  /** Where an event begins and how wide it is, at least `least` pixels, for the eye and the pointer. */
  span(event, least = 2) {
    const left = Math.max(GUTTER, this.x(event.start));
    const right = Math.min(GUTTER + this.plot(), this.x(event.end));
    return [left, Math.max(least, right - left)];
  }

  #drawBands(context) {
    context.globalAlpha = 0.2;
    for (const event of this.visible()) {
      const [left, width] = this.span(event, 0);
      context.fillStyle = this.colours.kinds[event.kind];
      context.fillRect(left, this.tops.curve, width, CURVE);
    }
    context.globalAlpha = 1;
  }

  #drawCurve(context) {
    const bottom = this.#y(0);
    context.fillStyle = this.colours.curve;
    let before = null;
    columns(this.view, this.plot(), this.curveASecond, this.curve.length, (x, from, to) => {
      const [least, most, mean] = summary(this.curve, from, to);
      const several = to - from > 1;
      context.globalAlpha = several ? 0.1 : 0.16;
      context.fillRect(GUTTER + x, this.#y(most), 1, bottom - this.#y(most));
      if (several) {
        context.globalAlpha = 0.3;
        context.fillRect(GUTTER + x, this.#y(most), 1, this.#y(least) - this.#y(most));
      }
      const [low, high] = [Math.min(mean, before ?? mean), Math.max(mean, before ?? mean)];
      context.globalAlpha = 1;
      context.fillRect(GUTTER + x, this.#y(high) - 0.75, 1, this.#y(low) - this.#y(high) + 1.5);
      before = mean;
    });
    this.#drawThreshold(context, "onset", []);
    this.#drawThreshold(context, "offset", [5, 4]);
    if ("peak" in this.thresholds) this.#drawThreshold(context, "peak", [1, 3]);
  }

  #drawThreshold(context, name, dashes) {
    const y = Math.round(this.#y(this.thresholds[name])) + 0.5;
    context.strokeStyle = this.colours.threshold;
    context.setLineDash(dashes);
    context.beginPath();
    context.moveTo(GUTTER, y);
    context.lineTo(GUTTER + this.plot(), y);
    context.stroke();
    context.setLineDash([]);
  }

  #drawLanes(context) {
    this.kinds.forEach((kind, number) => {
      const y = this.tops.lanes + number * LANE;
      context.fillStyle = this.colours.line;
      context.fillRect(GUTTER, y + LANE - 1, this.plot(), 1);
      context.fillStyle = this.colours.kinds[number];
      context.fillRect(2, y + 3, 8, 8);
      context.fillStyle = this.colours.muted;
      context.textAlign = "left";
      context.fillText(kindName(kind), 15, y + 11);
    });
    context.textAlign = "center";
    for (const event of this.visible()) this.#drawEvent(context, event);
  }

  #drawEvent(context, event) {
    const [left, width] = this.span(event);
    const y = this.tops.lanes + event.kind * LANE + 1;
    context.fillStyle = this.colours.kinds[event.kind];
    context.fillRect(left, y, width, LANE - 3);
    const verdict = this.marks?.get(event)?.verdict;
    if (verdict && width >= 9) {
      context.fillStyle = this.colours.panel;
      context.fillText({ right: "✓", wrong: "✗", other: "≠" }[verdict], left + width / 2, y + 10);
    }
    if (event === this.selected) {
      context.strokeStyle = this.colours.text;
      context.lineWidth = 2;
      context.strokeRect(left - 1, this.tops.curve, width + 2, this.tops.wave - this.tops.curve - 6);
      context.lineWidth = 1;
    }
  }

  #drawWave(context) {
    const middle = this.tops.wave + WAVE / 2;
    context.fillStyle = this.colours.muted;
    context.textAlign = "right";
    context.fillText("loudness", GUTTER - 32, middle + 4);
    context.fillStyle = this.colours.wave;
    columns(this.view, this.plot(), this.peaksASecond, this.peaks.length, (x, from, to) => {
      const [, most] = summary(this.peaks, from, to);
      const half = Math.max(0.5, (most / this.loudest) ** 2 * (WAVE / 2 - 2)); // peaks are kept as square roots
      context.fillRect(GUTTER + x, middle - half, 1, 2 * half);
    });
  }

  #drawOverview() {
    const context = prepared(this.overview, this.font);
    const whole = { start: 0, end: this.lengthS };
    const height = 34;
    context.fillStyle = this.colours.curve;
    context.globalAlpha = 0.55;
    columns(whole, this.plot(), this.curveASecond, this.curve.length, (x, from, to) => {
      const [, most] = summary(this.curve, from, to);
      context.fillRect(GUTTER + x, height - most * (height - 4), 1, most * (height - 4) + 0.5);
    });
    context.globalAlpha = 1;
    const scale = this.plot() / this.lengthS;
    for (const event of this.events) {
      context.fillStyle = this.colours.kinds[event.kind];
      context.fillRect(GUTTER + event.start * scale, height + 2, Math.max(1, (event.end - event.start) * scale), 8);
    }
    const left = GUTTER + this.view.start * scale;
    const width = Math.max(3, (this.view.end - this.view.start) * scale);
    context.fillStyle = this.colours.accent;
    context.globalAlpha = 0.14;
    context.fillRect(left, 0, width, 46);
    context.globalAlpha = 1;
    context.strokeStyle = this.colours.accent;
    context.strokeRect(left + 0.5, 0.5, Math.max(2, width - 1), 45);
    context.fillStyle = this.colours.muted;
    context.textAlign = "left";
    context.fillText("whole recording", 2, 24);
  }
}

function setHeight(canvas, height) {
  canvas.style.height = `${height}px`;
}

/** A canvas, cleared, whose unit is a CSS pixel whatever the screen. */
function prepared(canvas, font) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(canvas.clientWidth * scale);
  canvas.height = Math.round(canvas.clientHeight * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.font = font;
  return context;
}

/** For each column of pixels, call use(x, from, to) with the values [from, to) that lie in it, at least one. */
function columns({ start, end }, pixels, valuesASecond, count, use) {
  const each = ((end - start) * valuesASecond) / pixels;
  for (let x = 0; x < pixels; x++) {
    const from = Math.floor(start * valuesASecond + x * each);
    if (from >= count) break;
    use(x, from, Math.min(count, Math.max(from + 1, Math.floor(start * valuesASecond + (x + 1) * each))));
  }
}
