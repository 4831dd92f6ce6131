// How far an act has come: what the server answers and what the stream tells, made one. Pure.

import { worded } from "../gatehouse.live/rows.js";
import { clock, offset } from "../gatehouse.live/times.js";

const RANK = ["pending", "awaiting_second", "requested", "sent", "accepted", "confirmed"];
const ENDS = new Set(["refused", "expired", "unconfirmed"]);
const TIMES = ["since", "sent", "accepted", "confirmed", "opened", "secured"];
const rank = (state) => (ENDS.has(state) ? RANK.length : RANK.indexOf(state));

/** Take the newer of two words about an act: it only goes forward, and a time that was told stays told. */
export function merged(old, told) {
  const state = told.state ?? told.stage;
  const news = { ...told, id: told.id ?? told.act, state };
  if (!old) return news;
  const ahead = rank(state) >= rank(old.state) ? news : { ...news, state: old.state };
  const both = { ...old, ...ahead };
  for (const time of TIMES) both[time] = Math.max(old[time] ?? 0, told[time] ?? 0);
  both.final = Boolean(old.final || told.final);
  both.good = Boolean(old.good || told.good);
  return both;
}

/** Whether an act has left the hands of who asked: from here on the log tells. */
export const begun = (flight) => !["pending", "awaiting_second"].includes(flight.state);

/** Whether nothing more is to be waited for. */
export const settled = (flight) => flight.final && (!flight.good || flight.secured > 0 || flight.state !== "confirmed");

const opened = (flight) => (flight.opened > 0 ? "The door is open" : "The door is unlocked");

const until = ({ until: at }, zone) => (at ? ` until ${clock(at, zone).slice(0, 5)} UTC${offset(at, zone)}` : "");

/** What is said of an act that ended well, where it is no unlock. */
const ELSE = {
  hold: (flight, zone) =>
    flight.ended || flight.secured ? "Secure again" : `The door is kept unlocked${until(flight, zone)}`,
  end_hold: () => "The hold has ended; the door is locked",
  lockdown: () => "Locked down",
  release: () => "Released",
};

/** How far an act about several doors has come. */
function many({ doors, action, final }) {
  const done = doors.filter((one) => one.good).length;
  const what = action === "release" ? "released" : "locked down";
  const words = `${done} of ${doors.length} doors ${what}`;
  if (!final) return { tone: "waiting", words };
  if (done === doors.length) return { tone: "good", words };
  return { tone: "doubt", words: `${words}. Look at the others.` };
}

function good(flight, zone) {
  if (flight.state === "sent") return "Sent; this device cannot confirm";
  if (flight.state === "accepted") return "Accepted; this door has no sensor to confirm it";
  if (flight.action in ELSE) return ELSE[flight.action](flight, zone);
  if (flight.secured > 0) return "Secure again";
  return flight.accepted > 0 ? opened(flight) : "Requested; the lock now reports unlocked";
}

const why = (flight) => (flight.reason ? `: ${worded(flight.reason).toLowerCase()}` : "");

/** By whom or why it was refused: what the log calls it may begin with the same word. */
function refusal(flight) {
  const reason = flight.reason ? worded(flight.reason) : "";
  return /^refused/i.test(reason) ? `${reason[0].toUpperCase()}${reason.slice(1)}` : `Refused${why(flight)}`;
}

const BAD = {
  refused: (flight) => `${refusal(flight)}. ${flight.sent ? "" : "Nothing was sent."}`.trim(),
  expired: (flight) => (flight.sent ? `Expired${why(flight)}.` : "Expired. Nothing was sent."),
  unconfirmed: () => "Sent; the door did not confirm. Look before you try again.",
};
const WAITING = {
  pending: "Waiting for your proof",
  awaiting_second: "Waits for a second person",
  requested: "Asked for",
  sent: "Sent; waiting for the device",
  accepted: "Accepted; waiting for the door",
};

/** `{tone, words}`: "good", "bad", "doubt" or "waiting"; times are those of the door's `zone`. No word here says unlocked before the device has. */
export function verdict(flight, zone) {
  if (flight.doors?.length > 0 && begun(flight)) return many(flight);
  if (flight.good) return { tone: "good", words: good(flight, zone) };
  if (flight.state in BAD) {
    return { tone: flight.state === "unconfirmed" ? "doubt" : "bad", words: BAD[flight.state](flight) };
  }
  return { tone: "waiting", words: WAITING[flight.state] ?? "Under way" };
}

/** The stages in their order, `{name, at, state}`: "done", "next", "open", or "never" for what can't come any more. */
export function stages(flight) {
  const confirmed = flight.opened > 0 ? "Door open" : "Confirmed";
  const told = [
    ["Asked", flight.since ?? 0],
    ["Sent", flight.sent ?? 0],
    ["Accepted", flight.accepted ?? 0],
    [confirmed, flight.confirmed ?? 0],
    ["Secure again", flight.secured ?? 0],
  ];
  const last = told.findLastIndex(([, at]) => at > 0);
  const closes = flight.good && flight.state === "confirmed";
  return told.map(([name, at], index) => {
    const late = index < last || (flight.final && !(closes && index === told.length - 1));
    const state = at > 0 ? "done" : late ? "never" : index === last + 1 ? "next" : "open";
    return { name, at, state };
  });
}
