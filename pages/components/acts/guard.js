// What keeps a person from unlocking a door now: the button belongs to one door, and to one call. Pure.

import { clock, here } from "../gatehouse.live/times.js";

export const CUT = "Not connected: nothing can be unlocked until this screen is live again.";
const GONE = "This door is not on your screen any more.";
const ENDED = "The call has ended.";
/** What waits for no command under way. */
const OVERRIDES = new Set(["lockdown", "release"]);

/** The act of somebody that is under way at a door at `now`. */
export function busyAt(model, door, now) {
  // A door that was let go is taken for as long as it stands unlocked, which no record may end.
  const under = (one) => one.busy && (!one.closes || now < one.closes || !one.final);
  return [...model.acts.values()].find((one) => one.door === door && under(one)) ?? null;
}

/** Who is unlocking, and since when; `me` is how the stream calls this person. */
export function whose(act, me) {
  const who = act.by === me ? "You are" : `${act.name || "Somebody else"} is`;
  return `${who} unlocking this door since ${clock(act.since, here)}.`;
}

/** `{words, lasts}`: why not; `lasts` where it can't become right again. Null where nothing hinders.
 *
 * `mine` is the act that this screen has begun itself. */
export function hindrance({ model, now, current, me }, { door, call, action }, mine = null) {
  // An act about a whole site names no door.
  if (door && !model.doors.has(door)) return { words: GONE, lasts: true };
  if (call && !model.calling(call)) return { words: ENDED, lasts: true };
  if (!current) return { words: CUT, lasts: false };
  if (OVERRIDES.has(action)) return null;
  const busy = busyAt(model, door, now);
  return busy && busy.act !== mine ? { words: whose(busy, me), lasts: false } : null;
}
