"use strict";
/* The recording as the browser plays it, or, where there is none, a position alone. */

class Player {
  /**
   * place: element for the player; link: of the media file, or null; isAudio; lengthS: of the recording;
   * onTime: called with the position whenever it changes.
   */
  constructor({ place, link, isAudio, lengthS, onTime }) {
    Object.assign(this, { place, lengthS, onTime });
    this.position = 0;
    this.stopAt = null;
    this.note = element("p", { className: "note", role: "status" });
    const chooser = element("input", { type: "file", accept: "audio/*,video/*" });
    chooser.addEventListener("change", () => chooser.files.length && this.#open(chooser.files[0]));
    this.chooser = element("label", { className: "chooser" }, "Play a file of this computer: ", chooser);
    place.append(this.note, this.chooser);
    if (link) this.#load(link, isAudio);
    else this.note.textContent = "This page links to no recording.";
    this.chooser.hidden = Boolean(link);
  }

  /** Go to a second; `play` from there, until `stopAt` where given. */
  seek(second, { play = false, stopAt = null } = {}) {
    this.position = Math.min(Math.max(0, second), this.lengthS);
    this.stopAt = stopAt;
    if (this.media) {
      this.media.currentTime = this.position;
      if (play) this.media.play().catch(() => {});
    }
    this.onTime(this.position);
  }

  toggle() {
    if (!this.media) return;
    if (this.media.paused) this.media.play().catch(() => {});
    else this.media.pause();
  }

  get playing() {
    return Boolean(this.media) && !this.media.paused;
  }

  #open(file) {
    if (this.opened) URL.revokeObjectURL(this.opened);
    this.opened = URL.createObjectURL(file);
    this.#load(this.opened, file.type.startsWith("audio/"));
  }

  #load(link, isAudio) {
    this.media?.remove();
    this.note.textContent = "";
    this.media = element(isAudio ? "audio" : "video", { controls: true, preload: "metadata", src: link });
    this.media.setAttribute("aria-label", "The recording");
    this.media.addEventListener("error", () => this.#failed());
    this.media.addEventListener("play", () => this.#follow());
    this.media.addEventListener("seeked", () => this.#look());
    this.media.addEventListener("loadedmetadata", () => {
      this.chooser.hidden = true;
      if (this.position) this.media.currentTime = this.position;
    });
    this.place.prepend(this.media);
  }

  #failed() {
    this.media.remove();
    this.media = null;
    this.note.textContent =
      "The recording is not where this page looks for it, or of a format that this browser does not play (MP4, WebM, " +
      "MP3, Ogg and WAV are played by most).";
    this.chooser.hidden = false;
  }

  #look() {
    if (!this.media) return;
    this.position = this.media.currentTime;
    if (this.stopAt !== null && this.position >= this.stopAt) {
      this.media.pause();
      this.stopAt = null;
    }
    this.onTime(this.position);
  }

  #follow() {
    this.#look();
    if (this.playing) requestAnimationFrame(() => this.#follow());
  }
}
