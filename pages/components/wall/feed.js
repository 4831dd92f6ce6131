// What happens, newest on top. It waits while somebody reads it, and never longer than it takes to forget it.

import { Row, band } from "./rows.js";
import { element, sign, write } from "./signs.js";
import { Stopwatch, clock } from "./times.js";

const MOST_ROWS = 400;
const READING = 15;
const SCROLLED = 90;

export class Feed {
  #rows = new Map();
  #waiting = [];
  #waited = 0;
  #input = null;
  #door = null;
  #choose;

  /** `choose(null)` is called when the reader wants every door again. */
  constructor(choose) {
    this.#choose = choose;
    this.root = element("section", "feed");
    const head = element("div", "feed-head");
    this.only = element("button", "only");
    this.only.type = "button";
    this.only.hidden = true;
    this.only.addEventListener("click", () => this.#choose(null));
    this.more = element("button", "more");
    this.more.type = "button";
    this.more.hidden = true;
    this.more.addEventListener("click", () => this.resume());
    head.append(element("h2", "feed-title", "Events"), this.only, this.more);
    this.list = element("div", "rows");
    this.list.tabIndex = 0;
    this.list.setAttribute("role", "log");
    this.list.setAttribute("aria-label", "Events, newest first");
    // At fifty events a second a reader would never fall silent: `Announcer` speaks the few that matter.
    this.list.setAttribute("aria-live", "off");
    this.empty = element("p", "empty", "Nothing has happened yet. Swipes, doors, calls and devices appear here.");
    this.root.append(head, this.list, this.empty);
    for (const kind of ["pointermove", "pointerdown", "wheel", "keydown", "focusin"]) {
      this.list.addEventListener(kind, () => this.#touched(), { passive: true });
    }
    this.list.addEventListener("pointerleave", () => this.#left());
    this.list.addEventListener("focusout", () => this.#left());
  }

  get paused() {
    if (!this.#input) return false;
    return this.#input.seconds < (this.list.scrollTop > 8 ? SCROLLED : READING);
  }

  /** Start over with these records: what was before is told only by the log. */
  reset(records, model, now) {
    this.#rows.clear();
    this.list.replaceChildren();
    this.#waiting = [];
    this.#waited = 0;
    this.#input = null;
    this.more.hidden = true;
    this.#insert([band("start", "Earlier events are in the log.")]);
    this.add(records, model, now);
  }

  /** Take records in ascending order. */
  add(records, model, now) {
    this.#insertOrKeep(records.map((record) => this.#row(record, model, now)));
    this.#settle(model.gaps);
  }

  /** Draw where the connection was away; what came meanwhile is added above it. */
  mark(from, to, zone) {
    const span = `${clock(from, zone)}–${clock(to, zone)}`;
    this.#insertOrKeep([band("away", `This screen was not connected ${span}. What happened meanwhile stands above.`)]);
  }

  /** Gaps that closed change their band, wherever it is. */
  #settle(gaps) {
    for (const gap of gaps.values()) this.#rows.get(gap.id)?.settle?.(gap);
  }

  /** Called by the wall's one timer: goes on when the reader has gone. */
  tick() {
    if (this.#waited > 0 && !this.paused) this.resume();
    if (this.#door && this.#input === null && this.chosen.seconds > SCROLLED) this.#choose(null);
  }

  resume() {
    const rows = this.#waiting;
    this.#waiting = [];
    this.#waited = 0;
    this.#input = null;
    this.more.hidden = true;
    this.#insert(rows);
    this.list.scrollTop = 0;
  }

  /** Show one door only, or (null) all. */
  onlyDoor(door, name) {
    this.#door = door;
    this.chosen = new Stopwatch();
    this.only.hidden = door === null;
    write(this.only, door === null ? "" : `Only ${name}: show all`);
    for (const row of this.#rows.values()) row.node.hidden = this.#hides(row);
  }

  #hides(row) {
    return this.#door !== null && row.door !== undefined && row.door !== this.#door;
  }

  #touched() {
    this.#input ??= new Stopwatch();
    this.#input.restart();
  }

  #left() {
    if (this.list.scrollTop <= 8) this.#input = null;
    this.tick();
  }

  #row(record, model, now) {
    const row = new Row(record, model, now);
    this.#rows.set(record.id, row);
    return row;
  }

  #insertOrKeep(rows) {
    if (rows.length === 0) return;
    if (!this.paused) {
      this.#insert([...this.#waiting.splice(0), ...rows]);
      return;
    }
    this.#waiting.push(...rows);
    this.#waited += rows.length;
    if (this.#waiting.length > MOST_ROWS) this.#waiting.splice(0, this.#waiting.length - MOST_ROWS);
    const alarms = this.#waiting.filter((row) => row.severity === "alarm").length;
    const worst = alarms ? `, ${alarms === 1 ? "1 alarm" : `${alarms} alarms`}` : "";
    write(this.more, `Paused: ${this.#waited} new${worst}`);
    this.more.dataset.alarm = String(alarms > 0);
    this.more.hidden = false;
  }

  #insert(rows) {
    const drawn = document.createDocumentFragment();
    for (const row of rows.slice(-MOST_ROWS).reverse()) {
      row.node.hidden = this.#hides(row);
      drawn.append(row.node);
    }
    this.list.prepend(drawn);
    while (this.list.childElementCount > MOST_ROWS) this.list.lastElementChild.remove();
    this.#forget();
    this.empty.hidden = this.#rows.size > 0;
  }

  /** Keep the map no longer than the list and what waits for it. */
  #forget() {
    for (const id of this.#rows.keys()) {
      if (this.#rows.size <= 2 * MOST_ROWS) return;
      this.#rows.delete(id);
    }
  }
}

const SPEAK_EVERY = 4;

/** Says aloud what asks for a person, and no more often than it can be heard. */
export class Announcer {
  #queue = [];
  #spoken = null;

  constructor() {
    this.root = element("div", "spoken");
    this.root.setAttribute("role", "status");
  }

  add(records, model) {
    for (const record of records) {
      if (record.severity !== "alarm" && record.kind !== "call.ringing") continue;
      const tile = model.doors.get(record.door);
      const where = [tile?.name ?? record.device, model.sites.get(record.site)?.name];
      this.#queue.push([record.label, ...where].filter(Boolean).join(", "));
    }
  }

  tick() {
    if (this.#queue.length === 0 || (this.#spoken && this.#spoken.seconds < SPEAK_EVERY)) return;
    this.#spoken = new Stopwatch();
    const said = this.#queue.splice(0);
    write(this.root, said.length > 3 ? `${said.slice(-3).join(". ")}, and ${said.length - 3} more` : said.join(". "));
  }
}
