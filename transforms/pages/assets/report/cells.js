"use strict";
/* Cells of the table of events that hold more than text. */

function describeEvent(event) {
  return `${kindName(data.kinds[event.kind])} at ${clock(event.start)}`;
}

function jumpButton(event) {
  const title = utcAt(data.start_utc, event.start);
  const button = element("button", { type: "button", className: "jump", title, "data-focus": `jump ${Marks.key(event)}` });
  button.append(clock(event.start));
  button.setAttribute("aria-label", `Play ${describeEvent(event)}`);
  button.addEventListener("click", () => select(event, { play: true }));
  return button;
}

function kindCell(event, cell) {
  cell.append(element("span", { className: `swatch kind-${event.kind}` }), kindName(data.kinds[event.kind]));
  cell.title = data.kinds.map((kind, i) => `${kindName(kind)} ${event.kinds[i].toFixed(3)}`).join("\n");
}

/** What is heard beside the laughter for half of the time and more; of all of it, how much. */
function besideCell(event, cell) {
  if (event.beside === null) return "";
  cell.title = data.beside.map((name, i) => `${name} ${event.beside[i].toFixed(2)}`).join("\n");
  return data.beside.filter((_, i) => event.beside[i] >= 0.5).join(", ");
}

function strayLine(mark) {
  const said = `${clock(mark.start)} to ${clock(mark.end)}: ${mark.label === NO_LAUGHTER ? "no laughter" : kindName(mark.label)}`;
  const play = element("button", { type: "button" }, said);
  play.setAttribute("aria-label", `Play ${said}`);
  play.addEventListener("click", () => {
    timeline.reveal(mark.start, mark.end);
    player.seek(mark.start, { play: true, stopAt: byId("stop").checked ? mark.end : null });
  });
  const back = element("button", { type: "button" }, "take back");
  back.setAttribute("aria-label", `Take back the mark ${said}`);
  back.addEventListener("click", () => dropMark(mark));
  return element("li", {}, play, " ", back);
}

function markingCell(event) {
  const mark = marks.get(event);
  const verdictButton = (verdict) => {
    const pressed = mark?.verdict === verdict;
    const button = element("button", { type: "button", "aria-pressed": pressed, "data-focus": `${verdict} ${Marks.key(event)}` });
    button.append(verdict);
    button.setAttribute("aria-label", `${verdict}: ${describeEvent(event)}`);
    button.addEventListener("click", () => setMark(event, pressed ? null : verdict));
    return button;
  };
  const others = data.kinds.filter((kind, number) => number !== event.kind);
  const choice = element(
    "select",
    { "aria-label": `Other kind of ${describeEvent(event)}`, "data-focus": `other ${Marks.key(event)}` },
    element("option", { value: "" }, "other kind"),
    ...others.map((kind) => element("option", { value: kind }, kindName(kind))),
  );
  choice.value = mark?.verdict === "other" ? mark.label : "";
  choice.addEventListener("change", () => setMark(event, choice.value ? "other" : null, choice.value));
  return element("div", { className: "marking" }, verdictButton("right"), verdictButton("wrong"), choice);
}
