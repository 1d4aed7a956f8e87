"use strict";

/** Outlines of the markers, of about radius 1, by the style of a group. */
const SHAPES = {
  0: "M-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0z",
  1: "M0-1.2L1.15.8H-1.15z",
  2: "M-.9-.9H.9V.9H-.9z",
  3: "M0-1.3L1.1 0L0 1.3L-1.1 0z",
  4: "M-.4-1.2H.4V-.4H1.2V.4H.4V1.2H-.4V.4H-1.2V-.4H-.4z",
  5: "M0 1.2L1.15-.8H-1.15z",
  none: "M-.6 0a.6.6 0 1 0 1.2 0a.6.6 0 1 0-1.2 0z",
  unknown: "M-.9-.65L-.65-.9L0-.25L.65-.9L.9-.65L.25 0L.9.65L.65.9L0 .25L-.65.9L-.9.65L-.25 0z",
};
const RADIUS = 5;
const NEAR = 12;
const MARGIN = 16;
const LARGEST_ZOOM = 60;

/** The part of the map that is seen, and how it is drawn; `points` have x, y (upwards), group and shown. */
class View {
  constructor(canvas, points, groups) {
    this.canvas = canvas;
    this.points = points;
    this.styles = groups.map((group) => group.style);
    this.shapes = this.styles.map((style) => new Path2D(SHAPES[style]));
    this.tall = Math.max(0.1, ...points.map((point) => Math.abs(point.y)));
    this.emphasised = null;
    this.chosen = null;
    this.waiting = false;
    this.whole();
  }

  whole() {
    this.zoom = 1;
    this.centre = { x: 0, y: 0 };
    this.draw();
  }

  get size() {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  /** Pixels of one unit of the map. */
  get scale() {
    const { width, height } = this.size;
    return this.zoom * Math.max(1, Math.min(width / 2 - MARGIN, (height / 2 - MARGIN) / this.tall));
  }

  place(point) {
    const { width, height } = this.size;
    return { x: width / 2 + (point.x - this.centre.x) * this.scale, y: height / 2 - (point.y - this.centre.y) * this.scale };
  }

  /** Zoom by a factor about a place of the canvas, its middle where none is given. */
  zoomBy(factor, at = { x: this.size.width / 2, y: this.size.height / 2 }) {
    const before = this.scale;
    this.zoom = Math.min(LARGEST_ZOOM, Math.max(1, this.zoom * factor));
    const moved = 1 / before - 1 / this.scale;
    this.centre.x += (at.x - this.size.width / 2) * moved;
    this.centre.y -= (at.y - this.size.height / 2) * moved;
    this.pan(0, 0);
  }

  /** Move by pixels, as far as the map reaches. */
  pan(x, y) {
    const limit = (value) => Math.min(1.2, Math.max(-1.2, value));
    this.centre = { x: limit(this.centre.x - x / this.scale), y: limit(this.centre.y + y / this.scale) };
    this.draw();
  }

  /** Bring a point into sight. */
  reveal(point) {
    const { x, y } = this.place(point);
    const { width, height } = this.size;
    if (x < MARGIN || y < MARGIN || x > width - MARGIN || y > height - MARGIN) this.centre = { x: point.x, y: point.y };
    this.draw();
  }

  /** The shown point nearest to a place of the canvas; null where none is near. */
  nearest(at) {
    let best = null;
    let least = NEAR ** 2;
    for (const point of this.points) {
      if (!point.shown) continue;
      const { x, y } = this.place(point);
      const distance = (x - at.x) ** 2 + (y - at.y) ** 2;
      if (distance <= least) [best, least] = [point, distance];
    }
    return best;
  }

  /** The next shown point from another towards a direction, by distance and how straight the way is. */
  next(from, right, up) {
    let best = null;
    let least = Infinity;
    for (const point of this.points) {
      if (!point.shown || point === from) continue;
      const x = point.x - from.x;
      const y = point.y - from.y;
      const along = x * right + y * up;
      const aside = Math.abs(x * up) + Math.abs(y * right);
      if (along > 0 && aside <= 2 * along && along + 2 * aside < least) [best, least] = [point, along + 2 * aside];
    }
    return best;
  }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.paint();
    });
  }

  paint() {
    const { width, height } = this.size;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const context = this.canvas.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const fills = this.styles.map((one) => colour(Number.isInteger(one) ? `--kind-${one}` : `--${one}`));
    const radius = RADIUS * Math.min(2, this.zoom ** 0.25);
    for (const point of this.points) {
      if (point.shown) this.mark(context, point, radius, ratio, fills[point.group], colour("--panel"));
    }
    for (const point of new Set([this.chosen, this.emphasised])) {
      if (point?.shown) this.mark(context, point, 1.7 * radius, ratio, fills[point.group], colour("--text"));
    }
  }

  mark(context, point, radius, ratio, fill, edge) {
    const { x, y } = this.place(point);
    context.setTransform(radius * ratio, 0, 0, radius * ratio, x * ratio, y * ratio);
    context.globalAlpha = point.dimmed ? 0.12 : 1;
    context.fillStyle = fill;
    context.fill(this.shapes[point.group]);
    context.globalAlpha = point.dimmed ? 0 : 1;
    context.strokeStyle = edge;
    context.lineWidth = 1 / radius;
    context.stroke(this.shapes[point.group]);
  }
}
