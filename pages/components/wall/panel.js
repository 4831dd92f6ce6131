// One door beside the wall: its state and age, who is in a call, its device, and what happened there last.

import { ActLines } from "../gatehouse.acts/lines.js";
import { button, element, write } from "../gatehouse.shared/dom.js";
import { CONDITIONS, mark, rangAt, signOf } from "../gatehouse.live/conditions.js";
import { Row, spaced, worded } from "../gatehouse.live/rows.js";
import { show, sign } from "../gatehouse.live/signs.js";
import { age, clock, offset } from "../gatehouse.live/times.js";

const LAST = 20;
const ORDERED = { held: "Kept unlocked", locked_down: "Locked down" };

/** What somebody has ordered for longer, by whom and until when. */
function ordered(tile, zone) {
  if (!tile.mode_ordered) return "";
  const by = tile.mode_by ? ` by ${tile.mode_by}` : "";
  const held = tile.mode_ordered === "held" && tile.mode_until > 0;
  const until = held ? ` until ${clock(tile.mode_until, zone).slice(0, 5)} UTC${offset(tile.mode_until, zone)}` : "";
  const doubt = tile.mode_doubt ? `; not sure: ${worded(tile.mode_doubt).toLowerCase()}` : "";
  return `${ORDERED[tile.mode_ordered] ?? spaced(tile.mode_ordered)}${by}${until}${doubt}`;
}

/** How many heartbeats a device may miss before its doors count as unknown (core/model.py). */
const BEATS = 3;
const LOCKS = { locked: "Locked", unlocked: "Unlocked", unknown: "Not known" };
const POSITIONS = { open: "Open", closed: "Closed", unknown: "Not known" };
const MODES = { normal: "Normal", held: "Kept unlocked", locked_down: "Locked down", unknown: "Not known" };

function link(words) {
  const built = element("a", "way", words);
  built.target = "_top";
  return built;
}

export class Panel {
  #facts = new Map();
  #modal = false;

  /** `acts` has `close()`, `pin(door)`, `again(door)`, `begin(action, door)`; `readable` are the sites whose log this person reads. */
  constructor(acts, readable) {
    this.readable = new Set(readable);
    this.door = null;
    this.root = element("dialog", "panel");
    this.root.tabIndex = -1;
    this.root.setAttribute("aria-labelledby", "panel-name");
    this.#head(acts);
    this.facts = element("dl", "facts");
    this.call = element("p", "panel-call");
    this.note = element("p", "panel-note");
    this.retry = button("tool", "Try again", () => acts.again(this.door));
    this.list = element("div", "panel-rows");
    this.log = link("All records of this door in the log");
    const title = element("h3", "panel-title", "Last 24 hours");
    this.unlock = button("act-button act-main panel-unlock", "Unlock…", () => acts.begin("unlock", this.door));
    this.unlock.setAttribute("aria-keyshortcuts", "U");
    const act = (words, name) => button("act-button panel-act", words, () => acts.begin(name, this.door));
    this.longer = {
      hold: act("Keep unlocked…", "hold"),
      end_hold: act("End the hold…", "end_hold"),
      lockdown: act("Lock down…", "lockdown"),
      release: act("Release…", "release"),
    };
    this.acts = element("div", "panel-acts", ...Object.values(this.longer));
    this.hindered = element("p", "panel-hindered");
    this.lines = new ActLines();
    this.root.append(this.call, this.unlock, this.acts, this.hindered, this.lines.root, this.facts, title, this.note, this.retry, this.list, this.log);
    this.root.addEventListener("cancel", (event) => {
      event.preventDefault();
      acts.close();
    });
  }

