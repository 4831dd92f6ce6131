// What happens, newest on top. It waits while somebody reads it, and never longer than it takes to forget it.

import { button, element, write } from "../gatehouse.shared/dom.js";
import { Row, band } from "../gatehouse.live/rows.js";
import { Stopwatch, clock } from "../gatehouse.live/times.js";

const MOST_ROWS = 400;
const READING = 15;
const SCROLLED = 90;

export class Feed {
  #gaps = new Map();
  #waiting = [];
  #waited = 0;
  #alarms = 0;
  #input = null;

  /** `open(door)` is called when a line is pressed. */
  constructor(open) {
    this.root = element("section", "feed");
    this.root.setAttribute("aria-label", "Events");
    const head = element("div", "feed-head");
    this.more = button("more", "", () => this.resume());
    this.more.hidden = true;
    head.append(element("h2", "feed-title", "Events"), this.more);
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
    this.list.addEventListener("click", (event) => {
      const door = event.target.closest("[data-of]")?.dataset.of;
      if (door) open(door);
    });
    this.list.addEventListener("pointerleave", () => this.#left());
    this.list.addEventListener("focusout", () => this.#left());
  }

  get paused() {
    if (!this.#input) return false;
    return this.#input.seconds < (this.list.scrollTop > 8 ? SCROLLED : READING);
  }

  /** Start over with these records: what was before is told only by the log. */
  reset(records, model, now) {
    this.list.replaceChildren();
    this.#gaps.clear();
    this.#forget();
    this.#waiting = [() => band("start", "Earlier events are in the log.")];
    this.add(records, model, now);
    this.draw(model);
  }

  /** Take records in ascending order; they are made into lines when they are drawn. */
  add(records, model, now) {
    for (const record of records) {
      if (!model.shows(record.site)) continue;
      if (record.severity === "alarm") this.#alarms += 1;
      this.#keep(() => new Row(record, model, now));
    }
  }

  /** Draw where the connection was away; what came meanwhile is added above it. */
  mark(from, to, zone) {
    const span = `${clock(from, zone)}–${clock(to, zone)}`;
    this.#keep(() => band("away", `This screen was not connected ${span}. What happened meanwhile stands above.`));
  }

  #keep(make) {
    this.#waiting.push(make);
    this.#waited += 1;
    // In lots, as to cut an array at its head costs as much as to copy it.
    if (this.#waiting.length > 2 * MOST_ROWS) this.#waiting.splice(0, this.#waiting.length - MOST_ROWS);
  }

  /** Draw what has come, unless somebody reads. */
  draw(model) {
    if (this.#waited > 0 || this.#waiting.length > 0) {
      if (this.paused) this.#say();
      else this.#insert();
    }
    this.#settle(model);
  }

  /** Gaps that closed change their band, wherever it is; one that closed while we were away is no longer known. */
  #settle(model) {
    for (const [id, row] of this.#gaps) {
      const gap = model.gaps.get(id);
      if (!row.node.isConnected) this.#gaps.delete(id);
      else if (!gap || gap.closed) {
        row.settle(gap ?? { closed: "settled", missing: row.record.missing });
        this.#gaps.delete(id);
      }
    }
    model.settled();
  }

  resume() {
    this.#input = null;
    this.#insert();
    this.list.scrollTop = 0;
  }

  #touched() {
    this.#input ??= new Stopwatch();
    this.#input.restart();
  }

  #left() {
    if (this.list.scrollTop <= 8) this.#input = null;
  }

  #say() {
    const worst = this.#alarms ? `, ${this.#alarms === 1 ? "1 alarm" : `${this.#alarms} alarms`}` : "";
    write(this.more, `Paused: ${this.#waited} new${worst}`);
    this.more.dataset.alarm = String(this.#alarms > 0);
    this.more.hidden = false;
  }

  #forget() {
    this.#waiting = [];
    this.#waited = 0;
    this.#alarms = 0;
    this.#input = null;
    this.more.hidden = true;
  }

  #insert() {
    const rows = this.#waiting.slice(-MOST_ROWS).map((make) => make());
    const reading = this.#input;
    this.#forget();
    this.#input = reading;
    const drawn = document.createDocumentFragment();
    for (const row of rows.reverse()) {
      if (row.settle) this.#gaps.set(row.record.id, row);
      drawn.append(row.node);
    }
    this.list.prepend(drawn);
    while (this.list.childElementCount > MOST_ROWS) this.list.lastElementChild.remove();
    this.empty.hidden = this.list.childElementCount > 0;
  }
}
