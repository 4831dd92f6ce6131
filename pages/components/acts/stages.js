// How an act goes: its verdict in words, and each stage with its time.

import { element, write } from "../gatehouse.shared/dom.js";
import { show, sign } from "../gatehouse.live/signs.js";
import { clock, offset } from "../gatehouse.live/times.js";
import { late, length, stages, verdict } from "./flight.js";

const SHAPES = { good: "disc", bad: "diamond", doubt: "triangle", waiting: "ring" };
const MARKS = { done: "disc", next: "ring", open: "dot", never: "dash" };
const HEARD = { done: "", next: "waiting", open: "not yet", never: "did not come" };

/** While nobody has said what became of a proof that was shown. */
const NOT_KNOWN = { tone: "doubt", words: "Not known yet" };

export class Stages {
  #rows = [];

  constructor() {
    this.root = element("div", "act-stages");
    this.verdict = element("p", "act-verdict");
    this.shape = sign("ring");
    this.words = element("span", "");
    this.verdict.append(this.shape, this.words);
    this.list = element("ol", "act-list");
    this.lately = element("p", "act-late");
    this.root.append(this.verdict, this.lately, this.list);
  }

  clear() {
    this.list.replaceChildren();
    this.#rows = [];
  }

  #row(at) {
    while (this.#rows.length <= at) {
      const row = { item: element("li", "act-stage"), mark: sign("dot"), name: element("span", "act-name") };
      row.time = element("span", "act-time");
      row.heard = element("span", "heard");
      row.item.append(row.mark, row.name, row.time, row.heard);
      this.list.append(row.item);
      this.#rows.push(row);
    }
    return this.#rows[at];
  }

  /** Draw it; gives what is to be said aloud. */
  draw({ flight, asked, error }, tile, zone) {
    const found = error ? NOT_KNOWN : verdict(flight, zone);
    this.verdict.dataset.tone = found.tone;
    show(this.shape, SHAPES[found.tone]);
    const waits = flight.state === "awaiting_second" ? this.#second(flight, asked, zone) : "";
    write(this.words, waits || found.words);
    this.list.hidden = flight.doors?.length > 0;
    const drawn = stages(flight);
    for (const [at, stage] of drawn.entries()) this.#draw(this.#row(at), stage, flight, zone);
    for (const [at, row] of this.#rows.entries()) row.item.hidden = at >= drawn.length;
    this.lately.hidden = !(flight.late > 0);
    const look = flight.secured > 0 ? "" : " Look at the door.";
    write(this.lately, this.lately.hidden ? "" : `${late(flight, zone)}${look}`);
    return `${tile?.name ?? ""}: ${this.words.textContent}`;
  }

  #second(flight, asked, zone) {
    const until = flight.expires_at ?? asked?.expires_at ?? 0;
    const by = until ? ` until ${clock(until, zone)}` : "";
    return `Waits for a second person${by}. Another operator approves it at their own screen.`;
  }

  #draw(row, { name, at, state }, flight, zone) {
    row.item.dataset.state = state;
    show(row.mark, MARKS[state]);
    write(row.name, name);
    const later = flight.since && at > flight.since;
    const beside = later ? `after ${length(at - flight.since)}` : `UTC${offset(at, zone)}`;
    write(row.time, at > 0 ? `${clock(at, zone)} · ${beside}` : "");
    write(row.heard, HEARD[state]);
  }
}
