// How far an act has come: what the server answers and what the stream tells, made one. Pure.

import { worded } from "../gatehouse.live/rows.js";
import { clock, number, offset } from "../gatehouse.live/times.js";

const RANK = ["pending", "awaiting_second", "requested", "sent", "accepted", "confirmed"];
const ENDS = new Set(["refused", "expired", "unconfirmed"]);
const TIMES = ["since", "sent", "accepted", "confirmed", "opened", "let_go", "secured", "ended", "overdue", "late"];
/** What of a door can tell that it is secure, from the least to the most. */
const TELLS = ["", "position", "lock"];
/** Whether it goes well: never where it has come to a bad end. */
const well = ({ state, good }) => Boolean(good) && !ENDS.has(state);
const rank = (state) => (ENDS.has(state) ? RANK.length : RANK.indexOf(state));

/** Take the newer of two words about an act: it only goes forward, and a time that was told stays told.
 *
 * How well it goes does not stay: what was good once it was sent may still be refused, and then is not. */
export function merged(old, told) {
  const state = told.state ?? told.stage;
  const news = { ...told, id: told.id ?? told.act, state };
  if (!old) return { ...news, good: well(news) };
  const forward = rank(state) >= rank(old.state);
  const both = { ...old, ...(forward ? news : { ...news, state: old.state, good: old.good }) };
  for (const time of TIMES) both[time] = Math.max(old[time] ?? 0, told[time] ?? 0);
  both.secured_by = TELLS[Math.max(...[old, told].map((one) => TELLS.indexOf(one.secured_by ?? "")))];
  both.final = Boolean(old.final || told.final);
  both.good = well(both);
  return both;
}

/** Whether an act has left the hands of who asked: from here on the log tells. */
export const begun = (flight) => !["pending", "awaiting_second"].includes(flight.state);

/** Whether nothing more is to be waited for: what only was sent may still be refused, what was let go locks again. */
export function settled(flight) {
  if (loose(flight)) return false;
  if (!flight.final || !flight.good) return flight.final;
  if (flight.state === "confirmed") return flight.secured > 0 || !lets(flight);
  return flight.state !== "sent";
}

/** Whether it came to a bad end and the door was seen to let go all the same, and not to be secure again. */
const loose = ({ let_go: at, secured }) => at > 0 && !secured;

/** Whether it lets a door go that locks again by itself. */
const lets = ({ action = "unlock" }) => action === "unlock";

/** What a door is again: no more than it tells; of acts from before this was kept, which of two nobody knows. */
const again = ({ secured_by: by }) => {
  if (by === "position") return "closed";
  return by === "lock" ? "secure" : "locked or closed";
};
const lacking = ({ secured_by: by }) => (by === "position" ? "closed" : "secure");
const capital = (words) => `${words[0].toUpperCase()}${words.slice(1)}`;

const opened = (flight) => (flight.opened > 0 ? "The door is open" : "The door is unlocked");

const until = ({ until: at }, zone) => (at ? ` until ${clock(at, zone).slice(0, 5)} UTC${offset(at, zone)}` : "");

/** What is said of a hold whose door is not known to be locked again. */
const held = (flight, zone) =>
  flight.ended > 0 ? "The hold has ended" : `The door is kept unlocked${until(flight, zone)}`;

/** What is said of an act that ended well, where it is no unlock. */
const ELSE = {
  hold: (flight, zone) => (flight.secured > 0 ? `${capital(again(flight))} again` : held(flight, zone)),
  end_hold: () => "The hold has ended; the door is locked",
  lockdown: () => "Locked down",
  release: () => "Released",
};

const counted = (count) => (count === 1 ? "1 door" : `${count} doors`);

/** How far an act about several doors has come: one that only has accepted it is not known to be so. */
function many({ doors, action, final }) {
  const done = doors.filter((one) => one.good && one.state === "confirmed").length;
  const taken = doors.filter((one) => one.good && one.state !== "confirmed").length;
  const what = action === "release" ? "released" : "locked down";
  const also = taken > 0 ? `; ${counted(taken)} can't confirm it` : "";
  const words = `${done} of ${doors.length} doors ${what}${also}`;
  if (!final) return { tone: "waiting", words };
  if (done === doors.length) return { tone: "good", words };
  return { tone: "doubt", words: `${words}. Look at the others.` };
}

