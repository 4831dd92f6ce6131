// The calls on the left: ringing first, each with how long somebody waits and who has it.

import { button, changed, element, write } from "../gatehouse.shared/dom.js";
import { rangAt } from "../gatehouse.live/conditions.js";
import { callKey } from "../gatehouse.live/model.js";
import { sign } from "../gatehouse.live/signs.js";
import { Stopwatch, age, clock } from "../gatehouse.live/times.js";

/** A call must not move away under the hand that is about to press it. */
const BUSY = 1.5;
const MOST_MISSED = 5;
const MISSED_FOR = 3_600e6;
const WORDS = { ringing: "Ringing", answered: "In call" };

class Entry {
  constructor(choose) {
    this.item = element("li");
    this.button = button("call", "", () => choose(this.call));
    this.sign = sign("phone");
    this.name = element("span", "call-name");
    this.word = element("span", "call-word");
    this.where = element("span", "call-where");
    this.wait = element("span", "call-wait");
    this.whose = element("span", "call-whose");
    this.button.append(this.sign, this.word, this.wait, this.name, this.where, this.whose);
    this.item.append(this.button);
  }

  draw(call, { model, now, current, me, key }) {
    this.call = call;
    const tile = model.doors.get(call.door);
    const word = WORDS[call.state] ?? call.state;
    this.button.dataset.condition = call.state === "ringing" ? "ringing" : "talking";
    this.button.dataset.taken = call.claimed ? (call.claimed.by === me ? "me" : "other") : "nobody";
    this.button.setAttribute("aria-current", String(callKey(call) === key));
    write(this.name, tile?.name ?? call.door);
    write(this.where, model.siteName(call.site));
    write(this.word, current ? word : `Was ${word.toLowerCase()}`);
    write(this.wait, current ? age(now - rangAt(call)) : "");
    write(this.whose, whose(call, me));
  }
}

/** Who has a call. */
export function whose(call, me) {
  if (!call.claimed) return "Not claimed";
  return call.claimed.by === me ? "Yours" : `Claimed by ${call.claimed.name}`;
}

export class Queue {
  #entries = new Map();
  #order = [];
  #touched = null;
  #choose;

  /** `choose(call)` is called when one is pressed, `door(id)` when a missed one is. */
  constructor(choose, door) {
    this.#choose = choose;
    this.door = door;
    this.root = element("section", "queue");
    this.root.setAttribute("aria-label", "Calls");
    this.title = element("h2", "side-title", "Calls");
    this.list = element("ul", "calls");
    this.empty = element("p", "queue-empty", "Nobody is ringing.");
    this.sign = sign("square");
    this.missed = element("section", "missed");
    this.missedTitle = element("h3", "side-title", "Missed in the last hour");
    this.missedList = element("ul", "missed-list");
    this.missed.append(this.missedTitle, this.missedList);
    this.away = element("p", "queue-away");
    this.away.hidden = true;
    this.root.append(this.title, this.away, this.list, this.empty, this.missed);
    for (const kind of ["pointermove", "pointerdown"]) {
      this.list.addEventListener(kind, () => (this.#touched = new Stopwatch()), { passive: true });
    }
    this.list.addEventListener("pointerleave", () => (this.#touched = null));
  }

  /** Draw these calls; `shown` has `{model, now, current, me, key}`. */
  draw(calls, shown) {
    const busy = this.#touched !== null && this.#touched.seconds < BUSY;
    const keys = calls.map(callKey);
    if (!busy || keys.length !== this.#order.length) this.#place(keys);
    for (const call of calls) this.#entries.get(callKey(call))?.draw(call, shown);
    const ringing = calls.filter((one) => one.state === "ringing").length;
    write(this.title, ringing > 0 ? `Calls: ${ringing} ringing` : "Calls");
    this.empty.hidden = calls.length > 0;
  }

  #place(keys) {
    if (keys.join("\n") === this.#order.join("\n")) return;
    this.#order = keys;
    const focused = this.root.getRootNode().activeElement;
    for (const key of this.#entries.keys()) if (!keys.includes(key)) this.#entries.delete(key);
    for (const key of keys) if (!this.#entries.has(key)) this.#entries.set(key, new Entry((call) => this.#choose(call)));
    this.list.replaceChildren(...keys.map((key) => this.#entries.get(key).item));
    if (focused && this.list.contains(focused)) focused.focus({ preventScroll: true });
  }

  /** Bring the call of this key into view. */
  reveal(key) {
    this.#entries.get(key)?.button.scrollIntoView({ block: "nearest" });
  }

  /** Say for how long this screen was away. */
  mark(from, to, zone) {
    this.away.hidden = false;
    write(this.away, `This screen was not connected ${clock(from, zone)}–${clock(to, zone)}. Calls of that time stand below.`);
  }

  /** Draw those that nobody took, of today's. */
  miss(today, { model, now }) {
    const lately = today.filter((one) => one.outcome === "missed" && now - one.started < MISSED_FOR).slice(0, MOST_MISSED);
    this.missed.hidden = lately.length === 0;
    if (!changed(this.missedList, [lately, model.doors.size])) return;
    this.missedList.replaceChildren(...lately.map((one) => this.#missed(one, model)));
  }

  #missed(one, model) {
    const zone = model.sites.get(one.site)?.time_zone ?? "UTC";
    const name = model.doors.get(one.door)?.name ?? one.door;
    const words = element("span", "missed-name", name, " ", element("span", "place-site", model.siteName(one.site)));
    const built = button("missed-call", "", () => this.door(one.door));
    built.append(sign("phone"), words, element("span", "missed-at", clock(one.started, zone).slice(0, 5)));
    return element("li", "", built);
  }
}
