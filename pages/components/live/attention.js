// Tells the rest of the page what needs a person, so that it need not ask the server for it.

import { rangAt } from "./conditions.js";

const LABELS = {
  duress: "Under duress",
  forced: "Forced open",
  ringing: "Ringing",
  held: "Held open",
  not_secured: "Not secure again",
  unconfirmed: "Lockdown not confirmed",
  mode_lost: "Lockdown not shown",
  lease_over: "Lockdown not kept",
  answered_late: "Answered late",
  acts_locked: "Acts locked",
  talking: "In call",
  offline: "Offline",
  silent: "Silent",
};
const SEVERITIES = { duress: "alarm", forced: "alarm", ringing: "alarm", talking: "calm" };
const RANK = Object.keys(LABELS);
const MOST = 50;
/** Why a door may not be as somebody ordered. */
const DOUBTS = new Set(["not_secured", "unconfirmed", "mode_lost", "lease_over"]);
/** How long an answer that came after the verdict is told of. */
const LATE_SHOWN = 300e6;

function item(what, tile, since, model, more) {
  return {
    what,
    label: LABELS[what],
    severity: SEVERITIES[what] ?? "warning",
    site: tile.site,
    site_name: model.siteName(tile.site),
    name: tile.name,
    since,
    ...more,
  };
}

function atDoor(tile, call, model) {
  const found = [];
  const door = { door: tile.door };
  if (call) found.push(item(call.state === "ringing" ? "ringing" : "talking", tile, rangAt(call), model, door));
  if (tile.alarm in LABELS) found.push(item(tile.alarm, tile, tile.since, model, door));
  if (DOUBTS.has(tile.mode_doubt)) found.push(item(tile.mode_doubt, tile, tile.since, model, door));
  return found;
}

/** A device that is away counts once, however many doors it serves. */
function ofDevices(model, now) {
  const away = new Map();
  for (const tile of model.doors.values()) {
    const offline = tile.online === false;
    if (!model.shows(tile.site) || !(offline || (tile.stale_at > 0 && tile.stale_at <= now))) continue;
    const since = tile.stale_at > 0 ? Math.min(tile.stale_at, now) : 0;
    const named = { ...tile, name: tile.device };
    away.set(tile.device, item(offline ? "offline" : "silent", named, since, model, { device: tile.device }));
  }
  return [...away.values()];
}

/** Doors of which an answer came when nobody waited for it any more. */
function late(model, now) {
  const acts = [...model.acts.values()].filter((one) => one.late > 0 && now - one.since < LATE_SHOWN && model.shows(one.site));
  return acts.map((one) => {
    const { name } = model.placeOf(one);
    return item("answered_late", { site: one.site, name }, one.late, model, { door: one.door });
  });
}

/** People who act under duress, of whom no sound tells: whoever forces them may be within hearing. */
function silent(model) {
  return [...model.alarms.values()]
    .filter((one) => model.shows(one.site))
    .map((one) => {
      const { name } = model.placeOf(one);
      const said = item(one.kind === "operator.acts_locked" ? "acts_locked" : "duress", { site: one.site, name }, one.since, model, { door: one.door });
      return one.name ? { ...said, label: `${said.label}: ${one.name}` } : said;
    });
}

/** `{calls, alarms, devices, items, more}` of the sites that are drawn, as GET /live/attention writes it. */
export function attention(model, calls, now) {
  const devices = ofDevices(model, now);
  const items = [...silent(model), ...late(model, now), ...devices];
  for (const tile of model.doors.values()) {
    if (model.shows(tile.site)) items.push(...atDoor(tile, calls.get(tile.door), model));
  }
  items.sort((a, b) => RANK.indexOf(a.what) - RANK.indexOf(b.what) || a.since - b.since);
  const count = (...whats) => items.filter((one) => whats.includes(one.what)).length;
  return {
    calls: count("ringing", "talking"),
    alarms: count("duress", "forced", "held", ...DOUBTS, "answered_late", "acts_locked"),
    devices: devices.length,
    items: items.slice(0, MOST),
    more: Math.max(0, items.length - MOST),
  };
}

export class Teller {
  #told = "";

  /** Tell it, unless that is what was told last. */
  tell(found) {
    const text = JSON.stringify(found);
    if (text === this.#told) return;
    this.#told = text;
    dispatchEvent(new CustomEvent("gatehouse:attention", { detail: found }));
  }
}