function good(flight, zone) {
  if (flight.state === "accepted") return "Accepted; this door has no sensor to confirm it";
  if (flight.state !== "confirmed") return "Sent; this device cannot confirm";
  if (flight.action in ELSE) return ELSE[flight.action](flight, zone);
  if (flight.secured > 0) return `${capital(again(flight))} again`;
  if (flight.accepted > 0) return opened(flight);
  return `Requested; ${flight.secured_by === "position" ? "the door is open now" : "the lock now reports unlocked"}`;
}

const why = (flight) => (flight.reason ? `: ${worded(flight.reason).toLowerCase()}` : "");

/** By whom or why it was refused: what the log calls it may begin with the same word. */
function refusal(flight) {
  if (flight.reason === "withdrawn") return "Withdrawn";
  const reason = flight.reason ? worded(flight.reason) : "";
  return /^refused/i.test(reason) ? capital(reason) : `Refused${why(flight)}`;
}

/** What is said where nothing was done. */
const nothing = ({ action }) => (action === "export" ? "Nothing was exported." : "Nothing was sent.");

const BAD = {
  refused: (flight) => `${refusal(flight)}. ${flight.sent ? "" : nothing(flight)}`.trim(),
  expired: (flight) => (flight.sent ? `Expired${why(flight)}.` : `Expired. ${nothing(flight)}`),
  unconfirmed: (flight) =>
    flight.let_go > 0
      ? "Sent; the door did not confirm in time."
      : "Sent; the door did not confirm. Look before you try again.",
};

/** What the door did though the verdict is a bad one. */
function after(flight) {
  if (!(flight.let_go > 0)) return "";
  const seen = ` The door was seen to ${flight.secured_by === "position" ? "open" : "let go"}`;
  if (!loose(flight)) return `${seen}, and is ${again(flight)} again.`;
  const late = flight.overdue > 0 ? `, and is not ${lacking(flight)} again` : "";
  return `${seen}${late}: look at it.`;
}
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
  if (flight.state in BAD) {
    const doubt = flight.state === "unconfirmed" && !(loose(flight) && flight.overdue > 0);
    return { tone: doubt ? "doubt" : "bad", words: `${BAD[flight.state](flight)}${after(flight)}` };
  }
  if (flight.overdue > 0 && !flight.secured)
    return { tone: "bad", words: `Not ${lacking(flight)} again. Look at the door.` };
  if (flight.good) return { tone: "good", words: good(flight, zone) };
  return { tone: "waiting", words: WAITING[flight.state] ?? "Under way" };
}

/** What is said beside the verdict where the device has answered after it. */
export const late = (flight, zone) => (flight.late > 0 ? `Answered late, at ${clock(flight.late, zone)}.` : "");

/** How long a stage took, as exactly as it says something. */
export const length = (us) => (us < 1e6 ? `${number(us / 1000)} ms` : `${number(us / 1e6, 1)} s`);

/** When it was sent to one of several doors, and how long each answer took from then on; empty before. */
export function times({ sent, accepted, confirmed }, zone) {
  if (!(sent > 0)) return "";
  const after = (name, at) => (at > 0 ? [`${name} after ${length(Math.max(0, at - sent))}`] : []);
  return [`sent ${clock(sent, zone)}`, ...after("accepted", accepted), ...after("confirmed", confirmed)].join(" · ");
}

/** The stages in their order, `{name, at, state}`: "done", "next", "open", or "never" for what can't come any more. */
export function stages(flight) {
  const seen = flight.confirmed > 0 ? flight.confirmed : (flight.let_go ?? 0);
  const shown = flight.confirmed > 0 || !flight.let_go ? "Confirmed" : "Let go";
  const confirmed = lets(flight) && flight.opened > 0 && seen > 0 ? "Door open" : shown;
  const told = [
    ["Asked", flight.since ?? 0],
    ["Sent", flight.sent ?? 0],
    ["Accepted", flight.accepted ?? 0],
    [confirmed, seen],
  ];
  const closes = loose(flight) || (lets(flight) && flight.good && flight.state === "confirmed");
  // What lasts ends by an act of its own, or is seen to; of a door that tells nothing, nothing is to come.
  const comes = lets(flight) && (Boolean(flight.secured_by) || closes || !flight.final);
  if (comes || flight.secured > 0) told.push([`${capital(again(flight))} again`, flight.secured ?? 0]);
  const last = told.findLastIndex(([, at]) => at > 0);
  return told.map(([name, at], index) => {
    const late = index < last || (flight.final && !(closes && index === told.length - 1));
    const state = at > 0 ? "done" : late ? "never" : index === last + 1 ? "next" : "open";
    return { name, at, state };
  });
}
