"use strict";
/* What keys do on the page of a recording. */

const STEP_S = 5;
const PAGE_STEP_S = 60;

function pressed(event) {
  if (!byId("keys").checked || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  const typing = target.matches("input:not([type=checkbox]), select, textarea");
  const own = target.matches("button, a, summary, input[type=checkbox], audio, video") && /^( |Enter|Arrow.*)$/.test(event.key);
  if (typing || own) return;
  const action = actionOf(event.key);
  if (!action) return;
  event.preventDefault();
  action();
}

function actionOf(key) {
  const onSelected = (act) => () => selected && act(selected);
  const digit = /^[1-6]$/.test(key) ? data.kinds[Number(key) - 1] : null;
  if (digit) return onSelected((event) => setMark(event, "other", digit));
  return {
    " ": () => player.toggle(),
    n: () => step(1),
    p: () => step(-1),
    Enter: onSelected((event) => select(event, { play: true })),
    r: onSelected((event) => setMark(event, "right")),
    w: onSelected((event) => setMark(event, "wrong")),
    u: onSelected((event) => setMark(event, null)),
    ArrowLeft: () => player.seek(player.position - STEP_S),
    ArrowRight: () => player.seek(player.position + STEP_S),
    "+": () => timeline.zoom(0.5),
    "=": () => timeline.zoom(0.5),
    "-": () => timeline.zoom(2),
    0: () => timeline.show(0, data.length_s),
    s: save,
  }[key.length === 1 ? key.toLowerCase() : key];
}

/** The slider's own keys, which work whether single keys are on or not. */
function slid(event) {
  const to = {
    ArrowLeft: player.position - STEP_S,
    ArrowDown: player.position - STEP_S,
    ArrowRight: player.position + STEP_S,
    ArrowUp: player.position + STEP_S,
    PageDown: player.position - PAGE_STEP_S,
    PageUp: player.position + PAGE_STEP_S,
    Home: 0,
    End: data.length_s,
  }[event.key];
  if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  player.seek(to);
  timeline.reveal(player.position, player.position);
}
