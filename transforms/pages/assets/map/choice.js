"use strict";

/** What is said of a clip in one line. */
function describe(point, groups) {
  const group = groups[point.group].name;
  const label = point.label.replaceAll("_", " ");
  return `${point.name}: ${label && label !== group ? `${group} (${label})` : group}`;
}

/** Shows the chosen clip, and plays it where its file is known. */
class Choice {
  constructor(groups) {
    this.groups = groups;
    this.chosen = document.getElementById("chosen");
    this.link = document.getElementById("link");
    this.player = document.getElementById("player");
    this.player.addEventListener("error", () => this.failed());
    this.player.addEventListener("timeupdate", () => {
      if (this.point?.end !== null && this.player.currentTime >= this.point?.end) this.player.pause();
    });
  }

  show(point, { play }) {
    this.point = point;
    this.chosen.textContent = describe(point, this.groups);
    this.link.replaceChildren();
    this.link.hidden = !(point.link || point.media);
    if (point.link) this.addLink(point.link, "Watch it on the web");
    if (point.media) this.addLink(point.media, "Open its file");
    this.player.hidden = !point.media;
    this.player.pause();
    if (!point.media) return;
    this.player.src = `${point.media}#t=${point.start}`;
    if (play) this.player.play().catch(() => {}); // a file that is gone or of no known format is told of by its error
  }

  addLink(target, text) {
    const link = document.createElement("a");
    Object.assign(link, { href: target, textContent: text, target: "_blank", rel: "noopener noreferrer" });
    this.link.append(link);
  }

  failed() {
    if (!this.point?.media) return;
    this.chosen.textContent = `${describe(this.point, this.groups)}. This browser cannot play its file, or it is not there any more.`;
    this.player.hidden = true;
  }
}
