// What a door is, in one word and one shape, and what of it needs a person. Pure.

const RING_LIVES = 120e6;
/** A door that people walk through is open for moments: longer than this it is worth a look. */
const PASSES = 60e6;

/** In the order of what a guard must see first. */
export const CONDITIONS = {
  duress: { sign: "diamond", word: "Under duress" },
  forced: { sign: "diamond", word: "Forced open" },
  ringing: { sign: "phone", word: "Ringing" },
  held: { sign: "triangle", word: "Held open" },
  unsecured: { sign: "triangle", word: "Not secure again" },
  doubted: { sign: "triangle", word: "Lockdown not confirmed" },
  locked: { sign: "triangle", word: "Acts locked" },
  late: { sign: "triangle", word: "Answered late" },
  talking: { sign: "phone", word: "In call" },
  unknown: { sign: "question", word: "Unknown" },
  lockdown: { sign: "bar", word: "Locked down" },
  kept: { sign: "ring", word: "Kept unlocked" },
  open: { sign: "half", word: "Open" },
  unlocked: { sign: "ring", word: "Unlocked" },
  closed: { sign: "square", word: "Closed" },
  secure: { sign: "square", word: "Secure" },
};
export const RANK = Object.keys(CONDITIONS);

/** How doors are counted: what a counter is called, and which conditions it counts. */
export const COUNTERS = [
  { key: "forced", word: "forced", counts: ["forced"] },
  { key: "ringing", word: "ringing", counts: ["ringing"] },
  { key: "held", word: "held open", counts: ["held"] },
  { key: "talking", word: "in call", counts: ["talking"] },
  { key: "unknown", word: "unknown", counts: ["unknown"] },
  { key: "lockdown", word: "locked down", counts: ["lockdown"] },
  { key: "open", word: "open", counts: ["open", "unlocked", "kept", "unsecured"] },
  { key: "secure", word: "secure", counts: ["secure", "closed"] },
];
const COUNTER = new Map(COUNTERS.flatMap(({ key, counts }) => counts.map((one) => [one, key])));

/** Under which counter a condition is counted. */
export const counterOf = (state) => COUNTER.get(state.key);

/** Whether a call may still be waited for at `now`: one that nobody ended dies with its device's silence. */
export const lives = (call, now) => now - call.changed <= RING_LIVES;

/** Since when somebody has been at the door, by our clock: a device's own may be hours off. */
export const rangAt = (call) => call.heard ?? call.started;

/** How long a ring may be heard, by our clock. */
const RING_HEARD = 30e6;

/** Whether a call may make a sound for this person: somebody rings, just now, and nobody has taken it. */
export function sounding(call, now, me) {
  if (call?.state !== "ringing" || call.rings === false || call.claimed) return false;
  return now - (call.heard ?? call.changed) < RING_HEARD && !(call.declined ?? []).includes(me);
}

/** The open calls of each door at `now`. */
export function openCalls(calls, now) {
  const found = new Map();
  for (const call of calls.values()) {
    const open = call.state === "ringing" || call.state === "answered";
    if (!open || !lives(call, now)) continue;
    const other = found.get(call.door);
    if (!other || call.state === "ringing") found.set(call.door, call);
  }
  return found;
}

/** What the device last said of the door itself, whether or not it is still true. */
function told(tile) {
  if (tile.alarm === "forced") return "forced";
  if (tile.alarm === "held") return "held";
  if (tile.mode_doubt === "not_secured") return "unsecured";
  if (tile.mode === "locked_down" || tile.mode_ordered === "locked_down") return "lockdown";
  if (tile.mode === "held") return "kept";
  if (tile.position === "open") return "open";
  if (tile.lock === "unlocked") return "unlocked";
  if (tile.position === "closed") return tile.lock === "locked" ? "secure" : "closed";
  return !tile.sensor && tile.lock === "locked" ? "secure" : "unknown";
}

/** No word says that a door is locked down before its device does. */
const worded = (tile, key) =>
  key === "lockdown" && tile.mode !== "locked_down" ? "Lockdown ordered" : CONDITIONS[key].word;

function silence(tile, now) {
  if (tile.online === false) return "Offline";
  if (tile.stale_at === 0) return "Never heard";
  return tile.stale_at <= now ? "Silent" : null;
}

/** `{key, word, since, last}`: `last` is the word for what was known before the silence. */
export function condition(tile, call, now) {
  const last = told(tile);
  const quiet = silence(tile, now);
  if (call && last !== "forced") {
    const key = call.state === "ringing" ? "ringing" : "talking";
    return { key, word: CONDITIONS[key].word, since: rangAt(call), last: null };
  }
  if (quiet) {
    const since = tile.stale_at > 0 ? Math.min(tile.stale_at, now) : 0;
    return { key: "unknown", word: quiet, since, last: last === "unknown" ? null : last };
  }
  return { key: last, word: worded(tile, last), since: tile.since, last: null };
}

/** Whether a condition, or what a silent door was before it, is an alarm of the door. */
export const alarming = (state) =>
  [state.key, state.last].find((key) => key === "forced" || key === "held" || key === "unsecured") ?? null;

const CALM = new Set(["secure", "closed"]);
const PASSING = new Set(["open", "unlocked"]);

/** Whether a door is as it should be. */
export const calm = (state) => CALM.has(state.key);

/** Whether a door is worth a look: neither calm, nor open only for the moment in which somebody walks in. */
export const abnormal = (state, now) => !calm(state) && !(PASSING.has(state.key) && now - state.since < PASSES);

/** The attribute that colours a door: a silent one keeps the alarm it had. */
export const mark = (state) => (state.key === "unknown" && state.last ? `unknown was-${state.last}` : state.key);

/** The shape of a door: a silent one keeps the shape of its alarm. */
export const signOf = (state) => CONDITIONS[alarming(state) ?? state.key].sign;