  #head(acts) {
    const head = element("header", "panel-head");
    this.sign = sign("question");
    this.state = element("p", "panel-state");
    this.word = element("span", "panel-word");
    this.age = element("span", "panel-age");
    this.state.append(this.sign, this.word, this.age);
    this.name = element("h2", "panel-name");
    this.name.id = "panel-name";
    this.where = element("p", "panel-where");
    this.shut = button("tool", "Close", () => acts.close());
    this.shut.setAttribute("aria-keyshortcuts", "Escape");
    this.pin = button("tool", "Pin", () => acts.pin(this.door));
    this.pin.setAttribute("aria-keyshortcuts", "P");
    head.append(this.name, element("div", "panel-buttons", this.pin, this.shut), this.where, this.state);
    this.root.append(head);
  }

  /** Show a door; what only the server knows comes with `fill`. */
  open(door, narrow) {
    const same = this.door === door && this.root.open && this.#modal === narrow;
    if (same) return;
    if (this.door !== door) this.#empty(door);
    if (this.root.open) this.root.close();
    this.#modal = narrow;
    if (narrow) this.root.showModal();
    // `show()` would take the focus away from the doors, which the arrows walk.
    else this.root.open = true;
  }

  close() {
    if (this.root.open) this.root.close();
    this.door = null;
    this.card = null;
    this.list.replaceChildren();
  }

  #empty(door) {
    this.door = door;
    this.card = null;
    this.root.dataset.filled = "false";
    this.retry.hidden = true;
    write(this.note, "");
    this.list.replaceChildren(...Array.from({ length: 4 }, () => element("div", "skeleton")));
  }

  /** Take what the server knows of the door, and what the stream has told since. */
  fill(card, later, model, now) {
    this.card = card;
    this.root.dataset.filled = "true";
    this.retry.hidden = true;
    this.newest = card.records[0]?.id ?? 0;
    this.list.replaceChildren(...card.records.map((record) => new Row(record, model, now, false).node));
    this.add(later, model, now);
    this.#count();
  }

  /** Say why there is nothing to show. */
  fail(sentence, again) {
    this.root.dataset.filled = "failed";
    write(this.note, sentence);
    this.retry.hidden = !again;
    this.list.replaceChildren();
  }

  /** Take records as they come, in ascending order. */
  add(records, model, now) {
    if (!this.card) return;
    for (const record of records) {
      if (record.door !== this.door || record.id <= this.newest) continue;
      this.newest = record.id;
      this.card.records.unshift(record);
      this.list.prepend(new Row(record, model, now, false).node);
    }
    while (this.list.childElementCount > LAST) this.list.lastElementChild.remove();
    this.card.records.length = Math.min(this.card.records.length, LAST);
    this.#count();
  }

  #count() {
    if (this.root.dataset.filled === "true") write(this.note, this.newest ? "" : "Nothing has happened here.");
  }

  draw({ model, states, calls, pins, now, current, acting }) {
    const tile = model.doors.get(this.door);
    if (!tile) return;
    const state = states.get(this.door);
    const site = model.sites.get(tile.site);
    const marked = mark(state);
    if (this.root.dataset.condition !== marked) this.root.dataset.condition = marked;
    show(this.sign, signOf(state));
    write(this.name, tile.name);
    write(this.where, [site?.name, tile.level].filter(Boolean).join(" · "));
    write(this.word, current ? state.word : `Was ${state.word.toLowerCase()}`);
    write(this.age, current && state.since > 0 ? `for ${age(now - state.since)}` : "");
    this.pin.setAttribute("aria-pressed", String(pins.has(this.door)));
    this.#call(calls.get(this.door), now);
    this.#unlock(tile, acting);
    this.lines.draw(model, this.door, site?.time_zone ?? "UTC");
    this.#draw(tile, state, site?.time_zone ?? "UTC", now);
    this.#ways(tile);
  }

  #unlock(tile, acting) {
    const may = acting.may(tile.site, "unlock");
    const why = may ? acting.hindered(this.door) : "";
    this.unlock.hidden = !may;
    this.unlock.disabled = why !== "";
    this.#longer(tile, acting);
    write(this.hindered, why);
  }

  /** What lasts, for those who may: what is so already is ended by its other. */
  #longer(tile, acting) {
    const mode = tile.mode_ordered || tile.mode;
    const hold = acting.may(tile.site, "hold");
    const lockdown = acting.may(tile.site, "lockdown");
    const offered = {
      hold: hold && mode !== "locked_down",
      end_hold: hold && mode === "held",
      lockdown: lockdown && mode !== "locked_down",
      release: lockdown && mode === "locked_down",
    };
    this.acts.hidden = !Object.values(offered).some(Boolean);
    for (const [name, built] of Object.entries(this.longer)) {
      built.hidden = !offered[name];
      built.disabled = acting.hindered(this.door, null, name) !== "";
    }
    write(this.longer.hold, mode === "held" ? "Keep unlocked longer…" : "Keep unlocked…");
  }

  #call(call, now) {
    this.call.hidden = !call;
    if (!call) return;
    const since = age(now - rangAt(call));
    const claimed = call.claimed ? ` Claimed by ${call.claimed.name}.` : "";
    if (call.state === "ringing") write(this.call, `Somebody has been ringing for ${since}.${claimed}`);
    else write(this.call, `In a call for ${since}${this.#whom(call)}.${claimed}`);
  }

  /** Who answered, where a record says it and this person may know. */
  #whom(call) {
    const answered = this.card?.records.find((one) => one.kind === "call.answered" && one.call === call.call);
    const who = answered?.name ?? answered?.person;
    return who ? `, answered by ${who}` : "";
  }

  #draw(tile, state, zone, now) {
    const last = state.key === "unknown" && state.last ? CONDITIONS[state.last].word : "";
    this.#fact("Last known", last);
    this.#fact("Door", tile.sensor ? POSITIONS[tile.position] ?? spaced(tile.position) : "Has no sensor");
    this.#fact("Lock", LOCKS[tile.lock] ?? spaced(tile.lock));
    this.#fact("Mode", tile.mode === "normal" ? "" : MODES[tile.mode] ?? spaced(tile.mode));
    this.#fact("Ordered", ordered(tile, zone));
    const since = `${clock(tile.since, zone)} UTC${offset(tile.since, zone)}`;
    this.#fact("Last change", tile.since > 0 ? `${age(now - tile.since)} ago, ${since}` : "None told yet");
    const device = this.card?.device;
    this.#fact("Device", device ? device.name : tile.device);
    this.#fact("Connection", this.#presence(tile, device, now));
    this.#fact("Fault", device?.fault ? worded(device.fault) : "");
  }

  #presence(tile, device, now) {
    if (tile.online === false) return device?.since ? `Offline for ${age(now - device.since)}` : "Offline";
    if (tile.stale_at === 0) return "Never heard";
    const beats = (device?.heartbeat_s ?? 0) * BEATS * 1e6;
    const heard = beats > 0 ? Math.max(device.heard, tile.stale_at - beats) : (device?.heard ?? 0);
    const ago = heard > 0 ? `, heard ${age(now - heard)} ago` : "";
    return `${tile.stale_at <= now ? "Silent" : "Online"}${ago}`;
  }

  /** One line of what is known; an empty one is not drawn, but the lines that always stand keep their place. */
  #fact(name, text) {
    if (!this.#facts.has(name)) {
      const pair = element("div", "fact");
      const value = element("dd");
      pair.append(element("dt", "", name), value);
      this.facts.append(pair);
      this.#facts.set(name, { pair, value });
    }
    const { pair, value } = this.#facts.get(name);
    write(value, text);
    pair.hidden = text === "";
  }

  #ways(tile) {
    this.log.hidden = !this.readable.has(tile.site);
    const href = `/log?${new URLSearchParams({ site: tile.site, door: tile.door })}`;
    if (this.log.getAttribute("href") !== href) this.log.href = href;
  }
}
