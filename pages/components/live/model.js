// What the stream has told, as plain maps: no DOM, no clock.

import { lives } from "./conditions.js";

const byId = (rows, key) => new Map(rows.map((row) => [row[key], row]));
export const callKey = (call) => `${call.device} ${call.call}`;
const OPEN = new Set(["ringing", "answered"]);
/** How long it is drawn who has unlocked a door. */
const ACTS_KEPT = 600e6;
/** How long a silent alarm is told of. */
const ALARMS_KEPT = 14_400e6;

export class Model {
  #chosen = new Set();

  constructor() {
    this.sites = new Map();
    this.doors = new Map();
    this.calls = new Map();
    this.gaps = new Map();
    this.acts = new Map();
    this.alarms = new Map();
    /** How often an act was told of. */
    this.moves = 0;
    this.head = 0;
    this.newest = 0;
  }

  /** Draw these sites only (none named: all); what happens elsewhere is still known. Says whether it changed. */
  choose(sites) {
    const before = [...this.#chosen].join(" ");
    this.#chosen = new Set(sites);
    return before !== [...this.#chosen].join(" ");
  }

  /** Whether a site is one of those that are drawn. */
  shows(site) {
    return this.#chosen.size === 0 || this.#chosen.has(site);
  }

  /** The sites that are drawn. */
  get shown() {
    return [...this.sites.values()].filter((site) => this.shows(site.id));
  }

  /** What people call the place of a door or a record. */
  siteName(id) {
    return this.sites.get(id)?.name ?? id ?? "";
  }

  /** Take the whole state; gives the records not seen before. */
  snapshot(frame) {
    this.sites = byId(frame.sites, "id");
    this.doors = byId(frame.doors, "door");
    this.calls = new Map(frame.calls.map((call) => [callKey(call), call]));
    this.gaps = byId(frame.gaps, "id");
    this.acts = byId(frame.acts ?? [], "act");
    this.alarms = byId(frame.alarms ?? [], "id");
    if (frame.reset) this.newest = 0;
    return this.#fresh(frame);
  }

  /** Take what changed; gives the records not seen before. */
  records(frame) {
    for (const tile of frame.doors ?? []) this.doors.set(tile.door, tile);
    for (const call of frame.calls ?? []) this.#call(call);
    for (const gap of frame.gaps ?? []) this.#gap(gap);
    for (const act of frame.acts ?? []) this.acts.set(act.act, act);
    this.moves += frame.acts?.length ?? 0;
    for (const alarm of frame.alarms ?? []) this.alarms.set(alarm.id, alarm);
    return this.#fresh(frame);
  }

  /** Whether this call still goes on: somebody rings, or speaks. */
  calling(call) {
    return this.calls.has(callKey(call));
  }

  /** Whether a call may still be waited for at `now`. */
  open(call, now) {
    return OPEN.has(call.state) && lives(call, now);
  }

  /** What a site or door is called in a silent alarm: `{name, where}`. */
  placeOf(alarm) {
    const name = this.doors.get(alarm.door)?.name ?? alarm.door;
    const where = this.siteName(alarm.site);
    return name ? { name, where } : { name: where, where: "" };
  }

  /** What was done at a door, newest first. */
  actsAt(door) {
    return [...this.acts.values()].filter((one) => one.door === door).sort((a, b) => b.since - a.since);
  }

  beat(frame) {
    for (const [door, staleAt] of Object.entries(frame.heard ?? {})) {
      const tile = this.doors.get(door);
      if (tile) tile.stale_at = staleAt;
    }
    this.head = Math.max(this.head, frame.id);
  }

  /** Forget calls that nobody ended, or a screen that is left open would know every one of the year. */
  age(now) {
    for (const [key, call] of this.calls) if (!lives(call, now)) this.calls.delete(key);
    for (const [key, act] of this.acts) if (now - act.since > ACTS_KEPT) this.acts.delete(key);
    for (const [key, alarm] of this.alarms) if (now - alarm.since > ALARMS_KEPT) this.alarms.delete(key);
  }

  #call(call) {
    if (OPEN.has(call.state)) this.calls.set(callKey(call), call);
    else this.calls.delete(callKey(call));
  }

  /** A closed gap is kept for the one drawing that changes its band, then dropped by `settled`. */
  #gap(gap) {
    this.gaps.set(gap.id, gap);
  }

  settled() {
    for (const gap of this.gaps.values()) if (gap.closed) this.gaps.delete(gap.id);
  }

  /** The records above the newest seen: what comes twice is drawn once. */
  #fresh(frame) {
    const fresh = (frame.records ?? []).filter((record) => record.id > this.newest);
    if (fresh.length > 0) this.newest = fresh.at(-1).id;
    this.head = frame.type === "snapshot" ? frame.id : Math.max(this.head, frame.id);
    return fresh;
  }
}
