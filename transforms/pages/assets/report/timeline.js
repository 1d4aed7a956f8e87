"use strict";

const LEAST_VIEW_S = 5;
const DRAG_PX = 4;

/** The drawing that can be moved, zoomed and clicked. */
class Timeline extends Drawing {
  /** As for Drawing, and onSeek(second), onEvent(event), onHover(second or null), onView(). */
  constructor(options) {
    super(options);
    this.#listen();
  }

  /** Show [start, end), kept within the recording. */
  show(start, end) {
    const width = Math.min(this.lengthS, Math.max(LEAST_VIEW_S, end - start));
    const from = Math.min(Math.max(0, start), this.lengthS - width);
    this.view = { start: from, end: from + width };
    this.onView();
    this.draw();
  }

  /** Show `factor` times as much, the second `at` staying where it is. */
  zoom(factor, at = this.#middle()) {
    const { start, end } = this.view;
    const width = Math.min(this.lengthS, Math.max(LEAST_VIEW_S, (end - start) * factor));
    const share = (at - start) / (end - start);
    this.show(at - share * width, at - share * width + width);
  }

  /** Bring a stretch into view; what is shown keeps its width where the stretch fits. */
  reveal(start, end) {
    const width = this.view.end - this.view.start;
    if (start >= this.view.start && end <= this.view.end) return;
    if (end - start > width) this.show(start - 2, end + 2);
    else this.show((start + end - width) / 2, (start + end + width) / 2);
  }

  #middle() {
    const { start, end } = this.view;
    return this.position >= start && this.position <= end ? this.position : (start + end) / 2;
  }

  #listen() {
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    this.canvas.addEventListener("pointerdown", (event) => this.#press(event));
    this.canvas.addEventListener("pointermove", (event) => this.#hover(event));
    this.canvas.addEventListener("pointerleave", () => this.onHover(null));
    this.canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    const centre = (event) => {
      const second = ((event.offsetX - GUTTER) / this.plot()) * this.lengthS;
      const width = this.view.end - this.view.start;
      this.show(second - width / 2, second + width / 2);
    };
    this.overview.addEventListener("pointerdown", (event) => {
      this.overview.setPointerCapture(event.pointerId);
      centre(event);
    });
    this.overview.addEventListener("pointermove", (event) => event.buttons && centre(event));
  }

  #press(down) {
    const view = { ...this.view };
    let dragged = false;
    this.canvas.setPointerCapture(down.pointerId);
    const move = (event) => {
      const moved = event.clientX - down.clientX;
      dragged ||= Math.abs(moved) > DRAG_PX;
      const seconds = (moved / this.plot()) * (view.end - view.start);
      if (dragged) this.show(view.start - seconds, view.end - seconds);
    };
    const up = () => {
      stop();
      if (!dragged) this.#click(down);
    };
    const stop = () => {
      this.canvas.removeEventListener("pointermove", move);
      this.canvas.removeEventListener("pointerup", up);
      this.canvas.removeEventListener("pointercancel", stop);
    };
    this.canvas.addEventListener("pointermove", move);
    this.canvas.addEventListener("pointerup", up);
    this.canvas.addEventListener("pointercancel", stop);
  }

  #click(event) {
    const found = this.#eventAt(event);
    if (found) this.onEvent(found);
    else if (event.offsetX >= GUTTER) this.onSeek(this.second(event.offsetX));
  }

  /** The event at a place among bands and lanes; few pixels beside it are near enough. */
  #eventAt({ offsetX, offsetY }) {
    if (offsetX < GUTTER || offsetY < this.tops.curve || offsetY >= this.tops.wave - 6) return null;
    const distance = (event) => {
      const [left, width] = this.span(event);
      return Math.max(left - offsetX, offsetX - left - width, 0);
    };
    const near = this.visible().filter((event) => distance(event) <= 2);
    return near.reduce((best, event) => (best && distance(best) <= distance(event) ? best : event), null);
  }

  #hover(event) {
    const second = this.second(event.offsetX);
    this.onHover(event.offsetX < GUTTER || second > this.lengthS ? null : second);
    this.canvas.style.cursor = this.#eventAt(event) ? "pointer" : "crosshair";
  }

  #wheel(event) {
    const across = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) this.zoom(Math.exp(event.deltaY / 300), this.second(event.offsetX));
    else if (across) {
      const seconds = (across / this.plot()) * (this.view.end - this.view.start);
      this.show(this.view.start + seconds, this.view.end + seconds);
    } else return; // the page scrolls
    event.preventDefault();
  }
}
