// Tells the rest of the page what needs a person, so that it need not ask the server for it.

const LABELS = {
  forced: "Forced open",
  ringing: "Ringing",
  held: "Held open",
  talking: "In call",
  offline: "Offline",
  silent: "Silent",
};
const SEVERITIES = { forced: "alarm", ringing: "alarm", talking: "calm" };
const RANK = Object.keys(LABELS);
const MOST = 50;

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
  if (call) found.push(item(call.state === "ringing" ? "ringing" : "talking", tile, call.started, model, door));
  if (tile.alarm in LABELS) found.push(item(tile.alarm, tile, tile.since, model, door));
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

/** `{calls, alarms, devices, items, more}` of the sites that are drawn, as GET /live/attention writes it. */
export function attention(model, calls, now) {
  const devices = ofDevices(model, now);
  const items = [...devices];
  for (const tile of model.doors.values()) {
    if (model.shows(tile.site)) items.push(...atDoor(tile, calls.get(tile.door), model));
  }
  items.sort((a, b) => RANK.indexOf(a.what) - RANK.indexOf(b.what) || a.since - b.since);
  const count = (...whats) => items.filter((one) => whats.includes(one.what)).length;
  return {
    calls: count("ringing", "talking"),
    alarms: count("forced", "held"),
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
