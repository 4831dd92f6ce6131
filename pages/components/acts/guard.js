// What keeps a person from an act at a door now: the button belongs to one door, and to one call. Pure.

import { clock, here } from "../gatehouse.live/times.js";

export const CUT = "Not connected: nothing can be done at a door until this screen is live again.";
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

const DOING = {
  unlock: "unlocking this door",
  hold: "having this door kept unlocked",
  end_hold: "ending the hold of this door",
  lockdown: "locking this door down",
  release: "releasing this door",
};

/** Who does what there, and since when; `me` is how the stream calls this person. */
export function whose(act, me) {
  const who = act.by === me ? "You are" : `${act.name || "Somebody else"} is`;
  return `${who} ${DOING[act.action] ?? "at work at this door"} since ${clock(act.since, here)}.`;
}

/** What is said to whoever came second: who has the door, and since when. */
export function lost({ code, message, taken }, me) {
  const since = whose(taken, me);
  return code === "in_progress" ? `${since} One at a time: nothing was sent.` : `${message} ${since}`;
}

/** `{words, lasts}`: why not; `lasts` where it can't become right again. Null where nothing hinders.
 *
 * `mine` is the act that this screen has begun itself. */
export function hindrance({ model, now, current, me }, { door, call, action, second }, mine = null) {
  // What somebody else has asked for is about a door that this screen may not show, or about none in particular.
  if (!second && !model.doors.has(door)) return { words: GONE, lasts: true };
  if (call && !model.calling(call)) return { words: ENDED, lasts: true };
  if (!current) return { words: CUT, lasts: false };
  if (OVERRIDES.has(action)) return null;
  const busy = busyAt(model, door, now);
  return busy && busy.act !== mine ? { words: whose(busy, me), lasts: false } : null;
}
