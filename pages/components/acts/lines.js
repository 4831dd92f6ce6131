// Who has unlocked a door lately, and how it went: for everybody who watches the door.

import { element, write } from "../gatehouse.shared/dom.js";
import { show, sign } from "../gatehouse.live/signs.js";
import { clock } from "../gatehouse.live/times.js";
import { late, merged, verdict } from "./flight.js";

const MOST = 2;
const SHAPES = { good: "disc", bad: "diamond", doubt: "triangle", waiting: "ring" };
const WHAT = { unlock: "Unlock", hold: "Hold", end_hold: "End of the hold", lockdown: "Lockdown", release: "Release" };

export class ActLines {
  #rows = [];

  constructor() {
    this.root = element("ul", "act-lines");
    this.root.setAttribute("aria-label", "Acts at this door");
  }

  /** Draw the last acts at this door. */
  draw(model, door, zone) {
    const acts = model.actsAt(door).slice(0, MOST);
    this.root.hidden = acts.length === 0;
    while (this.#rows.length < acts.length) this.#rows.push(this.#row());
    for (const [at, row] of this.#rows.entries()) {
      row.item.hidden = at >= acts.length;
      if (at < acts.length) this.#draw(row, acts[at], zone);
    }
  }

  #row() {
    const row = { item: element("li", "act-line-of"), mark: sign("ring"), words: element("span") };
    row.item.append(row.mark, row.words);
    this.root.append(row.item);
    return row;
  }

  #draw(row, act, zone) {
    const flight = merged(null, act);
    const found = verdict(flight, zone);
    row.item.dataset.tone = found.tone;
    show(row.mark, SHAPES[found.tone]);
    const what = `${WHAT[act.action] ?? act.action} by ${act.name || "somebody"}`;
    const after = late(flight, zone);
    write(row.words, `${clock(act.since, zone)} ${what}: ${[found.words, after].filter(Boolean).join(" ")}`);
  }
}
